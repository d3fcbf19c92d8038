import { AuthError, type AuthWarningCode } from 'intentkit-auth';
import { createDownstream, type DownstreamOptions, type DownstreamTarget } from 'intentkit-auth/downstream';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import * as faults from '../../support/faulty-jwks-server.js';
import { createSigner, mint, segment } from '../../support/mint.js';
import {
  METADATA,
  type OAuthServer,
  type Received,
  startOAuthServer,
  status,
} from '../../support/oauth-server.js';
import { BROKEN_STORES, memoryStore } from '../../support/stores.js';
import { until } from '../../support/until.js';

const server: OAuthServer = await startOAuthServer();
const api: OAuthServer = await startOAuthServer();
afterAll(() => Promise.all([server.close(), api.close()]));

const now = (): number => Math.floor(Date.now() / 1000);
const signer = createSigner('1', 'ES256');
const callerToken = (claims: object = {}): string =>
  mint({
    header: { alg: 'ES256', kid: '1' },
    payload: { sub: 'ada', exp: now() + 3600, ...claims },
    key: signer.privateKey,
  });
const CALLER = callerToken();
const EXCHANGED = {
  access_token: 'token-for-orders',
  issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  token_type: 'Bearer',
  expires_in: 600,
  scope: 'orders:read',
};
const answer = (reply: object): void => void server.replies.set('/token', () => reply);
const exchanges = (): Received[] => server.to('/token');
const fieldsOf = (request: Received | undefined) => Object.fromEntries(request?.fields ?? []);

beforeEach(() => {
  server.received.length = 0;
  api.received.length = 0;
  answer(EXCHANGED);
  api.replies.set('/open', () => ({ orders: 3 }));
});

let warnings: [message: string, code: AuthWarningCode][] = [];
const create = (more: Partial<DownstreamOptions> = {}) => {
  warnings = [];
  return createDownstream({
    issuer: server.issuer,
    clientId: 'mcp-server',
    clientAuth: { secret: 'hush' },
    timeout: '1s',
    onWarning: (...warning) => void warnings.push(warning),
    ...more,
  });
};
const TARGET = { resource: `${api.issuer}/`, scopes: ['orders:read'] };
const orders = (more: Partial<DownstreamOptions> = {}, target: DownstreamTarget = TARGET) =>
  create(more).for(target);
const failureOf = (promise: Promise<unknown>): Promise<AuthError> =>
  promise.then(
    () => expect.fail('it succeeded'),
    (error: unknown) => {
      expect(error).toBeInstanceOf(AuthError);
      return error as AuthError;
    },
  );

describe('An exchange', () => {
  it('is a request of RFC 8693 to the discovered endpoint, with the credentials of the client', async () => {
    const began = now();
    const token = await orders({}, { ...TARGET, audience: 'orders' })(CALLER);
    expect(token).toEqual({
      token: 'token-for-orders',
      expiresAt: expect.any(Number),
      scopes: ['orders:read'],
    });
    expect(token.expiresAt - began - 600).toBeOneOf([0, 1]);
    const [request] = exchanges();
    expect(request?.method).toBe('POST');
    expect(request?.headers.authorization).toBe(`Basic ${btoa('mcp-server:hush')}`);
    expect(fieldsOf(request)).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: CALLER,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      resource: `${api.issuer}/`,
      audience: 'orders',
      scope: 'orders:read',
    });
    expect(server.to(METADATA)[0]?.headers).not.toHaveProperty('authorization');
  });

  // biome-ignore format: a table
  const ENTRA: ReadonlyArray<readonly [target: DownstreamTarget, scope: string]> = [
    [{ audience: 'api://orders' }, 'api://orders/.default'],
    [{ audience: 'api://orders', scopes: ['api://orders/read', 'api://orders/write'] }, 'api://orders/read api://orders/write'],
    [{ resource: 'https://orders.example/', scopes: ['api://orders/read'] }, 'api://orders/read'],
  ];
  it.each(ENTRA)(
    'for Entra has its own form, and the granted scopes are not compared: %j',
    async (target, scope) => {
      answer({ ...EXCHANGED, issued_token_type: undefined, scope: 'read' });
      const { scopes } = await orders({ grant: 'entra-on-behalf-of' }, target)(CALLER);
      expect(scopes).toEqual(['read']);
      expect(fieldsOf(exchanges()[0])).toEqual({
        grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
        assertion: CALLER,
        requested_token_use: 'on_behalf_of',
        scope,
      });
    },
  );

  it('is made once for concurrent calls, and each call gets its own copy', async () => {
    const ask = orders();
    const tokens = await Promise.all(Array.from({ length: 200 }, () => ask(CALLER)));
    expect(exchanges()).toHaveLength(1);
    expect(server.to(METADATA)).toHaveLength(1);
    expect(new Set(tokens).size).toBe(200);
    expect(new Set(tokens.map(({ scopes }) => scopes)).size).toBe(200);
  });

  it('accepts an AuthInfo with an opaque token, and an answer without scopes', async () => {
    answer({ ...EXCHANGED, scope: undefined });
    expect((await orders()({ token: 'opaque', expiresAt: now() + 60 })).scopes).toEqual(['orders:read']);
    expect(fieldsOf(exchanges()[0]).subject_token).toBe('opaque');
  });
});

const refusedWith = (claims: string) => status(400, { error: 'interaction_required', claims });

const DOCUMENT = { error: 'invalid_grant', error_description: 'hush' };
// biome-ignore format: a table
const ANSWERS: ReadonlyArray<readonly [what: string, reply: object, expected: object]> = [
  ['invalid_grant', status(400, DOCUMENT), { code: 'ERR_EXCHANGE_REFUSED', oauthError: 'invalid_grant' }],
  ['invalid_target', status(400, { error: 'invalid_target' }), { code: 'ERR_EXCHANGE_REFUSED', oauthError: 'invalid_target' }],
  ['interaction_required', status(400, { error: 'interaction_required', claims: '{"access_token":{}}' }), { code: 'ERR_EXCHANGE_REFUSED', oauthError: 'interaction_required', claims: '{"access_token":{}}' }],
  ['claims that are no text', status(400, { error: 'interaction_required', claims: {} }), { code: 'ERR_EXCHANGE_REFUSED', claims: undefined }],
  ['claims that are too long', refusedWith(JSON.stringify({ a: 'a'.repeat(8185) })), { code: 'ERR_EXCHANGE_REFUSED', claims: undefined }],
  ['claims that are as long as they may be', refusedWith(JSON.stringify({ a: 'a'.repeat(8184) })), { code: 'ERR_EXCHANGE_REFUSED', claims: JSON.stringify({ a: 'a'.repeat(8184) }) }],
  ['claims with a line break', refusedWith('{"a":\r\n1}'), { code: 'ERR_EXCHANGE_REFUSED', claims: undefined }],
  ['claims beyond ASCII', refusedWith('{"a":"\u00e9"}'), { code: 'ERR_EXCHANGE_REFUSED', claims: undefined }],
  ["claims that repeat the caller's token", refusedWith(JSON.stringify({ a: CALLER })), { code: 'ERR_EXCHANGE_REFUSED', claims: undefined }],
  ['access_denied with 403', status(403, { error: 'access_denied' }), { code: 'ERR_EXCHANGE_REFUSED', oauthError: 'access_denied' }],
  ['invalid_client', status(401, { error: 'invalid_client' }), { code: 'ERR_EXCHANGE_CONFIG', oauthError: 'invalid_client' }],
  ['unauthorized_client', status(400, { error: 'unauthorized_client' }), { code: 'ERR_EXCHANGE_CONFIG' }],
  ['unsupported_grant_type', status(400, { error: 'unsupported_grant_type' }), { code: 'ERR_EXCHANGE_CONFIG' }],
  ['an error of other characters', status(400, { error: 'bad\n"error"' }), { code: 'ERR_EXCHANGE_UNAVAILABLE', oauthError: undefined }],
  ['an error that is no text', status(400, { error: 5 }), { code: 'ERR_EXCHANGE_UNAVAILABLE' }],
  ['temporarily_unavailable', status(400, { error: 'temporarily_unavailable' }), { code: 'ERR_EXCHANGE_UNAVAILABLE' }],
  ['400 without JSON', faults.answer(400, {}, 'no'), { code: 'ERR_EXCHANGE_UNAVAILABLE' }],
  ['404', faults.answer(404), { code: 'ERR_EXCHANGE_UNAVAILABLE' }],
  ['500', status(500, { error: 'invalid_grant' }), { code: 'ERR_EXCHANGE_UNAVAILABLE' }],
  ['503', status(503, {}, { 'retry-after': '9' }), { code: 'ERR_EXCHANGE_UNAVAILABLE', retryAfter: 9 }],
  ['429', status(429, {}, { 'retry-after': '8' }), { code: 'ERR_EXCHANGE_UNAVAILABLE', retryAfter: 8 }],
  ['HTML', faults.body('<!doctype html>', 'text/html'), { code: 'ERR_EXCHANGE_UNAVAILABLE' }],
  ['too much', faults.large(2 ** 20 + 1), { code: 'ERR_EXCHANGE_UNAVAILABLE' }],
  ['a redirect', faults.answer(307, { location: '/other' }), { code: 'ERR_EXCHANGE_UNAVAILABLE' }],
  ['a redirect with an error', status(307, { error: 'invalid_grant' }), { code: 'ERR_EXCHANGE_UNAVAILABLE' }],
  ['a reset', faults.reset, { code: 'ERR_EXCHANGE_UNAVAILABLE' }],
  ['a list', [], { code: 'ERR_EXCHANGE_UNAVAILABLE' }],
  ['null', faults.body('null'), { code: 'ERR_EXCHANGE_UNAVAILABLE' }],
  ['no token', { ...EXCHANGED, access_token: undefined }, { code: 'ERR_EXCHANGE_UNAVAILABLE' }],
  ['a token that is no header value', { ...EXCHANGED, access_token: 'a\r\nb' }, { code: 'ERR_EXCHANGE_UNAVAILABLE' }],
  ['scopes that are no text', { ...EXCHANGED, scope: ['orders:read'] }, { code: 'ERR_EXCHANGE_UNAVAILABLE' }],
  ['a DPoP token', { ...EXCHANGED, token_type: 'DPoP' }, { code: 'ERR_EXCHANGE_REFUSED', oauthError: undefined }],
  ['a token that is no access token', { ...EXCHANGED, token_type: 'N_A' }, { code: 'ERR_EXCHANGE_REFUSED' }],
  ['no type of token', { ...EXCHANGED, token_type: undefined }, { code: 'ERR_EXCHANGE_REFUSED' }],
  ['an id token', { ...EXCHANGED, issued_token_type: 'urn:ietf:params:oauth:token-type:id_token' }, { code: 'ERR_EXCHANGE_REFUSED' }],
  ['fewer scopes', { ...EXCHANGED, scope: 'other' }, { code: 'ERR_EXCHANGE_REFUSED', oauthError: 'insufficient_scope' }],
  ['no scopes', { ...EXCHANGED, scope: '' }, { code: 'ERR_EXCHANGE_REFUSED', oauthError: 'insufficient_scope' }],
];
it.each(ANSWERS)(
  'Each answer of a token endpoint has an outcome, and errors repeat no other part of it: %s',
  async (_, reply, expected) => {
    server.replies.set('/other', () => EXCHANGED);
    answer(reply);
    const error = await failureOf(orders()(CALLER));
    expect(error).toMatchObject(expected);
    expect(error.message).not.toContain('hush');
    expect(error.message).not.toContain(CALLER);
    expect(server.to('/other')).toEqual([]);
    if (error.code === 'ERR_EXCHANGE_UNAVAILABLE') expect(error.retryAfter).toBeGreaterThan(0);
  },
);

it('If the token endpoint never answers, calls time out, with one warning, a pause, and one request at a time', async () => {
  const ask = orders({ timeout: '0.1s' });
  answer(faults.blackHole);
  expect((await failureOf(ask(CALLER))).code).toBe('ERR_EXCHANGE_UNAVAILABLE');
  expect((await failureOf(ask('other'))).code).toBe('ERR_EXCHANGE_UNAVAILABLE');
  expect((await failureOf(ask('third'))).code).toBe('ERR_EXCHANGE_UNAVAILABLE');
  expect(exchanges()).toHaveLength(2);
  answer(EXCHANGED);
  vi.useFakeTimers({ toFake: ['Date', 'performance'] });
  try {
    vi.advanceTimersByTime(5000);
    const all = await Promise.allSettled(['a', 'b', 'c'].map((token) => ask(token)));
    expect(all.map((one) => one.status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect((await ask('b')).token).toBe('token-for-orders');
  } finally {
    vi.useRealTimers();
  }
  expect(exchanges()).toHaveLength(4);
  expect(warnings.map(([, code]) => code)).toEqual(['EXCHANGE_FAILING', 'EXCHANGE_RECOVERED']);
});

it('A refusal for one caller does not stop the others', async () => {
  const ask = orders();
  answer(status(400, DOCUMENT));
  await failureOf(ask('one'));
  answer(EXCHANGED);
  expect((await ask('two')).token).toBe('token-for-orders');
  expect(warnings).toEqual([]);
});

// biome-ignore format: a table
const CALLERS: ReadonlyArray<readonly [what: string, caller: unknown]> = [
  ['an empty text', ''], ['two tokens', 'one two'], ['no text', undefined], ['a number', 5], ['an AuthInfo without a token', {}],
  ['a token that is too long', 'a'.repeat(65_537)],
  ['a JWT bound to a DPoP key', callerToken({ cnf: { jkt: 'x' } })],
  ['an AuthInfo with a bound token', { token: 'opaque', extra: { cnf: { jkt: 'x' } } }],
  ['an AuthInfo with a DPoP token', { token: 'opaque', extra: { token_type: 'DPoP' } }],
];
it.each(CALLERS)('An exchange is refused without a request for %s', async (_, caller) => {
  const error = await failureOf(orders()(caller as string));
  expect(error).toMatchObject({ code: 'ERR_EXCHANGE_REFUSED', oauthError: undefined });
  expect(server.received).toEqual([]);
});

describe('An exchanged token', () => {
  const START = 1_800_000_000_000;
  // biome-ignore format: a table
  const LIFETIMES: ReadonlyArray<readonly [what: string, reply: object, callerEnd: number, kept: number]> = [
    ['its own end', { expires_in: 600 }, 3600, 570],
    ['the end of the caller', { expires_in: 600 }, 100, 70],
    ['a lifetime as text', { expires_in: '600' }, 3600, 570],
    ['its own "exp"', { expires_in: undefined, access_token: `${segment({ alg: 'ES256' })}.${segment({ exp: START / 1000 + 300 })}.AAAA` }, 3600, 270],
    ['no known end', { expires_in: undefined }, 3600, 0],
    ['a day, although its own end is later', { expires_in: 1e308 }, 1e9, 86_370],
    ['a day, although its own "exp" is later', { expires_in: undefined, access_token: `${segment({ alg: 'ES256' })}.${segment({ exp: 1e308 })}.AAAA` }, 1e9, 86_370],
    ['an end within 30 s', { expires_in: 30 }, 3600, 0],
    ['a lifetime of the wrong type', { expires_in: {} }, 3600, 0],
  ];
  it.each(LIFETIMES)('is kept until 30 s before %s', async (_, reply, callerEnd, kept) => {
    vi.useFakeTimers({ toFake: ['Date'], now: START });
    try {
      answer({ ...EXCHANGED, ...reply });
      const ask = orders();
      const caller = { token: 'opaque', expiresAt: START / 1000 + callerEnd };
      await ask(caller);
      if (kept > 0) {
        vi.setSystemTime(START + kept * 1000 - 1);
        await ask(caller);
        expect(exchanges()).toHaveLength(1);
      }
      vi.setSystemTime(START + kept * 1000);
      await ask(caller);
      expect(exchanges()).toHaveLength(2);
    } finally {
      vi.useRealTimers();
    }
  });

  it('is not kept if the token of the caller, given as text, expires within 30 s', async () => {
    const ask = orders();
    const short = callerToken({ exp: now() + 20 });
    await ask(short);
    await ask(short);
    expect(exchanges()).toHaveLength(2);
  });

  it('is kept for one caller and one target, and the oldest is dropped first', async () => {
    const downstream = create({ maxEntries: 2 });
    const [one, other] = [downstream.for(TARGET), downstream.for({ ...TARGET, audience: 'x' })];
    await one('a');
    await other('a');
    await one('a');
    expect(exchanges()).toHaveLength(2);
    await one('b');
    await other('a');
    await one('a');
    expect(exchanges()).toHaveLength(4);
  });

  it('is shared through the store, encrypted', async () => {
    const cache = memoryStore();
    await orders({ cache })(CALLER);
    const [[key, value] = ['', '']] = [...cache.map];
    expect(key).toMatch(/^intentkit-auth:downstream:[\w-]{43}$/);
    expect(cache.ttls[0]).toBeGreaterThan(560_000);
    expect(cache.ttls[0]).toBeLessThanOrEqual(570_000);
    const stored = key + Buffer.from(value, 'base64url').toString('latin1') + value;
    for (const secret of ['token-for-orders', 'orders:read', CALLER]) expect(stored).not.toContain(secret);
    expect((await orders({ cache })(CALLER)).token).toBe('token-for-orders');
    expect(exchanges()).toHaveLength(1);
    await orders({ cache })('another-caller');
    await orders({ cache, clientId: 'another' })(CALLER);
    expect(exchanges()).toHaveLength(3);
  });

  it('from the store is not used if the token of the caller expires within 30 s', async () => {
    const cache = memoryStore();
    await orders({ cache })('a');
    await orders({ cache })({ token: 'a', expiresAt: now() + 20 });
    expect(exchanges()).toHaveLength(2);
  });

  it.each([
    ['is changed', (value: string) => `${value.startsWith('A') ? 'B' : 'A'}${value.slice(1)}`],
    ['is cut', (value: string) => value.slice(0, -4)],
    ['is empty', () => ''],
    ['is another text', () => 'token-for-orders'],
    ['is no text', () => ({ token: 'forged' }) as never],
  ])('from the store is exchanged again if it %s', async (_, change) => {
    const cache = memoryStore();
    await orders({ cache })(CALLER);
    for (const [key, value] of cache.map) cache.map.set(key, change(value));
    expect((await orders({ cache })(CALLER)).token).toBe('token-for-orders');
    expect(exchanges()).toHaveLength(2);
  });

  it.each(BROKEN_STORES.slice(0, 6))(
    'is exchanged although the store $what, with one warning',
    async (cache) => {
      const ask = orders({ cache });
      expect((await ask('a')).token).toBe('token-for-orders');
      expect((await ask('b')).token).toBe('token-for-orders');
      expect(warnings.map(([, code]) => code)).toEqual(['EXCHANGE_CACHE_FAILING']);
      expect(warnings.flat().join()).not.toContain('hush');
    },
  );
});

describe('`fetch`', () => {
  it('sends the token to the API, with the options of the request', async () => {
    const headers = { authorization: 'Bearer mine', 'x-id': '7' };
    const response = await orders().fetch(CALLER, '/open', { method: 'POST', headers, body: 'a=1' });
    expect(await response.json()).toEqual({ orders: 3 });
    expect(api.received[0]).toMatchObject({
      method: 'POST',
      headers: { authorization: 'Bearer token-for-orders', 'x-id': '7' },
      fields: [['a', '1']],
    });
    await orders().fetch(CALLER, new URL('/open', api.issuer));
    expect(api.received).toHaveLength(2);
  });

  it.each([
    'https://elsewhere.example/',
    '//elsewhere.example/',
    '\\\\elsewhere.example/',
    'http://',
    'data:,x',
    `blob:${api.issuer}/0b2a`,
    `blob:${api.issuer}/open`,
  ])('sends nothing to another origin: %s', async (input) => {
    expect((await failureOf(orders().fetch(CALLER, input))).code).toBe('ERR_AUTH_CONFIG');
    expect([server.received, api.received]).toEqual([[], []]);
  });

  it.each<[what: string, input: unknown]>([
    ['a name', api.issuer.replace('//', '//ada@')],
    ['a password', `${api.issuer.replace('//', '//ada:hush@')}/open`],
    ['a password, as a URL', new URL(`${api.issuer.replace('//', '//:hush@')}/open`)],
    ['a password, without a scheme', `//ada:hush@${new URL(api.issuer).host}/open`],
    ['a Request', new Request(`${api.issuer}/open`)],
    ['an object', { toString: () => '/open' }],
    ['nothing', undefined],
  ])('sends nothing, and shows nothing, for an input with %s', async (_, input) => {
    const error = await failureOf(orders().fetch(CALLER, input as string));
    expect(error.code).toBe('ERR_AUTH_CONFIG');
    expect(error.message).toMatch(/^"fetch" (needs a path or a URL|sends the token)/);
    for (const text of ['hush', 'ada', new URL(api.issuer).host]) expect(error.message).not.toContain(text);
    expect([server.received, api.received]).toEqual([[], []]);
  });

  it('refuses a Request as its options, because the method and the body would be lost', async () => {
    const init = new Request(api.issuer, { method: 'POST', body: 'a=1' });
    const { code, message } = await failureOf(orders().fetch(CALLER, '/open', init as RequestInit));
    expect([code, message]).toEqual(['ERR_AUTH_CONFIG', expect.stringContaining('plain object')]);
    expect([server.received, api.received]).toEqual([[], []]);
  });

  it('accepts a URL object of another realm', async () => {
    const foreign = { href: `${api.issuer}/open`, [Symbol.toStringTag]: 'URL' };
    expect((await orders().fetch(CALLER, foreign as unknown as URL)).status).toBe(200);
  });

  it.each([{ audience: 'orders' }, { resource: 'http://orders.example/' }, { resource: 'urn:orders' }])(
    'needs a resource over https: %j',
    async (target) => {
      expect((await failureOf(orders({}, target).fetch(CALLER, '/open'))).code).toBe('ERR_AUTH_CONFIG');
      expect(server.received).toEqual([]);
    },
  );

  it('follows no redirect, and uses the `fetch` in the options of the target', async () => {
    api.replies.set('/open', () => faults.answer(307, { location: `${server.issuer}/stolen` }));
    const response = await orders().fetch(CALLER, '/open', { redirect: 'follow' });
    expect([response.status, server.to('/stolen')]).toEqual([307, []]);
    const rejected = orders().fetch(CALLER, '/open', { redirect: 'error' });
    await expect(rejected).rejects.toThrow(TypeError);
    expect(server.to('/stolen')).toEqual([]);
    const own = vi.fn(async (_url: unknown, _init?: RequestInit) => new Response('own'));
    const target = { ...TARGET, fetch: own };
    const headers = { Host: 'elsewhere.example' };
    expect(await (await orders({}, target).fetch(CALLER, '/open', { headers })).text()).toBe('own');
    expect(own).toHaveBeenCalledTimes(1);
    expect([...new Headers(own.mock.calls[0]?.[1]?.headers).keys()]).toEqual(['authorization']);
  });
});

it('Each API gets its own token, also if `Object.prototype` has a `toJSON`', async () => {
  server.replies.set('/token', (request) => ({ ...EXCHANGED, access_token: fieldsOf(request).audience }));
  Object.defineProperty(Object.prototype, 'toJSON', {
    configurable: true,
    value(this: unknown) {
      return Array.isArray(this) ? [] : this;
    },
  });
  try {
    const downstream = create();
    const [one, other] = ['one', 'other'].map((audience) => downstream.for({ audience }));
    const tokens = await Promise.all([one?.(CALLER), other?.(CALLER)]);
    expect(tokens.map((token) => token?.token)).toEqual(['one', 'other']);
  } finally {
    Reflect.deleteProperty(Object.prototype, 'toJSON');
  }
});

it('A custom `fetch` that follows redirects is refused with ERR_AUTH_CONFIG', async () => {
  api.replies.set('/open', () => faults.answer(307, { location: '/moved' }));
  api.replies.set('/moved', () => ({ orders: 3 }));
  const follows = ((url: string, init: RequestInit) =>
    fetch(url, { ...init, redirect: 'follow' })) as typeof fetch;
  const error = await failureOf(orders({}, { ...TARGET, fetch: follows }).fetch(CALLER, '/open'));
  expect(error).toMatchObject({ code: 'ERR_AUTH_CONFIG', message: expect.stringContaining('redirect') });
});

// biome-ignore format: a table
const WRONG: ReadonlyArray<readonly [what: string, create: () => unknown, message: RegExp]> = [
  ['another grant', () => create({ grant: 'password' as never }), /"grant"/],
  ['no entries', () => create({ maxEntries: 0 }), /"maxEntries"/],
  ['too many entries', () => create({ maxEntries: 1_000_001 }), /"maxEntries" must be a whole number from 1 to 1000000/],
  ['half an entry', () => create({ maxEntries: 1.5 }), /"maxEntries"/],
  ['entries as text', () => create({ maxEntries: '5' as never }), /"maxEntries"/],
  ['a store without methods', () => create({ cache: {} as never }), /"cache"/],
  ['no target', () => create().for({}), /"resource" or "audience"/],
  ['no target for Entra', () => create({ grant: 'entra-on-behalf-of' }).for({ resource: 'https://a.example/' }), /"audience" or "scopes"/],
  ['a resource with a fragment', () => create().for({ resource: 'https://a.example/#x' }), /"resource"/],
  ['a resource with a name', () => create().for({ resource: 'https://ada@a.example/' }), /"resource" must be a URL without credentials/],
  ['a resource with a password', () => create().for({ resource: 'https://:hush@a.example/' }), /^"resource" must be a URL without credentials and fragment\.$/],
  ['two scopes in one', () => create().for({ audience: 'a', scopes: ['a b'] }), /^"scopes" must be a list of scopes, each without spaces, quotes and backslashes\.$/],
  ['a scope with a quote', () => create().for({ audience: 'a', scopes: ['a"'] }), /"scopes"/],
  ['an empty scope', () => create().for({ audience: 'a', scopes: [''] }), /"scopes"/],
];
it.each(WRONG)('`createDownstream` and `for` refuse %s', (_, make, message) => {
  expect(make).toThrow(message);
  expect(make).toThrow(AuthError);
});

it('Tokens encrypted with node:crypto are read with Web Crypto, and the other way round', async () => {
  const cache = memoryStore();
  // HKDF in Node takes a context of at most 1024 bytes.
  const target = { ...TARGET, audience: 'a'.repeat(2000) };
  await orders({ cache }, target)(CALLER);
  vi.resetModules();
  const getBuiltinModule = vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined as never);
  const { createDownstream: withWebCrypto } = await import('../../../downstream/downstream.js');
  getBuiltinModule.mockRestore();
  // Other files of the same worker must not get these modules.
  vi.resetModules();
  const downstream = withWebCrypto({
    issuer: server.issuer,
    clientId: 'mcp-server',
    clientAuth: { secret: 'hush' },
    cache,
  });
  expect((await downstream.for(target)(CALLER)).token).toBe('token-for-orders');
  expect(exchanges()).toHaveLength(1);
  await downstream.for(target)('another');
  expect((await orders({ cache }, target)('another')).token).toBe('token-for-orders');
  expect(exchanges()).toHaveLength(2);
  await until(() => cache.map.size === 2);
});

describe('What a caller or an issuer must not get through', () => {
  const bound = mint({ header: { alg: 'HS256' }, payload: { sub: 'a', cnf: { jkt: 'x' } }, key: 'k' });

  it.each<[what: string, caller: object]>([
    ['"extra" holds something else than the claims', { token: bound, extra: { userId: '7' } }],
    ['"extra" is a list', { token: bound, extra: [] }],
    ['only "claims" says so', { token: 'opaque', claims: { cnf: { jkt: 'x' } } }],
  ])('A bound token is not exchanged if %s', async (_, caller) => {
    const error = await failureOf(orders()(caller as { token: string }));
    expect(error.code).toBe('ERR_EXCHANGE_REFUSED');
    expect(exchanges()).toEqual([]);
  });

  it("The caller's own token is not passed on", async () => {
    answer({ ...EXCHANGED, access_token: CALLER });
    expect(await failureOf(orders()(CALLER))).toMatchObject({ code: 'ERR_EXCHANGE_REFUSED' });
  });

  it('A kept token is not used if the token of the caller expires within 30 s', async () => {
    const forOrders = orders();
    await forOrders({ token: CALLER });
    await forOrders({ token: CALLER, expiresAt: now() + 5 });
    expect(exchanges()).toHaveLength(2);
  });

  it('An error code that repeats a part of the request is not shown', async () => {
    answer(status(400, { error: `invalid_grant ${CALLER}` }));
    const error = await failureOf(orders()(CALLER));
    expect(error.oauthError).toBeUndefined();
    expect(error.message).not.toContain(CALLER);
  });
});
