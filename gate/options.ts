import type { Store } from '../src/shared/store.js';

/** What `createTokenVerifier` and `protectMcp` have in common. */
export interface ResourceOptions {
  /**
   * The public URL of the protected server: `https:`, or `http:` on this machine, without query and fragment. A URL that a
   * parser would repair is refused, such as one with white space. Where the client has no audience configured, the token's
   * `aud` must hold it.
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

/** Options of `createTokenVerifier`. */
export interface TokenVerifierOptions extends ResourceOptions {
  /**
   * Makes the error that your MCP SDK answers with 401 and a challenge. It gets one sentence that is safe to show.
   *
   * - SDK 1.x: `(message) => new InvalidTokenError(message)`
   * - SDK 2: `(message) => new OAuthError(OAuthErrorCode.InvalidToken, message)`
   *
   * Each SDK recognises only its own class, and answers 500 without a challenge to every other error.
   */
  invalidToken: (message: string) => Error;
}

/** Options of `protectMcp`. */
export interface McpOptions extends ResourceOptions {
  /** The scopes that every request needs. Default: none. */
  requiredScopes?: readonly string[];
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
   * The issuers whose tokens are accepted, for the metadata. Default: each configured issuer that is a URL. An empty
   * list leaves them out, so that clients cannot find out where to get a token.
   *
   * @see RFC 9728 section 2
   */
  authorizationServers?: readonly string[];
}
