/** Tests how a user is signed out of an MCP client, with a real oidc-provider that issues refresh tokens. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAuthClient } from 'intentkit-auth';
import { createRevocationList } from 'intentkit-auth/revocation';
import type { JWK } from 'oidc-provider';
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { AUDIENCE } from '../support/identity-provider.js';
import { generateKeys } from '../support/mint.js';
import { outcome } from '../support/outcome.js';
import { memoryStore } from '../support/stores.js';

const CLIENT = { client_id: 'mcp-client', client_secret: 'the-secret-of-the-client' };
const REDIRECT = 'https://client.example.com/callback';
const SUBJECT = 'user-1';
/** In seconds. */
const HOUR = 60 * 60;

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());
const passSeconds = (seconds: number): void => void vi.setSystemTime(Date.now() + seconds * 1000);

/** Starts a provider at which a user has just allowed an MCP client to use the API. */
async function start() {
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  await new Promise((resolve) => server.once('listening', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const quiet = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const { Provider } = await import('oidc-provider');
  const key = { ...generateKeys('ES256').privateKey.export({ format: 'jwk' }), kid: 'k1' } as JWK;
  const provider = new Provider(issuer, {
    jwks: { keys: [key] },
    clients: [
      {
        ...CLIENT,
        grant_types: ['authorization_code', 'refresh_token'],
        redirect_uris: [REDIRECT],
        token_endpoint_auth_method: 'client_secret_post',
        id_token_signed_response_alg: 'ES256',
      },
    ],
    scopes: ['openid', 'offline_access', 'read'],
    ttl: { Grant: HOUR, AccessToken: HOUR, RefreshToken: 2 * HOUR, IdToken: HOUR, AuthorizationCode: 60 },
    pkce: { required: () => false },
    enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
    findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    features: {
      devInteractions: { enabled: false },
      revocation: { enabled: true, allowedPolicy: async () => true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope: 'read',
          audience: AUDIENCE,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  });
  quiet.mockRestore();
  server.on('request', provider.callback());

  const client = await provider.Client.find(CLIENT.client_id);
  if (!client) throw new Error('The provider does not know the client.');
  const grant = new provider.Grant({ accountId: SUBJECT, clientId: CLIENT.client_id });
  grant.addOIDCScope('openid offline_access');
  grant.addResourceScope(AUDIENCE, 'read');
  const code = new provider.AuthorizationCode({
    accountId: SUBJECT,
    client,
    grantId: await grant.save(),
    gty: 'authorization_code',
    redirectUri: REDIRECT,
    resource: AUDIENCE,
    scope: 'openid offline_access read',
  });
  const post = async (path: string, fields: Record<string, string>) => {
    const body = new URLSearchParams({ ...CLIENT, ...fields });
    const response = await fetch(`${issuer}${path}`, { method: 'POST', body });
    return { status: response.status, body: response.status === 200 ? await response.text() : '' };
  };
  const tokens = async (fields: Record<string, string>) => {
    const { status, body } = await post('/token', { ...fields, resource: AUDIENCE });
    const { access_token: token = '', refresh_token: refresh = '' } = JSON.parse(body || '{}');
    return { status, token, refresh };
  };
  return {
    issuer,
    /** What the MCP client does after the login. */
    exchange: async () =>
      tokens({ grant_type: 'authorization_code', code: await code.save(), redirect_uri: REDIRECT }),
    refresh: (refresh: string) => tokens({ grant_type: 'refresh_token', refresh_token: refresh }),
    endRefreshToken: (token: string) => post('/token/revocation', { token }),
  };
}

it('A user is signed out of an MCP client only if the refresh token ends at the provider first', async () => {
  const { issuer, exchange, refresh, endRefreshToken } = await start();
  const revocation = createRevocationList(memoryStore(), { maxLifetime: '1d' });
  const auth = createAuthClient({ issuers: [{ issuer, audience: AUDIENCE }], revocation });
  const first = await exchange();
  expect(await outcome(auth, first.token)).toBe('valid');

  passSeconds(5);
  await revocation.revokeSubject(SUBJECT, { issuer });
  expect(await outcome(auth, first.token)).toBe('revoked');
  passSeconds(5);
  const second = await refresh(first.refresh);
  expect([second.status, await outcome(auth, second.token)]).toEqual([200, 'valid']);

  expect(await endRefreshToken(second.refresh || first.refresh)).toMatchObject({ status: 200 });
  await revocation.revokeSubject(SUBJECT, { issuer });
  expect(await outcome(auth, second.token)).toBe('revoked');
  passSeconds(5);
  expect(await refresh(second.refresh || first.refresh)).toEqual({ status: 400, token: '', refresh: '' });
});
