import { AuthError, type AuthErrorCode } from '../errors.js';
import type { TokenPayload } from '../types.js';

/**
 * Says which tokens are revoked. `createRevocationList` of `intentkit-auth/revocation` makes one on a store that
 * processes share. Anything with these methods will do, if it has a deadline of its own.
 */
export interface Revocation {
  /**
   * Whether a token is revoked whose signature and claims are good. It gets a copy of the claims, never the token. When
   * it throws, or answers with anything but `true` or `false`, there is no verdict: `verify` throws
   * `ERR_REVOCATION_UNAVAILABLE`. An `AuthError` of yours with this code is thrown as it is.
   */
  isRevoked(payload: TokenPayload): boolean | Promise<boolean>;
  /**
   * Revokes the token with these claims, for `auth.revoke`. Without it, this client cannot revoke. It may get one that is
   * revoked already. What it throws becomes `ERR_REVOCATION_UNAVAILABLE`, except an `AuthError` with this code or
   * `ERR_NO_REVOCATION`.
   *
   * @param tolerance how far the client lets clocks differ, in seconds. It accepts the token for so long after its `exp`.
   */
  revoke?(payload: TokenPayload, tolerance: number): Promise<void>;
}

/**
 * Asks the hook, whatever it may do.
 *
 * @throws {AuthError} `ERR_REVOCATION_UNAVAILABLE`
 */
export async function isRevoked(hook: Revocation, payload: TokenPayload): Promise<boolean> {
  const answer: unknown = await orUnavailable(
    async () => hook.isRevoked(payload),
    'neither accepted nor refused',
    ['ERR_REVOCATION_UNAVAILABLE'],
  );
  if (typeof answer === 'boolean') return answer;
  throw unavailable('neither accepted nor refused');
}

/**
 * Has the hook revoke a token.
 *
 * @throws {AuthError} `ERR_NO_REVOCATION`, `ERR_REVOCATION_UNAVAILABLE`
 */
export async function revoke(hook: Revocation, payload: TokenPayload, tolerance: number): Promise<void> {
  await orUnavailable(async () => hook.revoke?.(payload, tolerance), 'not revoked', [
    'ERR_NO_REVOCATION',
    'ERR_REVOCATION_UNAVAILABLE',
  ]);
}

async function orUnavailable<T>(
  action: () => Promise<T>,
  outcome: string,
  expected: readonly AuthErrorCode[],
): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof AuthError && expected.includes(error.code)) throw error;
    // The text of any other error may hold what it was given.
    throw unavailable(outcome);
  }
}

const unavailable = (outcome: string): AuthError =>
  new AuthError(
    'ERR_REVOCATION_UNAVAILABLE',
    `The token was ${outcome}, because the revocation list gave no answer; try again in 1 s.`,
    { retryAfter: 1 },
  );
