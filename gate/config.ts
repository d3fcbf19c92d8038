import { internalsOf } from '../src/client/internals.js';
import { AuthError } from '../src/errors.js';
import { parseWholeSeconds } from '../src/shared/duration.js';
import { inheritedProblem, own } from '../src/shared/own-properties.js';
import { type Store, storeThatFailsLoudly } from '../src/shared/store.js';
import type { AuthClient } from '../src/types.js';
import type { McpOptions, ResourceOptions, TokenVerifierOptions } from './options.js';
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

const SHARED_OPTIONS = ['resource', 'scopes', 'permissions'];
const VERIFIER_OPTIONS = [...SHARED_OPTIONS, 'invalidToken'];
const GATE_OPTIONS = [
  ...SHARED_OPTIONS,
  'requiredScopes',
  'dpop',
  'dpopMaxAge',
  'replayStore',
  'authorizationServers',
];
const DPOP_MODES: readonly unknown[] = ['supported', 'required', 'off'];
const DEFAULT_PROOF_MAX_AGE = 60;
const LONGEST_PROOF_MAX_AGE = 5 * 60;

/** @throws {AuthError} `ERR_AUTH_CONFIG`, naming the option and what it accepts, never its value. */
export function parseVerifierOptions(auth: AuthClient, options: TokenVerifierOptions): TokenVerifierConfig {
  refuseUnknown(auth, options, VERIFIER_OPTIONS);
  const invalidToken = own(options, 'invalidToken');
  if (typeof invalidToken !== 'function') {
    fail(
      '"invalidToken" must be a function that makes the error of your MCP SDK: (message) => new InvalidTokenError(message).',
    );
  }
  return { ...verifierConfig(options), invalidToken: invalidToken as TokenVerifierOptions['invalidToken'] };
}

/** @throws {AuthError} `ERR_AUTH_CONFIG`, naming the option and what it accepts, never its value. */
export function parseGateOptions(auth: AuthClient, options: McpOptions): GateConfig {
  refuseUnknown(auth, options, GATE_OPTIONS);
  const dpop = own(options, 'dpop') ?? 'supported';
  if (!DPOP_MODES.includes(dpop)) fail('"dpop" must be "supported", "required" or "off".');
  const given = own(options, 'replayStore');
  const store = given === undefined ? undefined : storeThatFailsLoudly(given);
  if (typeof store === 'string') fail(`"replayStore" ${store}`);
  return {
    ...verifierConfig(options),
    requiredScopes: scopeList(own(options, 'requiredScopes') ?? [], 'requiredScopes'),
    dpop: dpop as GateConfig['dpop'],
    proofMaxAge: proofMaxAge(own(options, 'dpopMaxAge')),
    replayStore: store,
    authorizationServers: authorizationServers(auth, own(options, 'authorizationServers')),
  };
}

/** @throws {AuthError} `ERR_AUTH_CONFIG` when the list is not one of scopes. */
export function scopeList(list: unknown, option: string): string[] {
  if (Array.isArray(list) && list.every(isScope)) return [...new Set(list)];
  fail(`"${option}" must be a list of scopes, each without spaces, quotes and backslashes.`);
}

function refuseUnknown(auth: AuthClient, options: unknown, known: readonly string[]): void {
  if (typeof auth !== 'object' || auth === null || typeof auth.verify !== 'function') {
    fail('The first argument must be the client that verifies tokens.');
  }
  if (typeof options !== 'object' || options === null) fail('The options must be an object.');
  for (const [name, value] of Object.entries(options)) {
    if (!known.includes(name)) fail(`${JSON.stringify(name)} is not an option.`);
    // `resource: process.env.RESOURCE` with the variable unset is a mistake, and so for every option.
    if (value === undefined) fail(`"${name}" is undefined: give it a value or leave it out.`);
  }
  const inherited = inheritedProblem(options);
  if (inherited !== undefined) fail(inherited);
}

function verifierConfig(options: ResourceOptions): VerifierConfig {
  const resource = createResource(own(options, 'resource'));
  if (!resource) {
    fail(
      '"resource" must be an https: URL without query, fragment and credentials, such as "https://api.example.com/mcp"; http: is for this machine only.',
    );
  }
  const permissions = own(options, 'permissions') ?? false;
  if (typeof permissions !== 'boolean') fail('"permissions" must be true or false.');
  return { resource, implications: implications(own(options, 'scopes') ?? {}), permissions };
}

function implications(scopes: unknown): Implications {
  if (typeof scopes !== 'object' || scopes === null || Array.isArray(scopes)) {
    fail('"scopes" must be an object that lists for a scope what it implies.');
  }
  const entries = Object.entries(scopes);
  if (!entries.every(([scope]) => isScope(scope))) {
    fail('"scopes" must have scopes as its keys, each without spaces, quotes and backslashes.');
  }
  return impliedScopes(new Map(entries.map(([scope, implied]) => [scope, scopeList(implied, 'scopes')])));
}

function proofMaxAge(age: unknown): number {
  const seconds = age === undefined ? DEFAULT_PROOF_MAX_AGE : (parseWholeSeconds(age) ?? 0);
  if (seconds >= 1 && seconds <= LONGEST_PROOF_MAX_AGE) return seconds;
  fail('"dpopMaxAge" must be a duration longer than zero and not longer than five minutes, such as "30s".');
}

function authorizationServers(auth: AuthClient, given: unknown): readonly string[] {
  if (given !== undefined) {
    if (Array.isArray(given) && given.every(isUrl)) return [...given];
    fail('"authorizationServers" must be a list of the URLs of issuers.');
  }
  const issuers = internalsOf(auth)?.rules.flatMap(({ issuer = [] }) => issuer) ?? [];
  const urls = [...new Set(issuers.filter(isUrl))];
  if (urls.length > 0) return urls;
  fail('"authorizationServers" must be given, because the client has no issuer configured that is a URL.');
}

const isUrl = (text: unknown): boolean =>
  typeof text === 'string' && /^https?:/i.test(text) && URL.canParse(text);

function fail(message: string): never {
  throw new AuthError('ERR_AUTH_CONFIG', message);
}
