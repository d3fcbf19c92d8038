import { setTimeout as wait } from 'node:timers/promises';
import {
  type AuthClient,
  AuthError,
  type AuthProviderConfig,
  type AuthWarningCode,
  createAuthClient,
  type TokenPayload,
} from 'intentkit-auth';
import { createIntrospection, type IntrospectionOptions } from 'intentkit-auth/introspection';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import * as faults from '../../support/faulty-jwks-server.js';
import { forge } from '../../support/forge.js';
import { createSigner, mint, segment } from '../../support/mint.js';
import { METADATA, type OAuthServer, startOAuthServer, status } from '../../support/oauth-server.js';
import { outcome } from '../../support/outcome.js';
import { SECRET } from '../../support/secrets.js';
import { until } from '../../support/until.js';

const server: OAuthServer = await startOAuthServer();
afterAll(() => server.close());

const UNAVAILABLE = 'ERR_INTROSPECTION_UNAVAILABLE';
const AUDIENCE = 'https://api.example.com';
const soon = (): number => Math.floor(Date.now() / 1000) + 60;
const ACTIVE = { active: true, sub: 'ada', aud: AUDIENCE, client_id: 'app', scope: 'read', exp: soon() };

const answer = (reply: object): void => void server.replies.set('/introspect', () => reply);
const metadata = (server.replies.get(METADATA) ?? (() => ({})))({
  method: '',
  path: '',
  headers: {},
  fields: [],
});

beforeEach(() => {
  server.received.length = 0;
  server.replies.set(METADATA, () => metadata);
  answer(ACTIVE);
});

let warnings: [message: string, code: AuthWarningCode][] = [];
const introspection = (more: Partial<IntrospectionOptions> = {}) => {
  warnings = [];
  return createIntrospection({
    issuer: server.issuer,
    clientId: 'my-api',
    clientAuth: { secret: 'hush' },
    timeout: '1s',
    onWarning: (...warning) => void warnings.push(warning),
    ...more,
  });
};
const client = (more: Partial<IntrospectionOptions> = {}, config: AuthProviderConfig = {}): AuthClient =>
  createAuthClient({ audience: AUDIENCE, introspection: introspection(more), ...config });
/** The introspection that a client was created with asks nobody but this server. */
const asked = (): number => server.to('/introspect').length;

describe('An introspection request', () => {
  it('is the form of RFC 7662, sent to the discovered endpoint, with the credentials in a header', async () => {
    expect(await client().verify('opaque')).toMatchObject({ valid: true, payload: { sub: 'ada' } });
    const [request] = server.to('/introspect');
    expect(request).toMatchObject({
      method: 'POST',
      headers: {
        accept: 'application/json',
        'content-type': expect.stringMatching(/^application\/x-www-form-urlencoded/),
        authorization: `Basic ${btoa('my-api:hush')}`,
      },
      fields: [
        ['token', 'opaque'],
        ['token_type_hint', 'access_token'],
      ],
    });
    expect(server.to(METADATA)[0]?.headers).not.toHaveProperty('authorization');
  });

  it('encodes the id and the secret as forms do, or sends them in the body', async () => {
    await introspection({ clientId: 'my:api', clientAuth: { secret: 'ä b&c' } }).introspect('opaque');
    await introspection({ clientAuth: { secret: 'ä b&c', in: 'body' } }).introspect('opaque');
    const [header, body] = server.to('/introspect');
    expect(header?.headers.authorization).toBe(`Basic ${btoa('my%3Aapi:%C3%A4+b%26c')}`);
    expect(body?.headers).not.toHaveProperty('authorization');
    expect(Object.fromEntries(body?.fields ?? [])).toMatchObject({
      client_id: 'my-api',
      client_secret: 'ä b&c',
    });
  });

  it('goes to a configured endpoint without a request for the metadata', async () => {
    server.replies.set('/other', () => ACTIVE);
    const endpoint = `${server.issuer}/other`;
    expect(await introspection({ endpoint, issuer: 'any text' }).introspect('opaque')).toMatchObject({
      sub: 'ada',
    });
    expect(server.received.map(({ path }) => path)).toEqual(['/other']);
  });

  it('is sent once for concurrent calls with the same token, and each call gets its own copy', async () => {
    const hook = introspection();
    const results = await Promise.all(Array.from({ length: 20 }, () => hook.introspect('opaque')));
    expect(asked()).toBe(1);
    expect(server.to(METADATA)).toHaveLength(1);
    expect(new Set(results).size).toBe(20);
    await hook.introspect('opaque');
    expect(asked()).toBe(2);
  });
});

const [header, payload] = [segment({ alg: 'RS256' }), segment({ sub: 'ada' })];
// biome-ignore format: a table
const NOT_SENT: ReadonlyArray<readonly [what: string, text: string, reason: string]> = [
  ['a JWT', forge('HS256'), 'algorithm'],
  ['a JWT without a signature', `${header}.${payload}.`, 'malformed'],
  ['a JWT whose end was cut', `${header}.${payload}`, 'malformed'],
  ['a JWT without an "alg"', `${segment({ typ: 'JWT' })}.${payload}.AAAA`, 'malformed'],
  ['a JWE', `${segment({ alg: 'dir', enc: 'A128GCM' })}..AAAA.AAAA.AAAA`, 'malformed'],
  ['a JWE with a key', `${segment({ alg: 'RSA-OAEP', enc: 'A128GCM' })}.AAAA.AAAA.AAAA.AAAA`, 'malformed'],
  ['an empty text', '', 'malformed'],
  ['padding alone', '==', 'malformed'],
  ['two tokens', 'one two', 'malformed'],
  ['a line break', 'one\n', 'malformed'],
  ['a field of a form', 'one&token=two', 'malformed'],
  ['padding inside', 'on=e', 'malformed'],
  ['another alphabet', 'größe', 'malformed'],
  ['more than 4 KiB', 'a'.repeat(4097), 'malformed'],
];
it.each(NOT_SENT)('The issuer is not asked about %s', async (_, text, reason) => {
  expect(await outcome(client(), text)).toBe(reason);
  expect(await introspection().introspect(text)).toBeUndefined();
  expect(server.received).toEqual([]);
});

it.each(['a', 'a'.repeat(4096), 'at_abc-._~+/12==', 'a.b.c', 'abcd.efgh', 'null', `x.${header}`])(
  'The issuer is asked about text such as %.20s',
  async (text) => {
    expect(await outcome(client(), text)).toBe('valid');
    expect(server.to('/introspect')[0]?.fields[0]).toEqual(['token', text]);
  },
);

it('Only text with the prefix is sent', async () => {
  const auth = client({ prefix: 'at_' });
  expect([await outcome(auth, 'rt_1'), await outcome(auth, 'at_1')]).toEqual(['malformed', 'valid']);
  expect(await introspection({ prefix: 'at_' }).introspect('rt_1')).toBeUndefined();
  expect(asked()).toBe(1);
});

// biome-ignore format: a table
const ANSWERS: ReadonlyArray<readonly [what: string, reply: object, expected: string]> = [
  ['active', ACTIVE, 'valid'],
  ['not active', { active: false }, 'inactive'],
  ['not active, with claims', { ...ACTIVE, active: false }, 'inactive'],
  ['a refresh token (Ory Hydra)', { ...ACTIVE, token_type: 'Bearer', token_use: 'refresh_token' }, 'inactive'],
  ['a refresh token (Duende)', { ...ACTIVE, token_type: 'refresh_token' }, 'inactive'],
  ['no access token (RFC 8693)', { ...ACTIVE, token_type: 'N_A' }, 'inactive'],
  ['an access token, by two names', { ...ACTIVE, token_type: 'Bearer', token_use: 'access_token' }, 'valid'],
  ['active as text', { ...ACTIVE, active: 'true' }, UNAVAILABLE],
  ['without "active"', { sub: 'ada' }, UNAVAILABLE],
  ['with an inherited "active"', JSON.parse('{"__proto__":{"active":true}}'), UNAVAILABLE],
  ['a list', [ACTIVE], UNAVAILABLE],
  ['of this issuer', { ...ACTIVE, iss: server.issuer }, 'valid'],
  ['of another issuer', { ...ACTIVE, iss: 'https://other.example' }, 'issuer'],
  ['with an issuer of the wrong type', { ...ACTIVE, iss: [server.issuer] }, 'issuer'],
  ['for another audience', { ...ACTIVE, aud: 'https://other.example' }, 'audience'],
  ['for several audiences', { ...ACTIVE, aud: ['x', AUDIENCE] }, 'valid'],
  ['without an audience', { active: true }, 'audience'],
  ['that has expired', { ...ACTIVE, exp: 1 }, 'expired'],
  ['with an expiry of the wrong type', { ...ACTIVE, exp: '1' }, 'claim'],
  ['that is not valid yet', { ...ACTIVE, nbf: soon() }, 'not_yet_valid'],
  ['nested deeply', faults.body(`{"active":true,"aud":"${AUDIENCE}","x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`), UNAVAILABLE],
  ['500', status(500), UNAVAILABLE],
  ['503', status(503), UNAVAILABLE],
  ['429', status(429), UNAVAILABLE],
  ['404', status(404), UNAVAILABLE],
  ['400', status(400, { error: 'invalid_request' }), UNAVAILABLE],
  ['401', status(401, { error: 'invalid_client' }), UNAVAILABLE],
  ['HTML', faults.body('<!doctype html>', 'text/html'), UNAVAILABLE],
  ['nothing', faults.body(''), UNAVAILABLE],
  ['too much', faults.large(2 ** 20 + 1), UNAVAILABLE],
  ['a redirect', faults.answer(307, { location: '/other' }), UNAVAILABLE],
  ['a reset', faults.reset, UNAVAILABLE],
  ['no HTTP', faults.notHttp, UNAVAILABLE],
  ['a body that breaks off', faults.resetInBody, UNAVAILABLE],
];
it.each(ANSWERS)(
  'Each answer of an introspection endpoint has an outcome: %s',
  async (_, reply, expected) => {
    server.replies.set('/other', () => ACTIVE);
    answer(reply);
    expect(await outcome(client(), 'opaque')).toBe(expected);
    expect(server.to('/other')).toEqual([]);
  },
);

it('If the introspection endpoint never answers, verify throws after the timeout', async () => {
  answer(faults.blackHole);
  expect(await outcome(client({ timeout: '0.1s' }), 'opaque')).toBe(UNAVAILABLE);
});

describe('The claims of an opaque token', () => {
  it('are those of the answer, with the issuer that was asked', async () => {
    const { payload } = await client().verify('opaque');
    const { active: _, ...claims } = ACTIVE;
    expect(payload).toEqual({ ...claims, iss: server.issuer });
  });

  // biome-ignore format: a table
  const RULES: ReadonlyArray<readonly [rule: string, config: AuthProviderConfig, expected: string]> = [
    ['no "typ", because there is no header', { typ: 'at+jwt' }, 'valid'],
    ['a missing claim', { requiredClaims: ['jti'] }, 'claim'],
    ['a client', { clientIds: ['app'] }, 'valid'],
    ['another client', { clientIds: ['other'] }, 'client'],
    ['an age', { maxTokenAge: '1h' }, 'claim'],
    ['the issuer', { issuer: server.issuer }, 'valid'],
    ['another issuer', { issuer: 'https://other.example' }, 'issuer'],
    ['an entry with its issuer', { audience: 'x', issuers: [{ issuer: server.issuer, audience: AUDIENCE }] }, 'valid'],
    ['an entry with its issuer and a missing claim', { issuers: [{ issuer: server.issuer, requiredClaims: ['jti'] }] }, 'claim'],
    ['an entry with another issuer', { audience: 'x', issuers: [{ issuer: 'https://other.example', audience: AUDIENCE }] }, 'audience'],
    ['a secret beside it', { secret: SECRET }, 'valid'],
    ['a list that revokes', { revocation: { isRevoked: () => true } }, 'revoked'],
  ];
  it.each(RULES)('are checked by the rules of the client: %s', async (_, config, expected) => {
    expect(await outcome(client({}, config), 'opaque')).toBe(expected);
  });

  it('must not name another issuer, even one that the client accepts for other tokens', async () => {
    const other = 'https://other.example';
    answer({ ...ACTIVE, iss: other });
    expect(await outcome(client({}, { issuer: [server.issuer, other] }), 'opaque')).toBe('issuer');
  });

  it('are passed to `onVerdict`, without the token', async () => {
    const onVerdict = vi.fn();
    await client({}, { onVerdict }).verify('opaque');
    const expected = { valid: true, issuer: server.issuer, subject: 'ada', clientId: 'app' };
    expect(onVerdict.mock.calls).toEqual([[{ ...expected, milliseconds: expect.any(Number) }]]);
  });

  it('stay the same if the revocation list changes its copy', async () => {
    const isRevoked = (claims: { sub?: string }): boolean => {
      claims.sub = 'eve';
      return false;
    };
    expect((await client({}, { revocation: { isRevoked } }).verify('opaque')).payload.sub).toBe('ada');
  });
});

describe('The answer about an opaque token', () => {
  it('is not cached without `cacheMaxAge`', async () => {
    const auth = client();
    expect([await outcome(auth, 'a'), await outcome(auth, 'a')]).toEqual(['valid', 'valid']);
    expect(asked()).toBe(2);
  });

  it('is cached for `cacheMaxAge` if the token is active, but not after its `exp`', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'performance'], now: 1_800_000_000_000 });
    try {
      const hook = introspection({ cacheMaxAge: '10s' });
      answer({ ...ACTIVE, exp: 1_800_000_600 });
      const first = await hook.introspect('a');
      (first ?? {}).sub = 'eve';
      vi.advanceTimersByTime(9_999);
      expect([(await hook.introspect('a'))?.sub, asked()]).toEqual(['ada', 1]);
      vi.advanceTimersByTime(1);
      await hook.introspect('a');
      expect(asked()).toBe(2);
      answer({ ...ACTIVE, exp: 1_800_000_012 });
      await hook.introspect('b');
      vi.advanceTimersByTime(2_000);
      await hook.introspect('b');
      expect(asked()).toBe(4);
    } finally {
      vi.useRealTimers();
    }
  });

  it('is not cached if the token is not active', async () => {
    const auth = client({ cacheMaxAge: '10s' });
    answer({ active: false });
    expect(await outcome(auth, 'a')).toBe('inactive');
    answer(ACTIVE);
    expect(await outcome(auth, 'a')).toBe('valid');
  });
});

describe('While the introspection endpoint fails,', () => {
  it('the client warns once, pauses, sends one request at a time, and warns once at the end', async () => {
    const auth = client();
    answer(status(503));
    expect(await outcome(auth, 'a')).toBe(UNAVAILABLE);
    const before = asked();
    const error = await auth.verify('b').catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: UNAVAILABLE, retryAfter: expect.any(Number) });
    expect(String(error)).toContain('(the endpoint answered 503, not 200)');
    expect(asked()).toBe(before);
    expect(auth.status().introspection).toEqual({
      issuer: server.issuer,
      lastError: 'the endpoint answered 503, not 200',
      retryInSeconds: expect.any(Number),
    });
    vi.useFakeTimers({ toFake: ['Date', 'performance'] });
    try {
      vi.advanceTimersByTime(5_000);
      const probes = await Promise.all(['a', 'b', 'c'].map((token) => outcome(auth, token)));
      // The second one is the control question.
      expect([asked() - before, probes]).toEqual([2, [UNAVAILABLE, UNAVAILABLE, UNAVAILABLE]]);
      answer(ACTIVE);
      vi.advanceTimersByTime(5_000);
      expect(await outcome(auth, 'a')).toBe('valid');
    } finally {
      vi.useRealTimers();
    }
    expect(warnings.map(([, code]) => code)).toEqual(['INTROSPECTION_FAILING', 'INTROSPECTION_RECOVERED']);
    expect(auth.status().introspection).toEqual({ issuer: server.issuer });
  });

  it('the client waits as long as "Retry-After" says, at most a minute', async () => {
    answer(status(429, {}, { 'retry-after': '7' }));
    const error = await client()
      .verify('a')
      .catch((reason: AuthError) => reason);
    expect(error).toMatchObject({ code: UNAVAILABLE, retryAfter: 7 });
  });

  it('a request that fails does not stop requests that are answered', async () => {
    const auth = client({ timeout: '0.2s' });
    server.replies.set('/introspect', ({ fields }) =>
      fields[0]?.[1] === 'slow' ? faults.blackHole : ACTIVE,
    );
    const slow = outcome(auth, 'slow');
    await until(() => asked() === 1);
    expect(await outcome(auth, 'a')).toBe('valid');
    expect(await slow).toBe(UNAVAILABLE);
    expect(await outcome(auth, 'b')).toBe('valid');
    expect(warnings).toEqual([]);
  });

  it.each<[what: string, reply: object]>([
    ['refuses the credentials', status(401, { error: 'invalid_client' })],
    ['refuses them with 400', status(400, { error: 'invalid_client' })],
    ['forbids introspection', status(403)],
    ['does not exist', status(404)],
  ])('the client warns once if the endpoint %s', async (_, reply) => {
    const auth = client();
    answer(reply);
    expect([await outcome(auth, 'a'), await outcome(auth, 'b')]).toEqual([UNAVAILABLE, UNAVAILABLE]);
    expect(warnings.map(([, code]) => code)).toEqual(['INTROSPECTION_MISCONFIGURED']);
    // The second one is the control question.
    expect(asked()).toBe(2);
  });

  it.each([400, 405, 413, 414, 415, 422, 431, 451])(
    'an answer %d about one token does not stop the others',
    async (code) => {
      const auth = client();
      answer(status(code, { error: 'invalid_request' }));
      expect(await outcome(auth, 'a')).toBe(UNAVAILABLE);
      answer(ACTIVE);
      expect(await outcome(auth, 'b')).toBe('valid');
      expect(warnings).toEqual([]);
    },
  );

  it('at most `maxConcurrent` requests are sent at once', async () => {
    const auth = client({ maxConcurrent: 2 });
    let open = (): void => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    server.replies.set('/introspect', async () => {
      await gate;
      return ACTIVE;
    });
    const two = ['a', 'b'].map((token) => outcome(auth, token));
    await until(() => asked() === 2);
    expect(await outcome(auth, 'c')).toBe(UNAVAILABLE);
    open();
    expect(await Promise.all(two)).toEqual(['valid', 'valid']);
    expect(await outcome(auth, 'c')).toBe('valid');
    expect(asked()).toBe(3);
  });

  it('`ping` is false, and `status` says that the introspection failed', async () => {
    const auth = client({ prefix: 'at_' });
    answer({ active: false });
    expect(await auth.ping()).toBe(true);
    expect(server.to('/introspect')[0]?.fields[0]?.[1]).toMatch(/^at_[\w-]{36}$/);
    const failing = client({}, { onWarning: () => {} });
    answer(status(500));
    expect(await failing.ping()).toBe(false);
    expect(failing.status().pingFailure).toBe('The introspection gave no answer.');
  });
});

// biome-ignore format: a table
const WRONG_METADATA: ReadonlyArray<readonly [what: string, change: object]> = [
  ['of another issuer', { issuer: 'https://other.example' }],
  ['of the issuer with a slash', { issuer: `${server.issuer}/` }],
  ['without an endpoint', { introspection_endpoint: undefined }],
  ['with an endpoint over http:', { introspection_endpoint: 'http://other.example/introspect' }],
  ['with credentials in the endpoint', { introspection_endpoint: server.issuer.replace('//', '//a:b@') }],
];
it.each(WRONG_METADATA)('The client sends no token after it got metadata %s', async (_, change) => {
  server.replies.set(METADATA, () => ({ ...metadata, ...change }));
  expect(await outcome(client(), 'opaque')).toBe(UNAVAILABLE);
  expect(asked()).toBe(0);
});

describe('A signed answer', () => {
  const signer = createSigner('1', 'ES256');
  const other = createSigner('1', 'ES256');
  const jwt = (change: object = {}, header: object = {}, key = signer.privateKey): string =>
    mint({
      header: { alg: 'ES256', kid: '1', typ: 'token-introspection+jwt', ...header },
      payload: {
        iss: server.issuer,
        aud: 'my-api',
        iat: Math.floor(Date.now() / 1000),
        token_introspection: ACTIVE,
        ...change,
      },
      key,
    });
  const sends = (text: string): void => answer(faults.body(text, 'application/token-introspection+jwt'));
  beforeEach(() => void server.replies.set('/jwks', () => ({ keys: [signer.jwk] })));

  it('is requested, verified and used', async () => {
    sends(jwt());
    expect(await client({ signed: true }).verify('opaque')).toMatchObject({
      valid: true,
      payload: { sub: 'ada' },
    });
    expect(server.to('/introspect')[0]?.headers.accept).toBe('application/token-introspection+jwt');
    sends(jwt({ token_introspection: { active: false } }));
    expect(await outcome(client({ signed: true }), 'opaque')).toBe('inactive');
  });

  // biome-ignore format: a table
  const REFUSED: ReadonlyArray<readonly [what: string, text: () => string]> = [
    ['is not signed', () => JSON.stringify(ACTIVE)],
    ['has another key', () => jwt({}, {}, other.privateKey)],
    ['has another type', () => jwt({}, { typ: 'JWT' })],
    ['is for another client', () => jwt({ aud: 'other' })],
    ['is of another issuer', () => jwt({ iss: 'https://other.example' })],
    ['is old', () => jwt({ iat: soon() - 7200 })],
    ['has no time', () => jwt({ iat: undefined })],
    ['has expired', () => jwt({ exp: 1 })],
  ];
  it.each(REFUSED)('that %s causes no verdict, and a warning', async (_, text) => {
    sends(text());
    expect(await outcome(client({ signed: true }), 'opaque')).toBe(UNAVAILABLE);
    expect(warnings.map(([, code]) => code)).toEqual(['INTROSPECTION_MISCONFIGURED']);
  });

  it('causes no verdict if the keys of the issuer cannot be fetched', async () => {
    server.replies.set('/jwks', () => status(503));
    sends(jwt());
    expect(await outcome(client({ signed: true }), 'opaque')).toBe(UNAVAILABLE);
    expect(warnings.map(([, code]) => code)).toContain('INTROSPECTION_FAILING');
  });
});

describe('A custom introspection', () => {
  const own = (introspect: (token: string) => unknown) =>
    createAuthClient({ introspection: { issuer: 'own', introspect: introspect as never } });

  // biome-ignore format: a table
  const OWN: ReadonlyArray<readonly [what: string, introspect: (token: string) => unknown, expected: string]> = [
    ['answers', async () => ({ sub: 'ada' }), 'valid'],
    ['answers at once', () => ({ sub: 'ada' }), 'valid'],
    ['answers undefined', async () => undefined, 'inactive'],
    ['answers null', async () => null, UNAVAILABLE],
    ['answers false', async () => false, UNAVAILABLE],
    ['answers a list', async () => [], UNAVAILABLE],
    ['answers a function', async () => ({ sub: () => 'ada' }), UNAVAILABLE],
    ['throws', () => { throw new Error('opaque'); }, UNAVAILABLE],
    ['rejects', async () => { throw new Error('opaque'); }, UNAVAILABLE],
  ];
  it.each(OWN)('has an outcome if it %s', async (_, introspect, expected) => {
    expect(await outcome(own(introspect), 'opaque')).toBe(expected);
  });

  it('can throw an AuthError that verify throws too, and no other error is shown', async () => {
    const mine = new AuthError(UNAVAILABLE, 'Mine.', { retryAfter: 9 });
    await expect(own(() => Promise.reject(mine)).verify('opaque')).rejects.toBe(mine);
    const error = await own(() => Promise.reject(new Error('hush')))
      .verify('opaque')
      .catch(String);
    expect(error).not.toContain('hush');
  });

  it('has a time limit of five seconds', async () => {
    vi.useFakeTimers();
    try {
      const verdict = outcome(
        own(() => wait(60_000)),
        'opaque',
      );
      await vi.advanceTimersByTimeAsync(5_000);
      expect(await verdict).toBe(UNAVAILABLE);
    } finally {
      vi.useRealTimers();
    }
  });
});

// biome-ignore format: a table
const WRONG_OPTIONS: ReadonlyArray<readonly [what: string, change: object, message: RegExp]> = [
  ['no issuer', { issuer: '' }, /"issuer"/],
  ['an issuer that is not a URL', { issuer: 'me' }, /give "endpoint" too/],
  ['an issuer over http:', { issuer: 'http://id.example.com' }, /give "endpoint" too/],
  ['an endpoint over http:', { endpoint: 'http://id.example.com/introspect' }, /"endpoint"/],
  ['an endpoint with credentials', { endpoint: 'https://a:b@id.example.com/introspect' }, /"endpoint"/],
  ['no credentials', { clientAuth: {} }, /"clientAuth"/],
  ['an empty secret', { clientAuth: { secret: '' } }, /"clientAuth.secret"/],
  ['a secret in the query', { clientAuth: { secret: 'x', in: 'query' } }, /"clientAuth.in"/],
  ['signed answers of an issuer that is not a URL', { issuer: 'me', endpoint: 'https://id.example.com/x', signed: true }, /"signed"/],
  ['no concurrent requests', { maxConcurrent: 0 }, /"maxConcurrent"/],
];
it.each(WRONG_OPTIONS)('`createIntrospection` refuses %s', (_, change, message) => {
  expect(() => introspection(change)).toThrow(message);
  expect(() => introspection(change)).toThrow(AuthError);
});

it.each<[what: string, answer: object, verdict: object | string]>([
  ['that is not active', { active: false }, { valid: false, reason: 'inactive' }],
  ['that is not active, as text', { active: 'false', sub: 'ada' }, UNAVAILABLE],
  [
    'that is active',
    { active: true, sub: 'ada' },
    { valid: true, payload: { iss: 'https://id.example', sub: 'ada' } },
  ],
  ['of claims alone', { sub: 'ada' }, { valid: true, payload: { iss: 'https://id.example', sub: 'ada' } }],
])('A custom introspection may return the answer of an endpoint: one %s', async (_, given, verdict) => {
  const hook = { issuer: 'https://id.example', introspect: async () => given as TokenPayload };
  const verifying = createAuthClient({ introspection: hook }).verify('opaque');
  if (typeof verdict === 'string') await expect(verifying).rejects.toMatchObject({ code: verdict });
  else {
    const result = await verifying;
    expect(result).toMatchObject(verdict);
    expect(result.payload).not.toHaveProperty('active');
  }
});
