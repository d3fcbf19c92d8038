import { AuthError } from '../src/errors.js';
import type { AuthClient } from '../src/types.js';

/**
 * Revokes a token for an agent.
 *
 * @throws {AuthError} with a message that says that the token was not revoked, and what to do.
 */
export async function revokeFor(auth: AuthClient, token: string): Promise<void> {
  if (!auth.status().canRevoke) {
    throw new AuthError(
      'ERR_NO_REVOCATION',
      'The token was not revoked, because this server cannot revoke tokens. Ask its operator to configure "revocation".',
    );
  }
  try {
    await auth.revoke(token);
  } catch (error) {
    if (!(error instanceof AuthError)) throw error;
    const { code, retryAfter } = error;
    if (retryAfter !== undefined)
      throw new AuthError(code, `The token was not revoked: ${NO_ANSWER} ${retryAfter} s.`, { retryAfter });
    throw code === 'ERR_NO_REVOCATION' ? new AuthError(code, NOT_ALONE) : error;
  }
}

const NO_ANSWER = 'the revocation list or the identity provider gave no answer. Try again in';
const NOT_ALONE =
  'The token was not revoked, because it has no "jti" or no "exp". Ask the operator of this server to revoke all tokens of its subject.';
