import type { RevocationHook } from '../config/schema.js';
import { AuthError, type AuthErrorCode } from '../errors.js';
import { within } from '../shared/deadline.js';
import type { TokenPayload } from '../types.js';

/** How long a hook may take, unless it has its own deadline. */
const HOOK_TIMEOUT_MS = 5000;

/**
 * Asks the revocation list whether a token is revoked.
 *
 * @throws {AuthError} `ERR_REVOCATION_UNAVAILABLE` if the list throws, rejects, hangs, or answers with anything but a boolean.
 */
export async function isRevoked(hook: RevocationHook, payload: TokenPayload): Promise<boolean> {
  const answer = await ask(hook, () => hook.isRevoked(payload), 'neither accepted nor refused', [
    'ERR_REVOCATION_UNAVAILABLE',
  ]);
  if (typeof answer === 'boolean') return answer;
  throw unavailable('neither accepted nor refused');
}

/**
 * Revokes a token through the revocation list.
 *
 * @throws {AuthError} `ERR_NO_REVOCATION`, `ERR_REVOCATION_UNAVAILABLE`
 */
export async function revoke(
  hook: Required<RevocationHook>,
  payload: TokenPayload,
  tolerance: number,
): Promise<void> {
  await ask(hook, () => hook.revoke(payload, tolerance), 'not revoked', [
    'ERR_NO_REVOCATION',
    'ERR_REVOCATION_UNAVAILABLE',
  ]);
}

/**
 * Asks a hook of the application. It rejects with whatever the hook throws, or if the answer takes too long.
 *
 * @param isBounded whether the hook has its own deadline.
 */
export async function asked(isBounded: boolean, question: () => unknown): Promise<unknown> {
  const answer = question();
  // A promise may also be a function, as stubs of remote calls are.
  const isPending = Object(answer) === answer;
  return isPending && !isBounded ? within(HOOK_TIMEOUT_MS, Promise.resolve(answer)) : answer;
}

async function ask(
  { isBounded }: RevocationHook,
  question: () => unknown,
  outcome: string,
  expected: readonly AuthErrorCode[],
): Promise<unknown> {
  try {
    return await asked(isBounded, question);
  } catch (error) {
    if (error instanceof AuthError && expected.includes(error.code)) throw error;
    // The message of any other error may contain claims.
    throw unavailable(outcome);
  }
}

const unavailable = (outcome: string): AuthError =>
  new AuthError(
    'ERR_REVOCATION_UNAVAILABLE',
    `The token was ${outcome}, because the revocation list gave no answer; try again in 1 s.`,
    { retryAfter: 1 },
  );
