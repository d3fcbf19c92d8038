import { createHash, createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { expect, it } from 'vitest';
import { usableKey } from '../../../../src/keys/remote/usable-key.js';
import { base64url, generateKeys } from '../../../support/mint.js';
import { generateKeysWithZero, withZeros } from '../../../support/spellings.js';

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
  for (const [{ jwk }, alg] of [[rsa, 'PS512'] as const, [ec, 'ES256'] as const, [ed, 'EdDSA'] as const]) {
    // A copy, because a usable key has no prototype. Strict, because no property may be `undefined`.
    expect({ ...Object(usableKey({ ...jwk, ...extras })) }).toStrictEqual(jwk);
    // jose would import it for these operations, and no public key can sign.
    const forSignatures = { use: 'sig', alg, key_ops: ['sign', 'verify', 'other'] };
    expect({ ...Object(usableKey({ ...jwk, ...forSignatures })) }).toStrictEqual({ ...jwk, alg });
  }
});

it('A usable key that is judged again is the same', () => {
  for (const { jwk } of [rsa, ec, ed]) {
    const key = usableKey({ ...jwk, alg: 'RS256', use: 'sig' });
    expect(usableKey(key)).toStrictEqual(key);
  }
});

it.each(['sig', 'jwt-svid', null, '', []])('A member of a set may have the use %j', (use) => {
  expect(usableKey({ ...ec.jwk, use })).toEqual(ec.jwk);
});

it.each([undefined, null, 1, {}, ['k']])('A member of a set has no key id if its "kid" is %j', (kid) => {
  const { kid: _, ...bare } = ec.jwk;

  expect(usableKey({ ...ec.jwk, kid })).toEqual(bare);
});

it.each(['ES256', 'ES384', 'ES512'])('A member of a set may be on the curve of %s', (alg) => {
  const { jwk } = generateKeys(alg);
  expect(usableKey(jwk)).toEqual(jwk);
});

// As System.Text.Json and the JWKs of Microsoft.IdentityModel write what is not set.
it.each([null, '', []])('A member of a set has no value where it says %j', (value) => {
  const names = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv', 'use', 'alg', 'key_ops', 'x5c', 'x5t'];
  const empty = Object.fromEntries(names.map((name) => [name, value]));
  for (const { jwk } of [rsa, ec, ed]) expect(usableKey({ ...empty, ...jwk })).toEqual(jwk);
});

it.each([
  ['a modulus of 2048 bits', { n: modulus(256, [0x80]) }],
  ['a modulus of 2049 bits', { n: modulus(257, [1]) }],
  ['a modulus of 4096 bits', { n: modulus(512) }],
  ['the exponent 3', { e: 'Aw' }],
  ['an exponent of 32 bits', { e: 'gAAAAQ' }],
])('A member of a set may be an RSA key with %s', (_, change) => {
  expect(usableKey({ ...rsa.jwk, ...change })).toMatchObject({ kty: 'RSA', ...change });
});

// biome-ignore format: one spelling per line
it.each<[title: string, jwk: Record<string, unknown>, change: Record<string, unknown>]>([
  ['a modulus with padding', rsa.jwk, { n: `${rsa.jwk.n}==` }],
  ['a modulus in base64', { ...rsa.jwk, n: modulus(256) }, { n: modulus(256).replaceAll('_', '/') }],
  ['a modulus in base64 with padding', { ...rsa.jwk, n: modulus(256) }, { n: `${modulus(256).replaceAll('_', '/')}==` }],
  ['a modulus in both alphabets', { ...rsa.jwk, n: modulus(256) }, { n: modulus(256).replace('_', '/') }],
  ['a modulus after a zero byte', rsa.jwk, { n: withZeros(rsa.jwk.n) }],
  ['a modulus after 300 zero bytes', rsa.jwk, { n: withZeros(rsa.jwk.n, 300) }],
  ['an exponent after zero bytes', rsa.jwk, { e: 'AAAAAAEAAQ' }],
  ['an exponent with padding', rsa.jwk, { e: 'AAEAAQ==' }],
  ['a coordinate with padding', ec.jwk, { x: `${ec.jwk.x}=` }],
  ['a coordinate in base64', ec.jwk, { x: Buffer.from(String(ec.jwk.x), 'base64url').toString('base64') }],
  ['a coordinate after a zero byte', ec.jwk, { y: withZeros(ec.jwk.y) }],
  ['an Ed25519 key with padding', ed.jwk, { x: `${ed.jwk.x}=` }],
  ['an Ed25519 key in base64', ed.jwk, { x: Buffer.from(String(ed.jwk.x), 'base64url').toString('base64') }],
])('A member of a set is the same key when it has %s', (_, jwk, change) => {
  expect(usableKey({ ...jwk, ...change })).toEqual(jwk);
});

it.each(['ES256', 'ES512'])('A coordinate of %s without its leading zero is the same point', (alg) => {
  const { jwk } = generateKeysWithZero(alg);
  const x = base64url(Buffer.from(String(jwk.x), 'base64url').subarray(1));

  expect(usableKey({ ...jwk, x })).toEqual(jwk);
});

// biome-ignore format: one member per line
const MALFORMED: readonly [title: string, member: unknown][] = [
  ['null', null],
  ['undefined', undefined],
  ['text', JSON.stringify(ec.jwk)],
  ['a list', [ec.jwk]],
  ['empty', {}],
  ['an object that inherits a key', Object.create(ec.jwk)],
  ['of a type that is a list', { ...ec.jwk, kty: ['EC'] }],
  ['an EC key without a curve', { ...ec.jwk, crv: undefined }],
  ['an EC key with a coordinate that is a number', { ...ec.jwk, x: 1 }],
  ['an EC key with an empty coordinate', { ...ec.jwk, x: '' }],
  ['an EC key without its second coordinate', { ...ec.jwk, y: undefined }],
  ['an Ed25519 key with a coordinate that is a number', { ...ed.jwk, x: 1 }],
  ['an Ed25519 key with a coordinate in a list', { ...ed.jwk, x: [ed.jwk.x] }],
  ['an Ed25519 key of 31 bytes', { ...ed.jwk, x: base64url(Buffer.alloc(31, 2)) }],
  ['an Ed25519 key of 33 bytes, the first of which is zero', { ...ed.jwk, x: withZeros(ed.jwk.x) }],
  ['an Ed25519 key of 33 bytes, the last of which is zero', { ...ed.jwk, x: `${ed.jwk.x}A` }],
  ['an RSA key of a certificate alone', { kty: 'RSA', x5c: ['AAAA'] }],
  ['an RSA key with a modulus that is a number', { ...rsa.jwk, n: 7 }],
  ['an RSA key with a modulus that is null', { ...rsa.jwk, n: null }],
  ['an RSA key with an empty modulus', { ...rsa.jwk, n: '' }],
  ['an RSA key with an empty exponent', { ...rsa.jwk, e: '' }],
  ['an RSA key with too much padding', { ...rsa.jwk, n: `${rsa.jwk.n}===` }],
  ['an RSA key with too little padding', { ...rsa.jwk, n: `${rsa.jwk.n}=` }],
  ['an RSA key with padding alone', { ...rsa.jwk, n: '==' }],
  ['an RSA key with padding that is not needed', { ...rsa.jwk, e: 'AQAB=' }],
  ['an RSA key with padding before the end', { ...rsa.jwk, n: `AA==${rsa.jwk.n}` }],
  ['an RSA key with a modulus after a space', { ...rsa.jwk, n: ` ${rsa.jwk.n}` }],
  ['an RSA key with a modulus before a line break', { ...rsa.jwk, n: `${rsa.jwk.n}\n` }],
  ['an RSA key with bits after its last byte', { ...rsa.jwk, n: `${modulus(256).slice(0, -1)}x` }],
  ['an RSA key with a character beyond Latin-1', { ...rsa.jwk, n: `\u{141}${String(rsa.jwk.n).slice(1)}` }],
  ['an RSA key with an exponent that is a number', { ...rsa.jwk, e: 65537 }],
  ['an RSA key with an exponent of one character', { ...rsa.jwk, e: 'A' }],
];

// biome-ignore format: one member per line
const OTHER_USE: readonly [title: string, member: unknown][] = [
  ['for encryption', { ...ec.jwk, use: 'enc' }],
  ['for encryption and too short', { kty: 'RSA', n: modulus(128), e: 'AQAB', use: 'enc' }],
  ['for X.509 certificates of SPIFFE', { ...ec.jwk, use: 'x509-svid' }],
  ['for a use in upper case', { ...ec.jwk, use: 'SIG' }],
  ['for a use in a list', { ...ec.jwk, use: ['sig'] }],
  ['for signing only', { ...ec.jwk, key_ops: ['sign'] }],
  ['for operations that are text', { ...ec.jwk, key_ops: 'verify' }],
  ['for operations that are a number', { ...ec.jwk, key_ops: 1 }],
];

// biome-ignore format: one member per line
const UNSUPPORTED: readonly [title: string, member: unknown][] = [
  ['an HMAC key without its secret', { kty: 'oct' }],
  ['of an unknown type', { ...ec.jwk, kty: 'AKP', pub: 'AAAA' }],
  ['of a type in lower case', { ...ec.jwk, kty: 'ec' }],
  ['of a type that is the name of a method', { ...ec.jwk, kty: 'constructor' }],
  ['an Edwards curve with the type of another key', { ...ed.jwk, kty: 'EC', y: ed.jwk.x }],
  ['an Edwards curve with an unknown type', { ...ed.jwk, kty: 'AKP' }],
  ['a NIST curve with the type of another key', { ...ec.jwk, kty: 'OKP' }],
  ['on a curve that is the name of a method', { ...ec.jwk, crv: 'constructor' }],
  ['for an algorithm that is a number', { ...ec.jwk, alg: 256 }],
  ['for an HMAC algorithm', { ...rsa.jwk, alg: 'HS256' }],
  ['for encryption, by its algorithm', { ...rsa.jwk, alg: 'RSA-OAEP' }],
  ['on secp256k1', k256],
  ['on Ed448', jwkOf('ed448')],
  ['on X25519', jwkOf('x25519')],
];

/** The prime of the field of P-256, and the y coordinate of the point whose x is zero. */
const P256 = Buffer.from('ffffffff00000001000000000000000000000000ffffffffffffffffffffffff', 'hex');
const Y_AT_ZERO = base64url(
  Buffer.from('66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4', 'hex'),
);

it('A point may have a coordinate of zero, but not the same one plus the prime of the field', () => {
  const point = { kty: 'EC', crv: 'P-256', x: base64url(Buffer.alloc(32)), y: Y_AT_ZERO };
  expect(usableKey(point)).toEqual(point);
  expect(usableKey({ ...point, x: base64url(P256) })).toBe('off_curve');
});

// biome-ignore format: one member per line
const OFF_CURVE: readonly [title: string, member: unknown][] = [
  ['a point with its coordinates swapped', { ...ec.jwk, x: ec.jwk.y, y: ec.jwk.x }],
  ['a point at zero', { ...ec.jwk, x: base64url(Buffer.alloc(32)), y: base64url(Buffer.alloc(32)) }],
  ['a point of another curve', { ...generateKeys('ES384').jwk, crv: 'P-256' }],
  ['a point of secp256k1', { ...k256, crv: 'P-256' }],
  ['a point with a coordinate that is too large', { ...ec.jwk, x: base64url(Buffer.alloc(33, 1)) }],
];

const LEFT_OUT = Object.entries({
  malformed: MALFORMED,
  other_use: OTHER_USE,
  unsupported: UNSUPPORTED,
  off_curve: OFF_CURVE,
});

it.each(
  LEFT_OUT.flatMap(([reason, rows]) =>
    rows.map(([title, member]): [string, string, unknown] => [reason, title, member]),
  ),
)('A member of a set is "%s" when it is %s', (reason, _, member) => {
  expect(usableKey(member)).toBe(reason);
});

it('A member of a set is "private" whatever its private part', () => {
  for (const { privateKey } of [rsa, ec, ed]) {
    expect(usableKey(privateKey.export({ format: 'jwk' }))).toBe('private');
  }
  for (const name of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv']) {
    for (const value of ['AQ', ' ', 0, false, {}, [null]]) {
      expect([name, value, usableKey({ ...ec.jwk, [name]: value, use: 'enc' })]).toEqual([
        name,
        value,
        'private',
      ]);
    }
  }
});

it.each([
  ['short', 'a modulus of 2047 bits', { n: modulus(256, [0x7f]) }],
  ['short', 'a modulus of 2041 bits', { n: modulus(256, [1]) }],
  ['short', 'a modulus of 2040 bits', { n: modulus(255) }],
  ['short', 'a modulus of 2047 bits after a zero byte', { n: modulus(257, [0, 0x7f]) }],
  ['short', 'a modulus of 2040 bits after two zero bytes', { n: modulus(257, [0, 0]) }],
  ['short', 'a modulus of zeros', { n: base64url(Buffer.alloc(512)) }],
  ['short', 'a modulus of 1024 bits after 128 zero bytes', { n: withZeros(modulus(128), 128) }],
  [
    'short',
    'a modulus of 2040 bits in base64 with padding',
    { n: `${modulus(257, [0, 0]).replaceAll('_', '/')}=` },
  ],
  ['modulus', 'an even modulus', { n: modulus(256, [], 0xfe) }],
  ['exponent', 'the exponent 0', { e: 'AA' }],
  ['exponent', 'the exponent 1', { e: 'AQ' }],
  ['exponent', 'the exponent 1 after zero bytes', { e: 'AAAB' }],
  ['exponent', 'the exponent 2', { e: 'Ag' }],
  ['exponent', 'the exponent 65536', { e: 'AQAA' }],
  ['exponent', 'the exponent 1 after zero bytes, with padding', { e: 'AAAAAQ==' }],
  ['exponent', 'an exponent of 65 bits', { e: base64url(Buffer.from('010000000000000001', 'hex')) }],
])('A member of a set is "%s" when it is an RSA key with %s', (reason, _, change) => {
  expect(usableKey({ ...rsa.jwk, ...change })).toBe(reason);
});

it.each([
  ['RSA', 'ES256'],
  ['RSA', 'EdDSA'],
  ['EC', 'RS256'],
  ['EC', 'ES384'],
  ['EC', 'Ed25519'],
  ['OKP', 'PS256'],
])('A member of a set is "malformed" when it is an %s key whose "alg" is %s', (kty, alg) => {
  const key = { RSA: rsa.jwk, EC: generateKeys('ES256').jwk, OKP: generateKeys('EdDSA').jwk }[kty];
  expect(usableKey({ ...key, alg })).toBe('malformed');
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
