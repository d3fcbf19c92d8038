import { createHash, createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { expect, it } from 'vitest';
import { usableKey } from '../../../../src/keys/remote/usable-key.js';
import { base64url, generateKeys } from '../../../support/mint.js';

const rsa = generateKeys('RS256', 'k');
const ec = generateKeys('ES256', 'k');
const ed = generateKeys('EdDSA', 'k');
const jwkOf = (type: 'ed448' | 'x25519') =>
  generateKeyPairSync(type as 'ed448').publicKey.export({ format: 'jwk' });
const k256 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey.export({ format: 'jwk' });

/** Base64url of this many bytes, with these first bytes and this last byte. */
const modulus = (bytes: number, first: readonly number[] = [], last = 0xff): string =>
  base64url(Uint8Array.from({ length: bytes }, (_, at) => (at === bytes - 1 ? last : (first[at] ?? 0xff))));

it('A usable member of a set keeps only the parts of its key', () => {
  const extras = { x5c: ['AAAA'], x5t: 'AAAA', ext: true, exp: 2, 'https://idp.example/tenant': { id: 7 } };
  for (const { jwk } of [rsa, ec, ed]) {
    // A copy, because a usable key has no prototype. Strict, because no property may be `undefined`.
    expect({ ...Object(usableKey({ ...jwk, ...extras })) }).toStrictEqual(jwk);
    expect(usableKey({ ...jwk, use: 'sig', alg: 'any', key_ops: ['sign', 'verify'] })).toEqual({
      ...jwk,
      alg: 'any',
      key_ops: ['sign', 'verify'],
    });
  }
});

it.each([undefined, null, 1, {}, ['k']])('A member of a set has no key id if its "kid" is %j', (kid) => {
  const { kid: _, ...bare } = ec.jwk;

  expect(usableKey({ ...ec.jwk, kid })).toEqual(bare);
});

it.each(['P-256', 'P-384', 'P-521'])('A member of a set may be on %s', (crv) => {
  expect(usableKey({ ...ec.jwk, crv })).toMatchObject({ kty: 'EC', crv });
});

it.each([
  ['a modulus of 2048 bits', { n: modulus(256, [0x80]) }],
  ['a modulus of 2048 bits after a zero byte', { n: modulus(257, [0, 0x80]) }],
  ['a modulus of 2049 bits', { n: modulus(257, [1]) }],
  ['a modulus of 4096 bits', { n: modulus(512) }],
  ['the exponent 3', { e: 'Aw' }],
  ['the exponent 65537 after zero bytes', { e: 'AAAAAAEAAQ' }],
  ['an exponent of 32 bits', { e: 'gAAAAQ' }],
])('A member of a set may be an RSA key with %s', (_, change) => {
  expect(usableKey({ ...rsa.jwk, ...change })).toMatchObject({ kty: 'RSA', ...change });
});

// biome-ignore format: one member per line
it.each<[title: string, member: unknown]>([
  ['null', null],
  ['undefined', undefined],
  ['text', JSON.stringify(ec.jwk)],
  ['a list', [ec.jwk]],
  ['empty', {}],
  ['an object that inherits a key', Object.create(ec.jwk)],
  ['an HMAC key without its secret', { kty: 'oct', alg: 'HS256' }],
  ['of an unknown type', { ...ec.jwk, kty: 'AKP', alg: 'ML-DSA-44', pub: 'AAAA' }],
  ['of a type in lower case', { ...ec.jwk, kty: 'ec' }],
  ['of a type that is the name of a method', { ...ec.jwk, kty: 'constructor' }],
  ['an Edwards curve with the type of another key', { ...ed.jwk, kty: 'EC', y: ed.jwk.x }],
  ['an Edwards curve with an unknown type', { ...ed.jwk, kty: 'AKP' }],
  ['an RSA key with the type of another key', { ...rsa.jwk, kty: 'OKP' }],
  ['for encryption', { ...ec.jwk, use: 'enc' }],
  ['for a use in upper case', { ...ec.jwk, use: 'SIG' }],
  ['for signing only', { ...ec.jwk, key_ops: ['sign'] }],
  ['for no operation', { ...ec.jwk, key_ops: [] }],
  ['for operations that are text', { ...ec.jwk, key_ops: 'verify' }],
  ['for an operation that is a number', { ...ec.jwk, key_ops: ['verify', 1] }],
  ['for an algorithm that is a number', { ...ec.jwk, alg: 256 }],
  ['without a curve', { ...ec.jwk, crv: undefined }],
  ['on secp256k1', k256],
  ['on Ed448', jwkOf('ed448')],
  ['on X25519', jwkOf('x25519')],
  ['an EC key with a coordinate that is a number', { ...ec.jwk, x: 1 }],
  ['an EC key without its second coordinate', { ...ec.jwk, y: undefined }],
  ['an Ed25519 key with a coordinate that is a number', { ...ed.jwk, x: 1 }],
  ['an Ed25519 key with a coordinate in a list', { ...ed.jwk, x: [ed.jwk.x] }],
  ['an Ed25519 key of 31 bytes', { ...ed.jwk, x: base64url(Buffer.alloc(31, 2)) }],
  ['an Ed25519 key in padded base64url', { ...ed.jwk, x: `${ed.jwk.x}=` }],
  ['an RSA key with a modulus that is a number', { ...rsa.jwk, n: 7 }],
  ['an RSA key with a modulus in padded base64url', { ...rsa.jwk, n: `${rsa.jwk.n}==` }],
  ['an RSA key with a modulus after a space', { ...rsa.jwk, n: ` ${rsa.jwk.n}` }],
  ['an RSA key with a modulus in standard base64', { ...rsa.jwk, n: modulus(256).replaceAll('_', '/') }],
  ['an RSA key with an exponent that is a number', { ...rsa.jwk, e: 65537 }],
  ['an RSA key with an exponent of one character', { ...rsa.jwk, e: 'A' }],
])('A member of a set is "unsupported" when it is %s', (_, member) => {
  expect(usableKey(member)).toBe('unsupported');
});

it('A member of a set is "private" with any private part, even null', () => {
  for (const { privateKey } of [rsa, ec, ed]) {
    expect(usableKey(privateKey.export({ format: 'jwk' }))).toBe('private');
  }
  for (const name of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv']) {
    expect([name, usableKey({ ...ec.jwk, [name]: null })]).toEqual([name, 'private']);
  }
});

it.each([
  ['short', 'a modulus of 2047 bits', { n: modulus(256, [0x7f]) }],
  ['short', 'a modulus of 2041 bits', { n: modulus(256, [1]) }],
  ['short', 'a modulus of 2040 bits', { n: modulus(255) }],
  ['short', 'a modulus of 2047 bits after a zero byte', { n: modulus(257, [0, 0x7f]) }],
  ['short', 'a modulus of 2040 bits after two zero bytes', { n: modulus(257, [0, 0]) }],
  ['short', 'a modulus of zeros', { n: base64url(Buffer.alloc(512)) }],
  ['short', 'an empty modulus', { n: '' }],
  ['modulus', 'an even modulus', { n: modulus(256, [], 0xfe) }],
  ['exponent', 'the exponent 0', { e: 'AA' }],
  ['exponent', 'the exponent 1', { e: 'AQ' }],
  ['exponent', 'the exponent 1 after zero bytes', { e: 'AAAB' }],
  ['exponent', 'the exponent 2', { e: 'Ag' }],
  ['exponent', 'the exponent 65536', { e: 'AQAA' }],
  ['exponent', 'an empty exponent', { e: '' }],
  ['exponent', 'an exponent of 65 bits', { e: base64url(Buffer.from('010000000000000001', 'hex')) }],
])('A member of a set is "%s" when it is an RSA key with %s', (reason, _, change) => {
  expect(usableKey({ ...rsa.jwk, ...change })).toBe(reason);
});

/** The points of small order in libsodium's list, in hex. Each has a second encoding with the other sign bit. */
// biome-ignore format: one point per line
const SMALL_ORDER: readonly [title: string, y: string, reason: string][] = [
  ['0, of order four', '00'.repeat(32), 'small_order'],
  ['1, of order one', `01${'00'.repeat(31)}`, 'small_order'],
  ['p - 1, of order two', `ec${'ff'.repeat(30)}7f`, 'small_order'],
  ['of order eight', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05', 'small_order'],
  ['of order eight, negative', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a', 'small_order'],
  ['p, which is 0', `ed${'ff'.repeat(30)}7f`, 'not_canonical'],
  ['p + 1, which is 1', `ee${'ff'.repeat(30)}7f`, 'not_canonical'],
];

const encodings = SMALL_ORDER.flatMap(([title, y, reason]) =>
  [0, 0x80].map((sign) => {
    const bytes = Buffer.from(y, 'hex');
    bytes[31] = (bytes[31] ?? 0) | sign;
    return [`${title}${sign ? ', with the sign bit' : ''}`, reason, base64url(bytes)] as const;
  }),
);

it('An RSA key may have an exponent of 64 bits', () => {
  const jwk = { ...rsa.jwk, e: base64url(Buffer.from('8000000000000001', 'hex')) };
  expect(usableKey(jwk)).toMatchObject({ kty: 'RSA', e: jwk.e });
});

it('An Ed25519 key of small order has one of fourteen encodings', () => {
  expect(new Set(encodings.map(([, , x]) => x)).size).toBe(14);
});

/** Since Node 24, OpenSSL itself refuses such keys. */
const acceptsForgeries = Number.parseInt(process.versions.node, 10) < 24;

// The signature is the identity point and zero. It is valid for each message whose hash is a multiple of the point's order.
it.each(encodings)(
  'An Ed25519 key of small order is ignored, because node:crypto of Node 20 accepts a forgery: y = %s',
  (_, reason, x) => {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x };
    const key = createPublicKey({ format: 'jwk', key: jwk });
    const forgery = Buffer.alloc(64);
    forgery[0] = 1;
    const messages = Array.from({ length: 300 }, (_, count) => Buffer.from(`{"sub":"admin","jti":${count}}`));
    expect(messages.some((message) => verify(null, message, key, forgery))).toBe(acceptsForgeries);

    expect(usableKey(jwk)).toBe(reason);
  },
);

it.each([
  ['the largest y below the field', `eb${'ff'.repeat(30)}7f`, undefined],
  ['2', `02${'00'.repeat(31)}`, undefined],
  ['p + 2', `ef${'ff'.repeat(30)}7f`, 'not_canonical'],
  ['all ones', 'ff'.repeat(32), 'not_canonical'],
])('An Ed25519 key next to one of small order is handled correctly: y = %s', (_, y, expected) => {
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: base64url(Buffer.from(y, 'hex')) };

  expect(usableKey(jwk)).toEqual(expected ?? jwk);
});

it('An RSA key with exponent 1 is ignored, because node:crypto accepts a forgery', () => {
  const jwk = { ...rsa.jwk, e: 'AQ' };
  const message = Buffer.from('{"sub":"admin"}');
  // RFC 8017 section 9.2: the encoded message. With exponent 1, it is its own signature.
  const info = Buffer.from('3031300d060960864801650304020105000420', 'hex');
  const hash = Buffer.concat([info, createHash('sha256').update(message).digest()]);
  const padding = Buffer.alloc(256 - 3 - hash.length, 0xff);
  const forgery = Buffer.concat([Buffer.of(0, 1), padding, Buffer.of(0), hash]);
  expect(verify('sha256', message, createPublicKey({ format: 'jwk', key: jwk }), forgery)).toBe(true);

  expect(usableKey(jwk)).toBe('exponent');
});
