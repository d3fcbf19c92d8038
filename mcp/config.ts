import * as z from 'zod/mini';
import {
  checkVerifier,
  GATE_OPTIONS,
  type GateConfig,
  gateConfig,
  RESOURCE_OPTIONS,
  refuseClientOptions,
  type VerifierConfig,
  verifierConfig,
} from '../gate/config.js';
import type { Verifier } from '../gate/types.js';
import { checkOptions } from '../src/shared/options.js';
import { nonEmpty } from '../src/shared/schema.js';
import type { McpOptions, TokenVerifierOptions } from './types.js';

/** The options of `protectMcp` as they are used. */
export interface McpConfig extends GateConfig {
  readonly publicTools: readonly string[] | undefined;
}

/** The options of `createTokenVerifier` as they are used. */
export interface TokenVerifierConfig extends VerifierConfig {
  readonly invalidToken: TokenVerifierOptions['invalidToken'];
}

const TOOLS = 'a list of the names of tools';

/** The options of `protectMcp`. */
export const MCP_OPTIONS = { ...GATE_OPTIONS, publicTools: z.array(nonEmpty(TOOLS), TOOLS) };

/** The options of `createTokenVerifier`. */
export const VERIFIER_OPTIONS = {
  ...RESOURCE_OPTIONS,
  invalidToken: z.nonoptional(
    z.custom<TokenVerifierOptions['invalidToken']>(
      (value) => typeof value === 'function' && !isClass(value),
      'a function, not a class, that makes the error of your MCP SDK: (message) => new InvalidTokenError(message)',
    ),
  ),
};

/** @throws {AuthError} `ERR_AUTH_CONFIG`, naming the option and what it accepts, never its value. */
export function parseMcpOptions(auth: Verifier, given: McpOptions<unknown>): McpConfig {
  checkVerifier(auth);
  refuseClientOptions(given, 'protectMcp');
  const options = checkOptions(given, MCP_OPTIONS, 'protectMcp');
  return { ...gateConfig(auth, options), publicTools: options.publicTools };
}

/** @throws {AuthError} `ERR_AUTH_CONFIG`, naming the option and what it accepts, never its value. */
export function parseVerifierOptions(auth: Verifier, given: TokenVerifierOptions): TokenVerifierConfig {
  checkVerifier(auth);
  refuseClientOptions(given, 'createTokenVerifier');
  const options = checkOptions(given, VERIFIER_OPTIONS, 'createTokenVerifier');
  return { ...verifierConfig(options), invalidToken: options.invalidToken };
}

/** Classes cannot be called, and of all functions only theirs have a prototype that cannot be replaced. */
const isClass = (value: object): boolean =>
  Object.getOwnPropertyDescriptor(value, 'prototype')?.writable === false;
