import { createAuthClient } from 'intentkit-auth';
import { createTestIssuer } from 'intentkit-auth/testing';
import { describe, expect, it } from 'vitest';
import { outcome } from '../../support/outcome.js';
import { SECRET } from '../../support/secrets.js';

const OURS = 'our-app';
const OTHER = 'other-app';
const issuer = await createTestIssuer();
const entry = { issuer: issuer.url, fetch: issuer.fetch };

/** The claims of access tokens, as the providers document them. */
const ACCESS_TOKENS: readonly [
  provider: string,
  claims: (client: string) => Record<string, unknown>,
  audience?: string,
][] = [
  [
    'Amazon Cognito',
    (client_id) => ({ client_id, token_use: 'access', scope: 'openid', username: 'u', version: 2 }),
  ],
  ['Clerk', (azp) => ({ azp, sid: 'sess_1', sub: 'user_1', v: 2 })],
  [
    'Keycloak without an audience mapper',
    (azp) => ({ aud: 'account', azp, typ: 'Bearer', scope: 'email' }),
    'account',
  ],
  ['Okta', (cid) => ({ aud: 'api://default', ver: 1, cid, uid: 'u', scp: ['openid'] }), 'api://default'],
  ['Microsoft Entra ID, version 1', (appid) => ({ aud: 'api://api', appid, ver: '1.0' }), 'api://api'],
  ['Microsoft Entra ID, version 2', (azp) => ({ aud: 'api', azp, azpacr: '1', ver: '2.0' }), 'api'],
  ['Auth0 with RFC 9068', (client_id) => ({ aud: ['api', 'userinfo'], client_id }), 'api'],
];

describe('clientIds', () => {
  it.each(ACCESS_TOKENS)(
    'accepts the access token of %s if it was issued to a listed client',
    async (...row) => {
      const [, claims, audience] = row;
      const rules = { clientIds: ['first', OURS], ...(audience !== undefined && { audience }) };
      const client = createAuthClient({ issuers: [{ ...entry, ...rules }] });
      expect(await outcome(client, await issuer.token(claims(OURS)))).toBe('valid');
      expect(await client.verify(await issuer.token(claims(OTHER)))).toMatchObject({
        valid: false,
        expired: false,
        reason: 'client',
        message: 'The token was not issued to the expected client, "first" or "our-app".',
        payload: claims(OTHER),
      });
    },
  );

  it.each<[what: string, claims: Record<string, unknown>, reason: string]>([
    [
      'an ID token of Amazon Cognito, where only "aud" is the client',
      { aud: OURS, token_use: 'id' },
      'client',
    ],
    ['no client', {}, 'client'],
    ['another client, expired', { client_id: OTHER, exp: 1 }, 'client'],
    ['another client, not valid yet', { client_id: OTHER, nbf: 9e9 }, 'client'],
    ['another client and no "sub"', { client_id: OTHER, sub: undefined }, 'client'],
    ['another client and another audience', { client_id: OTHER, aud: 'another' }, 'audience'],
    ['a listed client, expired', { client_id: OURS, exp: 1 }, 'expired'],
  ])('gives the reason for a token with %s', async (_, claims, reason) => {
    const client = createAuthClient({
      issuers: [{ ...entry, clientIds: [OURS], requiredClaims: ['sub'] }],
      ...(reason === 'audience' && { audience: 'api' }),
    });
    expect(await outcome(client, await issuer.token({ sub: 'user-1', ...claims }))).toBe(reason);
  });

  const jwks = { fetch: issuer.fetch };
  const { jwksUrl } = issuer;
  it.each<
    [where: string, options: Parameters<typeof createAuthClient>[0], accepted: string, refused: string]
  >([
    ['the top level, for "jwksUrl"', { jwksUrl, jwks, clientIds: [OURS] }, OURS, OTHER],
    ['the top level, for "issuers"', { issuers: [entry], clientIds: [OURS] }, OURS, OTHER],
    [
      '"jwks", which replaces it',
      { jwksUrl, jwks: { ...jwks, clientIds: [OTHER] }, clientIds: [OURS] },
      OTHER,
      OURS,
    ],
    [
      'an entry, which replaces it',
      { issuers: [{ ...entry, clientIds: [OTHER] }], clientIds: [OURS] },
      OTHER,
      OURS,
    ],
  ])('is read at %s', async (_, options, accepted, refused) => {
    const client = createAuthClient(options);
    expect(await outcome(client, await issuer.token({ azp: accepted }))).toBe('valid');
    expect(await outcome(client, await issuer.token({ azp: refused }))).toBe('client');
  });

  it('in "jwks" or in an entry leaves the tokens of the secret alone, and "sign" does not write it', async () => {
    const own = createAuthClient({
      secret: SECRET,
      issuer: 'own',
      issuers: [{ ...entry, clientIds: [OURS] }],
    });
    expect(await outcome(own, await own.sign({}))).toBe('valid');
    const everywhere = createAuthClient({ secret: SECRET, clientIds: [OURS] });
    expect(await outcome(everywhere, await everywhere.sign({}))).toBe('client');
    expect(await outcome(everywhere, await everywhere.sign({ client_id: OURS }))).toBe('valid');
    expect(await everywhere.ping()).toBe(true);
  });
});

describe('audience, if it is a URL without a path,', () => {
  const BARE = 'https://api.example.com';
  it.each<[audience: string, aud: string, verdict: string]>([
    [BARE, BARE, 'valid'],
    [BARE, `${BARE}/`, 'valid'],
    [`${BARE}/`, BARE, 'valid'],
    [`${BARE}:8443`, `${BARE}:8443/`, 'valid'],
    [BARE, `${BARE}//`, 'audience'],
    [BARE, `${BARE}/mcp`, 'audience'],
    [BARE, `${BARE}.evil.example/`, 'audience'],
    [BARE, 'http://api.example.com/', 'audience'],
    [BARE, 'https://API.example.com', 'audience'],
    [`${BARE}/mcp`, `${BARE}/mcp`, 'valid'],
    [`${BARE}/mcp`, `${BARE}/mcp/`, 'audience'],
    [`${BARE}/mcp/`, `${BARE}/mcp`, 'audience'],
    ['my-api', 'my-api/', 'audience'],
    ['api://app', 'api://app/', 'audience'],
  ])('%s matches the "aud" %s: %s', async (audience, aud, verdict) => {
    const client = createAuthClient({ issuers: [{ ...entry, audience }] });
    expect(await outcome(client, await issuer.token({ aud }))).toBe(verdict);
    expect(await outcome(client, await issuer.token({ aud: ['other', aud] }))).toBe(verdict);
    if (verdict === 'valid') expect(new URL(aud)).toEqual(new URL(audience));
  });

  it.each([BARE, `${BARE}/`])('is written by "sign" as it was configured: %s', async (audience) => {
    const client = createAuthClient({ secret: SECRET, audience: [audience, 'other'] });
    expect(await client.verify(await client.sign({}))).toMatchObject({
      valid: true,
      payload: { aud: audience },
    });
  });
});
