import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto';
import { createAuthClient } from 'intentkit-auth';
import * as jose from 'jose';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { KeySet } from '../../../../src/keys/remote/key-set.js';
import { ASYMMETRIC_ALGORITHMS } from '../../../../src/signature/algorithms.js';
import { defaultEngine } from '../../../../src/signature/choose.js';
import type { SignatureEngine } from '../../../../src/signature/engine.js';
import { body } from '../../../support/faulty-jwks-server.js';
import { createSigner, outcome, type Signer, startJwksClient } from '../../../support/jwks-client.js';
import { startJwksServer } from '../../../support/jwks-server.js';
import { base64url, mint } from '../../../support/mint.js';

const good = createSigner('good');
const ec = createSigner('odd');
const rsa = createSigner('odd', 'RS256');
const ed = createSigner('odd', 'EdDSA');

const rsaOf = (bits: number): Signer => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: bits });
  const token = mint({ header: { alg: 'RS256', kid: 'odd' }, payload: {}, key: privateKey });
  return {
    privateKey,
    publicKey,
    kid: 'odd',
    token,
    jwk: { ...publicKey.export({ format: 'jwk' }), kid: 'odd' },
  };
};

const rsa1024 = rsaOf(1024);
const rsa2047 = rsaOf(2047);
const ec384 = createSigner('odd', 'ES384');
const ed448 = generateKeyPairSync('ed448');
const x25519 = generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' });
const k256 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });

const kidless = (signer: Signer, alg: string): string =>
  mint({ header: { alg }, payload: {}, key: signer.privateKey });

/** Base64url of an `n` with these first bytes, in so many bytes. */
const modulus = (bytes: number, ...first: number[]): string =>
  base64url(Uint8Array.from({ length: bytes }, (_, index) => first[index] ?? 0xff));

const flippedBit = (coordinate: unknown): string => {
  const bytes = Buffer.from(String(coordinate), 'base64url');
  bytes[31] = (bytes[31] ?? 0) ^ 1;
  return base64url(bytes);
};

describe('A member of the set', () => {
  type Row = [title: string, member: unknown, token: string];

  const useless: Row[] = [
    ['is of an unknown type', { ...ec.jwk, kty: 'AKP', alg: 'ML-DSA-44', pub: 'AAAA' }, ec.token],
    ['has no type', { ...ec.jwk, kty: undefined }, ec.token],
    ['has a type that is a number', { ...ec.jwk, kty: 2 }, ec.token],
    ['has a type in lower case', { ...ec.jwk, kty: 'ec' }, ec.token],
    ['has RSA parameters and another type', { ...rsa.jwk, kty: 'AKP' }, rsa.token],
    ['has the parameters of an Edwards curve and another type', { ...ed.jwk, kty: 'AKP' }, ed.token],
    ['has an elliptic curve and the type of another', { ...ec.jwk, kty: 'OKP' }, ec.token],
    ['has an Edwards curve and the type of another', { ...ed.jwk, kty: 'EC', y: ed.jwk.x }, ed.token],
    ['has the name of a method for a type', { ...ec.jwk, kty: 'constructor' }, ec.token],
    ['is null', null, ec.token],
    ['is a number', 1, ec.token],
    ['is a string', JSON.stringify(ec.jwk), ec.token],
    ['is a list', [ec.jwk], ec.token],
    ['is empty', {}, ec.token],
    ['is for encryption', { ...ec.jwk, use: 'enc' }, ec.token],
    ['has null for a use', { ...ec.jwk, use: null }, ec.token],
    ['has a use in upper case', { ...ec.jwk, use: 'SIG' }, ec.token],
    ['may sign and not verify', { ...ec.jwk, key_ops: ['sign'] }, ec.token],
    ['may do nothing', { ...ec.jwk, key_ops: [] }, ec.token],
    ['has operations that are text', { ...ec.jwk, key_ops: 'verify' }, ec.token],
    ['has null for operations', { ...ec.jwk, key_ops: null }, ec.token],
    ['has an operation that is a number', { ...ec.jwk, key_ops: ['verify', 1] }, ec.token],
    ['has an algorithm that is a number', { ...ec.jwk, alg: 256 }, ec.token],
    ['has null for an algorithm', { ...ec.jwk, alg: null }, ec.token],
    ['says no curve', { ...ec.jwk, crv: undefined }, ec.token],
    ['says a curve that is a number', { ...ec.jwk, crv: 256 }, ec.token],
    [
      'is on a curve that no accepted algorithm uses',
      { ...k256.publicKey.export({ format: 'jwk' }), kid: 'odd' },
      mint({ header: { alg: 'ES256', kid: 'odd' }, payload: {}, key: k256.privateKey }),
    ],
    ['has a coordinate that is a number', { ...ec.jwk, x: 1 }, ec.token],
    ['has no second coordinate', { ...ec.jwk, y: undefined }, ec.token],
    [
      'is Ed448',
      { ...ed448.publicKey.export({ format: 'jwk' }), kid: 'odd' },
      mint({ header: { alg: 'EdDSA', kid: 'odd' }, payload: {}, key: ed448.privateKey }),
    ],
    ['is for key agreement', { ...x25519, kid: 'odd' }, ed.token],
    ['is an Ed25519 key without its point', { ...ed.jwk, x: undefined }, ed.token],
    ['is RSA with 1024 bits', rsa1024.jwk, rsa1024.token],
    ['is RSA with 2047 bits', rsa2047.jwk, rsa2047.token],
    [
      'is RSA with 1024 bits and zeros before them',
      {
        ...rsa1024.jwk,
        n: base64url(Buffer.concat([Buffer.alloc(128), Buffer.from(String(rsa1024.jwk.n), 'base64url')])),
      },
      rsa1024.token,
    ],
    ['is RSA without a modulus', { ...rsa.jwk, n: undefined }, rsa.token],
    ['is RSA with a modulus that is a number', { ...rsa.jwk, n: 7 }, rsa.token],
    ['is RSA with a modulus in padded base64url', { ...rsa.jwk, n: `${rsa.jwk.n}==` }, rsa.token],
    ['is RSA with a modulus after a space', { ...rsa.jwk, n: ` ${rsa.jwk.n}` }, rsa.token],
    ['is RSA without an exponent', { ...rsa.jwk, e: undefined }, rsa.token],
    ['is RSA with an exponent that is a number', { ...rsa.jwk, e: 65537 }, rsa.token],
    ['is an EC private key', { ...ec.privateKey.export({ format: 'jwk' }), kid: 'odd' }, ec.token],
    ['is an RSA private key', { ...rsa.privateKey.export({ format: 'jwk' }), kid: 'odd' }, rsa.token],
    ['is an Ed25519 private key', { ...ed.privateKey.export({ format: 'jwk' }), kid: 'odd' }, ed.token],
    ...['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'].flatMap((name): Row[] => [
      [`has the private parameter ${name}`, { ...ec.jwk, [name]: 'AAAA' }, ec.token],
      [`has null for the private parameter ${name}`, { ...rsa.jwk, [name]: null }, rsa.token],
    ]),
  ];

  const noKey: Row[] = [
    ['is for another algorithm', { ...ec.jwk, alg: 'ES384' }, ec.token],
    ['is for encryption by its algorithm', { ...ec.jwk, alg: 'ECDH-ES' }, ec.token],
    [
      'is on another curve',
      ec384.jwk,
      mint({ header: { alg: 'ES256', kid: 'odd' }, payload: {}, key: ec384.privateKey }),
    ],
    ['says another curve than it is on', { ...ec.jwk, crv: 'P-384' }, ec.token],
    ['is not on its curve', { ...ec.jwk, x: flippedBit(ec.jwk.x) }, ec.token],
    ['has a coordinate that is too short', { ...ec.jwk, x: 'AAAA' }, ec.token],
    ['is an Ed25519 point of the wrong length', { ...ed.jwk, x: 'AAAA' }, ed.token],
    ['is RSA for encryption by its algorithm', { ...rsa.jwk, alg: 'RSA-OAEP' }, rsa.token],
    ['names an operation twice', { ...ec.jwk, key_ops: ['verify', 'verify'] }, ec.token],
  ];

  it.each([...useless, ...noKey])(
    'that %s verifies nothing, and the good key beside it does',
    async (_, member, token) => {
      for (const keys of [
        [member, good.jwk],
        [good.jwk, member],
      ]) {
        const { outcome } = await startJwksClient({ keys: keys as object[] });
        expect([await outcome(token), await outcome(good.token)]).toEqual(['key', 'valid']);
      }
    },
  );

  it.each(useless)('that %s is not among the keys that may verify', (_, member) => {
    const set = new KeySet([member, good.jwk], 0, defaultEngine, jose);

    expect(set.size).toBe(1);
    expect([...set.keyIds]).toEqual(['good']);
  });

  it('that is nested too deep to be copied does not disturb the good key beside it', async () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    const odd = `${JSON.stringify(ec.jwk).slice(0, -1)},"extra":${deep}}`;
    const kidOnly = `{"kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA","kid":${deep},"alg":"ES256"}`;
    const { server, client, outcome } = await startJwksClient();
    server.handler = body(`{"keys":[${odd},${kidOnly},${deep},${JSON.stringify(good.jwk)}]}`);

    expect(await outcome(good.token)).toBe('valid');
    expect(await outcome(kidless(good, 'ES256'))).toBe('valid');
    expect(await client.ping()).toBe(true);
  });

  it.each<[title: string, parameters: object]>([
    ['says that it is for signatures', { use: 'sig' }],
    ['says its algorithm', { alg: 'ES256' }],
    ['may verify', { key_ops: ['verify'] }],
    ['has a certificate', { x5c: ['AAAA'], x5t: 'AAAA', 'x5t#S256': 'AAAA' }],
    ['has parameters that nobody knows', { iat: 1, exp: 2, 'https://idp.example/tenant': { id: 7 } }],
    ['says that it can be exported', { ext: true }],
    ['says all that a key can say', { use: 'sig', alg: 'ES256', key_ops: ['verify'], ext: true }],
  ])('that %s verifies its tokens', async (_, parameters) => {
    const { outcome } = await startJwksClient({ keys: [{ ...ec.jwk, ...parameters }] });

    expect(await outcome(ec.token)).toBe('valid');
  });

  it.each(ASYMMETRIC_ALGORITHMS)(
    'verifies %s, with a key id and without, with "alg" and without',
    async (alg) => {
      const signer = createSigner('k', alg);
      for (const jwk of [signer.jwk, { ...signer.jwk, alg }]) {
        const { outcome } = await startJwksClient({ keys: [jwk] });
        expect(await outcome(signer.token)).toBe('valid');
        expect(await outcome(kidless(signer, alg))).toBe('valid');
      }
    },
  );

  it('that is an HMAC key is never used, whatever accepts its algorithm', async () => {
    const secret = randomBytes(32);
    const oct = { kty: 'oct', k: base64url(secret), alg: 'HS256', kid: 'odd', use: 'sig' };
    const token = mint({ header: { alg: 'HS256', kid: 'odd' }, payload: {}, key: secret });
    const jwksOnly = await startJwksClient({ keys: [oct, good.jwk] });
    const withSecret = await startJwksClient({
      keys: [oct, good.jwk],
      config: { secret: randomBytes(32) },
    });

    expect(await jwksOnly.outcome(token)).toBe('algorithm');
    expect(await withSecret.outcome(token)).toBe('signature');
    expect(withSecret.server.requests).toBe(0);
    expect([await jwksOnly.outcome(good.token), await withSecret.outcome(good.token)]).toEqual([
      'valid',
      'valid',
    ]);
  });

  it('that is an RSA key is no secret for an HMAC', async () => {
    const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' }) as string;
    const { outcome } = await startJwksClient({ keys: [rsa.jwk], config: { secret: randomBytes(32) } });
    for (const secret of [pem, JSON.stringify(rsa.jwk), Buffer.from(String(rsa.jwk.n), 'base64url')]) {
      expect(await outcome(mint({ header: { alg: 'HS256', kid: 'odd' }, payload: {}, key: secret }))).toBe(
        'signature',
      );
    }
  });
});

describe('A modulus', () => {
  const sizeWith = (n: string): number =>
    new KeySet([{ kty: 'RSA', n, e: 'AQAB' }], 0, defaultEngine, jose).size;

  it.each([
    ['2048 bits', modulus(256, 0x80)],
    ['2048 bits after a zero byte', modulus(257, 0, 0x80)],
    ['2049 bits', modulus(257, 1)],
    ['4096 bits', modulus(512)],
  ])('of %s is long enough', (_, n) => {
    expect(sizeWith(n)).toBe(1);
  });

  it.each([
    ['2047 bits', modulus(256, 0x7f)],
    ['2041 bits', modulus(256, 1)],
    ['2040 bits', modulus(255)],
    ['2047 bits after a zero byte', modulus(257, 0, 0x7f)],
    ['2040 bits after two zero bytes', modulus(257, 0, 0)],
    ['zeros alone', base64url(Buffer.alloc(512))],
    ['nothing', ''],
    ['standard base64', Buffer.alloc(256, 0xff).toString('base64').replaceAll('=', '')],
  ])('of %s is refused', (_, n) => {
    expect(sizeWith(n)).toBe(0);
  });
});

describe('An exponent', () => {
  const sizeWith = (e: string): number => new KeySet([{ ...rsa.jwk, e }], 0, defaultEngine, jose).size;

  it.each([
    ['3', 'Aw'],
    ['65537', 'AQAB'],
    ['65537 after zero bytes', 'AAAAAAEAAQ'],
    ['2 to the power of 31, plus 1', 'gAAAAQ'],
  ])('of %s is taken', (_, e) => {
    expect(sizeWith(e)).toBe(1);
  });

  it.each([
    ['1, with which anyone can sign', 'AQ'],
    ['1 after zero bytes', 'AAAB'],
    ['0', 'AA'],
    ['nothing', ''],
    ['one character', 'A'],
    ['padded base64url', 'AQAB=='],
  ])('of %s is refused', (_, e) => {
    expect(sizeWith(e)).toBe(0);
  });
});

describe('Key ids', () => {
  it.each([
    ['the empty one', ''],
    ['10,000 characters', 'k'.repeat(10_000)],
    ['__proto__', '__proto__'],
    ['constructor', 'constructor'],
    ['toString', 'toString'],
    ['text beyond ASCII', 'ключ-🔑'],
    ['undefined, as text', 'undefined'],
  ])('may be any text: %s', async (_, kid) => {
    const signer = createSigner(kid);
    const { server, outcome, status } = await startJwksClient({ keys: [good.jwk, { ...signer.jwk, kid }] });

    expect([await outcome(signer.token), await outcome(signer.token)]).toEqual(['valid', 'valid']);
    expect(status().keyIds).toEqual(['good', kid]);
    expect(server.requests).toBe(1);
  });

  it.each([
    ['a number', 1],
    ['an object', { kid: 'good' }],
    ['a list', ['good']],
    ['null', null],
    ['true', true],
  ])('that are %s in a token are not there, and cost no fetch', async (_, kid) => {
    const { server, outcome } = await startJwksClient({ keys: [good.jwk, { ...ec.jwk, kid }] });

    expect(await outcome(mint({ header: { alg: 'ES256', kid }, payload: {}, key: ec.privateKey }))).toBe(
      'key',
    );
    expect(server.requests).toBe(0);
  });

  it.each([
    ['missing', undefined],
    ['a number', 1],
    ['null', null],
    ['an object', {}],
  ])('that are %s in the set leave a key for the tokens without one', async (_, kid) => {
    const { outcome, status } = await startJwksClient({ keys: [good.jwk, { ...ec.jwk, kid }] });

    expect(await outcome(kidless(ec, 'ES256'))).toBe('valid');
    expect(await outcome(kidless(good, 'ES256'))).toBe('valid');
    expect(await outcome(ec.token)).toBe('key');
    expect(status()).toMatchObject({ keyCount: 2, keyIds: ['good'] });
  });

  it('that two keys share mean either of them', async () => {
    const twin = createSigner('good');
    const broken = { ...ec.jwk, kid: 'good', x: flippedBit(ec.jwk.x) };
    const { outcome, status } = await startJwksClient({ keys: [broken, good.jwk, twin.jwk] });

    expect([await outcome(good.token), await outcome(twin.token)]).toEqual(['valid', 'valid']);
    const forged = mint({ header: { alg: 'ES256', kid: 'good' }, payload: {}, key: ec.privateKey });
    expect(await outcome(forged)).toBe('signature');
    expect(status()).toMatchObject({ keyCount: 3, keyIds: ['good'] });
  });

  it('that are there for another algorithm cost no second fetch', async () => {
    const { server, outcome } = await startJwksClient({ keys: [good.jwk] });
    expect(await outcome(good.token)).toBe('valid');

    for (const alg of ['RS256', 'ES384', 'EdDSA']) {
      const signer = createSigner('good', alg);
      expect([await outcome(signer.token), await outcome(signer.token)]).toEqual(['key', 'key']);
    }
    expect(server.requests).toBe(1);
  });

  it('that name one key do not let another one verify', async () => {
    const { outcome } = await startJwksClient({ keys: [good.jwk, ec.jwk] });

    expect(
      await outcome(mint({ header: { alg: 'ES256', kid: 'odd' }, payload: {}, key: good.privateKey })),
    ).toBe('signature');
  });
});

describe('A thousand keys', () => {
  it('of elliptic curves are all found, by key id and without one', async () => {
    const signers = Array.from({ length: 1000 }, (_, index) => createSigner(`k${index}`));
    const { server, outcome, status } = await startJwksClient({ keys: signers.map(({ jwk }) => jwk) });

    const outcomes = await Promise.all(signers.map(({ token }) => outcome(token)));
    expect(new Set(outcomes)).toEqual(new Set(['valid']));
    expect(await outcome(kidless(signers[999] as Signer, 'ES256'))).toBe('valid');
    expect(await outcome(kidless(createSigner('other'), 'ES256'))).toBe('signature');
    expect(status().keyCount).toBe(1000);
    expect(server.requests).toBe(1);
  });

  it('of RSA fit into a JWKS', async () => {
    const members = Array.from({ length: 1000 }, (_, index) => ({
      ...rsa.jwk,
      kid: `tenant-signing-key-${index}`,
      alg: 'RS256',
      use: 'sig',
    }));
    const { outcome } = await startJwksClient({ keys: [...members, { ...rsa.jwk }] });

    expect(await outcome(rsa.token)).toBe('valid');
  });
});

describe('A key set', () => {
  it('answers without a promise from the second time on, with what it imported the first time', async () => {
    const set = new KeySet([good.jwk], 0, defaultEngine, jose);
    const first = set.find({ alg: 'ES256', kid: 'good' });
    const meanwhile = set.find({ alg: 'ES256', kid: 'good' });
    expect(first).toBeInstanceOf(Promise);
    expect(meanwhile).toBe(first);

    const keys = await first;
    expect(keys).toHaveLength(1);
    expect(set.find({ alg: 'ES256', kid: 'good' })).toBe(keys);
  });

  it('keeps what it found apart by algorithm and by key id', async () => {
    const set = new KeySet([good.jwk, ec.jwk, ed.jwk], 0, defaultEngine, jose);
    const count = async (alg: string, kid?: string) => (await set.find({ alg, ...(kid && { kid }) })).length;

    for (const round of [1, 2]) {
      expect([await count('ES256', 'good'), round]).toEqual([1, round]);
      expect([await count('ES256', 'odd'), round]).toEqual([1, round]);
      expect([await count('ES256'), round]).toEqual([2, round]);
      expect([await count('EdDSA', 'odd'), round]).toEqual([1, round]);
      expect([await count('EdDSA', 'good'), round]).toEqual([0, round]);
      expect([await count('EdDSA'), round]).toEqual([1, round]);
      expect([await count('RS256'), round]).toEqual([0, round]);
    }
  });

  it.each([1, {}, null, ['good'], 'other', ''])(
    'answers at once that it has no key with the id %j',
    (kid) => {
      const set = new KeySet([good.jwk, { ...ec.jwk, kid: undefined }], 0, defaultEngine, jose);

      expect(set.find({ alg: 'ES256', kid })).toEqual([]);
    },
  );

  it('does not remember that an import broke off', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    onTestFinished(() => void process.off('unhandledRejection', unhandled));
    let broken = true;
    const engine: SignatureEngine = {
      ...defaultEngine,
      preparePublicKey(key) {
        if (broken) throw new Error('out of memory');
        return defaultEngine.preparePublicKey(key);
      },
    };
    const set = new KeySet([good.jwk, { ...ec.jwk, kid: 'good' }], 0, engine, jose);
    await expect(set.find({ alg: 'ES256', kid: 'good' })).rejects.toThrow('out of memory');

    broken = false;
    expect(await set.find({ alg: 'ES256', kid: 'good' })).toHaveLength(2);
    await new Promise((resolve) => setImmediate(resolve));
    expect(unhandled).not.toHaveBeenCalled();
  });

  it.each<[title: string, members: unknown[], algorithms: string[], expected: boolean]>([
    ['none of them', [good.jwk], [], false],
    ['one of them', [good.jwk], ['RS256', 'ES256'], true],
    ['another one', [good.jwk], ['RS256', 'ES384'], false],
    ['one of them, by a key that is no point', [{ ...ec.jwk, x: flippedBit(ec.jwk.x) }], ['ES256'], false],
    ['one of them, by one of two keys', [{ ...ec.jwk, x: flippedBit(ec.jwk.x) }, good.jwk], ['ES256'], true],
  ])('knows whether it has a key for accepted algorithms: %s', async (_, members, algorithms, expected) => {
    expect(await new KeySet(members, 0, defaultEngine, jose).hasKeyFor(algorithms)).toBe(expected);
  });
});

describe('A client with one configured algorithm', () => {
  it('uses no key for any other', async () => {
    const both = createSigner('rsa', 'RS256');
    const server = await startJwksServer({ keys: [both.jwk] });
    onTestFinished(() => server.close());
    const client = createAuthClient({ jwksUrl: server.url, algorithm: 'RS256' });
    const pss = mint({ header: { alg: 'PS256', kid: 'rsa' }, payload: {}, key: both.privateKey });
    const hmac = `${Buffer.from('{"alg":"HS256"}').toString('base64url')}.e30`;
    const mac = createHmac('sha256', both.publicKey.export({ type: 'spki', format: 'pem' }) as string);

    expect(await outcome(client, both.token)).toBe('valid');
    expect(await outcome(client, pss)).toBe('algorithm');
    expect(await outcome(client, `${hmac}.${mac.update(hmac).digest('base64url')}`)).toBe('algorithm');
  });
});
