import { expect, it, onTestFinished, vi } from 'vitest';
import { parseConfig } from '../../../../src/config/parse.js';
import { KeySet, MAX_CANDIDATES } from '../../../../src/keys/remote/key-set.js';
import { loadKeySet } from '../../../../src/keys/remote/load-key-set.js';
import { monotonicNow } from '../../../../src/shared/clock.js';
import { ASYMMETRIC_ALGORITHMS } from '../../../../src/signature/algorithms.js';
import { defaultEngine } from '../../../../src/signature/node.js';
import { simulate, stopClocks, watchRejections } from '../../../support/jwks-simulation.js';
import { createSigner, generateKeys, mint, type Signer } from '../../../support/mint.js';

const k1 = createSigner('k1');
const k2 = createSigner('k2');
const rsa = createSigner('rsa', 'RS256');
const ed = createSigner('ed', 'EdDSA');
const offCurve = (kid?: string) => ({ ...k1.jwk, kid, x: k1.jwk.y });
const kidless = ({ privateKey }: Signer, alg: string): string =>
  mint({ header: { alg }, payload: {}, key: privateKey });
const url = new URL('https://idp.example/jwks');
const origin = { url, fetchBegan: 0, order: 1, askedAt: 0, madeAt: 0 };
const setOf = (...members: readonly unknown[]): KeySet => new KeySet(members, origin, defaultEngine);

/** Counts how many keys are imported from now on. */
const watchImports = () => vi.spyOn(crypto.subtle, 'importKey');

const set = setOf(
  k1.jwk,
  k2.jwk,
  rsa.jwk,
  ed.jwk,
  { ...k2.jwk, kid: 'k1' },
  { ...rsa.jwk, kid: 'pss', alg: 'PS256' },
);

// biome-ignore format: one header per line
it.each<[alg: string, kid: string | undefined, keys: number, knows: boolean]>([
  ['ES256', 'k1', 2, true],
  ['ES256', 'k2', 1, true],
  ['ES256', undefined, 3, true],
  ['ES256', 'rsa', 0, false],
  ['ES256', 'unknown', 0, false],
  ['ES256', '', 0, false],
  ['ES256', 'undefined', 0, false],
  ['ES256', 'constructor', 0, false],
  ['ES384', 'k1', 0, false],
  ['ES384', undefined, 0, false],
  ['ES512', undefined, 0, false],
  ['RS256', 'rsa', 1, true],
  ['RS512', undefined, 1, true],
  ['PS256', undefined, 2, true],
  ['PS256', 'pss', 1, true],
  ['PS384', 'pss', 0, false],
  ['EdDSA', 'ed', 1, true],
  ['Ed25519', undefined, 1, true],
])('For %s and the key id %s, a key set finds %d keys (known: %s)', async (alg, kid, count, knows) => {
  const header = { alg, ...(kid !== undefined && { kid }) };

  // Twice, because the second answer comes from the cache.
  expect([(await set.find(header)).length, (await set.find(header)).length]).toEqual([count, count]);
  expect(set.knows(header)).toBe(knows);
});

it('A key set reports its number of keys, their ids, and the ignored members by reason', () => {
  const { privateKey, publicKey } = generateKeys('EdDSA');
  const members = [k1.jwk, { ...k1.jwk, kid: 7 }, null, {}, privateKey.export({ format: 'jwk' })];
  const odd = setOf(...members, { ...publicKey.export({ format: 'jwk' }), x: 'A'.repeat(43) });

  expect([odd.size, odd.keyIds]).toEqual([2, ['k1']]);
  expect(odd.ignored).toEqual({ malformed: 2, private: 1, small_order: 1 });
});

it('A key set imports a key once, and then returns it synchronously', async () => {
  const imports = watchImports();
  const set = setOf(k1.jwk, k2.jwk);
  const first = set.find({ alg: 'ES256', kid: 'k1' });
  expect(first).toBeInstanceOf(Promise);
  expect(set.find({ alg: 'ES256', kid: 'k1' })).toBe(first);

  const keys = await first;
  expect(set.find({ alg: 'ES256', kid: 'k1' })).toBe(keys);
  expect(await set.find({ alg: 'ES256' })).toHaveLength(2);
  expect(await set.isUsableFor(['ES256'])).toBe(true);
  expect(imports).toHaveBeenCalledTimes(2);
});

it.each(['made-up', ''])('A key set does not cache the absent key id "%s"', (kid) => {
  // A cached answer would be a promise.
  expect(setOf(k1.jwk).find({ alg: 'ES256', kid })).toEqual([]);
});

it.each([
  ['ES256', ['ES256']],
  ['ES384', ['ES384']],
  ['ES512', ['ES512']],
  ['RS256', ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']],
  ['EdDSA', ['EdDSA', 'Ed25519']],
] as const)('A key set with one key for %s can verify only %j', (alg, fitting) => {
  const set = setOf(createSigner('k', alg).jwk);
  const known = ASYMMETRIC_ALGORITHMS.filter((alg) => set.knows({ alg }));

  expect(new Set(known)).toEqual(new Set(fitting));
});

it('A key set imports no key before a token needs it', () => {
  const imports = watchImports();
  const set = setOf(...Array.from({ length: 1000 }, (_, index) => ({ ...k1.jwk, kid: `k${index}` })));

  expect([set.size, imports.mock.calls.length]).toEqual([1000, 0]);
});

it.each<[title: string, kid: object]>([
  ['all keys, for a token without a key id', {}],
  ['keys that share a key id', { kid: 'same' }],
])(`A key set tries no token against more than ${MAX_CANDIDATES} keys: %s`, async (_, kid) => {
  const imports = watchImports();
  const members = Array.from({ length: MAX_CANDIDATES }, () => ({ ...k1.jwk, ...kid }));
  expect(await setOf(...members).find({ alg: 'ES256', ...kid })).toHaveLength(16);

  const tooMany = setOf(...members, { ...k2.jwk, ...kid });
  expect(tooMany.find({ alg: 'ES256', ...kid })).toEqual([]);
  expect(tooMany.knows({ alg: 'ES256', ...kid })).toBe(true);
  expect(imports).toHaveBeenCalledTimes(16);
});

it('A key set ignores a key whose point is not on its curve, and uses other keys with the same id', async () => {
  const set = setOf(offCurve('k1'), k1.jwk, offCurve('k2'));

  expect(await set.find({ alg: 'ES256', kid: 'k1' })).toHaveLength(1);
  expect(set.knows({ alg: 'ES256', kid: 'k2' })).toBe(false);
  expect(set.ignored).toEqual({ off_curve: 2 });
});

it('A key set of keys that the runtime cannot import tries 16 of them, and is then taken for usable', async () => {
  const imports = watchImports().mockRejectedValue(new Error('out of memory'));
  const [one, many] = [setOf(k1.jwk, rsa.jwk), setOf(...Array.from({ length: 1000 }, () => k1.jwk))];

  expect(await one.isUsableFor(['ES256', 'RS256'])).toBe(false);
  expect(imports).toHaveBeenCalledTimes(2);
  expect(await many.isUsableFor(['ES256'])).toBe(true);
  expect(imports).toHaveBeenCalledTimes(2 + 16);
});

it('A key set ignores a key that the engine cannot import, and causes no unhandled rejection', async () => {
  const noRejections = watchRejections();
  const engine = {
    ...defaultEngine,
    importPublicKey() {
      throw new Error('out of memory');
    },
  };
  const set = new KeySet([k1.jwk], origin, engine);

  expect(await set.find({ alg: 'ES256', kid: 'k1' })).toEqual([]);
  await noRejections();
});

// biome-ignore format: one set per line
it.each<[title: string, members: unknown[], algorithms: string[], expected: boolean, imports: number]>([
  ['no algorithm', [k1.jwk], [], false, 0],
  ['no members', [], ['ES256'], false, 0],
  ['a key for one of them', [k1.jwk], ['RS256', 'ES256'], true, 1],
  ['a key for another algorithm', [k1.jwk], ['RS256', 'ES384'], false, 0],
  ['a key that is not on its curve', [offCurve()], ['ES256'], false, 0],
  ['a key that is not on its curve and two that are', [offCurve(), k1.jwk, k2.jwk], ['ES256'], true, 1],
  ['a thousand keys, the first one usable', Array.from({ length: 1000 }, () => k1.jwk), ['ES256'], true, 1],
])('A key set imports keys only until it knows whether it is usable: %s', async (_, members, algorithms, expected, count) => {
  const imports = watchImports();

  expect(await setOf(...members).isUsableFor(algorithms)).toBe(expected);
  expect(imports).toHaveBeenCalledTimes(count);
});

const load = (body: string, only: object = {}, headers: Record<string, string> = {}) => {
  const fetch = async () => new Response(body, { headers });
  const {
    remotes: [remote],
  } = parseConfig({ jwksUrl: 'https://idp.example/jwks', ...only, jwks: { fetch } });
  if (!remote) throw new Error('no JWKS');
  const request = { isFailing: false, noCache: false, onRequest: undefined };
  return loadKeySet(remote, defaultEngine, { ...request, found: undefined, order: 1 });
};

it.each([
  'null',
  '1',
  '"keys"',
  '[]',
  '{}',
  '{"keys":null}',
  '{"keys":{"0":{},"length":1}}',
  '{"__proto__":{"keys":[]}}',
])('The body %s is refused, because it is not a key set', async (body) => {
  const message = 'the endpoint did not answer with a JSON Web Key Set';
  await expect(load(body)).rejects.toMatchObject({ name: 'FetchError', message });
});

it.each<[title: string, members: unknown[], ignored: string]>([
  ['no members', [], ''],
  ['members that are not keys', [null, {}, { kty: 'oct', k: 'AAAA' }], '; ignored: 2 malformed, 1 private'],
  ['a key for another algorithm', [rsa.jwk], ''],
  [
    'a key for another algorithm and one that is not on its curve',
    [rsa.jwk, offCurve()],
    '; ignored: 1 off_curve',
  ],
])('A key set with only %s is refused, because it has no usable key', async (_, members, ignored) => {
  const message = `the endpoint answered with no key for an accepted algorithm${ignored}`;
  const loaded = load(JSON.stringify({ keys: members }), { algorithm: 'ES256' });
  await expect(loaded).rejects.toMatchObject({ name: 'FetchError', message });
});

it('If jose cannot be loaded, the error says so instead of calling the key set unusable', async () => {
  vi.resetModules();
  vi.doMock('jose/key/import', () => Promise.reject(new Error('EMFILE')));
  onTestFinished(() => {
    vi.doUnmock('jose/key/import');
    vi.resetModules();
  });
  const { keySetOf } = await import('../../../../src/keys/remote/load-key-set.js');

  const loaded = keySetOf([k1.jwk], origin, defaultEngine, ['ES256']);
  await expect(loaded).rejects.toMatchObject({ name: 'FetchError', message: 'jose could not be loaded' });
});

it.each([
  [undefined, 0],
  ['3', 3000],
])(
  'A key set records when it was requested, and when an answer with the "age" %s was made',
  async (age, ageMs) => {
    stopClocks();
    const now = monotonicNow();
    const set = await load(JSON.stringify({ keys: [k1.jwk] }), {}, age === undefined ? {} : { age });
    expect(set.origin).toEqual({ url, fetchBegan: now, order: 1, askedAt: now, madeAt: now - ageMs });
  },
);

it.each([
  ['the same keys in another order', setOf(k2.jwk, k1.jwk), true],
  ['one key less', setOf(k1.jwk), false],
  ['one key more', setOf(k1.jwk, k2.jwk, rsa.jwk), false],
])('Two sets are compared by their key ids: %s', (_, other, expected) => {
  expect(setOf(k1.jwk, k2.jwk).hasSameKeyIds(other)).toBe(expected);
});

it.each(ASYMMETRIC_ALGORITHMS)('A key set verifies %s tokens with and without a key id', async (alg) => {
  const signer = createSigner('k', alg);
  for (const jwk of [signer.jwk, { ...signer.jwk, alg, use: 'sig' }]) {
    const { outcome } = simulate({}, [{ ...signer, jwk }]);
    expect([await outcome(signer.token), await outcome(kidless(signer, alg))]).toEqual(['valid', 'valid']);
  }
});

it.each(['', 'k'.repeat(10_000), '__proto__', 'constructor', 'ключ-🔑', 'undefined'])(
  'A key set may have the key id "%.20s"',
  async (kid) => {
    const signer = createSigner(kid);
    const { outcome, requests, status } = simulate({}, [k1, { ...signer, jwk: { ...signer.jwk, kid } }]);

    expect([await outcome(signer.token), await outcome(signer.token)]).toEqual(['valid', 'valid']);
    expect([status().keyIds, requests()]).toEqual([['k1', kid], 1]);
  },
);

it('A key verifies even if other members of its set are nested too deep to be copied', async () => {
  const deep = '['.repeat(100_000) + ']'.repeat(100_000);
  const odd = `${JSON.stringify(k2.jwk).slice(0, -1)},"extra":${deep}}`;
  const fetch = async () => new Response(`{"keys":[${odd},${deep},${JSON.stringify(k1.jwk)}]}`);
  const { outcome } = simulate({ fetch });

  expect([await outcome(k1.token), await outcome(k2.token)]).toEqual(['valid', 'valid']);
});
