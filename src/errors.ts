/**
 * What went wrong, for code to branch on. Codes are stable. Messages are for people and may be reworded. The reasons why
 * `verify` refuses a token are no errors: they are `VERIFY_FAILURES`, in `types.ts`.
 *
 * - `ERR_AUTH_CONFIG`: an option is missing, unknown or unusable. Only the factories throw it.
 * - `ERR_NO_SIGNING_KEY`: `sign` was called on a client that has no `secret`.
 * - `ERR_SIGN_INPUT`: the payload or an option given to `sign` cannot become a token.
 * - `ERR_TOKEN_MALFORMED`: `decode` was given something that is not a signed JWT.
 * - `ERR_JWKS_UNAVAILABLE`: the key could not be looked up, so `verify` has no verdict. Answer 503, not 401.
 * - `ERR_REVOCATION_UNAVAILABLE`: the revocation list gave no answer, so `verify` has no verdict, or `revoke` has not
 *   revoked. Answer 503, not 401.
 * - `ERR_NO_REVOCATION`: there is no list that `revoke` could write to, or it cannot hold the token, as it has no `jti`
 *   or no `exp`.
 * - `ERR_TOKEN_REFUSED`: `revoke` was given a token that `verify` refuses.
 */
export type AuthErrorCode =
  | 'ERR_AUTH_CONFIG'
  | 'ERR_NO_SIGNING_KEY'
  | 'ERR_SIGN_INPUT'
  | 'ERR_TOKEN_MALFORMED'
  | 'ERR_JWKS_UNAVAILABLE'
  | 'ERR_REVOCATION_UNAVAILABLE'
  | 'ERR_NO_REVOCATION'
  | 'ERR_TOKEN_REFUSED';

/**
 * The one error class of this package. Branch on {@link AuthError.code}.
 *
 * The message is one sentence that says what to change. It never holds a secret, a token, a claim's value, or the
 * credentials or query of a URL, so you may show it to an agent or write it to a log as it is.
 */
export class AuthError extends Error {
  /** Always `AuthError`. */
  override readonly name = 'AuthError';
  /** The stable code. */
  readonly code: AuthErrorCode;
  /** With `ERR_JWKS_UNAVAILABLE` and `ERR_REVOCATION_UNAVAILABLE`: after how many whole seconds to try again, for a `Retry-After` header. */
  readonly retryAfter?: number;

  /**
   * For a list or a store of your own, whose errors then pass as this package's.
   *
   * @param message one sentence that says what to change, free of secrets, tokens and claims.
   */
  constructor(code: AuthErrorCode, message: string, options?: { cause?: Error; retryAfter?: number }) {
    super(message, options?.cause && { cause: options.cause });
    this.code = code;
    if (options?.retryAfter !== undefined) this.retryAfter = options.retryAfter;
  }
}
