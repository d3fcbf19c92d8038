import { AuthError, type AuthProviderConfig, createAuthClient } from 'intentkit-auth';
import { describe, expect, it } from 'vitest';
import { freezeClock, moveClock } from '../../support/clock.js';
import { generateKeys, mint } from '../../support/mint.js';
import { SECRET } from '../../support/secrets.js';

freezeClock();

/** Identity providers in memory, each with a key of its own, behind one `fetch`. */
function providers(...issuers: readonly string[]) {
  const requests: string[] = [];
  const down = new Set<string>();
  const answers = new Map<string, unknown>();
  const signers = new Map(issuers.map((issuer) => [issuer, generateKeys('ES256', 'k1')]));
  for (const [issuer, { jwk }] of signers) {
    const jwksUri = `${issuer.replace(/\/$/, '')}/keys`;
    answers.set(jwksUri, { keys: [jwk] });
    answers.set(openIdUrl(issuer), { issuer, jwks_uri: jwksUri });
  }
  const fetch = async (input: string | URL | Request): Promise<Response> => {
    const url = String(input);
    requests.push(url);
    if ([...down].some((origin) => url.startsWith(origin))) throw new TypeError('fetch failed');
    const answer = answers.get(url);
    return answer === undefined ? new Response(null, { status: 404 }) : Response.json(answer);
  };
  const token = (issuer: string, claims: object = {}, signedBy = issuer): string =>
    mint({
      header: { alg: 'ES256', kid: 'k1' },
      payload: { iss: issuer, aud: 'api', ...claims },
      key: signers.get(signedBy)?.privateKey ?? generateKeys('ES256').privateKey,
    });
  return { requests, down, answers, fetch, token };
}

const openIdUrl = (issuer: string): string => `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;

const A = 'https://a.example/';
const B = 'https://b.example/realms/b';

async function outcome(client: ReturnType<typeof createAuthClient>, token: string): Promise<string> {
  try {
    const { valid, reason } = await client.verify(token);
    return valid ? 'valid' : String(reason);
  } catch (error) {
    return error instanceof AuthError ? error.code : String(error);
  }
}

describe('A client of several issuers', () => {
  it.each([
    ['a token of one issuer is valid', (p: ReturnType<typeof providers>) => p.token(A), 'valid'],
    ['a token of the other is valid', (p: ReturnType<typeof providers>) => p.token(B), 'valid'],
    [
      'a token in the name of one, signed by the other, has a bad signature',
      (p: ReturnType<typeof providers>) => p.token(A, {}, B),
      'signature',
    ],
    [
      'a token of an issuer that is not listed is refused as issuer',
      (p: ReturnType<typeof providers>) => p.token('https://c.example/'),
      'issuer',
    ],
    [
      'a token that lacks the slash of its issuer is refused as issuer',
      (p: ReturnType<typeof providers>) => p.token(A.slice(0, -1), {}, A),
      'issuer',
    ],
    [
      'a token without iss is refused as issuer',
      (p: ReturnType<typeof providers>) => p.token(A, { iss: undefined }),
      'issuer',
    ],
    [
      'a token with a list as iss is refused as issuer',
      (p: ReturnType<typeof providers>) => p.token(A, { iss: [A] }),
      'issuer',
    ],
    [
      'a token for another audience is refused as audience',
      (p: ReturnType<typeof providers>) => p.token(A, { aud: 'x' }),
      'audience',
    ],
  ])('%s', async (_, make, expected) => {
    const idp = providers(A, B);
    const entries = [A, B].map((issuer) => ({ issuer, fetch: idp.fetch }));
    const client = createAuthClient({ audience: 'api', issuers: entries });
    expect(await outcome(client, make(idp))).toBe(expected);
  });

  it('an issuer that is not listed costs no request, and the message names the near miss', async () => {
    const idp = providers(A);
    const client = createAuthClient({ issuers: [{ issuer: A, fetch: idp.fetch }] });
    const result = await client.verify(idp.token('https://a.example'));
    expect(result).toMatchObject({
      payload: {},
      message: `The "iss" claim is not a configured issuer; "${A}" is one, and differs by a slash.`,
    });
    expect(idp.requests).toEqual([]);
  });

  it('the outage of one is not that of the other', async () => {
    const idp = providers(A, B);
    const warnings: string[] = [];
    const client = createAuthClient({
      issuers: [A, B].map((issuer) => ({ issuer, fetch: idp.fetch })),
      onWarning: (message) => warnings.push(message),
    });
    idp.down.add(A);
    expect([await outcome(client, idp.token(A)), await outcome(client, idp.token(B))]).toEqual([
      'ERR_JWKS_UNAVAILABLE',
      'valid',
    ]);
    expect(warnings).toEqual([
      expect.stringContaining(`The JWKS endpoint of "${A}" fails: the discovery failed`),
    ]);
    expect(client.status().issuers?.map(({ issuer, state, url }) => [issuer, state, url])).toEqual([
      [A, 'none', ''],
      [B, 'fresh', `${B}/keys`],
    ]);
    expect(await client.ping()).toBe(false);
    expect(client.status().pingFailure).toContain(`The keys of "${A}" could not be fetched`);
  });

  it('each has its own algorithms and rules, beside the defaults of the top level', async () => {
    const idp = providers(A, B);
    const { fetch } = idp;
    const client = createAuthClient({
      secret: SECRET,
      issuer: 'own',
      requiredClaims: ['exp'],
      issuers: [
        { issuer: A, fetch, algorithms: ['RS256'] },
        { issuer: B, fetch, jwksUrl: `${B}/keys`, requiredClaims: ['scope'] },
      ],
    });
    expect(await outcome(client, idp.token(A))).toBe('algorithm');
    expect(await outcome(client, idp.token(B))).toBe('claim');
    expect(await outcome(client, idp.token(B, { scope: 'x' }))).toBe('valid');
    expect(await outcome(client, await client.sign({}))).toBe('valid');
    expect(idp.requests).toEqual([`${B}/keys`]);
  });

  it('among a thousand, only the provider of the token is asked', async () => {
    const many = Array.from({ length: 1000 }, (_, index) => `https://idp-${index}.example/`);
    const idp = providers('https://idp-7.example/');
    const client = createAuthClient({ issuers: many.map((issuer) => ({ issuer, fetch: idp.fetch })) });
    expect(await outcome(client, idp.token('https://idp-7.example/'))).toBe('valid');
    expect(idp.requests.every((url) => url.startsWith('https://idp-7.example/'))).toBe(true);
  });
});

describe('The discovery of an issuer', () => {
  it('asks in the place of RFC 8414 first, then in that of OpenID Connect, and again whenever keys are fetched', async () => {
    const idp = providers(B);
    const client = createAuthClient({ issuers: [{ issuer: B, fetch: idp.fetch }] });
    const oauth = 'https://b.example/.well-known/oauth-authorization-server/realms/b';
    expect(await outcome(client, idp.token(B))).toBe('valid');
    expect(idp.requests).toEqual([oauth, openIdUrl(B), `${B}/keys`]);

    idp.answers.set(oauth, { issuer: B, jwks_uri: 'https://keys.example/moved' });
    idp.answers.set('https://keys.example/moved', idp.answers.get(`${B}/keys`));
    moveClock(11 * 60_000);
    expect(await outcome(client, idp.token(B))).toBe('valid');
    expect(idp.requests.slice(3)).toEqual([oauth, 'https://keys.example/moved']);
  });

  it.each<[what: string, document: unknown, problem: string]>([
    ['lacks the slash of the issuer', { issuer: A.slice(0, -1) }, 'it has no slash at the end'],
    ['is of another tenant', { issuer: `${A}tenant/` }, 'its path is another one, as of another tenant'],
    ['is of http:', { issuer: 'http://a.example/' }, 'it begins with http: instead of https:'],
    ['is of another host', { issuer: 'https://x.example/' }, 'it is on another host'],
    ['names no issuer', {}, 'names no issuer'],
    ['names no keys', { issuer: A }, 'names no "jwks_uri"'],
    ['names keys over http:', { issuer: A, jwks_uri: 'http://a.example/keys' }, 'is not an https: URL'],
    ['is a list', [], 'names no issuer'],
    ['is text', 'hello', 'is not a JSON object'],
  ])('gives no verdict when the document %s', async (_, document, problem) => {
    const idp = providers(A);
    idp.answers.set(openIdUrl(A), document);
    const client = createAuthClient({ issuers: [{ issuer: A, fetch: idp.fetch }], onWarning: () => {} });
    await expect(client.verify(idp.token(A))).rejects.toMatchObject({
      code: 'ERR_JWKS_UNAVAILABLE',
      message: expect.stringContaining(problem),
    });
  });
});

describe('A configuration of issuers', () => {
  const jwksUrl = 'https://a.example/keys';
  it.each<[what: string, config: object, message: string]>([
    ['with jwksUrl', { jwksUrl, issuers: [{ issuer: A }] }, 'Give "jwksUrl" or "issuers", not both'],
    ['with jwks', { jwks: {}, issuers: [{ issuer: A }] }, '"jwks" needs "jwksUrl".'],
    [
      'with an issuer and no secret',
      { issuer: 'own', issuers: [{ issuer: A }] },
      '"issuer" is that of "secret"',
    ],
    ['that is empty', { issuers: [] }, '"issuers" must be a non-empty list of issuers.'],
    ['that is no list', { issuers: { issuer: A } }, '"issuers" must be a non-empty list of issuers.'],
    ['without an issuer', { issuers: [{ issuer: A }, {}] }, '"issuers[1].issuer" is missing'],
    [
      'with an issuer twice',
      { issuers: [{ issuer: A }, { issuer: A }] },
      '"issuers[1].issuer" is there twice',
    ],
    ['with an unknown option', { issuers: [{ issuer: A, url: A }] }, '"issuers[0].url" is not an option.'],
    [
      'with a wrong option',
      { issuers: [{ issuer: A, timeout: 5 }] },
      '"issuers[0].timeout" must be a duration',
    ],
    [
      'with undefined',
      { issuers: [{ issuer: A, audience: undefined }] },
      '"issuers[0].audience" is undefined',
    ],
    [
      'with an issuer that is no URL',
      { issuers: [{ issuer: 'a' }] },
      '"issuers[0].issuer" must be an https: URL',
    ],
    ['with an issuer over http:', { issuers: [{ issuer: 'http://a.example' }] }, 'must be an https: URL'],
    [
      'with keys over http:',
      { issuers: [{ issuer: A, jwksUrl: 'http://a.example' }] },
      '"issuers[0].jwksUrl" must be',
    ],
  ])('%s is refused by name', (_, config, message) => {
    expect(() => createAuthClient(config as AuthProviderConfig)).toThrow(
      expect.objectContaining({ code: 'ERR_AUTH_CONFIG', message: expect.stringContaining(message) }),
    );
  });

  it('takes an issuer of any text with its jwksUrl, and http: where it is asked for by name', () => {
    const issuers = [
      { issuer: 'my-idp', jwksUrl },
      { issuer: 'http://idp.internal', dangerouslyAllowHttp: true },
    ];
    expect(createAuthClient({ issuers }).status().issuers).toHaveLength(2);
  });
});
