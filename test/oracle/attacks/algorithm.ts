import type { KeyObject } from 'node:crypto';
import { ATTACKER, type Forgery, KEYS, type Row } from './forge.js';

const NONE = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15].map((bits) =>
  [...'none'].map((letter, i) => ((bits >> i) & 1 ? letter.toUpperCase() : letter)).join(''),
);

/** RFC 8725 section 3.1, RFC 7518 section 3.6. */
const none: Row[] = NONE.flatMap((alg): Row[] => [
  [`"${alg}" and no signature (CVE-2015-9235, CVE-2022-23540)`, 'HS256', unsigned(alg), 'shape'],
  [`"${alg}" and an HMAC that is right`, 'HS256', { header: { alg } }, 'algorithm'],
  [`"${alg}" and an RSA signature that is right`, 'RS256', { header: { alg } }, 'algorithm'],
  [`"${alg}" and one byte`, 'HS256', { header: { alg }, signature: () => 'AA' }, 'algorithm'],
]);

function unsigned(alg: string): Forgery {
  return { header: { alg, kid: undefined }, signature: () => '' };
}

const UNKNOWN = [
  ...['none ', ' none', 'none\0', 'ｎｏｎｅ', 'nоne', 'null', 'undefined', ''],
  ...['hs256', 'Hs256', 'HS256 ', ' HS256', 'HS256\0', 'HS-256', 'HS2560', 'HS256,none', 'ＨＳ256'],
  ...['HS1', 'HS224', 'HMAC', 'SHA256', 'http://www.w3.org/2001/04/xmldsig-more#hmac-sha256'],
  ...['RS1', 'RS224', 'ES256K', 'ESP256', 'Ed448', 'ML-DSA-44', 'SLH-DSA-SHA2-128s', 'PS1'],
  ...['dir', 'A128KW', 'A256GCMKW', 'RSA1_5', 'RSA-OAEP', 'ECDH-ES', 'PBES2-HS256+A128KW'],
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'size', 'get'],
];

const unknown: Row[] = [
  ...UNKNOWN.map((alg): Row => [`"alg" ${JSON.stringify(alg)}`, 'HS256', { header: { alg } }, 'algorithm']),
  ['HS384 by the secret of HS256', 'HS256', { header: { alg: 'HS384' }, signedBy: 'HS384' }, 'algorithm'],
  ['HS512 by the secret of HS256', 'HS256', { header: { alg: 'HS512' }, signedBy: 'HS512' }, 'algorithm'],
  ['HS384 in the header over an HS256 MAC', 'HS256', { header: { alg: 'HS384' } }, 'algorithm'],
];

const wrongTypes: Row[] = [null, 0, 1, 256, true, false, [], ['HS256'], {}, { alg: 'HS256' }].map(
  (alg): Row => [`"alg" ${JSON.stringify(alg)}, which is not text`, 'HS256', { header: { alg } }, 'shape'],
);

/** Everything about the RSA key that is public and that somebody has once taken for an HMAC key. */
const publicMaterial: ReadonlyArray<readonly [title: string, key: string | Uint8Array]> = [
  ['PEM (CVE-2015-9235, CVE-2022-23541)', pem('spki')],
  ['PEM without its last newline', pem('spki').trimEnd()],
  ['PEM with a newline more', `${pem('spki')}\n`],
  ['PEM with CRLF (CVE-2026-102268)', pem('spki').replaceAll('\n', '\r\n')],
  ['PEM in one line', pem('spki').replaceAll('\n', '')],
  ['PEM with a newline before it (CVE-2026-34950)', `\n${pem('spki')}`],
  ['PEM with white space before it (CVE-2026-34950)', ` \t\n${pem('spki')}`],
  ['PEM with a byte-order mark before it (CVE-2026-107722)', `\ufeff${pem('spki')}`],
  ['PEM with junk before it (CVE-2026-107722)', `Bag Attributes\n${pem('spki')}`],
  ['PEM of PKCS #1 (CVE-2017-11424, CVE-2023-48223)', pem('pkcs1')],
  ['PEM body alone', pem('spki').replaceAll(/-----.*-----|\n/g, '')],
  ['DER', der('spki')],
  ['DER of PKCS #1', der('pkcs1')],
  ['JWK text (CVE-2026-48526, CVE-2026-107724)', JSON.stringify(KEYS.rsa.jwk)],
  ['JWK text without kid', JSON.stringify(KEYS.rsa.publicKey.export({ format: 'jwk' }))],
  ['JWK text, indented', JSON.stringify(KEYS.rsa.jwk, null, 2)],
  ['JWKS text (CVE-2026-102273)', JSON.stringify({ keys: [KEYS.rsa.jwk] })],
  ['modulus bytes', Buffer.from(modulus(), 'base64url')],
  ['modulus in base64url', modulus()],
  ['modulus in base64', Buffer.from(modulus(), 'base64url').toString('base64')],
  ['modulus in hex', Buffer.from(modulus(), 'base64url').toString('hex')],
  ['modulus in upper-case hex', Buffer.from(modulus(), 'base64url').toString('hex').toUpperCase()],
  ['exponent', 'AQAB'],
  ['key id', 'rsa'],
];

const GUESSES: ReadonlyArray<readonly [title: string, key: string | Uint8Array]> = [
  ['empty key (CVE-2026-44351, CVE-2026-107720)', ''],
  ['zero byte', Uint8Array.of(0)],
  ['32 zero bytes', new Uint8Array(32)],
  ['word "secret"', 'secret'],
  ['word "null"', 'null'],
  ['word "undefined"', 'undefined'],
  ['text "[object Object]"', '[object Object]'],
];

/** RFC 8725 sections 2.1 and 3.1. */
const confusion: Row[] = [
  ...publicMaterial.flatMap(([title, key]): Row[] => [
    [`HS256 by the RSA public key: ${title}`, 'HS256', { header: { kid: 'rsa' }, key }, 'signature'],
    [`RS256 over an HMAC by the RSA public key: ${title}`, 'RS256', { signedBy: 'HS256', key }, 'signature'],
  ]),
  ...GUESSES.map(([title, key]): Row => [`HS256 by the ${title}`, 'HS256', { key }, 'signature']),
  ...GUESSES.map(
    ([title, key]): Row => [
      `RS256 over an HMAC by the ${title}`,
      'RS256',
      { signedBy: 'HS256', key },
      'signature',
    ],
  ),
  [
    'HS256 by the EC public key: PEM',
    'HS256',
    { header: { kid: 'p256' }, key: publicPem(KEYS.p256.publicKey) },
    'signature',
  ],
  [
    'HS256 by the Ed25519 public key: its 32 bytes',
    'HS256',
    { header: { kid: 'ed' }, key: Buffer.from(String(KEYS.ed.jwk.x), 'base64url') },
    'signature',
  ],
];

/** RFC 8725 section 3.1 and CVE-2022-23539: one key, one kind of algorithm. */
const crossed: Row[] = [
  ['RS256 in the header over a PS256 signature', 'RS256', { signedBy: 'PS256' }, 'signature'],
  ['PS256 in the header over an RS256 signature', 'PS256', { signedBy: 'RS256' }, 'signature'],
  ['RS256 in the header over an RS384 signature', 'RS256', { signedBy: 'RS384' }, 'signature'],
  ['RS512 in the header over an RS256 signature', 'RS512', { signedBy: 'RS256' }, 'signature'],
  ['PS384 in the header over a PS256 signature', 'PS384', { signedBy: 'PS256' }, 'signature'],
  ['ES256 with the kid of the RSA key', 'ES256', { header: { kid: 'rsa' } }, 'key'],
  ['RS256 with the kid of the EC key', 'RS256', { header: { kid: 'p256' } }, 'key'],
  ['ES256 with the kid of the P-384 key (CVE-2022-23539)', 'ES256', p384AsEs256(), 'key'],
  [
    'ES256 by the P-384 key, without kid',
    'ES256',
    { ...p384AsEs256(), header: { kid: undefined } },
    'signature',
  ],
  ['EdDSA with the kid of the EC key', 'EdDSA', { header: { kid: 'p256' } }, 'key'],
  ['ES512 with the kid of the P-256 key', 'ES512', { header: { kid: 'p256' } }, 'key'],
];

function p384AsEs256(): Forgery {
  return { header: { kid: 'p384' }, key: KEYS.p384.privateKey };
}

/** A key of the attacker's own. */
const stranger: Row[] = (['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const).flatMap(
  (alg): Row[] => {
    const name = alg === 'RS256' || alg === 'PS256' ? 'rsa' : alg.startsWith('Ed') ? 'ed' : curve(alg);
    const key = ATTACKER[name].privateKey;
    return [
      [`${alg} by another key under a kid of ours`, alg, { key }, 'signature'],
      [`${alg} by another key without kid`, alg, { key, header: { kid: undefined } }, 'signature'],
      [`${alg} by another key under a kid of its own`, alg, { key, header: { kid: 'attacker' } }, 'key'],
    ];
  },
);

function curve(alg: string): 'p256' | 'p384' | 'p521' {
  return alg === 'ES256' ? 'p256' : alg === 'ES384' ? 'p384' : 'p521';
}

function pem(type: 'spki' | 'pkcs1'): string {
  return KEYS.rsa.publicKey.export({ format: 'pem', type }).toString();
}

function publicPem(key: KeyObject): string {
  return key.export({ format: 'pem', type: 'spki' }).toString();
}

function der(type: 'spki' | 'pkcs1'): Uint8Array {
  return KEYS.rsa.publicKey.export({ format: 'der', type });
}

function modulus(): string {
  return String(KEYS.rsa.jwk.n);
}

export const algorithmAttacks: readonly Row[] = [
  ...none,
  ...unknown,
  ...wrongTypes,
  ...confusion,
  ...crossed,
  ...stranger,
];
