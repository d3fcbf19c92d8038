import {
  type AuthClient,
  AuthError,
  type AuthProviderConfig,
  createAuthClient,
  type Revocation,
  type Store,
  type TokenPayload,
} from 'intentkit-auth';
import { createRevocationList } from 'intentkit-auth/revocation';
import { createTestIssuer } from 'intentkit-auth/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { mint } from '../../support/mint.js';
import { outcome } from '../../support/outcome.js';
import { memoryStore } from '../../support/stores.js';

const NOW = 1_800_000_000;
const SECRET = 'R9v!Lq2#xW7pZk4@mC8sTb5&nH1dYf6^';
const UNAVAILABLE = 'ERR_REVOCATION_UNAVAILABLE';

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: NOW * 1000 }));
afterEach(() => void vi.useRealTimers());

const client = (revocation?: Revocation, more: AuthProviderConfig = {}): AuthClient =>
  createAuthClient({
    secret: SECRET,
    issuer: 'my-service',
    ...(revocation !== undefined && { revocation }),
    ...more,
  });
const forged = (payload: object): string =>
  mint({ header: { alg: 'HS256' }, payload: { iss: 'my-service', ...payload }, key: SECRET });
const codeOf = (action: Promise<unknown>): Promise<unknown> =>
  action.then(
    (value) => value,
    (error) => (error instanceof AuthError ? error.code : error),
  );
/** A store whose entries expire. */
const keptInTime = (): Store => {
  const entries = new Map<string, { value: string; end: number }>();
  return {
    get: async (key) => {
      const { value, end = 0 } = entries.get(key) ?? {};
      return Date.now() < end ? value : undefined;
    },
    set: async (key, value, ttlMs) => entries.set(key, { value, end: Date.now() + ttlMs }),
  };
};
/** A revocation list that gives this answer and records its arguments. */
const hook = (answer: () => unknown) => {
  const asked: unknown[][] = [];
  const isRevoked = (...values: unknown[]): never => {
    asked.push(values);
    return answer() as never;
  };
  return { asked, isRevoked };
};

describe('A client with a revocation list', () => {
  it('signs each token with a random "jti", unless the caller gives one', async () => {
    const auth = client(createRevocationList(memoryStore()));
    const ids = [];
    for (let time = 0; time < 3; time += 1) ids.push(auth.decode(await auth.sign({})).jti);
    for (const id of ids)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(new Set(ids).size).toBe(3);
    expect(auth.decode(await auth.sign({ jti: undefined })).jti).toMatch(/^[0-9a-f-]{36}$/);
    expect(auth.decode(await auth.sign({ jti: 'mine' })).jti).toBe('mine');
    expect(auth.decode(await auth.sign({}, { claims: { jti: 'mine' } })).jti).toBe('mine');
    expect(client().decode(await client().sign({}))).not.toHaveProperty('jti');
  });

  it('refuses a token that another client with the same store has revoked, and says why', async () => {
    const store = memoryStore();
    const [one, other] = [client(createRevocationList(store)), client(createRevocationList(store))];
    const token = await one.sign({ role: 'editor' }, { subject: 'user-1' });
    expect((await other.verify(token)).valid).toBe(true);
    expect(await one.revoke(token)).toBeUndefined();
    expect(await other.verify(token)).toEqual({
      valid: false,
      expired: false,
      reason: 'revoked',
      message: 'The token was revoked.',
      payload: one.decode(token),
    });
    expect((await other.verify(await one.sign({}, { subject: 'user-1' }))).valid).toBe(true);
  });

  it('keeps the entry of a revoked token for as long as clients would accept the token', async () => {
    const store = memoryStore();
    const auth = client(createRevocationList(store), { clockTolerance: '30s' });
    await auth.revoke(await auth.sign({}, { expiresIn: '10m' }));
    expect(store.ttls).toEqual([(600 + 30 + 60) * 1000]);
  });

  it.each([
    ['expired a minute ago', forged({ jti: 'a', exp: NOW - 60 }), undefined, 0],
    ['expired a minute ago and has no "jti"', forged({ exp: NOW - 60 }), undefined, 0],
    ['has just expired', forged({ jti: 'a', exp: NOW - 59 }), undefined, 1],
    ['is not valid yet', forged({ jti: 'a', nbf: NOW + 60, exp: NOW + 90 }), undefined, 1],
    ['is for another issuer', forged({ jti: 'a', iss: 'x', exp: NOW + 90 }), 'ERR_TOKEN_REFUSED', 0],
    [
      'has an invalid signature',
      `${forged({ jti: 'a', exp: NOW + 90 }).slice(0, -4)}AAAA`,
      'ERR_TOKEN_REFUSED',
      0,
    ],
    ['is malformed', 'not-a-token', 'ERR_TOKEN_REFUSED', 0],
    ['has no "jti"', forged({ exp: NOW + 90 }), 'ERR_NO_REVOCATION', 0],
    ['has no "exp"', forged({ jti: 'a' }), 'ERR_NO_REVOCATION', 0],
  ])('revokes, ignores or refuses to revoke a token that %s', async (_, token, expected, stored) => {
    const store = memoryStore();
    expect(await codeOf(client(createRevocationList(store)).revoke(token))).toBe(expected);
    expect(store.map.size).toBe(stored);
  });

  it('revokes a token that only this client finds too old, so that other clients refuse it', async () => {
    const revocation = createRevocationList(memoryStore());
    const [strict, other] = [client(revocation, { maxTokenAge: '1h' }), client(revocation)];
    const token = forged({ jti: 'a', iat: NOW - 7200, exp: NOW + 86_400 });
    expect([await outcome(strict, token), await outcome(other, token)]).toEqual(['expired', 'valid']);
    await strict.revoke(token);
    expect(await outcome(other, token)).toBe('revoked');
  });

  it('revokes a token that has just expired, within its tolerance plus a minute', async () => {
    const store = memoryStore();
    const auth = client(createRevocationList(store), { clockTolerance: '30s' });
    await auth.revoke(forged({ jti: 'a', exp: NOW - 90 }));
    expect(store.ttls).toEqual([]);
    await auth.revoke(forged({ jti: 'a', exp: NOW - 89 }));
    expect(store.ttls).toEqual([1000]);
  });

  it('refuses a renewed token until it expires, if an older one is revoked and "maxLifetime" is set', async () => {
    const auth = client(createRevocationList(keptInTime(), { maxLifetime: '1h' }));
    const old = await auth.sign({}, { expiresIn: '1m' });
    const renewed = await auth.sign((await auth.verify(old)).payload, { expiresIn: '1h' });
    await auth.revoke(old);
    vi.setSystemTime((NOW + 3599) * 1000);
    expect(await outcome(auth, renewed)).toBe('revoked');
  });

  it('refuses a renewed token until it expires, if it is revoked after an older one with the same "jti"', async () => {
    const auth = client(createRevocationList(keptInTime()));
    const old = await auth.sign({}, { expiresIn: '1m' });
    const renewed = await auth.sign(auth.decode(old), { expiresIn: '1h' });
    await auth.revoke(old);
    await auth.revoke(renewed);
    vi.setSystemTime((NOW + 3599) * 1000);
    expect(await outcome(auth, renewed)).toBe('revoked');
  });

  it('accepts a second revocation of the same token', async () => {
    const auth = client(createRevocationList(memoryStore()));
    const token = await auth.sign({});
    await auth.revoke(token);
    expect(await codeOf(auth.revoke(token))).toBeUndefined();
  });

  it('checks the list last, and only for tokens that are valid otherwise', async () => {
    const list = hook(() => true);
    const auth = client(list);
    for (const payload of [{ exp: NOW }, { nbf: NOW + 5 }, { iss: 'x' }]) await auth.verify(forged(payload));
    await auth.verify('not-a-token');
    await auth.verify(mint({ header: { alg: 'HS256' }, payload: {}, key: 'another' }));
    expect(list.asked).toEqual([]);
    expect(await outcome(auth, forged({}))).toBe('revoked');
    expect(list.asked).toHaveLength(1);
  });

  it('gives the reason "expired" for a token that is revoked and expired', async () => {
    const auth = client(createRevocationList(memoryStore()));
    const token = await auth.sign({}, { expiresIn: '1m' });
    await auth.revoke(token);
    vi.setSystemTime((NOW + 60) * 1000);
    expect(await auth.verify(token)).toMatchObject({ valid: false, expired: true, reason: 'expired' });
  });

  it('gives the list only a copy of the claims, so the list cannot change the verdict', async () => {
    let seen: TokenPayload = {};
    const auth = client({
      isRevoked(...values) {
        expect(values).toHaveLength(1);
        [seen] = values;
        seen.sub = 'admin';
        (seen.roles as string[]).push('admin');
        return false;
      },
    });
    const { payload } = await auth.verify(forged({ sub: 'user-1', roles: ['reader'] }));
    expect(payload).toMatchObject({ sub: 'user-1', roles: ['reader'] });
    expect(seen).toMatchObject({ sub: 'admin', roles: ['reader', 'admin'] });
  });

  it.each<[string, () => unknown, string]>([
    ['false', () => false, 'valid'],
    ['a promise of false', async () => false, 'valid'],
    ['true', () => true, 'revoked'],
    ['a promise of true', async () => true, 'revoked'],
    ['undefined', () => undefined, UNAVAILABLE],
    ['null', () => null, UNAVAILABLE],
    ['a number', () => 0, UNAVAILABLE],
    ['text', async () => '', UNAVAILABLE],
    [
      'a throw',
      () => {
        throw new Error('hush-hush');
      },
      UNAVAILABLE,
    ],
    ['a rejection', () => Promise.reject(new Error('hush-hush')), UNAVAILABLE],
    ['a rejection with undefined', () => Promise.reject(undefined), UNAVAILABLE],
  ])('handles a custom list that answers with %s', async (_, answer, expected) => {
    const auth = client(hook(answer));
    expect(await outcome(auth, forged({}))).toBe(expected);
    if (expected !== UNAVAILABLE) return;
    await expect(auth.verify(forged({}))).rejects.toMatchObject({
      retryAfter: 1,
      message: expect.not.stringContaining('hush-hush'),
    });
    await expect(auth.verify(forged({}))).rejects.not.toHaveProperty('cause');
  });

  it.each([
    ['ERR_REVOCATION_UNAVAILABLE', UNAVAILABLE, UNAVAILABLE],
    ['ERR_NO_REVOCATION', UNAVAILABLE, 'ERR_NO_REVOCATION'],
    ['ERR_AUTH_CONFIG', UNAVAILABLE, UNAVAILABLE],
    ['ERR_JWKS_UNAVAILABLE', UNAVAILABLE, UNAVAILABLE],
  ] as const)(
    'turns an AuthError %s of a custom list into %s for verify, and into %s for revoke',
    async (...codes) => {
      const [code, ofVerify, ofRevoke] = codes;
      const fail = (): never => {
        throw new AuthError(code, 'hush-hush');
      };
      const token = forged({ exp: NOW + 90 });
      expect(await codeOf(client({ isRevoked: fail }).verify(token))).toBe(ofVerify);
      expect(await codeOf(client({ isRevoked: () => false, revoke: fail }).revoke(token))).toBe(ofRevoke);
    },
  );

  it.each([
    ['a promise', () => new Promise(() => {})],
    ['a thenable', () => Object.fromEntries([['then', () => {}]])],
    ['a callable thenable', () => Object.assign(() => {}, Object.fromEntries([['then', () => {}]]))],
  ])('waits five seconds for a custom list that answers with %s that never settles', async (_, answer) => {
    vi.useFakeTimers({ toFake: ['Date', 'performance', 'setTimeout', 'clearTimeout'], now: NOW * 1000 });
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue();
    const auth = client({ isRevoked: answer as never, revoke: answer as never });
    const token = forged({ exp: NOW + 90 });
    const ended = vi.fn();
    const asked = [outcome(auth, token), auth.ping()];
    void Promise.all(asked).then(ended);
    await vi.advanceTimersByTimeAsync(4999);
    expect(ended).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(await Promise.all(asked)).toEqual([UNAVAILABLE, false]);
    expect(warned).toHaveBeenCalledTimes(1);
    const revoking = codeOf(client({ isRevoked: () => false, revoke: answer as never }).revoke(token));
    await vi.advanceTimersByTimeAsync(5000);
    expect(await revoking).toBe(UNAVAILABLE);
  });

  it('waits five seconds for a wrapper in a list of createRevocationList that never answers', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'performance', 'setTimeout', 'clearTimeout'], now: NOW * 1000 });
    const list = createRevocationList(memoryStore());
    const auth = client(Object.assign(list, { isRevoked: () => new Promise(() => {}) }));
    const verified = outcome(auth, forged({ jti: 'a' }));
    await vi.advanceTimersByTimeAsync(5000);
    expect(await verified).toBe(UNAVAILABLE);
  });

  it('uses the deadline of a list of createRevocationList, even if it is longer', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'performance', 'setTimeout', 'clearTimeout'], now: NOW * 1000 });
    const store = memoryStore();
    const slow = { get: () => new Promise((resolve) => setTimeout(resolve, 20_000)), set: store.set };
    const auth = client(createRevocationList(slow, { timeout: '30s' }));
    const verified = outcome(auth, forged({ jti: 'a' }));
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await verified).toBe('valid');
  });

  it.each([
    ['answers with no boolean', () => 'no'],
    ['throws', () => Promise.reject(new Error('hush-hush'))],
  ])('gives no verdict, with one sentence, if a custom list %s', async (_, answer) => {
    const error = await client(hook(answer))
      .verify(forged({ exp: NOW + 90 }))
      .catch((thrown) => thrown);
    expect(error).toMatchObject({
      code: UNAVAILABLE,
      retryAfter: 1,
      message:
        'The token was neither accepted nor refused, because the revocation list gave no answer; try again in 1 s.',
    });
  });

  it('keeps an error of a custom list whose code says that it gave no answer', async () => {
    const error = new AuthError(UNAVAILABLE, 'Mine.');
    const fail = () => Promise.reject(error);
    const auth = client({ isRevoked: fail });
    await expect(auth.verify(forged({ exp: NOW + 90 }))).rejects.toBe(error);
    const revoking = client({ isRevoked: () => false, revoke: fail }).revoke(forged({ exp: NOW + 90 }));
    await expect(revoking).rejects.toBe(error);
  });

  it('rejects if a custom list fails to revoke', async () => {
    const revoke = vi.fn(() => Promise.reject(new Error('hush-hush')));
    const auth = client({ isRevoked: () => false, revoke });
    await expect(auth.revoke(await auth.sign({}))).rejects.toMatchObject({
      code: UNAVAILABLE,
      message: 'The token was not revoked, because the revocation list gave no answer; try again in 1 s.',
    });
    expect(revoke).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ iss: 'my-service' }), 0);
  });

  it('accepts an instance of a class as a list', async () => {
    class Mine {
      readonly #revoked = new Set<unknown>();
      isRevoked({ jti }: TokenPayload): boolean {
        return this.#revoked.has(jti);
      }
      async revoke({ jti }: TokenPayload): Promise<void> {
        this.#revoked.add(jti);
      }
    }
    const auth = client(new Mine());
    const token = await auth.sign({});
    await auth.revoke(token);
    expect(await outcome(auth, token)).toBe('revoked');
  });

  it('also revokes tokens of an identity provider', async () => {
    const list = createRevocationList(memoryStore());
    const { jwksUrl, fetch, token: issue } = await createTestIssuer();
    const auth = createAuthClient({ jwksUrl, jwks: { fetch }, revocation: list });
    const token = await issue({ sub: 'alice', jti: 'a' });
    await auth.revoke(token);
    expect(await outcome(auth, token)).toBe('revoked');
  });

  it.each([
    [undefined, false],
    [{ isRevoked: () => false }, false],
    [createRevocationList(memoryStore()), true],
  ])(
    'says in its status whether it can revoke, and revoke rejects if it cannot: %#',
    async (list, canRevoke) => {
      const auth = client(list);
      expect(auth.status().canRevoke).toBe(canRevoke);
      expect(await codeOf(auth.revoke(await auth.sign({})))).toBe(
        canRevoke ? undefined : 'ERR_NO_REVOCATION',
      );
    },
  );

  it.each<[sources: string, config: AuthProviderConfig]>([
    ['a secret', { secret: SECRET }],
    ['a secret and a claim that its own tokens lack', { secret: SECRET, requiredClaims: ['sub'] }],
    ['a JWKS', { jwksUrl: 'https://idp.example/jwks' }],
  ])('and with %s fails its health check while the list does not answer', async (_, config) => {
    const onWarning = vi.fn();
    const auth = createAuthClient({ ...config, revocation: hook(() => undefined), onWarning });
    expect([await auth.ping(), await auth.ping()]).toEqual([false, false]);
    expect(auth.status().pingFailure).toBe('The revocation list gave no answer.');
    expect(onWarning.mock.calls).toEqual([
      ['The health check failed: The revocation list gave no answer.', 'PING_FAILED'],
    ]);
  });

  it.each([5, {}, { revoke: () => {} }, { isRevoked: true }])('refuses %j as a list', (list) => {
    expect(() => client(list as never)).toThrow(
      '"revocation" must be an object with "isRevoked", such as createRevocationList makes.',
    );
  });
});
