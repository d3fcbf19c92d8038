import type { Revocation } from '../config/options.js';
import { AuthError, type AuthErrorCode } from '../errors.js';
import type { TokenPayload } from '../types.js';

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
