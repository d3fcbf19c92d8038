import { withoutPrototype } from './shared/own-properties.js';

/**
 * What went wrong, for code to branch on. Codes are stable; messages are for people and may change. When `verify` refuses a
 * token, it throws no error: it returns one of `VERIFY_FAILURES`.
 *
 * - `ERR_AUTH_CONFIG`: an option is missing, unknown or unusable. The factories throw it, and `verify` for its own options: also
 *   if the schema of `claims` fails.
 * - `ERR_NO_SIGNING_KEY`: `sign` was called on a client without `secret` and `signingKeys`.
 * - `ERR_SIGNER_UNAVAILABLE`: the `sign` function of an entry of `signingKeys` failed or timed out. Answer 503.
 * - `ERR_SIGNER_BROKEN`: the `sign` function of an entry of `signingKeys` answered with something other than a valid signature.
 * - `ERR_SIGN_INPUT`: `sign` cannot make a token from this payload or these options.
 * - `ERR_TOKEN_MALFORMED`: `decode` was called with something that is not a signed JWT.
 * - `ERR_JWKS_UNAVAILABLE`: the key could not be fetched, so `verify` cannot decide right now. Answer 503, not 401.
 * - `ERR_REVOCATION_UNAVAILABLE`: the revocation list did not answer. `verify` cannot decide right now, or `revoke` has not
 *   revoked the token. Answer 503, not 401.
 * - `ERR_INTROSPECTION_UNAVAILABLE`: the issuer of an opaque token did not say whether it is active, so `verify` cannot decide
 *   right now. Answer 503, not 401.
 * - `ERR_EXCHANGE_REFUSED`: the issuer grants no token on behalf of this caller. `oauthError` has its code. Trying again does
 *   not help; the caller may have to sign in again.
 * - `ERR_EXCHANGE_UNAVAILABLE`: the issuer did not answer the token exchange. Answer 503.
 * - `ERR_EXCHANGE_CONFIG`: the issuer refuses this client or the grant for every caller. The operator must act.
 * - `ERR_NO_REVOCATION`: the client has no list that `revoke` can write to, or the token lacks the `jti` or `exp` that the
 *   list needs.
 * - `ERR_TOKEN_REFUSED`: `revoke` was called with a token that `verify` refuses.
 */
export type AuthErrorCode =
  | 'ERR_AUTH_CONFIG'
  | 'ERR_NO_SIGNING_KEY'
  | 'ERR_SIGNER_UNAVAILABLE'
  | 'ERR_SIGNER_BROKEN'
  | 'ERR_SIGN_INPUT'
  | 'ERR_TOKEN_MALFORMED'
  | 'ERR_JWKS_UNAVAILABLE'
  | 'ERR_REVOCATION_UNAVAILABLE'
  | 'ERR_INTROSPECTION_UNAVAILABLE'
  | 'ERR_EXCHANGE_REFUSED'
  | 'ERR_EXCHANGE_UNAVAILABLE'
  | 'ERR_EXCHANGE_CONFIG'
  | 'ERR_NO_REVOCATION'
  | 'ERR_TOKEN_REFUSED';

/** What an {@link AuthError} has beside its code and its message. Each member is described there. */
export interface AuthErrorOptions {
  /** The error that caused this one. */
  cause?: Error;
  /** See {@link AuthError.retryAfter}. */
  retryAfter?: number;
  /** See {@link AuthError.oauthError}. */
  oauthError?: string;
  /** See {@link AuthError.claims}. */
  claims?: string;
}

/**
 * The only error class of this package. Branch on {@link AuthError.code}.
 *
 * The message is one sentence that says what to change. It never includes a secret, a token, the value of a claim, or the
 * credentials or query of a URL. You can show it to an agent or log it unchanged.
 */
export class AuthError extends Error {
  /** Always `AuthError`. */
  override readonly name = 'AuthError';
  /** The stable code. */
  readonly code: AuthErrorCode;
  /** In how many whole seconds to try again, for a `Retry-After` header. Present when a token cannot be signed, verified, revoked or exchanged right now. */
  readonly retryAfter?: number;
  /**
   * The `error` code of the issuer, such as `interaction_required`. Present on `ERR_EXCHANGE_REFUSED` and `ERR_EXCHANGE_CONFIG`
   * if the issuer gave one.
   * @see RFC 6749 section 5.2
   */
  readonly oauthError?: string;
  /** The `claims` that Microsoft Entra sends with `interaction_required`. The client must send them with its next request for a token. */
  readonly claims?: string;

  /**
   * Use it in a revocation list of your own, so that callers handle its errors like those of this package.
   *
   * @param message one sentence that says what to change, without secrets, tokens and claims.
   */
  constructor(code: AuthErrorCode, message: string, options: AuthErrorOptions = {}) {
    const { cause, retryAfter, oauthError, claims } = withoutPrototype(options);
    super(message, cause && { cause });
    this.code = code;
    if (retryAfter !== undefined) this.retryAfter = retryAfter;
    if (oauthError !== undefined) this.oauthError = oauthError;
    if (claims !== undefined) this.claims = claims;
  }
}
