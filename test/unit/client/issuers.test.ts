import { type AuthProviderConfig, createAuthClient } from 'intentkit-auth';
import { createTestIssuer, type TestIssuer } from 'intentkit-auth/testing';
import { describe, expect, it, vi } from 'vitest';
import { freezeClock, moveClock } from '../../support/clock.js';
import { outcome } from '../../support/outcome.js';
import { SECRET } from '../../support/secrets.js';

freezeClock();

const A = 'https://a.example/';
const B = 'https://b.example/realms/b';
const OPEN_ID = `${B}/.well-known/openid-configuration`;
const OAUTH = 'https://b.example/.well-known/oauth-authorization-server/realms/b';

/** Two identity providers in memory. Their keys have the same id. */
const start = async () => ({
  a: await createTestIssuer({ url: A, audience: 'api' }),
  b: await createTestIssuer({ url: B, audience: 'api' }),
});
type Pair = Awaited<ReturnType<typeof start>>;
const entryOf = ({ url, fetch }: TestIssuer) => ({ issuer: url, fetch });

/** The issuer's `fetch`, except that these URLs answer with another document, or with 404 if it is `undefined`. */
const changed = ({ fetch }: TestIssuer, documents: Record<string, unknown>) =>
  vi.fn(async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const url = String(input);
    if (!Object.hasOwn(documents, url)) return fetch(url, init);
    return documents[url] ? Response.json(documents[url]) : new Response(null, { status: 404 });
  });

describe('A client of several issuers', () => {
  it.each<[title: string, make: (pair: Pair) => Promise<string>, expected: string]>([
    ['a token of the first issuer is valid', ({ a }) => a.token(), 'valid'],
    ['a token of the second issuer is valid', ({ b }) => b.token(), 'valid'],
    [
      'a token with the "iss" of one issuer, signed by the other, has an invalid signature',
      ({ b }) => b.token({ iss: A }),
      'signature',
    ],
    [
      'a token of an issuer that is not listed is refused with the reason "issuer"',
      ({ a }) => a.token({ iss: 'https://c.example/' }),
      'issuer',
    ],
    [
      'a token whose "iss" lacks the slash of its issuer is refused with the reason "issuer"',
      ({ a }) => a.token({ iss: A.slice(0, -1) }),
      'issuer',
    ],
    [
      'a token without "iss" is refused with the reason "issuer"',
      ({ a }) => a.token({ iss: undefined }),
      'issuer',
    ],
    [
      'a token with a list as "iss" is refused with the reason "issuer"',
      ({ a }) => a.token({ iss: [A] }),
      'issuer',
    ],
    [
      'a token for another audience is refused with the reason "audience"',
      ({ a }) => a.token({ aud: 'x' }),
      'audience',
    ],
  ])('%s', async (_, make, expected) => {
    const pair = await start();
    const client = createAuthClient({ audience: 'api', issuers: [pair.a, pair.b].map(entryOf) });
    expect(await outcome(client, await make(pair))).toBe(expected);
  });

  const UNLISTED = 'The "iss" claim is not a configured issuer';
  it.each<[what: string, iss: unknown, reason: string, message: string]>([
    [
      'lacks the slash of its issuer',
      A.slice(0, -1),
      'issuer',
      `${UNLISTED}; "${A}" is one, and differs by a slash.`,
    ],
    [
      'has a slash that its issuer lacks',
      `${B}/`,
      'issuer',
      `${UNLISTED}; "${B}" is one, and differs by a slash.`,
    ],
    ['is of an unknown issuer', 'https://c.example/', 'issuer', `${UNLISTED}.`],
    ['has an "iss" that is not text', 5, 'issuer', `${UNLISTED}.`],
    [
      'has an algorithm that its issuer may not use',
      A,
      'algorithm',
      'The "alg" header is not an accepted algorithm of its issuer.',
    ],
  ])(
    'a token that %s causes no request, and the message says what is wrong',
    async (_, iss, reason, message) => {
      const { a, b } = await start();
      const client = createAuthClient({ issuers: [{ ...entryOf(a), algorithms: ['RS256'] }, entryOf(b)] });
      expect(await client.verify(await b.token({ iss }))).toMatchObject({ payload: {}, reason, message });
      expect([...a.requests, ...b.requests]).toEqual([]);
    },
  );

  it('a payload that is not an object causes no request', async () => {
    const { a } = await start();
    const [header, , signature] = (await a.token()).split('.');
    const client = createAuthClient({ issuers: [entryOf(a)] });
    expect(await client.verify(`${header}.W10.${signature}`)).toMatchObject({
      reason: 'malformed',
      message: 'The payload is not a JSON object.',
    });
    expect(a.requests).toEqual([]);
  });

  it('an outage of one issuer does not affect the other', async () => {
    const { a, b } = await start();
    const warnings: string[] = [];
    const client = createAuthClient({
      issuers: [a, b].map(entryOf),
      onWarning: (message) => warnings.push(message),
    });
    a.fail('reset');
    expect([await outcome(client, await a.token()), await outcome(client, await b.token())]).toEqual([
      'ERR_JWKS_UNAVAILABLE',
      'valid',
    ]);
    expect(warnings).toEqual([
      expect.stringContaining(`The JWKS endpoint of "${A}" is failing: the discovery failed`),
    ]);
    expect(client.status().issuers?.map(({ issuer, state, url }) => [issuer, state, url])).toEqual([
      [A, 'none', ''],
      [B, 'fresh', b.jwksUrl],
    ]);
    expect(await client.ping()).toBe(false);
    expect(client.status().pingFailure).toContain(`The keys of "${A}" could not be fetched`);
  });

  it('the status of a failed discovery has both reasons and the longer wait', async () => {
    const answers = [
      new Response('', { status: 503, headers: { 'retry-after': '40' } }),
      new Response('', { status: 404 }),
    ];
    const fetch = async () => answers.shift() ?? Response.error();
    const client = createAuthClient({ issuers: [{ issuer: A, fetch }], onWarning: () => {} });
    expect(await client.ping()).toBe(false);
    expect(client.status().issuers?.[0]).toMatchObject({
      lastError:
        'the discovery failed: the endpoint answered 503, not 200, and then the endpoint answered 404, not 200',
      retryInSeconds: 40,
    });
  });

  it('each issuer has its own algorithms and rules, and uses the top-level rules as defaults', async () => {
    const { a, b } = await start();
    const client = createAuthClient({
      secret: SECRET,
      issuer: 'own',
      requiredClaims: ['exp'],
      issuers: [
        { ...entryOf(a), algorithms: ['RS256'] },
        { ...entryOf(b), jwksUrl: b.jwksUrl, requiredClaims: ['scope'] },
      ],
    });
    expect(await outcome(client, await a.token())).toBe('algorithm');
    expect(await outcome(client, await b.token())).toBe('claim');
    expect(await outcome(client, await b.token({ scope: 'x' }))).toBe('valid');
    expect(await outcome(client, await client.sign({}))).toBe('valid');
    expect(a.requests).toEqual([]);
    expect(b.requests.map(({ path }) => path)).toEqual([new URL(b.jwksUrl).pathname]);
  });

  it('with a thousand issuers, the client sends requests only to the issuer of the token', async () => {
    const many = Array.from({ length: 1000 }, (_, index) => `https://idp-${index}.example/`);
    const seventh = await createTestIssuer({ url: 'https://idp-7.example/' });
    const fetch = changed(seventh, {});
    const client = createAuthClient({ issuers: many.map((issuer) => ({ issuer, fetch })) });
    expect(await outcome(client, await seventh.token())).toBe('valid');
    expect(fetch.mock.calls.every(([url]) => String(url).startsWith('https://idp-7.example/'))).toBe(true);
  });
});

describe('The discovery of an issuer', () => {
  it('tries the URL of RFC 8414 first, then that of OpenID Connect, each time it fetches keys', async () => {
    const { b } = await start();
    const documents: Record<string, unknown> = { [OAUTH]: undefined };
    const fetch = changed(b, documents);
    const client = createAuthClient({ issuers: [{ issuer: B, fetch }] });
    const requests = () => fetch.mock.calls.map(([url]) => String(url));
    expect(await outcome(client, await b.token())).toBe('valid');
    expect(requests()).toEqual([OAUTH, OPEN_ID, b.jwksUrl]);
    const accepted = fetch.mock.calls.map(([, init]) => new Headers(init?.headers).get('accept'));
    const accept = 'application/json';
    expect(accepted).toEqual([accept, accept, `application/jwk-set+json, ${accept}`]);

    documents[OAUTH] = { issuer: B, jwks_uri: 'https://keys.example/moved' };
    documents['https://keys.example/moved'] = await (await b.fetch(b.jwksUrl)).json();
    moveClock(11 * 60_000);
    expect(await outcome(client, await b.token())).toBe('valid');
    expect(requests().slice(3)).toEqual([OAUTH, 'https://keys.example/moved']);
  });

  it.each<[what: string, document: unknown, problem: string]>([
    ['lacks the slash of the issuer', { issuer: A.slice(0, -1) }, 'it has no slash at the end'],
    [
      'names another tenant',
      { issuer: `${A}tenant/` },
      'its path is different, perhaps that of another tenant',
    ],
    ['names an issuer over http:', { issuer: 'http://a.example/' }, 'it begins with http: instead of https:'],
    ['names another host', { issuer: 'https://x.example/' }, 'it is on another host'],
    ['names no issuer', {}, 'names no issuer'],
    ['names no keys', { issuer: A }, 'names no "jwks_uri"'],
    ['names keys over http:', { issuer: A, jwks_uri: 'http://a.example/keys' }, 'is not an https: URL'],
    ['is a list', [], 'names no issuer'],
    ['is text', 'hello', 'is not a JSON object'],
  ])(
    'fails, so the token cannot be verified right now, when the document %s',
    async (_, document, problem) => {
      const { a } = await start();
      const oauth = `${A}.well-known/oauth-authorization-server`;
      const fetch = changed(a, { [oauth]: undefined, [`${A}.well-known/openid-configuration`]: document });
      const client = createAuthClient({ issuers: [{ issuer: A, fetch }], onWarning: () => {} });
      await expect(client.verify(await a.token())).rejects.toMatchObject({
        code: 'ERR_JWKS_UNAVAILABLE',
        message: expect.stringContaining(problem),
      });
    },
  );
});

describe('A configuration of issuers', () => {
  const jwksUrl = 'https://a.example/keys';
  it.each<[what: string, config: object, message: string]>([
    ['with jwksUrl', { jwksUrl, issuers: [{ issuer: A }] }, 'Give "jwksUrl" or "issuers", not both'],
    [
      'with jwks',
      { jwks: {}, issuers: [{ issuer: A }] },
      '"jwks" needs "jwksUrl"; with "issuers", put its options into the entries.',
    ],
    [
      'with an issuer and no secret',
      { issuer: 'own', issuers: [{ issuer: A }] },
      '"issuer" is only for tokens signed with "secret"',
    ],
    ['that is empty', { issuers: [] }, '"issuers" must be a non-empty list of issuers.'],
    ['that is not a list', { issuers: { issuer: A } }, '"issuers" must be a non-empty list of issuers.'],
    ['without an issuer', { issuers: [{ issuer: A }, {}] }, '"issuers[1].issuer" is missing'],
    [
      'with an issuer twice',
      { issuers: [{ issuer: A }, { issuer: A }] },
      '"issuers[1].issuer" is listed twice',
    ],
    [
      'with an option of the wrong type',
      { issuers: [{ issuer: A, timeout: 5 }] },
      '"issuers[0].timeout" must be a duration',
    ],
    [
      'with an issuer that is not a URL',
      { issuers: [{ issuer: 'a' }] },
      '"issuers[0].issuer" must be an https: URL',
    ],
    [
      'with an issuer over http:',
      { issuers: [{ issuer: 'http://a.example' }] },
      'http: is for this machine only.',
    ],
    [
      'with keys over http:',
      { issuers: [{ issuer: A, jwksUrl: 'http://a.example' }] },
      '"issuers[0].jwksUrl" must be',
    ],
  ])('%s is refused, and the error names the option', (_, config, message) => {
    expect(() => createAuthClient(config as AuthProviderConfig)).toThrow(
      expect.objectContaining({ code: 'ERR_AUTH_CONFIG', message: expect.stringContaining(message) }),
    );
  });

  it('accepts any text as issuer if it has a jwksUrl, and http: with dangerouslyAllowHttp', () => {
    const issuers = [
      { issuer: 'my-idp', jwksUrl },
      { issuer: 'http://idp.internal', dangerouslyAllowHttp: true },
    ];
    expect(createAuthClient({ issuers }).status().issuers).toHaveLength(2);
  });
});
