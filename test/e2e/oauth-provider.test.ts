// Introspection and token exchange at a real authorization server, with each way to prove the id of a client.
import { createPublicKey } from 'node:crypto';
import { createAuthClient } from 'intentkit-auth';
import { createDownstream } from 'intentkit-auth/downstream';
import { protectApi } from 'intentkit-auth/http';
import { type ClientAuthOptions, createIntrospection } from 'intentkit-auth/introspection';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { startJwksServer } from '../support/jwks-server.js';
import { generateKeys } from '../support/mint.js';
import { outcome } from '../support/outcome.js';

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const [MCP, ORDERS] = ['https://mcp.example.com/mcp', 'https://orders.internal/'];
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
  const signingKey = {
    ...generateKeys('ES256').privateKey.export({ format: 'jwk' }),
    kid: 'k1',
    use: 'sig',
    alg: 'ES256',
  };
  const client = {
    grant_types: ['client_credentials', EXCHANGE],
    redirect_uris: [],
    response_types: [] as never[],
    id_token_signed_response_alg: 'ES256' as const,
    introspection_signed_response_alg: 'ES256' as const,
  };
  const jwks = {
    keys: [{ ...createPublicKey(ownKey.privateKey).export({ format: 'jwk' }), kid: 'mine', use: 'sig' }],
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
        // The tokens of the MCP server are opaque, those of the API behind it are JWTs.
        getResourceServerInfo: (_, resource) => {
          if (resource !== MCP && resource !== ORDERS) throw new errors.InvalidTarget();
          return {
            scope: 'mcp orders:read',
            audience: resource,
            accessTokenFormat: resource === MCP ? 'opaque' : 'jwt',
            jwt: { sign: { alg: 'ES256' } },
          };
        },
      },
    },
  });
  provider.registerGrantType(
    EXCHANGE,
    async (ctx) => {
      const { subject_token: token, resource, scope } = ctx.oidc.params ?? {};
      const subject = await provider.ClientCredentials.find(String(token));
      if (!subject || !ctx.oidc.client) throw new errors.InvalidGrant('unknown subject');
      if (resource !== ORDERS) throw new errors.InvalidTarget();
      const issued = new provider.ClientCredentials({ client: ctx.oidc.client, scope: String(scope) });
      const jwt = { scope: 'orders:read', audience: ORDERS, accessTokenFormat: 'jwt' as const };
      issued.resourceServer = new provider.ResourceServer(ORDERS, {
        ...jwt,
        jwt: { sign: { alg: 'ES256' } },
      });
      ctx.body = {
        access_token: await issued.save(),
        issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        expires_in: issued.expiration,
        token_type: 'Bearer',
        scope: issued.scope,
      };
    },
    ['subject_token', 'subject_token_type', 'requested_token_type', 'resource', 'audience', 'scope'],
  );
  server.handler = provider.callback();
  quiet.mockRestore();
}

/** The opaque token of a caller, which is for the MCP server. */
async function callerToken(): Promise<string> {
  const body = new URLSearchParams({ grant_type: 'client_credentials', resource: MCP, scope: 'mcp' });
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

  it.each([false, true])('learns about opaque tokens, with signed answers: %s', async (signed) => {
    const auth = createAuthClient({
      audience: MCP,
      introspection: createIntrospection({ ...options, signed }),
    });
    const token = await callerToken();
    expect(await auth.verify(token)).toMatchObject({
      valid: true,
      payload: { iss: issuer, aud: MCP, client_id: 'header', scope: 'mcp', token_type: 'Bearer' },
    });
    expect(await outcome(auth, 'unknown')).toBe('inactive');
  });

  it('gets a token for the API behind it, which the gate of the API admits', async () => {
    const gate = protectApi(createAuthClient({ issuers: [{ issuer, audience: ORDERS, typ: 'at+jwt' }] }), {
      resource: ORDERS,
      requiredScopes: ['orders:read'],
    });
    const api = gate.fetch((_, { authInfo }) => Response.json(authInfo.clientId));
    const send = (async (url: string, init: RequestInit) => api(new Request(url, init))) as typeof fetch;
    const downstream = createDownstream(options);
    const orders = downstream.for({ resource: ORDERS, scopes: ['orders:read'], fetch: send });
    const response = await orders.fetch(await callerToken(), '/open');
    expect([response.status, await response.json()]).toEqual([200, clientId]);
    await expect(orders('unknown')).rejects.toMatchObject({
      code: 'ERR_EXCHANGE_REFUSED',
      oauthError: 'invalid_grant',
    });
    await expect(downstream.for({ resource: MCP })(await callerToken())).rejects.toMatchObject({
      code: 'ERR_EXCHANGE_REFUSED',
      oauthError: 'invalid_target',
    });
  });
});

it('Wrong credentials are the fault of the operator', async () => {
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
