import { type AuthClient, type AuthProviderConfig, createAuthClient } from 'intentkit-auth';
import { protectMcp } from 'intentkit-auth/mcp';
import { createTestIssuer } from 'intentkit-auth/testing';
import { describe, expect, it } from 'vitest';
import {
  admitted,
  createGate,
  ISSUER,
  METADATA,
  outcomeOf,
  RESOURCE,
  requestWith,
  SECRET,
  tokenWith,
} from '../../support/gate.js';
import { titled } from '../../support/titled.js';

const bearer = (token: string): Request => requestWith({ authorization: `Bearer ${token}` });
const now = (): number => Math.floor(Date.now() / 1000);

describe('AuthInfo', () => {
  it('has the token, its client, its scopes, its expiry, the resource and its claims', async () => {
    const exp = now() + 60;
    const token = tokenWith({ exp, sub: 'user-1' });
    const authInfo = admitted(await createGate({}, { clockTolerance: '30s' }).authenticate(bearer(token)));
    const claims = { iss: ISSUER, aud: RESOURCE, exp, client_id: 'agent', scope: 'mcp', sub: 'user-1' };
    expect(authInfo).toEqual({
      token,
      clientId: 'agent',
      scopes: ['mcp'],
      expiresAt: exp + 30,
      resource: new URL(RESOURCE),
      resourceMetadataUrl: METADATA,
      subject: 'user-1',
      issuer: ISSUER,
      claims,
      extra: claims,
    });
  });

  it('has no subject and no issuer where the token has none', async () => {
    const gate = createGate({ authorizationServers: [] }, { issuer: ISSUER });
    const authInfo = admitted(await gate.authenticate(bearer(tokenWith())));
    expect(authInfo).not.toHaveProperty('subject');
    const open = protectMcp(createAuthClient({ secret: SECRET }), {
      resource: RESOURCE,
      authorizationServers: [],
    });
    const nameless = admitted(await open.authenticate(bearer(tokenWith({ iss: undefined }))));
    expect(nameless).not.toHaveProperty('issuer');
  });

  it.each([
    { claims: { client_id: 'a', azp: 'b' }, clientId: 'a' },
    { claims: { client_id: undefined, azp: 'b', cid: 'c' }, clientId: 'b' },
    { claims: { client_id: undefined, cid: 'c', appid: 'd' }, clientId: 'c' },
    { claims: { client_id: 1, appid: 'd' }, clientId: 'd' },
    { claims: { client_id: undefined, sub: 'user-1' }, clientId: '' },
  ])('names "$clientId" as the client of $claims', async ({ claims, clientId }) => {
    const authInfo = admitted(await createGate().authenticate(bearer(tokenWith(claims))));
    expect(authInfo.clientId).toBe(clientId);
  });

  it.each(
    titled([
      { what: 'of text', claims: { scope: 'a b' }, scopes: ['a', 'b'] },
      { what: 'of a list', claims: { scope: ['a', 'b'] }, scopes: ['a', 'b'] },
      { what: 'of "scp" as text', claims: { scope: undefined, scp: 'a b' }, scopes: ['a', 'b'] },
      { what: 'of "scp" as a list', claims: { scope: undefined, scp: ['a', 'b'] }, scopes: ['a', 'b'] },
      { what: 'of "scope" where there is "scp" too', claims: { scope: 'a', scp: ['b'] }, scopes: ['a'] },
      { what: 'once each', claims: { scope: 'a  a ' }, scopes: ['a'] },
      { what: 'that are scopes', claims: { scope: ['a b', 1, null, 'c'] }, scopes: ['c'] },
      { what: 'of permissions not, unless asked', claims: { scope: 'a', permissions: ['b'] }, scopes: ['a'] },
      {
        what: 'of permissions when asked',
        claims: { scope: 'a', permissions: ['b'] },
        options: { permissions: true },
        scopes: ['a', 'b'],
      },
      {
        what: 'with all that they imply, also in a circle',
        claims: { scope: 'admin' },
        options: { scopes: { admin: ['write'], write: ['read'], read: ['admin'] } },
        scopes: ['admin', 'write', 'read'],
      },
      {
        what: 'with what a permission implies',
        claims: { scope: '', permissions: ['admin'] },
        options: { permissions: true, scopes: { admin: ['write'] } },
        scopes: ['admin', 'write'],
      },
    ]),
  )('has the scopes %s', async (_, { claims, options, scopes }) => {
    const gate = createGate({ requiredScopes: [], ...options });
    expect(admitted(await gate.authenticate(bearer(tokenWith(claims)))).scopes).toEqual(scopes);
  });

  it('is admitted with a scope that implies the required one', async () => {
    const gate = createGate({ requiredScopes: ['read'], scopes: { admin: ['write'], write: ['read'] } });
    admitted(await gate.authenticate(bearer(tokenWith({ scope: 'admin' }))));
  });
});

describe('The audience', () => {
  const status = async (audience: string | undefined, aud: unknown, resource = RESOURCE) => {
    const auth = createAuthClient({ secret: SECRET, issuer: ISSUER, ...(audience && { audience }) });
    const decision = await protectMcp(auth, { resource }).authenticate(bearer(tokenWith({ aud })));
    return (await outcomeOf(decision)).status;
  };

  it.each([
    { audience: 'api://1234', aud: 'api://1234', expected: 200 },
    { audience: 'api://1234', aud: RESOURCE, expected: 401 },
    { audience: undefined, aud: RESOURCE, expected: 200 },
    { audience: undefined, aud: ['https://other.example.com', RESOURCE], expected: 200 },
    { audience: undefined, aud: 'https://other.example.com', expected: 401 },
    { audience: undefined, aud: `${RESOURCE}/`, expected: 401 },
    { audience: undefined, aud: [], expected: 401 },
    { audience: undefined, aud: undefined, expected: 401 },
  ])('of a client with $audience leads with $aud to $expected', async ({ audience, aud, expected }) => {
    expect(await status(audience, aud)).toBe(expected);
  });

  it.each(['https://api.example.com', 'https://api.example.com/', 'https://API.example.com:443'])(
    'of a resource without a path, such as %s, may end with a slash or not',
    async (resource) => {
      const bare = resource.replace(/\/$/, '');
      const found = [bare, `${bare}/`, `${bare}/x`, `${bare}//`].map((aud) =>
        status(undefined, aud, resource),
      );
      expect(await Promise.all(found)).toEqual([200, 200, 401, 401]);
    },
  );

  it('of a resource with a path is compared exactly', async () => {
    const found = [RESOURCE, `${RESOURCE}/`].map((aud) => status(undefined, aud, `${RESOURCE}/`));
    expect(await Promise.all(found)).toEqual([401, 200]);
  });

  describe('may be missing where the client checks "clientIds"', () => {
    const ask = async (config: Partial<AuthProviderConfig>, claims: Record<string, unknown>) => {
      const auth = createAuthClient({ secret: SECRET, issuer: ISSUER, ...config });
      const gate = protectMcp(auth, { resource: RESOURCE });
      const { status, body } = await outcomeOf(await gate.authenticate(bearer(tokenWith(claims))));
      return status === 200 ? status : Object(body).error_description;
    };
    const [elsewhere, client] = [
      'The token is not for this resource.',
      'The token does not name an accepted client.',
    ];
    const clientIds = ['app-1'];
    const cognito = { aud: undefined, client_id: 'app-1', token_use: 'access' };
    const clerk = { aud: undefined, client_id: undefined, azp: 'app-1' };
    const keycloak = { aud: 'account', client_id: undefined, azp: 'app-1' };

    it.each<[what: string, config: Partial<AuthProviderConfig>, claims: object, outcome: unknown]>([
      ['Cognito', { clientIds }, cognito, 200],
      ['Cognito, with a resource', { clientIds }, { ...cognito, aud: RESOURCE }, 200],
      ['Clerk', { clientIds }, clerk, 200],
      ['Keycloak without a mapper', { clientIds, audience: 'account' }, keycloak, 200],
      ['Keycloak, without the audience', { clientIds }, keycloak, elsewhere],
      ['another client', { clientIds }, { ...cognito, client_id: 'app-2' }, client],
      ['another resource', { clientIds }, { ...cognito, aud: 'https://other.example.com' }, elsewhere],
      ['an empty list', { clientIds }, { ...cognito, aud: [] }, elsewhere],
      ['an empty text', { clientIds }, { ...cognito, aud: '' }, elsewhere],
      ['none, with an audience configured', { clientIds, audience: RESOURCE }, cognito, elsewhere],
      ['none, without clientIds', {}, cognito, elsewhere],
    ])('%s', async (_, config, claims, outcome) => {
      expect(await ask(config, { ...claims })).toBe(outcome);
    });

    it('but not with a copy of the client, or another "verify" in its place', async () => {
      const auth = createAuthClient({ secret: SECRET, issuer: ISSUER, clientIds });
      const copy = protectMcp({ ...auth }, { resource: RESOURCE, authorizationServers: [ISSUER] });
      const token = tokenWith(cognito);
      expect(await copy.authenticate(bearer(token))).toHaveProperty('status', 401);
      const lax = createAuthClient({ secret: SECRET, issuer: ISSUER });
      const gate = protectMcp(Object.assign(auth, { verify: lax.verify }), { resource: RESOURCE });
      expect(await gate.authenticate(bearer(token))).toHaveProperty('status', 401);
    });

    it('per issuer, whatever another issuer has', async () => {
      const [a, b] = await Promise.all([createTestIssuer(), createTestIssuer({ url: ISSUER })]);
      const issuers = [
        { issuer: a.url, fetch: a.fetch, clientIds },
        { issuer: b.url, fetch: b.fetch },
      ];
      const gate = protectMcp(createAuthClient({ issuers }), { resource: RESOURCE });
      const tokens = [a, b].map((issuer) => issuer.token({ client_id: 'app-1' }));
      const decisions = tokens.map(async (token) => outcomeOf(await gate.authenticate(bearer(await token))));
      expect((await Promise.all(decisions)).map(({ status }) => status)).toEqual([200, 401]);
    });
  });

  it('is checked by the gate only for a key source without a configured audience', async () => {
    const { jwksUrl, fetch, token } = await createTestIssuer({ url: ISSUER });
    const auth = createAuthClient({
      secret: SECRET,
      onWarning: () => {},
      jwksUrl,
      jwks: { fetch, issuer: ISSUER, audience: 'api://1234' },
    });
    const gate = protectMcp(auth, { resource: RESOURCE });
    const remote = await Promise.all([token({ aud: 'api://1234' }), token({ aud: RESOURCE })]);
    const tokens = [...remote, tokenWith({ aud: 'api://1234' }), tokenWith()];
    const decisions = await Promise.all(tokens.map((token) => gate.authenticate(bearer(token))));
    const outcomes = await Promise.all(decisions.map(outcomeOf));
    expect(outcomes.map((outcome) => outcome.status)).toEqual([200, 401, 401, 200]);
  });

  it('is checked by the gate for every token of a client of another library', async () => {
    const ours = createAuthClient({ secret: SECRET, audience: 'api://1234' });
    const wrapped = { verify: (token: string) => ours.verify(token) } as AuthClient;
    const gate = protectMcp(wrapped, { resource: RESOURCE, authorizationServers: [ISSUER] });
    const decision = await gate.authenticate(bearer(tokenWith({ aud: 'api://1234' })));
    expect(await outcomeOf(decision)).toMatchObject({
      body: { error_description: 'The token is not for this resource.' },
    });
  });

  it('is checked the same if a wrapper of "verify" only calls it', async () => {
    const [a, b] = await Promise.all([createTestIssuer(), createTestIssuer({ url: ISSUER })]);
    const issuers = [
      { issuer: a.url, fetch: a.fetch, audience: 'api://1234' },
      { issuer: b.url, fetch: b.fetch },
    ];
    const auth = createAuthClient({ issuers });
    const { verify } = auth;
    Object.assign(auth, { verify: (token: string) => verify(token) });
    const gate = protectMcp(auth, { resource: RESOURCE });
    const tokens = [a.token({ aud: 'api://1234' }), b.token({ aud: RESOURCE }), a.token({ aud: RESOURCE })];
    const decisions = tokens.map(async (token) => outcomeOf(await gate.authenticate(bearer(await token))));
    expect((await Promise.all(decisions)).map(({ status }) => status)).toEqual([200, 200, 401]);
  });

  it.each([
    [{ audience: 'api://1234' }, 'api://1234', 200],
    [{ audience: ['api://1234', 'api://5678'] }, 'api://5678', 200],
    [{ audience: 'api://1234' }, RESOURCE, 401],
    [{ audience: 'api://1234' }, 'https://other.example.com', 401],
    [{}, RESOURCE, 200],
    [{}, 'https://other.example.com', 401],
  ])(
    'is checked by the gate if the application has replaced "verify": %j, %s: %s',
    async (config, aud, expected) => {
      const auth = createAuthClient({ secret: SECRET, issuer: ISSUER, ...config });
      const lax = createAuthClient({ secret: SECRET, issuer: ISSUER });
      Object.assign(auth, { verify: lax.verify });
      const gate = protectMcp(auth, { resource: RESOURCE });
      const { status } = await outcomeOf(await gate.authenticate(bearer(tokenWith({ aud }))));
      expect(status).toBe(expected);
    },
  );
});
