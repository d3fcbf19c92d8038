// Introspection and token exchange at a real authorization server, with each way to prove the id of a client.
import { createAuthClient } from 'intentkit-auth';
import { createDownstream } from 'intentkit-auth/downstream';
import { protectApi } from 'intentkit-auth/http';
import { type ClientAuthOptions, createIntrospection } from 'intentkit-auth/introspection';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { startJwksServer } from '../support/jwks-server.js';
import { generateKeys } from '../support/mint.js';
import { outcome } from '../support/outcome.js';
import { EXCHANGE_GRANTS, registerExchange } from '../support/token-exchange.js';

/** The tokens of the first MCP server are opaque, those of the second one and of the API behind them are JWTs. */
const MCP = { opaque: 'https://mcp.example.com/mcp', jwt: 'https://mcp.example.com/jwt' };
const ORDERS = 'https://orders.internal/';
const SECRET = 'a secret & :%+';
const ownKey = generateKeys('ES256');

const server = await startJwksServer();
afterAll(() => server.close());
const issuer = new URL(server.url).origin;
await startProvider();

async function startProvider(): Promise<void> {
  // At startup, it warns on the console about its in-memory store and about the Node version.
  const quiet = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const { errors, Provider } = await import('oidc-provider');
  const signing = generateKeys('ES256');
  const signingKey = {
    ...signing.privateKey.export({ format: 'jwk' }),
    kid: 'k1',
    use: 'sig',
    alg: 'ES256',
  };
  const client = {
    grant_types: ['client_credentials', ...Object.values(EXCHANGE_GRANTS)],
    redirect_uris: [],
    response_types: [] as never[],
    id_token_signed_response_alg: 'ES256' as const,
    introspection_signed_response_alg: 'ES256' as const,
  };
  const jwks = {
    keys: [{ ...ownKey.publicKey.export({ format: 'jwk' }), kid: 'mine', use: 'sig' }],
  };
  const provider = new Provider(issuer, {
    jwks: { keys: [signingKey as never] },
    clients: [
      {
        ...client,
        client_id: 'header',
        client_secret: SECRET,
        token_endpoint_auth_method: 'client_secret_basic',
      },
      {
        ...client,
        client_id: 'body',
        client_secret: SECRET,
        token_endpoint_auth_method: 'client_secret_post',
      },
      { ...client, client_id: 'key', token_endpoint_auth_method: 'private_key_jwt', jwks: jwks as never },
    ],
    enabledJWA: { idTokenSigningAlgValues: ['ES256'], introspectionSigningAlgValues: ['ES256'] },
    ttl: { ClientCredentials: 600 },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      introspection: { enabled: true, allowedPolicy: () => true },
      jwtIntrospection: { enabled: true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_, resource) => {
          if (![MCP.opaque, MCP.jwt, ORDERS].includes(resource)) throw new errors.InvalidTarget();
          return {
            scope: 'mcp orders:read',
            audience: resource,
            accessTokenFormat: resource === MCP.opaque ? 'opaque' : 'jwt',
            jwt: { sign: { alg: 'ES256' } },
          };
        },
      },
    },
  });
  registerExchange(provider, {
    resource: ORDERS,
    scope: 'orders:read',
    publicKey: signing.publicKey,
  });
  server.handler = provider.callback();
  quiet.mockRestore();
}

/** The token of a caller, which is for an MCP server. */
async function callerToken(resource = MCP.opaque): Promise<string> {
  const body = new URLSearchParams({ grant_type: 'client_credentials', resource, scope: 'mcp' });
  const headers = {
    authorization: `Basic ${btoa(`header:${new URLSearchParams({ x: SECRET }).toString().slice(2)}`)}`,
  };
  const response = await fetch(`${issuer}/token`, { method: 'POST', body, headers });
  return String(((await response.json()) as { access_token?: string }).access_token);
}

// biome-ignore format: a table
const CLIENTS: ReadonlyArray<readonly [clientId: string, clientAuth: ClientAuthOptions]> = [
  ['header', { secret: SECRET }],
  ['body', { secret: SECRET, in: 'body' }],
  ['key', { privateKey: ownKey.privateKey, keyId: 'mine' }],
];
describe.each(CLIENTS)('A client that proves its id by its %s', (clientId, clientAuth) => {
  const options = { issuer, clientId, clientAuth, onWarning: () => {} };

  it.each([false, true])('introspects opaque tokens, with signed answers: %s', async (signed) => {
    const auth = createAuthClient({
      audience: MCP.opaque,
      introspection: createIntrospection({ ...options, signed }),
    });
    const token = await callerToken();
    expect(await auth.verify(token)).toMatchObject({
      valid: true,
      payload: { iss: issuer, aud: MCP.opaque, client_id: 'header', scope: 'mcp', token_type: 'Bearer' },
    });
    expect(await outcome(auth, 'unknown')).toBe('inactive');
  });

  // biome-ignore format: a table
  const EXCHANGES = [
    ['an opaque token', 'token-exchange', MCP.opaque], ['an opaque token', 'entra-on-behalf-of', MCP.opaque],
    ['a JWT', 'token-exchange', MCP.jwt], ['a JWT', 'entra-on-behalf-of', MCP.jwt],
  ] as const;
  it.each(EXCHANGES)('gets a token for the API for %s, by the grant %s', async (_, grant, mcp) => {
    const gate = protectApi(createAuthClient({ issuers: [{ issuer, audience: ORDERS, typ: 'at+jwt' }] }), {
      resource: ORDERS,
      requiredScopes: ['orders:read'],
    });
    const api = gate.fetch((_, { authInfo }) => Response.json(authInfo.clientId));
    const send = (async (url: string, init: RequestInit) => api(new Request(url, init))) as typeof fetch;
    const downstream = createDownstream({ ...options, grant });
    const orders = downstream.for({ resource: ORDERS, scopes: ['orders:read'], fetch: send });
    const token = await callerToken(mcp);
    expect(token.split('.')).toHaveLength(mcp === MCP.jwt ? 3 : 1);
    const response = await orders.fetch(token, '/open');
    expect([response.status, await response.json()]).toEqual([200, clientId]);
    // The API is not one of those that the caller's own token is for.
    expect((await api(new Request(ORDERS, { headers: { authorization: `Bearer ${token}` } }))).status).toBe(
      401,
    );
    await expect(orders('unknown')).rejects.toMatchObject({
      code: 'ERR_EXCHANGE_REFUSED',
      oauthError: 'invalid_grant',
    });
  });

  it('gets no token for another API', async () => {
    const forMcp = createDownstream(options).for({ resource: MCP.opaque });
    await expect(forMcp(await callerToken())).rejects.toMatchObject({
      code: 'ERR_EXCHANGE_REFUSED',
      oauthError: 'invalid_target',
    });
  });
});

it('If the credentials are wrong, introspection warns, and an exchange throws ERR_EXCHANGE_CONFIG', async () => {
  const warnings: string[] = [];
  const onWarning = (_: string, code: string) => void warnings.push(code);
  const options = { issuer, clientId: 'header', clientAuth: { secret: 'wrong' }, onWarning };
  const auth = createAuthClient({ introspection: createIntrospection(options) });
  expect(await outcome(auth, await callerToken())).toBe('ERR_INTROSPECTION_UNAVAILABLE');
  expect(warnings).toEqual(['INTROSPECTION_MISCONFIGURED']);
  await expect(createDownstream(options).for({ resource: ORDERS })('opaque')).rejects.toMatchObject({
    code: 'ERR_EXCHANGE_CONFIG',
    oauthError: 'invalid_client',
  });
});
