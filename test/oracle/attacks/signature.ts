import { constants, createHash, createHmac, privateEncrypt, sign } from 'node:crypto';
import type { Algorithm } from '../../../src/signature/algorithms.js';
import { base64url } from '../../support/mint.js';
import { type Forgery, forge, KEYS, keyName, type Row, SECRET } from './forge.js';
import { replaced } from './header.js';

type Change = NonNullable<Forgery['signature']>;

const number = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
const bytes = (value: bigint, length: number): Buffer =>
  Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex');
const last = (signature: Uint8Array): Uint8Array => signature.subarray(0, -1);

/** What can be done to the bytes of any signature. All but an empty one keep the token's shape. */
const ANY: ReadonlyArray<readonly [title: string, change: Change]> = [
  ['cut short by one byte', last],
  ['cut to half', (signature) => signature.subarray(0, signature.length / 2)],
  ['cut to one byte', (signature) => signature.subarray(0, 1)],
  ['with a zero byte behind', (signature) => Buffer.concat([signature, Buffer.alloc(1)])],
  ['with a zero byte before', (signature) => Buffer.concat([Buffer.alloc(1), signature])],
  ['twice', (signature) => Buffer.concat([signature, signature])],
  ['backwards', (signature) => Buffer.from(signature).reverse()],
  ['all zeros (CVE-2022-21449)', (signature) => Buffer.alloc(signature.length)],
  ['all ones', (signature) => Buffer.alloc(signature.length, 0xff)],
  ['one byte, zero', () => Uint8Array.of(0)],
  ['of 40,000 bytes', () => Buffer.alloc(40_000, 1)],
  ['with one bit changed at its start', (signature) => flipped(signature, 0, 0x80)],
  ['with one bit changed at its end', (signature) => flipped(signature, signature.length - 1, 1)],
  ['as hexadecimal text', (signature) => Buffer.from(signature.toString('hex'))],
  ['as base64 text', (signature) => Buffer.from(signature.toString('base64'))],
  ['encoded twice', (signature) => Buffer.from(base64url(signature))],
  ['of the payload alone', (_, input) => forgeOver(input.split('.')[1] ?? '')],
  ['of another token', () => Buffer.from(forge('RS256').split('.')[2] ?? '', 'base64url')],
];

// Right in itself, by the key that the token names, and over something else.
const forgeOver = (text: string): Uint8Array => createHmac('sha256', SECRET).update(text).digest();

function flipped(signature: Uint8Array, index: number, mask: number): Uint8Array {
  const copy = Buffer.from(signature);
  copy.writeUInt8(copy.readUInt8(index) ^ mask, index);
  return copy;
}

const ALL: readonly Algorithm[] = [
  ...(['HS256', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const),
  ...(['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const),
];

/** RFC 7515 section 5.2 step 8, RFC 8725 section 3.2. */
const anySignature: Row[] = ALL.flatMap((alg): Row[] => [
  [`${alg} without a signature (CVE-2020-28042, CVE-2026-107720)`, alg, { signature: () => '' }, 'shape'],
  ...ANY.filter(([title]) => !(title === 'of another token' && alg === 'RS256')).map(
    ([title, signature]): Row => [`a signature of ${alg} ${title}`, alg, { signature }, 'signature'],
  ),
  [
    `the signature of ${alg} under another payload`,
    alg,
    { token: (token) => replaced(token, 1, () => base64url('{"sub":"admin"}')) },
    'signature',
  ],
  [
    `the signature of ${alg} under another header`,
    alg,
    { token: (token) => replaced(token, 0, () => base64url(JSON.stringify({ alg, kid: kid(alg), x: 1 }))) },
    'signature',
  ],
  [
    `the signature of ${alg} under the same JSON with other white space`,
    alg,
    { token: (token) => replaced(token, 1, (payload) => base64url(` ${Buffer.from(payload, 'base64url')}`)) },
    'signature',
  ],
]);

function kid(alg: Algorithm): string | undefined {
  return alg.startsWith('HS') ? undefined : keyName(alg as 'RS256');
}

const hmac: Row[] = [
  ['an HS256 MAC cut to 16 bytes', (mac: Buffer) => mac.subarray(0, 16)],
  ['an HS256 MAC of HS512, cut to 32 bytes', (_: Buffer, input: string) => hs512(input).subarray(0, 32)],
  ['an HS256 MAC of HS512', (_: Buffer, input: string) => hs512(input)],
  ['the plain SHA-256 of the input', (_: Buffer, input: string) => sha256(input)],
  ['the SHA-256 of secret and input', (_: Buffer, input: string) => sha256(SECRET + input)],
  ['an HMAC of the input with a newline', (_: Buffer, input: string) => forgeOver(`${input}\n`)],
  ['an HMAC of the input with a dot', (_: Buffer, input: string) => forgeOver(`${input}.`)],
  ['an HMAC without the dot', (_: Buffer, input: string) => forgeOver(input.replace('.', ''))],
].map(([title, signature]) => [title, 'HS256', { signature }, 'signature'] as Row);

function hs512(input: string): Buffer {
  return createHmac('sha512', SECRET).update(input).digest();
}

function sha256(input: string): Buffer {
  return createHash('sha256').update(input).digest();
}

const CURVES = [
  ['ES256', 32, 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n, 'sha256'],
  [
    'ES384',
    48,
    0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
    'sha384',
  ],
  [
    'ES512',
    66,
    0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
    'sha512',
  ],
] as const;

/** RFC 7518 section 3.4. */
const ecdsa: Row[] = CURVES.flatMap(([alg, size, order, hash]): Row[] => {
  const pair =
    (r: bigint, s: bigint): Change =>
    () =>
      Buffer.concat([bytes(r, size), bytes(s, size)]);
  const parts =
    (change: (r: bigint, s: bigint) => readonly [bigint, bigint]): Change =>
    (signature) => {
      const [r, s] = change(number(signature.subarray(0, size)), number(signature.subarray(size)));
      return Buffer.concat([bytes(r, size), bytes(s, size)]);
    };
  const { privateKey } = KEYS[keyName(alg)];
  const der: Change = (_, input) => sign(hash, Buffer.from(input), { key: privateKey, dsaEncoding: 'der' });
  const refused: ReadonlyArray<readonly [title: string, change: Change]> = [
    ['r = 0 and s = 0 (CVE-2022-21449)', pair(0n, 0n)],
    ['r = 0 (CVE-2022-21449)', parts((_, s) => [0n, s])],
    ['s = 0 (CVE-2022-21449)', parts((r) => [r, 0n])],
    ['r = 1 and s = 1', pair(1n, 1n)],
    ['r = n (CVE-2022-21449)', parts((_, s) => [order, s])],
    ['s = n (CVE-2022-21449)', parts((r) => [r, order])],
    ['r = n and s = n (CVE-2022-21449)', pair(order, order)],
    ['r = n - 1 and s = n - 1', pair(order - 1n, order - 1n)],
    ['r = n + 1 and s = n + 1', pair(order + 1n, order + 1n)],
    ['r and s exchanged', parts((r, s) => [s, r])],
    ['-r', parts((r, s) => [order - r, s])],
    ['r alone', (signature) => signature.subarray(0, size)],
    ['DER instead of raw', der],
    ['DER with zeros behind it', (signature, input) => padded(der(signature, input), 2 * size)],
    [
      'raw numbers of another length',
      (signature) =>
        Buffer.concat([
          Buffer.alloc(1),
          signature.subarray(0, size),
          Buffer.alloc(1),
          signature.subarray(size),
        ]),
    ],
    [
      'by another hash',
      (_, input) => sign('sha1', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }),
    ],
  ];
  return [
    ...refused.map(([title, signature]): Row => [`${alg} with ${title}`, alg, { signature }, 'signature']),
    // ECDSA itself lets anyone turn s into n - s. RFC 7518 does not forbid it, and no claim changes by it.
    [
      `${alg} with n - s, which is as good as s`,
      alg,
      { signature: parts((r, s) => [r, order - s]) },
      'valid',
    ],
  ];
});

function padded(signature: Uint8Array | string, length: number): Uint8Array {
  return Buffer.concat([Buffer.from(signature as Uint8Array), Buffer.alloc(length)]).subarray(0, length);
}

const RSA_BYTES = 256;
const modulus = number(Buffer.from(String(KEYS.rsa.jwk.n), 'base64url'));

/** A forgery whose good signature meets a condition, found by trying one `jti` after the other. */
function where(alg: Algorithm, condition: (signature: Buffer) => boolean): Forgery {
  for (let attempt = 0; ; attempt += 1) {
    const claims = { jti: `attempt-${attempt}` };
    const token = forge(alg, { claims });
    const signature = Buffer.from(token.slice(token.lastIndexOf('.') + 1), 'base64url');
    if (condition(signature)) return { claims, signature: () => signature };
  }
}

const startsWithZero = (signature: Buffer): boolean => signature[0] === 0;
const leavesRoom = (signature: Buffer): boolean => number(signature) + modulus < 2n ** BigInt(8 * RSA_BYTES);
const withSignature = (forgery: Forgery, change: (signature: Buffer) => Uint8Array): Forgery => ({
  ...forgery,
  signature: (signature, input) => change(Buffer.from(forgery.signature?.(signature, input) as Uint8Array)),
});

const rsaPss =
  (saltLength: number, hash = 'sha256'): Change =>
  (_, input) =>
    sign(hash, Buffer.from(input), {
      key: KEYS.rsa.privateKey,
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength,
    });
const rsaPkcs1 =
  (hash: string): Change =>
  (_, input) =>
    sign(hash, Buffer.from(input), KEYS.rsa.privateKey);

/** A PS256 token whose signature begins with a zero byte, without that byte. */
export const shortenedPs256 = (): string =>
  forge(
    'PS256',
    withSignature(where('PS256', startsWithZero), (signature) => signature.subarray(1)),
  );

/** RFC 8017 sections 8.1.2 and 8.2.2: a signature is as long as the modulus, and smaller than it. */
const rsa: Row[] = [
  ...(['RS256', 'PS256'] as const).flatMap((alg): Row[] => {
    const shortened = where(alg, startsWithZero);
    const roomy = where(alg, leavesRoom);
    return [
      [`${alg} whose signature begins with zero`, alg, shortened, 'valid'],
      [
        `${alg} without the zero its signature begins with`,
        alg,
        withSignature(shortened, (s) => s.subarray(1)),
        'signature',
        { control: shortened },
      ],
      [
        `${alg} with s + n`,
        alg,
        withSignature(roomy, (s) => bytes(number(s) + modulus, RSA_BYTES)),
        'signature',
        { control: roomy },
      ],
      [`${alg} with n - s`, alg, { signature: (s) => bytes(modulus - number(s), RSA_BYTES) }, 'signature'],
      [`${alg} with s = 1`, alg, { signature: () => bytes(1n, RSA_BYTES) }, 'signature'],
      [`${alg} with s = n - 1`, alg, { signature: () => bytes(modulus - 1n, RSA_BYTES) }, 'signature'],
      [`${alg} with s = n`, alg, { signature: () => bytes(modulus, RSA_BYTES) }, 'signature'],
    ];
  }),
  ...[0, 1, 20, 31, 33, 48, 64, RSA_BYTES - 32 - 2].map(
    (length): Row => [
      `PS256 with a salt of ${length} bytes`,
      'PS256',
      { signature: rsaPss(length) },
      'signature',
    ],
  ),
  ['PS384 with a salt of 32 bytes', 'PS384', { signature: rsaPss(32, 'sha384') }, 'signature'],
  ['PS256 over SHA-1', 'PS256', { signature: rsaPss(20, 'sha1') }, 'signature'],
  ['PS256 over SHA-512', 'PS256', { signature: rsaPss(32, 'sha512') }, 'signature'],
  ['PS256 over SHA3-256', 'PS256', { signature: rsaPss(32, 'sha3-256') }, 'signature'],
  ...['md5', 'sha1', 'sha224', 'sha384', 'sha512', 'sha512-256', 'sha3-256'].map(
    (hash): Row => [`RS256 over ${hash}`, 'RS256', { signature: rsaPkcs1(hash) }, 'signature'],
  ),
  [
    'RS256 over the bare hash, without its DigestInfo',
    'RS256',
    { signature: (_, input) => privateEncrypt(KEYS.rsa.privateKey, sha256(input)) },
    'signature',
  ],
  [
    'RS256 over the DigestInfo with bytes behind it (CVE-2006-4339)',
    'RS256',
    { signature: (_, input) => privateEncrypt(KEYS.rsa.privateKey, digestInfo(input, 8)) },
    'signature',
    { control: { signature: (_, input) => privateEncrypt(KEYS.rsa.privateKey, digestInfo(input, 0)) } },
  ],
];

function digestInfo(input: string, garbage: number): Buffer {
  const sha256Prefix = Buffer.from('3031300d060960864801650304020105000420', 'hex');
  return Buffer.concat([sha256Prefix, sha256(input), Buffer.alloc(garbage)]);
}

const ED25519_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const scalar = (signature: Buffer): bigint => number(Buffer.from(signature.subarray(32)).reverse());
const withScalar = (point: Uint8Array, s: bigint): Buffer => Buffer.concat([point, bytes(s, 32).reverse()]);
const IDENTITY = Buffer.concat([Uint8Array.of(1), Buffer.alloc(31)]);
// 2^255 - 19 + 1: the identity again, written with a coordinate that is not reduced.
const IDENTITY_UNREDUCED = Buffer.concat([Uint8Array.of(0xee), Buffer.alloc(30, 0xff), Uint8Array.of(0x7f)]);

/** RFC 8032 section 5.1.7 and RFC 8725 section 3.2. */
const ed25519: Row[] = (['EdDSA', 'Ed25519'] as const).flatMap((alg): Row[] =>
  (
    [
      ['s + L', (s) => withScalar(s.subarray(0, 32), scalar(s) + ED25519_ORDER)],
      ['s + 2L', (s) => withScalar(s.subarray(0, 32), scalar(s) + 2n * ED25519_ORDER)],
      ['s = 0', (s) => withScalar(s.subarray(0, 32), 0n)],
      ['s = L', (s) => withScalar(s.subarray(0, 32), ED25519_ORDER)],
      ['R the identity and s = 0', () => withScalar(IDENTITY, 0n)],
      ['R the identity, unreduced, and s = 0', () => withScalar(IDENTITY_UNREDUCED, 0n)],
      ['R negated', (s) => flipped(s, 31, 0x80)],
      ['R and s exchanged', (s) => Buffer.concat([s.subarray(32), s.subarray(0, 32)])],
    ] satisfies ReadonlyArray<readonly [string, Change]>
  ).map(([title, signature]): Row => [`${alg} with ${title}`, alg, { signature }, 'signature']),
);

export const signatureAttacks: readonly Row[] = [...anySignature, ...hmac, ...ecdsa, ...rsa, ...ed25519];
