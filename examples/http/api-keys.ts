// Run it with: npx tsx api-keys.ts
import { createHash } from 'node:crypto';
import express from 'express';
import { createAuthClient, type VerifyResult } from 'intentkit-auth';
import { protectApi } from 'intentkit-auth/http';

const { ISSUER: issuer = '', RESOURCE: resource = '' } = process.env;
if (!issuer || !resource) throw new Error('Set the variables ISSUER and RESOURCE.');
const auth = createAuthClient({ issuers: [{ issuer, audience: resource }] });

const hash = (key: string): string => createHash('sha256').update(key).digest('hex');
// Only hashes are stored, so the keys cannot be read here. A key is random, and begins with `key_`.
const keys = new Map([
  [process.env.API_KEY_SHA256, { client_id: 'reports', scope: 'api', exp: Date.parse('2100-01-01') / 1000 }],
]);

const refused = {
  valid: false,
  expired: false,
  reason: 'inactive',
  message: 'unknown key',
  payload: {},
} as const;

async function verify(token: string): Promise<VerifyResult> {
  if (!token.startsWith('key_')) return auth.verify(token);
  const key = keys.get(hash(token));
  if (!key || key.exp <= Date.now() / 1000) return refused;
  return { valid: true, expired: false, payload: { ...key, aud: resource } };
}

const all = ['api', 'files:write'];
const scopes = { requiredScopes: ['api'], initialScopes: all, scopesSupported: all };
const gate = protectApi({ verify }, { resource, authorizationServers: [issuer], ...scopes });

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
