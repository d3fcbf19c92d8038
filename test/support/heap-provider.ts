import { createHash } from 'node:crypto';
import { type OAuthServer, type Received, startOAuthServer, status } from './oauth-server.js';

const inTenMinutes = (): number => Math.floor(Date.now() / 1000) + 600;
const tokenIn = ({ fields }: Received, name: string): string => Object.fromEntries(fields)[name] ?? '';

/**
 * Starts what `test/e2e/fixtures/downstream-heap.ts` needs: introspection, an exchange, and an API. The token that an exchange
 * gives is the SHA-256 of the caller's token. Tokens that begin with "bad" get answers that cannot be used.
 */
export async function startHeapProvider(): Promise<OAuthServer> {
  const provider = await startOAuthServer();
  provider.replies.set('/introspect', (request) =>
    tokenIn(request, 'token').startsWith('bad') ? [] : { active: true, sub: 'ada', exp: inTenMinutes() },
  );
  provider.replies.set('/token', (request) => {
    const token = tokenIn(request, 'subject_token');
    if (token.startsWith('bad')) return status(400);
    const exchanged = createHash('sha256').update(token).digest('base64url');
    return { access_token: exchanged, token_type: 'Bearer', expires_in: 600 };
  });
  provider.replies.set('/open', () => (_, response) => void response.end('"open"'));
  return provider;
}
