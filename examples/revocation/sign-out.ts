import type { AuthInfo } from 'intentkit-auth/http';
import type { RevocationList } from 'intentkit-auth/revocation';

/** Signs out a caller, such as `gate.authOf(request)`. Its `issuer` and `subject` are those of the verified token. */
export async function signOut(
  { issuer, subject }: Pick<AuthInfo, 'issuer' | 'subject'>,
  endRefreshTokens: (subject: string) => Promise<void>,
  revocation: RevocationList,
): Promise<void> {
  if (!issuer || !subject) throw new Error('The token has no "iss" or no "sub": revoke it with auth.revoke.');
  // If this fails, the logout fails, and the user must be told.
  await endRefreshTokens(subject);
  await revocation.revokeSubject(subject, { issuer });
}
