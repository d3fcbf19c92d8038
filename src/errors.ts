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
  | 'ERR_NO_REVOCATION'
  | 'ERR_TOKEN_REFUSED';

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
  /** In how many whole seconds to try again, for a `Retry-After` header. Present when a token cannot be signed, verified or revoked right now. */
  readonly retryAfter?: number;

  /**
   * Use it in a revocation list of your own, so that callers handle its errors like those of this package.
   *
   * @param message one sentence that says what to change, without secrets, tokens and claims.
   */
  constructor(code: AuthErrorCode, message: string, options?: { cause?: Error; retryAfter?: number }) {
    super(message, options?.cause && { cause: options.cause });
    this.code = code;
    if (options?.retryAfter !== undefined) this.retryAfter = options.retryAfter;
  }
}
