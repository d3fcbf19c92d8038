import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { AuthError, type TokenPayload } from 'intentkit-auth';
import { createRevocationList, type RevocationListOptions } from 'intentkit-auth/revocation';
import Keyv from 'keyv';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BROKEN_STORES, memoryStore } from '../../support/stores.js';
import { titled } from '../../support/titled.js';

const NOW = 1_800_000_000;
const ISSUER = 'https://issuer.example/';
const token = (claims: TokenPayload = {}): TokenPayload => ({
  iss: ISSUER,
  sub: 'user-1',
  jti: 'token-1',
  iat: NOW - 10,
  exp: NOW + 600,
  ...claims,
});
const without = (...names: string[]): TokenPayload =>
  Object.fromEntries(Object.entries(token()).filter(([name]) => !names.includes(name)));

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: NOW * 1000 }));
afterEach(() => void vi.useRealTimers());

const codeOf = (action: Promise<unknown>): Promise<unknown> =>
  action.then(
    (value) => value,
    (error) => (error instanceof AuthError ? error.code : error),
  );

describe.each([
  ['keyv in memory', () => new Keyv()],
  ['keyv in memory with throwOnErrors', () => new Keyv({ throwOnErrors: true })],
  ['a store with two methods', memoryStore],
])('A revocation list in %s', (_, createStore) => {
  it('refuses only the revoked token, in every process that shares the store', async () => {
    const store = createStore();
    const [one, other] = [createRevocationList(store), createRevocationList(store)];
    expect(await other.isRevoked(token())).toBe(false);
    await one.revoke(token());
    expect(await one.isRevoked(token())).toBe(true);
    expect(await other.isRevoked(token())).toBe(true);
    for (const claims of [{ jti: 'token-2' }, { iss: 'another' }, { jti: 'token-1', iss: `${ISSUER}x` }]) {
      expect(await other.isRevoked(token(claims))).toBe(false);
    }
    expect(await other.isRevoked(without('iss'))).toBe(false);
  });

  it.each([
    ['issued before', { iat: NOW - 1 }, true],
    ['issued in the same second', { iat: NOW }, true],
    ['issued at the end of the same second', { iat: NOW + 0.999 }, true],
    ['issued a second later', { iat: NOW + 1 }, false],
    ['without "iat"', { iat: undefined }, true],
    ['of another subject', { sub: 'user-2' }, false],
    ['of another issuer', { iss: 'https://another.example/' }, false],
    ['without a "jti"', { jti: undefined }, true],
  ])(
    'decides by "iat" whether a token is revoked with its subject: a token %s',
    async (_, claims, expected) => {
      const list = createRevocationList(createStore());
      await list.revokeSubject('user-1', { issuer: ISSUER });
      expect(await list.isRevoked(token(claims as TokenPayload))).toBe(expected);
    },
  );

  it('revokes a subject without an issuer separately from the same subject with one', async () => {
    const list = createRevocationList(createStore());
    await list.revokeSubject('user-1', { issuer: null });
    expect(await list.isRevoked(without('iss'))).toBe(true);
    expect(await list.isRevoked(token())).toBe(false);
  });
});

describe('A revocation list', () => {
  it('stores hashes, but never the id of a token, a subject or an issuer', async () => {
    const store = memoryStore();
    const list = createRevocationList(store);
    await list.revoke(token());
    await list.revokeSubject('user-1', { issuer: ISSUER });
    const hash = createHash('sha256').update(`token ${ISSUER.length} ${ISSUER}token-1`).digest('hex');
    expect(store.map.get(`intentkit-auth:revoked:${hash}`)).toBe(
      `revoked ${NOW}-${NOW + 660} intentkit-auth:revoked:${hash}`,
    );
    expect(JSON.stringify([...store.map])).not.toMatch(/user-1|token-1|issuer/);
    for (const key of store.map.keys()) expect(key).toMatch(/^intentkit-auth:revoked:[0-9a-f]{64}$/);
  });

  it.each([
    ['of tokens', { jti: '\ud800' }, { jti: '\ud801' }],
    ['of tokens, beside other text', { jti: 'a\udfff\ud83d\ude00' }, { jti: 'a\ufffd\ud83d\ude00' }],
    ['of issuers', { jti: 'a', iss: 'b\ud800' }, { jti: 'a', iss: 'b\ud801' }],
    ['of issuers and tokens, put together', { iss: 'a\ud800', jti: 'b' }, { iss: 'a', jti: '\ud800b' }],
  ])('tells names %s apart that differ in lone surrogates only', async (_, revoked, other) => {
    const list = createRevocationList(memoryStore());
    await list.revoke({ exp: NOW + 60, ...revoked });
    expect(await list.isRevoked(revoked)).toBe(true);
    expect(await list.isRevoked(other)).toBe(false);
  });

  it.each<[string, TokenPayload, number | undefined, RevocationListOptions, number | undefined]>([
    ['its remaining lifetime and a minute', token(), undefined, {}, 660],
    ['its remaining lifetime, the tolerance and a minute', token(), 30, {}, 690],
    ['the rest of the tolerance and a minute if it has just expired', token({ exp: NOW - 10 }), 30, {}, 80],
    ['a minute if it has just expired, without tolerance', token({ exp: NOW }), undefined, {}, 60],
    ['no time if it expired a minute ago', token({ exp: NOW - 60 }), undefined, {}, undefined],
    ['"maxLifetime" if it has no "exp"', without('exp'), undefined, { maxLifetime: '1d' }, 86_460],
    ['"maxLifetime" if it expires earlier', token(), undefined, { maxLifetime: '1d' }, 86_460],
    ['its own lifetime if "maxLifetime" is shorter', token(), undefined, { maxLifetime: '1m' }, 660],
    [
      'no time if it expired a minute ago, with "maxLifetime"',
      token({ exp: NOW - 60 }),
      0,
      { maxLifetime: '1d' },
      undefined,
    ],
    ['100 years at most', token({ exp: 1e300 }), undefined, {}, 100 * 31_557_600],
  ])('keeps the entry of a token for %s', async (_, payload, tolerance, options, seconds) => {
    const store = memoryStore();
    await createRevocationList(store, options).revoke(payload, tolerance);
    expect(store.ttls).toEqual(seconds === undefined ? [] : [seconds * 1000]);
  });

  it.each<[string, RevocationListOptions, number]>([
    ['100 years', {}, 100 * 31_557_600],
    ['"maxLifetime" and a minute', { maxLifetime: '30d' }, 30 * 86_400 + 60],
  ])('keeps the entry of a subject for %s', async (_, options, seconds) => {
    const store = memoryStore();
    await createRevocationList(store, options).revokeSubject('user-1', { issuer: ISSUER });
    expect(store.ttls).toEqual([seconds * 1000]);
  });

  it.each([
    ['a token without "jti"', without('jti')],
    ['a token without "exp"', without('exp')],
  ])('refuses to revoke %s', async (_, payload) => {
    expect(await codeOf(createRevocationList(memoryStore()).revoke(payload))).toBe('ERR_NO_REVOCATION');
  });

  it.each([
    [5, { issuer: ISSUER }],
    ['user-1', {}],
    ['user-1', undefined],
    ['user-1', null],
  ])('refuses to revoke the subject %j of %j', async (subject, of) => {
    const { revokeSubject } = createRevocationList(memoryStore());
    expect(await codeOf(revokeSubject(subject as never, of as never))).toBe('ERR_NO_REVOCATION');
  });

  it('does not move the revocation of a subject to an earlier time if a clock is behind', async () => {
    const list = createRevocationList(memoryStore());
    await list.revokeSubject('user-1', { issuer: ISSUER });
    vi.setSystemTime((NOW - 60) * 1000);
    await list.revokeSubject('user-1', { issuer: ISSUER });
    expect(await list.isRevoked(token({ iat: NOW - 1 }))).toBe(true);
  });

  it('never shortens the lifetime of an earlier entry for a token', async () => {
    const store = memoryStore();
    const list = createRevocationList(store);
    for (const [rest, seconds] of [
      [3600, 3660],
      [5, 3660],
      [7200, 7260],
    ] as const) {
      await list.revoke(token({ exp: NOW + rest }));
      expect(store.ttls.at(-1)).toBe(seconds * 1000);
    }
    vi.setSystemTime((NOW + 60) * 1000);
    await list.revoke(token({ exp: NOW + 65 }));
    expect(store.ttls.at(-1)).toBe(7200 * 1000);
  });

  it('never shortens the lifetime of an earlier entry for a subject', async () => {
    const store = memoryStore();
    for (const maxLifetime of ['30d', '1d']) {
      await createRevocationList(store, { maxLifetime }).revokeSubject('user-1', { issuer: ISSUER });
    }
    expect(store.ttls).toEqual(Array(2).fill((30 * 86_400 + 60) * 1000));
  });

  it.each([
    ['a later end', NOW + 3600, undefined],
    ['an earlier end', NOW + 60, 'ERR_REVOCATION_UNAVAILABLE'],
  ])('detects that another process stores %s at the same time', async (_, until, expected) => {
    const { map, get, set } = memoryStore();
    const raced: typeof set = (key, _, ttlMs) => set(key, `revoked ${NOW}-${until} ${key}`, ttlMs);
    const list = createRevocationList({ get, set: raced }, { onWarning: () => {} });
    expect(await codeOf(list.revoke(token()))).toBe(expected);
    expect(map.size).toBe(1);
  });

  it('does not ask the store about a token that has neither "jti" nor "sub"', async () => {
    const store = memoryStore();
    expect(await createRevocationList(store).isRevoked(without('jti', 'sub'))).toBe(false);
    expect(store.gets).toBe(0);
  });

  it.each(['toJSON', 'jti', 'sub', 'throwOnErrors', 'store', 'timeout', 'onUnavailable'])(
    'ignores a "%s" on Object.prototype',
    async (name) => {
      const store = memoryStore();
      await createRevocationList(store).revoke(token());
      Object.defineProperty(Object.prototype, name, {
        value: name === 'throwOnErrors' ? false : () => 'polluted',
        configurable: true,
      });
      try {
        const list = createRevocationList(store);
        expect(await list.isRevoked(token())).toBe(true);
        expect(await list.isRevoked(without('jti', 'sub'))).toBe(false);
        expect(() => createRevocationList({} as never)).toThrow('The store must be');
      } finally {
        Reflect.deleteProperty(Object.prototype, name);
      }
    },
  );
});

describe.each(titled(BROKEN_STORES))('When the store %s', (what, { problem, ...store }) => {
  const warnings: string[] = [];
  const list = (options: RevocationListOptions = {}) =>
    createRevocationList(store, {
      timeout: '0.05s',
      onWarning: (message, code) => void warnings.push(`${code} ${message}`),
      ...options,
    });
  const rejections = vi.fn();
  beforeEach(() => {
    warnings.length = 0;
    process.on('unhandledRejection', rejections);
  });
  afterEach(async () => {
    // Longer than the late rejection takes.
    await sleep(what === 'rejects late' ? 450 : 10);
    process.off('unhandledRejection', rejections);
    expect(rejections).not.toHaveBeenCalled();
  });

  it('the token cannot be verified right now, and the error says when to try again', async () => {
    const refused = list().isRevoked(token());
    await expect(refused).rejects.toMatchObject({ code: 'ERR_REVOCATION_UNAVAILABLE', retryAfter: 1 });
    await expect(refused).rejects.toThrow(
      `The token was neither accepted nor refused, because the revocation store gave no answer (${problem}); try again in 1 s.`,
    );
    expect(warnings).toEqual([
      `REVOCATION_FAILING The revocation store is failing: ${problem}; tokens cannot be verified until it answers.`,
    ]);
  });

  it('the token is accepted with a warning if "onUnavailable" is "accept"', async () => {
    const lenient = list({ onUnavailable: 'accept' });
    expect(await lenient.isRevoked(token())).toBe(false);
    expect(await lenient.isRevoked(token())).toBe(false);
    expect(warnings).toEqual([
      `REVOCATION_FAILING The revocation store is failing: ${problem}; revoked tokens are accepted until it answers.`,
    ]);
  });

  it.each(['refuse', 'accept'] as const)('revoking rejects with an error, also with "%s"', async (mode) => {
    const { revoke, revokeSubject } = list({ onUnavailable: mode });
    expect(await codeOf(revoke(token()))).toBe('ERR_REVOCATION_UNAVAILABLE');
    expect(await codeOf(revokeSubject('user-1', { issuer: ISSUER }))).toBe('ERR_REVOCATION_UNAVAILABLE');
  });
});

describe('A store that confirms a write but does not keep it', () => {
  it.each([
    ['nothing', async () => undefined],
    ['the value of another key', memoryStore().get],
  ])('is detected when it keeps %s', async (_, get) => {
    const list = createRevocationList({ get, set: async () => true }, { onWarning: () => {} });
    await expect(list.revoke(token())).rejects.toThrow('(it did not keep what was stored)');
  });
});

describe('An outage of the store', () => {
  it('causes one warning when it begins, and one when it is over', async () => {
    const { map: _, ...store } = memoryStore();
    const works = store.get;
    const codes: string[] = [];
    const list = createRevocationList(
      { get: (key) => store.get(key), set: store.set },
      { onWarning: (_, code) => void codes.push(code) },
    );
    store.get = () => Promise.reject(new Error('gone'));
    for (let time = 0; time < 3; time += 1) {
      expect(await codeOf(list.isRevoked(token()))).toBe('ERR_REVOCATION_UNAVAILABLE');
    }
    store.get = works;
    expect(await list.isRevoked(token())).toBe(false);
    expect(codes).toEqual(['REVOCATION_FAILING', 'REVOCATION_RECOVERED']);
  });
});

describe('A revocation list does not cache answers:', () => {
  it('asks the store about a token each time', async () => {
    const store = memoryStore();
    const list = createRevocationList(store);
    for (let time = 0; time < 3; time += 1) await list.isRevoked(without('sub'));
    expect(store.gets).toBe(3);
  });
});

describe('An option of a revocation list', () => {
  it.each<[unknown, string]>([
    [{ timeout: '0s' }, '"timeout" must be a duration longer than zero and at most one minute.'],
    [{ timeout: '2m' }, '"timeout" must be a duration longer than zero and at most one minute.'],
    [{ timeout: 250 }, '"timeout" must be a duration longer than zero and at most one minute.'],
    [{ onUnavailable: 'maybe' }, '"onUnavailable" must be "refuse" or "accept".'],
    [{ maxLifetime: '0s' }, '"maxLifetime" must be a duration of at least one second, such as "30d".'],
    [{ onWarning: 'x' }, '"onWarning" must be a function.'],
  ])('is refused with its name in the error: %j', (options, message) => {
    expect(() => createRevocationList(memoryStore(), options as never)).toThrow(
      expect.objectContaining({ code: 'ERR_AUTH_CONFIG', message }),
    );
  });

  it.each([
    ['undefined', undefined],
    ['an object without "set"', { get: () => undefined }],
    ['text', 'redis://localhost'],
  ])('an invalid store is refused: %s', (_, store) => {
    expect(() => createRevocationList(store as never)).toThrow('The store must be');
  });

  it('a keyv that would report a failing Redis as a missing key is refused', () => {
    const adapter = (throwOnErrors: boolean) =>
      Object.assign(new Map(), { throwOnErrors, opts: {}, on: () => {}, name: 'redis' });
    for (const [ofKeyv, ofAdapter] of [
      [false, true],
      [true, false],
    ] as const) {
      const store = { throwOnErrors: ofKeyv, store: { ...adapter(ofAdapter) }, get: () => 1, set: () => 1 };
      expect(() => createRevocationList(store)).toThrow('throwOnErrors: true');
    }
  });
});
