import * as z from 'zod/mini';
import { internalsOf } from '../src/client/internals.js';
import { checkOptions, checkValue, configError } from '../src/shared/options.js';
import { isObject } from '../src/shared/own-properties.js';
import {
  entriesOf,
  isScope,
  loudStore,
  oneOf,
  readBy,
  scopeList,
  trueOrFalse,
  wholeSeconds,
} from '../src/shared/schema.js';
import type { Checked } from '../src/shared/shape.js';
import { type StandardSchemaV1, standardSchema } from '../src/shared/standard-schema.js';
import type { Store } from '../src/shared/store.js';
import type { ApiOptions, GateMembers } from './options.js';
import { createResource, type Resource } from './resource.js';
import { type Implications, impliedScopes, union } from './scopes.js';
import type { Verifier } from './types.js';

/** The options of a verifier as they are used: checked, complete and copied. */
export interface VerifierConfig {
  readonly resource: Resource;
  readonly implications: Implications;
  readonly permissions: boolean;
}

/** The options of a gate as they are used: checked, complete and copied. */
export interface GateConfig extends VerifierConfig {
  readonly requiredScopes: readonly string[];
  readonly scopesSupported: readonly string[];
  readonly initialScopes: readonly string[];
  /** Members of the metadata that the gate does not set itself. */
  readonly metadata: object;
  readonly claims: StandardSchemaV1 | undefined;
  readonly dpop: 'supported' | 'required' | 'off';
  /** In seconds. */
  readonly proofMaxAge: number;
  readonly replayStore: Store | undefined;
  readonly authorizationServers: readonly string[];
}

/** A list of scopes, which loses its duplicates. */
export const SCOPE_LIST = z.pipe(
  scopeList,
  z.transform((list) => [...new Set(list)]),
);
const SCOPE = 'a scope, without spaces, quotes and backslashes, such as "orders:read"';
const SCOPE_ARGUMENTS = z.array(z.custom<string>(isScope, SCOPE));

const URLS = 'a list of issuer URLs';

/** What every door of the gate accepts. */
export const RESOURCE_OPTIONS = {
  resource: z.nonoptional(
    readBy(
      createResource,
      'an https: URL such as "https://api.example.com/mcp", with "//", in ASCII, and without white space, backslashes, "..", query, fragment and credentials; http: is for this machine only',
    ),
  ),
  scopes: entriesOf(
    z.string().check(z.refine(isScope, 'the name of a scope, without spaces, quotes and backslashes')),
    SCOPE_LIST,
    'an object with the scopes that each scope implies, such as { "files:admin": ["files:read"] }',
  ),
  permissions: trueOrFalse,
};

/** The options of `protectApi`. */
export const GATE_OPTIONS = {
  ...RESOURCE_OPTIONS,
  requiredScopes: SCOPE_LIST,
  scopesSupported: SCOPE_LIST,
  initialScopes: SCOPE_LIST,
  metadata: readBy(furtherMembers, 'an object that JSON can hold, such as { resource_name: "Files" }'),
  claims: standardSchema,
  dpop: oneOf(['supported', 'required', 'off'], '"supported", "required" or "off"'),
  dpopMaxAge: wholeSeconds(
    'a duration longer than zero and not longer than five minutes, such as "30s"',
    1,
    5 * 60,
  ),
  replayStore: loudStore,
  authorizationServers: z.array(z.custom<string>(isUrl, URLS), URLS),
};

/**
 * @param of the function whose options these are.
 * @throws {AuthError} `ERR_AUTH_CONFIG`, naming the option and what it accepts, never its value.
 */
export function parseGateOptions(auth: Verifier, given: ApiOptions<unknown>, of: string): GateConfig {
  checkVerifier(auth);
  refuseClientOptions(given, of);
  return gateConfig(auth, checkOptions(given, GATE_OPTIONS, of));
}

/** Completes the options of a gate. */
export function gateConfig(auth: Verifier, options: Checked<typeof GATE_OPTIONS>): GateConfig {
  const { requiredScopes = [] } = options;
  return {
    ...verifierConfig(options),
    requiredScopes,
    scopesSupported: options.scopesSupported ?? requiredScopes,
    initialScopes: union(requiredScopes, options.initialScopes ?? []),
    metadata: options.metadata ?? {},
    claims: options.claims,
    dpop: options.dpop ?? 'supported',
    proofMaxAge: options.dpopMaxAge ?? 60,
    replayStore: options.replayStore,
    authorizationServers: options.authorizationServers ?? issuersOf(auth),
  };
}

/** @throws {AuthError} `ERR_AUTH_CONFIG` for an argument that is not a scope. */
export const scopeArguments = (given: unknown, of: string): string[] =>
  checkValue(given, SCOPE_ARGUMENTS, `Each argument of ${of}`);

/** Options that people look for at the gate. */
const CLIENT_OPTIONS = ['audience', 'issuer', 'issuers', 'clientIds', 'jwksUrl', 'secret'];

/** @throws {AuthError} `ERR_AUTH_CONFIG` for an option of the client. */
export function refuseClientOptions(given: object, of: string): void {
  const name = CLIENT_OPTIONS.find((one) => Object.hasOwn(Object(given), one));
  if (name === undefined) return;
  throw configError(`"${name}" is not an option of ${of}. It belongs to createAuthClient.`);
}

/** @throws {AuthError} `ERR_AUTH_CONFIG` for what cannot verify tokens. */
export function checkVerifier(auth: unknown): void {
  if (typeof auth === 'object' && auth !== null && typeof Reflect.get(auth, 'verify') === 'function') return;
  throw configError('The first argument must be the client that verifies tokens.');
}

export function verifierConfig({
  resource,
  scopes = new Map<string, string[]>(),
  permissions = false,
}: Checked<typeof RESOURCE_OPTIONS>): VerifierConfig {
  return { resource, implications: impliedScopes(scopes), permissions };
}

/** The names in `GateMembers`, which follow from other options. */
const OWN_MEMBERS = {
  resource: true,
  authorization_servers: true,
  scopes_supported: true,
  bearer_methods_supported: true,
  dpop_signing_alg_values_supported: true,
  dpop_bound_access_tokens_required: true,
} satisfies Record<keyof GateMembers, true>;

/** Copies what JSON keeps of the members, without those that the gate sets. */
function furtherMembers(given: unknown): object | undefined {
  let copy: unknown;
  try {
    copy = JSON.parse(JSON.stringify(given));
  } catch {
    return undefined;
  }
  if (!isObject(copy)) return undefined;
  return Object.fromEntries(Object.entries(copy).filter(([name]) => !Object.hasOwn(OWN_MEMBERS, name)));
}

/** Clients find the authorization server by its URL, so that an issuer of any other text is of no use to them. */
function issuersOf(auth: Verifier): readonly string[] {
  const internals = internalsOf(auth);
  if (!internals) {
    throw configError(
      '"authorizationServers" is required with a verifier of your own; list the issuers of its tokens, or give []. A copy of a client, such as { ...client }, is a verifier of your own: give the client itself.',
    );
  }
  const issuers = internals.rules.flatMap(({ issuer = [] }) => issuer);
  const urls = [...new Set(issuers.filter(isUrl))];
  if (urls.length > 0) return urls;
  throw configError(
    '"authorizationServers" is required, because no configured issuer is a URL; list the issuers of your tokens.',
  );
}

function isUrl(text: unknown): boolean {
  return typeof text === 'string' && /^https?:/i.test(text) && URL.canParse(text);
}
