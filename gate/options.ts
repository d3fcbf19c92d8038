import type { StandardSchemaV1 } from '../src/shared/standard-schema.js';
import type { Store } from '../src/shared/store.js';
import type { TokenPayload } from '../src/types.js';

/** What `createTokenVerifier`, `protectApi` and `protectMcp` have in common. */
export interface ResourceOptions {
  /**
   * The public URL of the protected server: `https:`, or `http:` on this machine, without query and fragment. A URL that a
   * parser would repair is refused, such as one with white space. If the client has no `audience`, the token's `aud` must contain
   * `resource`. If the client has `clientIds`, the token may also have no `aud`.
   *
   * @see RFC 8707 section 2
   */
  resource: string;
  /**
   * What a scope implies, such as `{ 'files:admin': ['files:write', 'files:read'] }`. An implied scope can imply further scopes.
   * Default: a scope implies itself only.
   */
  scopes?: Record<string, readonly string[]>;
  /** Whether Auth0's claim `permissions` also contains scopes. Default: false. */
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
   * The scopes that the challenge of every 401 asks for, in addition to those of the route. Many clients can only ever get the
   * scopes of their first challenge, so list all scopes that they will need. `requiredScopes` are added. Default: `requiredScopes`.
   */
  initialScopes?: readonly string[];
  /**
   * More members for the metadata, such as `resource_name`. Their values must be JSON. Members that the gate sets cannot be
   * replaced. Default: none.
   *
   * @see RFC 9728 section 2
   */
  metadata?: Readonly<Record<string, unknown>> & GateMembers;
  /**
   * A schema for the claims of a token, of zod, valibot, arktype or any other library that supports Standard Schema. Its output is
   * `authInfo.claims`. A token that does not match is refused with 401. The answer names the path of the claim
   * and never its value. Default: the claims of the token, unchecked.
   *
   * @see https://standardschema.dev
   */
  claims?: StandardSchemaV1<unknown, Claims>;
  /**
   * Tokens that are bound to a key.
   *
   * - `supported`: bound tokens with a proof and bearer tokens are both accepted (default)
   * - `required`: only bound tokens are accepted
   * - `off`: bound tokens are refused
   *
   * @see RFC 9449
   */
  dpop?: 'supported' | 'required' | 'off';
  /** How far the `iat` of a proof may differ from the clock of the server, in both directions. Default: `'1m'`. At most `'5m'`. */
  dpopMaxAge?: string;
  /**
   * A store of used proofs that several processes share. A `Keyv` needs `throwOnErrors: true`, because a store that hides its
   * failures would allow replay. Default: the memory of this process.
   */
  replayStore?: Store;
  /**
   * The issuers that the metadata lists. Default: each configured issuer that is a URL. Required with a verifier of your own.
   * With an empty list, the metadata names no issuer, and clients cannot find out where to get a token.
   *
   * @see RFC 9728 section 2
   */
  authorizationServers?: readonly string[];
}

/** Members of the metadata that the gate sets itself. */
export interface GateMembers {
  /** Set by the option `resource`. */
  readonly resource?: never;
  /** Set by the option `authorizationServers`. */
  readonly authorization_servers?: never;
  /** Set by the option `scopesSupported`. */
  readonly scopes_supported?: never;
  /** Always `['header']`, because the gate reads tokens only from the header. */
  readonly bearer_methods_supported?: never;
  /** Set by the option `dpop`. */
  readonly dpop_signing_alg_values_supported?: never;
  /** Set by the option `dpop`. */
  readonly dpop_bound_access_tokens_required?: never;
}
