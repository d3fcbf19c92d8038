import type { AuthClient } from 'intentkit-auth';

/** Verifies a token. Resolves to `valid`, the reason of a refusal, or the code of an error. */
export const outcome = (client: AuthClient, token: string): Promise<string> =>
  client.verify(token).then(
    ({ valid, reason }) => (valid ? 'valid' : (reason ?? 'no reason')),
    (error: { code?: string }) => error.code ?? String(error),
  );
