import { constants, createHash, createHmac, type KeyObject, privateEncrypt, sign } from 'node:crypto';
import { ASYMMETRIC_ALGORITHMS } from '../../../src/signature/algorithms.js';
import { type Forgery, flipped, forgeWhere, KEYS, signingKey } from '../../support/forge.js';
import { base64url, segment, signature as signatureOf } from '../../support/mint.js';
import { withSegment, withSignature } from '../../support/tamper.js';
import type { Row } from './row.js';

type Change = NonNullable<Forgery['signature']>;
type Changes = ReadonlyArray<readonly [what: string, signature: Change]>;

const number = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
const unhex = (text: string): Buffer => Buffer.from(text, 'hex');
const bytes = (value: bigint, length: number): Buffer => unhex(value.toString(16).padStart(2 * length, '0'));
const SECRET = String(signingKey('HS256'));
const hash = (name: string, text: string): Buffer => createHash(name).update(text).digest();
const hmac = (text: string, name = 'sha256'): Buffer => createHmac(name, SECRET).update(text).digest();
const ZERO = Buffer.alloc(1);

/** Changes to the bytes of any signature. They all keep the token well-formed. */
// biome-ignore format: a table
const ANY: Changes = [
  ['cut short by one byte', (s) => s.subarray(0, -1)], ['cut to half', (s) => s.subarray(0, s.length / 2)],
  ['cut to one byte', (s) => s.subarray(0, 1)],
  ['with a zero byte after it', (s) => Buffer.concat([s, ZERO])],
  ['with a zero byte before it', (s) => Buffer.concat([ZERO, s])],
  ['that is repeated', (s) => Buffer.concat([s, s])],
  ['in reverse order', (s) => Buffer.from(s).reverse()],
  ['of zeros (CVE-2022-21449)', (s) => Buffer.alloc(s.length)],
  ['of ones', (s) => Buffer.alloc(s.length, 0xff)], ['of one zero byte', () => ZERO],
  ['of 40,000 bytes', () => Buffer.alloc(40_000, 1)],
  ['with one bit changed at its start', (s) => flipped(s, 0, 0x80)],
  ['with one bit changed at its end', (s) => flipped(s, s.length - 1, 1)],
  ['as hexadecimal text', (s) => Buffer.from(s.toString('hex'))],
  ['as base64 text', (s) => Buffer.from(s.toString('base64'))],
  ['encoded twice', (s) => Buffer.from(base64url(s))],
];

const spaced = (text: string): string => base64url(` ${Buffer.from(text, 'base64url')}`);
const UNDER: ReadonlyArray<readonly [what: string, index: number, change: (segment: string) => string]> = [
  ['another payload', 1, () => segment({ sub: 'admin' })],
  ['the same header with other white space', 0, spaced],
  ['the same payload with other white space', 1, spaced],
];

/** RFC 7515 section 5.2 step 8, RFC 8725 section 3.2. */
const anySignature = (['HS256', ...ASYMMETRIC_ALGORITHMS] as const).flatMap((alg): Row[] => {
  const over = (text: string): Buffer => signatureOf(alg, text, signingKey(alg));
  const any: Changes = [
    ...ANY,
    ['over only the payload', (_, input) => over(input.split('.')[1] ?? '')],
    ['over another token', () => over('e30.e30')],
  ];
  return [
    [`${alg} and no signature (CVE-2020-28042, CVE-2026-107720)`, alg, { signature: () => '' }, 'shape'],
    ...any.map(([what, signature]): Row => {
      return [`an ${alg} signature ${what}`, alg, { signature }, 'signature'];
    }),
    ...UNDER.map(([what, index, change]): Row => {
      const token = (valid: string): string => withSegment(valid, index, change);
      return [`the ${alg} signature of a valid token, and ${what}`, alg, { token }, 'signature'];
    }),
  ];
});

// biome-ignore format: a table
const MACS: Changes = [
  ['its MAC cut to 16 bytes', (mac) => mac.subarray(0, 16)],
  ['a MAC of HS512, cut to 32 bytes', (_, input) => hmac(input, 'sha512').subarray(0, 32)],
  ['a MAC of HS512', (_, input) => hmac(input, 'sha512')],
  ['the plain SHA-256 of the input', (_, input) => hash('sha256', input)],
  ['the SHA-256 of secret and input', (_, input) => hash('sha256', SECRET + input)],
  ['an HMAC of the input and a newline', (_, input) => hmac(`${input}\n`)],
  ['an HMAC of the input and a dot', (_, input) => hmac(`${input}.`)],
  ['an HMAC without the dot', (_, input) => hmac(input.replace('.', ''))],
];

const CURVES = [
  ['ES256', 32, 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n],
  ['ES384', 48, 2n ** 384n - 0x389cb27e0bc8d220a7e5f24db74f58851313e695333ad68dn],
  ['ES512', 66, 2n ** 521n - 0x5ae79787c40d069948033feb708f65a2fc44a36477663b851449048e16ec79bf7n],
] as const;

/** RFC 7518 section 3.4. */
const ecdsa = CURVES.flatMap(([alg, size, order]): Row[] => {
  const pair = (r: bigint, s: bigint): Buffer => Buffer.concat([bytes(r, size), bytes(s, size)]);
  const numbers = (change: (r: bigint, s: bigint) => readonly [r: bigint, s: bigint]): Change => {
    return (s) => pair(...change(number(s.subarray(0, size)), number(s.subarray(size))));
  };
  const key = signingKey(alg) as KeyObject;
  const der = (input: string): Buffer =>
    sign(`sha${alg.slice(2)}`, Buffer.from(input), { key, dsaEncoding: 'der' });
  // biome-ignore format: a table
  const refused: Changes = [
    ['r = 0 and s = 0 (CVE-2022-21449)', numbers(() => [0n, 0n])],
    ['r = 0 (CVE-2022-21449)', numbers((_, s) => [0n, s])],
    ['s = 0 (CVE-2022-21449)', numbers((r) => [r, 0n])], ['r = 1 and s = 1', numbers(() => [1n, 1n])],
    ['r = n (CVE-2022-21449)', numbers((_, s) => [order, s])],
    ['s = n (CVE-2022-21449)', numbers((r) => [r, order])],
    ['r = n and s = n (CVE-2022-21449)', numbers(() => [order, order])],
    ['r = n - 1 and s = n - 1', numbers(() => [order - 1n, order - 1n])],
    ['r = n + 1 and s = n + 1', numbers(() => [order + 1n, order + 1n])],
    ['r and s exchanged', numbers((r, s) => [s, r])], ['-r', numbers((r, s) => [order - r, s])],
    ['r alone', (s) => s.subarray(0, size)], ['DER instead of raw', (_, input) => der(input)],
    ['DER and zeros after it', (_, input) => Buffer.concat([der(input), Buffer.alloc(size)], 2 * size)],
    ['raw numbers of another length', (s) => Buffer.concat([ZERO, s.subarray(0, size), ZERO, s.subarray(size)])],
    ['SHA-1', (_, input) => sign('sha1', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' })],
  ];
  // With ECDSA, anyone can replace s with n - s. RFC 7518 allows this, and it does not change any claim.
  const alsoValid: Changes = [['n - s, which is also valid', numbers((r, s) => [r, order - s])]];
  return [...under(alg, 'signature', refused), ...under(alg, 'valid', alsoValid)];
});

function under(alg: Row[1], expected: Row[3], changes: Changes): Row[] {
  return changes.map(([what, signature]) => [`${alg} and ${what}`, alg, { signature }, expected]);
}

const RSA_BYTES = 256;
const modulus = number(Buffer.from(String(KEYS.rsa.jwk.n), 'base64url'));
const startsWithZero = (s: Buffer): boolean => s[0] === 0;
const leavesRoom = (s: Buffer): boolean => number(s) + modulus < 2n ** BigInt(8 * RSA_BYTES);
const { privateKey } = KEYS.rsa;
const padding = constants.RSA_PKCS1_PSS_PADDING;
const pss = (input: string, saltLength: number, name = 'sha256'): Buffer =>
  sign(name, Buffer.from(input), { key: privateKey, padding, saltLength });
const pkcs1 = (prefix: string, input: string, garbage: number): Buffer =>
  privateEncrypt(privateKey, Buffer.concat([unhex(prefix), hash('sha256', input), Buffer.alloc(garbage)]));
const DIGEST_INFO = '3031300d060960864801650304020105000420';

/** RFC 8017 sections 8.1.2 and 8.2.2: a signature has as many bytes as the modulus, and is a smaller number. */
const rsa: Row[] = [
  ...(['RS256', 'PS256'] as const).flatMap((alg): Row[] => {
    const zero = forgeWhere(alg, startsWithZero);
    const roomy = forgeWhere(alg, leavesRoom);
    const changed = (by: Forgery, change: (signature: Buffer) => Uint8Array): Forgery => {
      return { ...by, token: (token) => withSignature(token, change) };
    };
    const shortened = changed(zero, (s) => s.subarray(1));
    const wrapped = changed(roomy, (s) => bytes(number(s) + modulus, RSA_BYTES));
    const numbers: Changes = [
      ['n - s', (s) => bytes(modulus - number(s), RSA_BYTES)],
      ['s = 1', () => bytes(1n, RSA_BYTES)],
      ['s = n - 1', () => bytes(modulus - 1n, RSA_BYTES)],
      ['s = n', () => bytes(modulus, RSA_BYTES)],
    ];
    return [
      [`an ${alg} signature that begins with zero`, alg, zero, 'valid'],
      [`an ${alg} signature without its first zero`, alg, shortened, 'signature', { control: zero }],
      [`${alg} and s + n`, alg, wrapped, 'signature', { control: roomy }],
      ...under(alg, 'signature', numbers),
    ];
  }),
  ...under('PS256', 'signature', [
    ...[0, 1, 20, 31, 33, 48, 64, 222].map((salt): Changes[0] => {
      return [`a salt of ${salt} bytes`, (_, input) => pss(input, salt)];
    }),
    ...['sha1', 'sha512', 'sha3-256'].map((name): Changes[0] => [name, (_, input) => pss(input, 32, name)]),
  ]),
  ...under('PS384', 'signature', [['a salt of 32 bytes', (_, input) => pss(input, 32, 'sha384')]]),
  ...under('RS256', 'signature', [
    ...'md5 sha1 sha224 sha384 sha512 sha512-256 sha3-256'.split(' ').map((name): Changes[0] => {
      return [name, (_, input) => sign(name, Buffer.from(input), privateKey)];
    }),
    ['the bare hash, without its DigestInfo', (_, input) => pkcs1('', input, 0)],
    ['bytes after the DigestInfo (CVE-2006-4339)', (_, input) => pkcs1(DIGEST_INFO, input, 8)],
  ]),
  ...under('RS256', 'valid', [['a DigestInfo that we made', (_, input) => pkcs1(DIGEST_INFO, input, 0)]]),
];

const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const scalar = (s: Buffer): bigint => number(Buffer.from(s.subarray(32)).reverse());
const withScalar = (point: Uint8Array, s: bigint): Buffer =>
  Buffer.concat([point.subarray(0, 32), bytes(s, 32).reverse()]);
const IDENTITY = Buffer.concat([Uint8Array.of(1), Buffer.alloc(31)]);
// 2^255 - 19 + 1: the identity with a coordinate that is not reduced.
const IDENTITY_UNREDUCED = Buffer.concat([Uint8Array.of(0xee), Buffer.alloc(30, 0xff), Uint8Array.of(0x7f)]);

/** RFC 8032 section 5.1.7 and RFC 8725 section 3.2. */
// biome-ignore format: a table
const ED25519: Changes = [
  ['s + L', (s) => withScalar(s, scalar(s) + ORDER)],
  ['s + 2L', (s) => withScalar(s, scalar(s) + 2n * ORDER)], ['s = 0', (s) => withScalar(s, 0n)],
  ['s = L', (s) => withScalar(s, ORDER)], ['R the identity and s = 0', () => withScalar(IDENTITY, 0n)],
  ['R the identity, unreduced, and s = 0', () => withScalar(IDENTITY_UNREDUCED, 0n)],
  ['R negated', (s) => flipped(s, 31, 0x80)],
  ['R and s exchanged', (s) => Buffer.concat([s.subarray(32), s.subarray(0, 32)])],
];
const ed25519 = (['EdDSA', 'Ed25519'] as const).flatMap((alg) => under(alg, 'signature', ED25519));

const macs = under('HS256', 'signature', MACS);
export const signatureAttacks: readonly Row[] = [...anySignature, ...macs, ...ecdsa, ...rsa, ...ed25519];
