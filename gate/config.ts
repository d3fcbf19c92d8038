import * as z from 'zod/mini';
import { internalsOf } from '../src/client/internals.js';
import { checkOptions, checkValue, configError } from '../src/shared/options.js';
import {
  aFunction,
  entriesOf,
  loudStore,
  oneOf,
  readBy,
  trueOrFalse,
  wholeSeconds,
} from '../src/shared/schema.js';
import type { Checked } from '../src/shared/shape.js';
import type { Store } from '../src/shared/store.js';
import type { AuthClient } from '../src/types.js';
import type { McpOptions, TokenVerifierOptions } from './options.js';
import { createResource, type Resource } from './resource.js';
import { type Implications, impliedScopes, isScope } from './scopes.js';

/** The options of a verifier as they are used: checked, complete and copied. */
export interface VerifierConfig {
  readonly resource: Resource;
  readonly implications: Implications;
  readonly permissions: boolean;
}

/** The options of `createTokenVerifier` as they are used. */
export interface TokenVerifierConfig extends VerifierConfig {
  readonly invalidToken: TokenVerifierOptions['invalidToken'];
}

/** The options of a gate as they are used: checked, complete and copied. */
export interface GateConfig extends VerifierConfig {
  readonly requiredScopes: readonly string[];
  readonly dpop: 'supported' | 'required' | 'off';
  /** In seconds. */
  readonly proofMaxAge: number;
  readonly replayStore: Store | undefined;
  readonly authorizationServers: readonly string[];
}

const SCOPES = 'a list of scopes, each without spaces, quotes and backslashes';
const scopes = z.pipe(
  z.array(z.custom<string>(isScope, SCOPES), SCOPES),
  z.transform((list) => [...new Set(list)]),
);

const URLS = 'a list of issuer URLs';

const resourceShape = {
  resource: z.nonoptional(
    readBy(
      createResource,
      'an https: URL such as "https://api.example.com/mcp", with "//", in ASCII, and without white space, backslashes, "..", query, fragment and credentials; http: is for this machine only',
    ),
  ),
  scopes: entriesOf(
    z.string().check(z.refine(isScope, 'the name of a scope, without spaces, quotes and backslashes')),
    scopes,
    'an object with the scopes that each scope implies, such as { "files:admin": ["files:read"] }',
  ),
  permissions: trueOrFalse,
};

/** The options of `createTokenVerifier`. */
export const VERIFIER_OPTIONS = {
  ...resourceShape,
  invalidToken: z.nonoptional(
    aFunction<TokenVerifierOptions['invalidToken']>(
      'a function that makes the error of your MCP SDK: (message) => new InvalidTokenError(message)',
    ),
  ),
};

/** The options of `protectMcp`. */
export const GATE_OPTIONS = {
  ...resourceShape,
  requiredScopes: scopes,
  dpop: oneOf(['supported', 'required', 'off'], '"supported", "required" or "off"'),
  dpopMaxAge: wholeSeconds(
    'a duration longer than zero and not longer than five minutes, such as "30s"',
    1,
    5 * 60,
  ),
  replayStore: loudStore,
  authorizationServers: z.array(z.custom<string>(isUrl, URLS), URLS),
};

/** @throws {AuthError} `ERR_AUTH_CONFIG`, naming the option and what it accepts, never its value. */
export function parseVerifierOptions(auth: AuthClient, given: TokenVerifierOptions): TokenVerifierConfig {
  checkClient(auth);
  const options = checkOptions(given, VERIFIER_OPTIONS, 'createTokenVerifier');
  return { ...verifierConfig(options), invalidToken: options.invalidToken };
}

/** @throws {AuthError} `ERR_AUTH_CONFIG`, naming the option and what it accepts, never its value. */
export function parseGateOptions(auth: AuthClient, given: McpOptions): GateConfig {
  checkClient(auth);
  const options = checkOptions(given, GATE_OPTIONS, 'protectMcp');
  return {
    ...verifierConfig(options),
    requiredScopes: options.requiredScopes ?? [],
    dpop: options.dpop ?? 'supported',
    proofMaxAge: options.dpopMaxAge ?? 60,
    replayStore: options.replayStore,
    authorizationServers: options.authorizationServers ?? issuersOf(auth),
  };
}

/** @throws {AuthError} `ERR_AUTH_CONFIG` for what is not a list of scopes. */
export const scopeList = (list: unknown, name: string): string[] => checkValue(list, scopes, `"${name}"`);

function checkClient(auth: unknown): void {
  if (typeof auth === 'object' && auth !== null && typeof Reflect.get(auth, 'verify') === 'function') return;
  throw configError('The first argument must be the client that verifies tokens.');
}

function verifierConfig({
  resource,
  scopes: direct = new Map<string, string[]>(),
  permissions = false,
}: Checked<typeof resourceShape>): VerifierConfig {
  return { resource, implications: impliedScopes(direct), permissions };
}

/** Clients find the authorization server by its URL, so that an issuer of any other text is of no use to them. */
function issuersOf(auth: AuthClient): readonly string[] {
  const issuers = internalsOf(auth)?.rules.flatMap(({ issuer = [] }) => issuer) ?? [];
  const urls = [...new Set(issuers.filter(isUrl))];
  if (urls.length > 0) return urls;
  throw configError(
    '"authorizationServers" is required, because no configured issuer is a URL; list the issuers of your tokens.',
  );
}

function isUrl(text: unknown): boolean {
  return typeof text === 'string' && /^https?:/i.test(text) && URL.canParse(text);
}
