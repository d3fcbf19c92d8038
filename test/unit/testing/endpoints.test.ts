import { createAuthClient } from 'intentkit-auth';
import { createDownstream } from 'intentkit-auth/downstream';
import { protectApi } from 'intentkit-auth/http';
import { createIntrospection } from 'intentkit-auth/introspection';
import { createTestIssuer, type TestEndpoint, type TestFault, type TestIssuer } from 'intentkit-auth/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { outcome } from '../../support/outcome.js';

const AUDIENCE = 'https://api.example.com/';
const ORDERS = 'https://orders.internal/';

/** The options with which a client asks the issuer, and that keep its warnings silent. */
const secretProof = ({ url, fetch }: TestIssuer) => ({
  issuer: url,
  clientId: 'mcp-server',
  clientAuth: { secret: 'the secret of the MCP server' },
  fetch,
  onWarning: () => {},
});

async function startIssuer(place: 'in memory' | 'over HTTP' = 'in memory'): Promise<TestIssuer> {
  const issuer = await createTestIssuer({ audience: AUDIENCE });
  onTestFinished(() => issuer.close());
  if (place === 'over HTTP') await issuer.listen();
  return issuer;
}
const client = (issuer: TestIssuer, more: object = {}) =>
  createAuthClient({
    audience: AUDIENCE,
    introspection: createIntrospection({ ...secretProof(issuer), ...more }),
    issuers: [{ issuer: issuer.url, fetch: issuer.fetch }],
  });
const orders = (issuer: TestIssuer, clientId = 'mcp-server') =>
  createDownstream({ ...secretProof(issuer), clientId }).for({ resource: ORDERS, scopes: ['orders:read'] });

describe.each(['in memory', 'over HTTP'] as const)('A test issuer %s', (place) => {
  it('answers about opaque tokens, also signed', async () => {
    const issuer = await startIssuer(place);
    const token = issuer.opaqueToken({ sub: 'ada', scope: 'read' });
    for (const signed of [false, true]) {
      const { payload } = await client(issuer, { signed }).verify(token);
      expect(payload).toMatchObject({ iss: issuer.url, sub: 'ada', scope: 'read', aud: AUDIENCE });
    }
    const auth = client(issuer);
    expect(await outcome(auth, 'opaque_unknown')).toBe('inactive');
    expect(await outcome(auth, issuer.opaqueToken({}, { expiresIn: '-5m' }))).toBe('inactive');
    expect(await outcome(auth, issuer.opaqueToken({}, { audience: 'another' }))).toBe('audience');
    issuer.revokeToken(token);
    expect(await outcome(auth, token)).toBe('inactive');
  });

  it('exchanges opaque tokens and JWTs, and says who acts for the subject', async () => {
    const issuer = await startIssuer(place);
    for (const token of [issuer.opaqueToken({ sub: 'ada' }), await issuer.token({ sub: 'ada' })]) {
      const first = await orders(issuer)(token);
      expect(first.scopes).toEqual(['orders:read']);
      const second = await orders(issuer, 'orders-api')(first.token);
      const auth = createAuthClient({
        issuers: [{ issuer: issuer.url, fetch: issuer.fetch, audience: ORDERS }],
      });
      expect((await auth.verify(second.token)).payload).toMatchObject({
        sub: 'ada',
        client_id: 'orders-api',
        act: { sub: 'orders-api', act: { sub: 'mcp-server' } },
      });
    }
    expect(issuer.requests.filter(({ path }) => path === '/token')[0]?.body).toContain('subject_token=');
  });

  it('answers the on-behalf-of flow of Entra', async () => {
    const issuer = await startIssuer(place);
    const downstream = createDownstream({ ...secretProof(issuer), grant: 'entra-on-behalf-of' });
    const { token } = await downstream.for({ audience: 'api://orders' })(await issuer.token({ sub: 'ada' }));
    const auth = createAuthClient({
      issuers: [{ issuer: issuer.url, fetch: issuer.fetch, audience: 'api://orders' }],
    });
    expect((await auth.verify(token)).payload.sub).toBe('ada');
  });
});

it('An API behind opaque tokens calls another API on behalf of its caller', async () => {
  const issuer = await startIssuer();
  const behind = protectApi(
    createAuthClient({ issuers: [{ issuer: issuer.url, fetch: issuer.fetch, audience: ORDERS }] }),
    { resource: ORDERS, requiredScopes: ['orders:read'] },
  ).fetch((_, { authInfo }) => Response.json({ orders: 3, for: authInfo.subject }));
  const downstream = createDownstream(secretProof(issuer)).for({
    resource: ORDERS,
    scopes: ['orders:read'],
    fetch: (async (url: string, init: RequestInit) => behind(new Request(url, init))) as typeof fetch,
  });
  const api = protectApi(client(issuer), { resource: AUDIENCE }).fetch((_, { authInfo }) =>
    downstream.fetch(authInfo, '/open'),
  );
  const ask = (token: string) =>
    api(new Request(AUDIENCE, { headers: { authorization: `Bearer ${token}` } }));
  const answered = await ask(issuer.opaqueToken({ sub: 'ada' }));
  expect(await answered.json()).toEqual({ orders: 3, for: 'ada' });
  // A token that is bound to a key is no bearer token, whether its claims or its type say so.
  for (const claims of [{ cnf: { jkt: 'x' } }, { token_type: 'DPoP' }]) {
    const refused = await ask(issuer.opaqueToken({ sub: 'ada', ...claims }));
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toContain('bound to a key');
  }
  issuer.fail('503', { only: 'introspection' });
  const outage = await ask(issuer.opaqueToken());
  expect([outage.status, outage.headers.get('retry-after')]).toEqual([503, '1']);
});

// biome-ignore format: a table
const FAULTS: ReadonlyArray<readonly [fault: TestFault, only: TestEndpoint, introspected: string, exchanged: string]> = [
  ['503', 'token', 'valid', 'ERR_EXCHANGE_UNAVAILABLE'],
  ['503', 'introspection', 'ERR_INTROSPECTION_UNAVAILABLE', 'token'],
  ['404', 'discovery', 'ERR_INTROSPECTION_UNAVAILABLE', 'ERR_EXCHANGE_UNAVAILABLE'],
  ['wrong-issuer', 'discovery', 'ERR_INTROSPECTION_UNAVAILABLE', 'ERR_EXCHANGE_UNAVAILABLE'],
  ['wrong-issuer', 'introspection', 'valid', 'token'],
  ['empty', 'introspection', 'ERR_INTROSPECTION_UNAVAILABLE', 'token'],
  ['empty', 'token', 'valid', 'ERR_EXCHANGE_UNAVAILABLE'],
  ['redirect', 'token', 'valid', 'ERR_EXCHANGE_UNAVAILABLE'],
  ['reset', 'introspection', 'ERR_INTROSPECTION_UNAVAILABLE', 'token'],
  ['inactive', 'introspection', 'inactive', 'token'],
  ['invalid_client', 'introspection', 'ERR_INTROSPECTION_UNAVAILABLE', 'token'],
  ['invalid_client', 'token', 'valid', 'ERR_EXCHANGE_CONFIG'],
  ['invalid_grant', 'token', 'valid', 'ERR_EXCHANGE_REFUSED'],
  ['invalid_target', 'token', 'valid', 'ERR_EXCHANGE_REFUSED'],
  ['interaction_required', 'token', 'valid', 'ERR_EXCHANGE_REFUSED'],
  ['interaction_required', 'introspection', 'valid', 'token'],
];
it.each(FAULTS)('The fault %s of the %s endpoint', async (fault, only, introspected, exchanged) => {
  const issuer = await startIssuer();
  const token = issuer.opaqueToken();
  issuer.fail(fault, { only });
  const result = await orders(issuer)(token).then(
    () => 'token',
    (error: { code: string }) => error.code,
  );
  expect([await outcome(client(issuer), token), result]).toEqual([introspected, exchanged]);
  issuer.recover();
  expect(await outcome(client(issuer), token)).toBe('valid');
});

it('A client that proves nothing is refused, and so is another grant', async () => {
  const issuer = await startIssuer();
  const post = async (path: string, fields: Record<string, string>, authorization = '') => {
    const init = { method: 'POST', body: new URLSearchParams(fields), headers: { authorization } };
    const response = await issuer.fetch(issuer.url + path, init);
    return [response.status, await response.json()];
  };
  const unknown = [401, { error: 'invalid_client' }];
  expect(await post('/introspect', { token: 'x' })).toEqual(unknown);
  expect(await post('/token', { client_id: 'x' })).toEqual(unknown);
  for (const credentials of ['Basic', 'Basic !!!', 'Basic Og==', 'basic %', 'Bearer x']) {
    for (const path of ['/introspect', '/token']) expect(await post(path, {}, credentials)).toEqual(unknown);
  }
  expect(await post('/introspect', { token: 'x' }, `basic ${btoa('my%3Aapi:y')}`)).toEqual([
    200,
    { active: false },
  ]);
  const proven = { client_id: 'x', client_secret: 'y', grant_type: 'password' };
  expect(await post('/token', proven)).toEqual([400, { error: 'unsupported_grant_type' }]);
});
