// Run it with: npx tsx api-keys.ts
import { createHash } from 'node:crypto';
import express from 'express';
import { createAuthClient, type VerifyResult } from 'intentkit-auth';
import { protectApi } from 'intentkit-auth/http';

const issuer = process.env.ISSUER ?? 'https://issuer.example.com';
const resource = process.env.RESOURCE ?? 'https://api.example.com';
const auth = createAuthClient({ issuers: [{ issuer, audience: resource }] });

const hash = (key: string): string => createHash('sha256').update(key).digest('hex');
/** By the hash of each key, so that nobody can read the keys here. A key is random, and begins with `key_`. */
const keys = new Map([
  [process.env.API_KEY_SHA256, { client_id: 'reports', scope: 'api', exp: Date.parse('2100-01-01') / 1000 }],
]);

async function verify(token: string): Promise<VerifyResult> {
  if (!token.startsWith('key_')) return auth.verify(token);
  const key = keys.get(hash(token));
  return key && key.exp > Date.now() / 1000
    ? { valid: true, expired: false, payload: { ...key, aud: resource } }
    : {
        valid: false,
        expired: false,
        reason: 'revoked',
        message: 'The API key is unknown or has ended.',
        payload: {},
      };
}

const gate = protectApi(
  { verify },
  {
    resource,
    requiredScopes: ['api'],
    initialScopes: ['api', 'files:write'],
    authorizationServers: [issuer],
  },
);

const app = express();
app.use(gate.nodeMetadata());
app.get('/health', (_request, response) => void response.send('ok'));
app.use(gate.node());
app.get('/me', (request, response) => {
  const { clientId, scopes } = gate.authOf(request);
  response.json({ clientId, scopes });
});
app.put('/files', gate.node({ scopes: ['files:write'] }), (_request, response) => {
  response.json({ written: true });
});
app.listen(3000);
