import { createHash, sign as signByNode } from 'node:crypto';
import { type AuthWarningCode, createAuthClient, type SigningKeyOptions } from 'intentkit-auth';
import { compactVerify } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { ASYMMETRIC_ALGORITHMS } from '../../../../src/signature/algorithms.js';
import { freezeClock, moveClock } from '../../../support/clock.js';
import { mark, searchFor } from '../../../support/leaks.js';
import { generateKeys, signature } from '../../../support/mint.js';
import { clientWith, ENGINE_NAMES, importPublished, pairFor } from '../../../support/own-keys.js';
import { type SignerOptions, startSigner } from '../../../support/signer-process.js';

type Sign = NonNullable<SigningKeyOptions['sign']>;
/** Anything, as it is for callers in JavaScript. */
type AnySign = (...parameters: Parameters<Sign>) => unknown;

const { publicKey, privateKey } = pairFor('ES256');
const config = (sign: AnySign, more: Partial<SigningKeyOptions> = {}) => ({
  signingKeys: [{ publicKey, sign: sign as Sign, keyId: 'kms', ...more }],
});
const good: AnySign = (data, { algorithm }) => signature(algorithm, Buffer.from(data).toString(), privateKey);
const der = (data: Uint8Array): Buffer => signByNode('sha256', data, privateKey);

describe('A signer elsewhere', () => {
  it.each(ENGINE_NAMES.flatMap((engine) => ASYMMETRIC_ALGORITHMS.map((alg) => [alg, engine] as const)))(
    'signs %s, and its answer may be a Uint8Array or an ArrayBuffer (%s)',
    async (algorithm, engine) => {
      const pair = pairFor(algorithm);
      const asked: unknown[] = [];
      for (const asBuffer of [false, true]) {
        const sign: AnySign = async (data, key) => {
          asked.push(key);
          const bytes = signature(key.algorithm, Buffer.from(data).toString(), pair.privateKey);
          return asBuffer ? new Uint8Array(bytes).buffer : bytes;
        };
        const auth = clientWith(config(sign, { publicKey: pair.publicKey, algorithm }), engine);
        const token = await auth.sign({ sub: 'user-1' });
        await compactVerify(token, await importPublished(auth));
        expect(await auth.verify(token)).toMatchObject({ valid: true, payload: { sub: 'user-1' } });
      }
      expect(asked).toEqual(Array(2).fill({ algorithm, keyId: 'kms' }));
    },
  );

  it.each(['ES256', 'ES384', 'ES512'] as const)('may answer %s in DER', async (algorithm) => {
    const pair = pairFor(algorithm);
    const sign: AnySign = (data) => signByNode(`sha${algorithm.slice(2)}`, data, pair.privateKey);
    const auth = createAuthClient(config(sign, { publicKey: pair.publicKey }));
    for (let count = 0; count < 10; count += 1) {
      expect(await auth.verify(await auth.sign({ count }))).toMatchObject({ valid: true });
    }
  });

  it.each<[name: string, algorithm: 'ES256' | 'ES512' | 'EdDSA' | 'RS256', options: SignerOptions]>([
    ['DER', 'ES256', { type: 'ec', parameters: { namedCurve: 'P-256' }, hash: 'sha256' }],
    [
      'r and s',
      'ES512',
      { type: 'ec', parameters: { namedCurve: 'P-521' }, hash: 'sha512', encoding: 'ieee-p1363' },
    ],
    ['Ed25519', 'EdDSA', { type: 'ed25519', parameters: {}, hash: null }],
    ['RSA', 'RS256', { type: 'rsa', parameters: { modulusLength: 2048 }, hash: 'sha256' }],
  ])(
    'may be another process, which answers in %s, and may hang and recover',
    async (_, algorithm, options) => {
      const signer = await startSigner(options);
      const signingKeys = [{ publicKey: signer.publicKey, sign: signer.sign, timeout: '0.1s' }];
      const patient = createAuthClient({ signingKeys: [{ publicKey: signer.publicKey, sign: signer.sign }] });
      const tokens = await Promise.all(Array.from({ length: 20 }, (__, count) => patient.sign({ count })));
      for (const token of tokens) {
        const { protectedHeader } = await compactVerify(token, await importPublished(patient));
        expect(protectedHeader.alg).toBe(algorithm);
      }
      const hasty = createAuthClient({ signingKeys });
      signer.stop();
      await expect(hasty.sign({})).rejects.toMatchObject({ code: 'ERR_SIGNER_UNAVAILABLE', retryAfter: 1 });
      signer.go();
      expect((await patient.verify(await patient.sign({}))).valid).toBe(true);
    },
  );

  it('counts with its first answer, and later ones change nothing', async () => {
    const sign: AnySign = (data) =>
      thenable((resolve: (answer: unknown) => void, reject: (reason: unknown) => void) => {
        resolve(good(data, { algorithm: 'ES256', keyId: 'kms' }));
        resolve(new Uint8Array(64));
        reject(new Error('too late'));
      });
    const auth = createAuthClient(config(sign));
    expect((await auth.verify(await auth.sign({}))).valid).toBe(true);
  });

  it('is not believed when it answers with the signature of another token', async () => {
    const first: unknown[] = [];
    const sign: AnySign = (data) => {
      first.push(der(data));
      return first[0];
    };
    const auth = createAuthClient(config(sign));
    expect((await auth.verify(await auth.sign({ sub: 'user-1' }))).valid).toBe(true);
    await expect(auth.sign({ sub: 'user-2' })).rejects.toMatchObject({ code: 'ERR_SIGNER_BROKEN' });
  });

  it('gets a copy of the data, and may reuse its memory', async () => {
    const memory = new Uint8Array(64);
    const sign: AnySign = (data) => {
      memory.set(signature('ES256', Buffer.from(data).toString(), privateKey));
      data.fill(0);
      queueMicrotask(() => queueMicrotask(() => memory.fill(0)));
      return memory;
    };
    const auth = createAuthClient(config(sign));
    expect((await auth.verify(await auth.sign({}))).valid).toBe(true);
  });
});

const SECRETS = { credential: mark('the-credential'), claim: mark('the-claim') };
const leaked = searchFor(SECRETS);
const fails = () =>
  Object.assign(new Error(SECRETS.credential), { cause: SECRETS, code: SECRETS.credential });
const thrown =
  (what: unknown): AnySign =>
  () => {
    throw what;
  };
const thenable = (then: unknown): object => Object.fromEntries([['then', then]]);
const another = generateKeys('ES256').privateKey;

const BROKEN: [what: string, sign: AnySign][] = [
  ['nothing', () => undefined],
  ['null', () => null],
  ['text', (data) => der(data).toString('base64')],
  ['an object', () => ({ Signature: SECRETS.credential })],
  ['a list', (data) => [...der(data)]],
  ['another view', (data) => new DataView(new Uint8Array(der(data)).buffer)],
  ['a proxy', (data) => new Proxy(der(data), {})],
  ['an object that only looks like bytes', () => ({ [Symbol.toStringTag]: 'ArrayBuffer', byteLength: 64 })],
  [
    'memory that was transferred',
    (data) => {
      const bytes = new Uint8Array(der(data));
      structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
      return bytes;
    },
  ],
  ['no bytes', () => new Uint8Array()],
  ['zeros', () => new Uint8Array(64)],
  ['64 KiB', () => new Uint8Array(65_536)],
  ['a signature of another key', (data) => signByNode('sha256', data, another)],
  ['a signature with another hash', (data) => signByNode('sha384', data, privateKey)],
  [
    'a signature of the hash of the hash',
    (data) => {
      const digest = createHash('sha256').update(data).digest();
      return signByNode('sha256', digest, privateKey);
    },
  ],
  ['a signature of other data', () => der(Buffer.from('other'))],
  ['a signature and more', (data) => Buffer.concat([der(data), Buffer.of(0)])],
  ['half of a signature', (data) => der(data).subarray(0, 40)],
  [
    'DER of a longer number',
    () => Buffer.from(`3026022100${'ff'.repeat(32)}0201ff`.replace('2100', '2200ff'), 'hex'),
  ],
  ['DER of a negative length', () => Buffer.from('30808080', 'hex')],
];

const UNAVAILABLE: [what: string, sign: AnySign][] = [
  ['throws', thrown(fails())],
  ['throws text', thrown(SECRETS.credential)],
  ['throws nothing', thrown(undefined)],
  [
    'throws an object whose getters throw',
    thrown(Object.create(null, { message: { get: thrown(fails()) as () => unknown } })),
  ],
  ['rejects', () => Promise.reject(fails())],
  ['hangs', () => new Promise(() => {})],
  ['answers with a thenable that throws', () => thenable(thrown(fails()))],
  ['answers with a thenable that hangs', () => thenable(() => {})],
  ['answers late', () => new Promise((resolve) => setTimeout(resolve, 200, new Uint8Array(64)))],
  ['rejects late', () => new Promise((_, reject) => setTimeout(reject, 200, fails()))],
];

const FAULTS = [
  ...BROKEN.map(([what, sign]) => [`answers with ${what}`, 'ERR_SIGNER_BROKEN', sign] as const),
  ...UNAVAILABLE.map(([what, sign]) => [what, 'ERR_SIGNER_UNAVAILABLE', sign] as const),
];

describe('A faulty signer', () => {
  it.each(FAULTS)('that %s causes %s, and nothing it says is repeated', async (_, code, sign) => {
    for (const engine of ENGINE_NAMES) {
      const warnings: string[] = [];
      const onWarning = (message: string): void => void warnings.push(message);
      const auth = clientWith({ ...config(sign, { timeout: '0.05s' }), onWarning }, engine);
      const error = await auth.sign({ claim: SECRETS.claim }).catch((reason: unknown) => reason);
      expect(error).toMatchObject({
        name: 'AuthError',
        code,
        message: expect.stringContaining('"signingKeys[0].sign"'),
        ...(code === 'ERR_SIGNER_UNAVAILABLE' && { retryAfter: 1 }),
      });
      expect(await auth.ping()).toBe(false);
      expect(warnings).toHaveLength(1);
      expect(leaked([error, warnings, auth.status(), auth])).toEqual([]);
    }
  });
});

describe('ping of a client with a signer elsewhere', () => {
  freezeClock();
  beforeEach(() => moveClock(0));

  it('asks the signer at most once a minute while it works, and after 5 s once it has failed', async () => {
    let asked = 0;
    let sign = good;
    const warnings: AuthWarningCode[] = [];
    const auth = createAuthClient({
      ...config((...parameters) => {
        asked += 1;
        return sign(...parameters);
      }),
      onWarning: (_, code) => void warnings.push(code),
    });
    /** The moment in milliseconds, whether the ping was good, and how often the signer had been asked by then. */
    const pinged = async (at: number) => {
      moveClock(at);
      return [at, await auth.ping(), asked];
    };
    expect(await Promise.all([auth.ping(), auth.ping()])).toEqual([true, true]);
    expect(await pinged(2000)).toEqual([2000, true, 1]);
    expect(await pinged(59_999)).toEqual([59_999, true, 1]);
    expect(await pinged(61_000)).toEqual([61_000, true, 2]);
    sign = thrown(fails());
    expect(await pinged(122_000)).toEqual([122_000, false, 3]);
    sign = good;
    expect(await pinged(126_900)).toEqual([126_900, false, 3]);
    expect(auth.status().pingFailure).toContain('"signingKeys[0].sign" failed');
    expect(await pinged(128_000)).toEqual([128_000, true, 4]);
    expect(warnings).toEqual(['PING_FAILED']);
  });
});
