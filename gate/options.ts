import type { StandardSchemaV1 } from '../src/shared/standard-schema.js';
import type { Store } from '../src/shared/store.js';
import type { TokenPayload } from '../src/types.js';

/** What `createTokenVerifier`, `protectApi` and `protectMcp` have in common. */
export interface ResourceOptions {
  /**
   * The public URL of the protected server: `https:`, or `http:` on this machine, without query and fragment. A URL that a
   * parser would repair is refused, such as one with white space. Where the client has no audience configured, the token's
   * `aud` must hold it. If the client has `clientIds` configured, the token may also have no `aud`.
   *
   * @see RFC 8707 section 2
   */
  resource: string;
  /**
   * What a scope implies, such as `{ 'files:admin': ['files:write', 'files:read'] }`. An implied scope can imply further scopes.
   * Default: a scope implies itself only.
   */
  scopes?: Record<string, readonly string[]>;
  /** Whether the claim `permissions`, as Auth0 writes it, holds scopes too. Default: false. */
  permissions?: boolean;
}

/** Options of `protectApi`. `Claims` is the output of the schema `claims`. */
export interface ApiOptions<Claims = TokenPayload> extends ResourceOptions {
  /** The scopes that every request needs. Default: none. */
  requiredScopes?: readonly string[];
  /**
   * The scopes that the metadata lists as `scopes_supported`. Default: `requiredScopes`.
   *
   * @see RFC 9728 section 2
   */
  scopesSupported?: readonly string[];
  /**
   * The scopes that the challenge of every 401 asks for, beside those of the route. Many clients can only ever get the scopes of
   * their first challenge, so list here what they will need later. `requiredScopes` are added. Default: `requiredScopes`.
   */
  initialScopes?: readonly string[];
  /**
   * Further members of the metadata, such as `resource_name`. They are data that JSON can hold. Members that the gate sets itself
   * cannot be replaced. Default: none.
   *
   * @see RFC 9728 section 2
   */
  metadata?: Readonly<Record<string, unknown>> & GateMembers;
  /**
   * What the claims of a token must be: a schema of zod, valibot, arktype or any other library that supports Standard Schema.
   * Its output is `authInfo.claims`. A token that does not match is refused with 401. The answer names the path of the claim
   * and never its value. Default: the claims of the token, unchecked.
   *
   * @see https://standardschema.dev
   */
  claims?: StandardSchemaV1<unknown, Claims>;
  /**
   * Tokens that are bound to a key.
   *
   * - `supported`: bound tokens with a proof and bearer tokens are both accepted (default)
   * - `required`: no other tokens are accepted
   * - `off`: they are refused
   *
   * @see RFC 9449
   */
  dpop?: 'supported' | 'required' | 'off';
  /** How far the `iat` of a proof may differ from the clock of the server, in both directions. Default: `'1m'`. At most `'5m'`. */
  dpopMaxAge?: string;
  /**
   * Where used proofs are remembered for other processes too. A keyv needs `throwOnErrors: true`, as a store that fails
   * in silence would let a proof be used again. Default: in this process only.
   */
  replayStore?: Store;
  /**
   * The issuers whose tokens are accepted, for the metadata. Default: each configured issuer that is a URL. Required with a
   * verifier of your own. An empty list leaves them out, so that clients cannot find out where to get a token.
   *
   * @see RFC 9728 section 2
   */
  authorizationServers?: readonly string[];
}

/** The members of the metadata that follow from the other options. */
export interface GateMembers {
  /** The option `resource`. */
  readonly resource?: never;
  /** The option `authorizationServers`. */
  readonly authorization_servers?: never;
  /** The option `scopesSupported`. */
  readonly scopes_supported?: never;
  /** The gate reads the token from the header only. */
  readonly bearer_methods_supported?: never;
  /** The option `dpop`. */
  readonly dpop_signing_alg_values_supported?: never;
  /** The option `dpop`. */
  readonly dpop_bound_access_tokens_required?: never;
}
