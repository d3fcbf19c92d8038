import type { RevocationList } from 'intentkit-auth/revocation';

export async function signOut(
  subject: string,
  issuer: string,
  endRefreshTokens: (subject: string) => Promise<void>,
  revocation: RevocationList,
): Promise<void> {
  // If this fails, the logout fails, and the user must be told.
  await endRefreshTokens(subject);
  await revocation.revokeSubject(subject, { issuer });
}
