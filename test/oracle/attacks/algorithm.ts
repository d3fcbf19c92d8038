import type { KeyObject } from 'node:crypto';
import { ASYMMETRIC_ALGORITHMS } from '../../../src/signature/algorithms.js';
import { ATTACKER, type Forgery, KEYS, signingKey } from '../../support/forge.js';
import type { Row } from './row.js';

const unsigned = (alg: string): Forgery => ({ header: { alg }, signature: () => '' });

/** "none" in all sixteen combinations of upper and lower case: RFC 8725 section 3.1, RFC 7518 section 3.6. */
const none = Array.from({ length: 16 }, (_, bits) =>
  [...'none'].map((letter, i) => ((bits >> i) & 1 ? letter.toUpperCase() : letter)).join(''),
).flatMap((alg): Row[] => [
  [`alg "${alg}" and no signature (CVE-2015-9235, CVE-2022-23540)`, 'HS256', unsigned(alg), 'shape'],
  [`alg "${alg}" and a valid HMAC`, 'HS256', { header: { alg } }, 'algorithm'],
  [`alg "${alg}" and a valid RSA signature`, 'RS256', { header: { alg } }, 'algorithm'],
  [
    `alg "${alg}" and a signature of one byte`,
    'HS256',
    { header: { alg }, signature: () => 'AA' },
    'algorithm',
  ],
]);

const UNKNOWN = [
  ...['none ', ' none', 'none\0', 'ｎｏｎｅ', 'nоne', 'null', 'undefined', ''],
  ...['hs256', 'Hs256', 'HS256 ', ' HS256', 'HS256\0', 'HS-256', 'HS2560', 'HS256,none', 'ＨＳ256'],
  ...['HS1', 'HS224', 'HMAC', 'SHA256', 'http://www.w3.org/2001/04/xmldsig-more#hmac-sha256'],
  ...['RS1', 'RS224', 'ES256K', 'ESP256', 'Ed448', 'ML-DSA-44', 'SLH-DSA-SHA2-128s', 'PS1'],
  ...['dir', 'A128KW', 'A256GCMKW', 'RSA1_5', 'RSA-OAEP', 'ECDH-ES', 'PBES2-HS256+A128KW'],
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'size', 'get'],
];
const NOT_TEXT = [null, 0, 1, 256, true, false, [], ['HS256'], {}, { alg: 'HS256' }];

const unknown = [...UNKNOWN, ...NOT_TEXT].map((alg): Row => {
  const expected = typeof alg === 'string' ? 'algorithm' : 'shape';
  return [`alg ${JSON.stringify(alg)}`, 'HS256', { header: { alg } }, expected];
});

const pem = (key: KeyObject, type: 'spki' | 'pkcs1' = 'spki'): string =>
  key.export({ format: 'pem', type }).toString();
const { publicKey, jwk } = KEYS.rsa;
const spki = pem(publicKey);
const modulus = Buffer.from(String(jwk.n), 'base64url');

type Key = readonly [what: string, key: string | Uint8Array];
const WORDS = ['AQAB', 'rsa', 'secret', 'null', 'undefined', '[object Object]'];
/** Forms of the public RSA key that libraries have accepted as an HMAC key, and secrets that are easy to guess. */
const PUBLIC: readonly Key[] = [
  ['PEM (CVE-2015-9235, CVE-2022-23541)', spki],
  ['PEM without its last newline', spki.trimEnd()],
  ['PEM with an additional newline', `${spki}\n`],
  ...['\n', ' \t\n', '\ufeff', 'Bag Attributes\n'].map(
    (start) =>
      [`PEM after ${JSON.stringify(start)} (CVE-2026-34950, CVE-2026-107722)`, start + spki] as const,
  ),
  ['PEM with CRLF (CVE-2026-102268)', spki.replaceAll('\n', '\r\n')],
  ['PEM in one line', spki.replaceAll('\n', '')],
  ['PEM body only', spki.replaceAll(/-----.*-----|\n/g, '')],
  ['PEM of PKCS #1 (CVE-2017-11424, CVE-2023-48223)', pem(publicKey, 'pkcs1')],
  ...(['spki', 'pkcs1'] as const).map(
    (type): Key => [`DER ${type}`, publicKey.export({ format: 'der', type })],
  ),
  ['JWK text (CVE-2026-48526, CVE-2026-107724)', JSON.stringify(jwk)],
  ['JWK text without kid', JSON.stringify({ ...jwk, kid: undefined })],
  ['JWK text, indented', JSON.stringify(jwk, null, 2)],
  ['JWKS text (CVE-2026-102273)', JSON.stringify({ keys: [jwk] })],
  ['modulus bytes', modulus],
  ['modulus in upper-case hex', modulus.toString('hex').toUpperCase()],
  ...(['base64url', 'base64', 'hex'] as const).map(
    (form): Key => [`modulus in ${form}`, modulus.toString(form)],
  ),
  ['EC public key as PEM', pem(KEYS.p256.publicKey)],
  ['32 bytes of the Ed25519 public key', Buffer.from(String(KEYS.ed.jwk.x), 'base64url')],
  ['empty key (CVE-2026-44351, CVE-2026-107720)', ''],
  ['zero byte', Uint8Array.of(0)],
  ['32 zero bytes', new Uint8Array(32)],
  ...WORDS.map((word) => [`text "${word}"`, word] as const),
];

/** RFC 8725 sections 2.1 and 3.1. */
const confusion = PUBLIC.flatMap(([what, key]): Row[] => [
  [`HS256, signed with the ${what}`, 'HS256', { header: { kid: 'rsa' }, key }, 'signature'],
  [`RS256 over an HMAC, signed with the ${what}`, 'RS256', { signedBy: 'HS256', key }, 'signature'],
]);
/** RFC 8725 section 3.1 and CVE-2022-23539: a key may be used with only one type of algorithm. */
// biome-ignore format: a table
const SIGNED_BY = [
  ['RS256', 'PS256'], ['PS256', 'RS256'], ['RS256', 'RS384'], ['RS512', 'RS256'], ['PS384', 'PS256'],
] as const;
const otherAlgorithm = SIGNED_BY.map(([alg, signedBy]): Row => {
  return [`${alg} in the header over a ${signedBy} signature`, alg, { signedBy }, 'signature'];
});
// biome-ignore format: a table
const KID_OF = [
  ['ES256', 'rsa'], ['RS256', 'p256'], ['EdDSA', 'p256'], ['ES512', 'p256'], ['ES256', 'p384'],
] as const;
const otherKid = KID_OF.map(
  ([alg, kid]): Row => [`${alg} and the kid ${kid}`, alg, { header: { kid } }, 'key'],
);
const crossed: Row[] = [
  [
    'HS384, signed with the secret for HS256',
    'HS256',
    { header: { alg: 'HS384' }, signedBy: 'HS384' },
    'algorithm',
  ],
  [
    'HS512, signed with the secret for HS256',
    'HS256',
    { header: { alg: 'HS512' }, signedBy: 'HS512' },
    'algorithm',
  ],
  ['HS384 in the header over an HS256 MAC', 'HS256', { header: { alg: 'HS384' } }, 'algorithm'],
  ...[...otherAlgorithm, ...otherKid],
  ...(['p384', undefined] as const).map((kid): Row => {
    const what = `ES256, signed with the P-384 key, kid ${kid} (CVE-2022-23539)`;
    return [what, 'ES256', { header: { kid }, key: KEYS.p384.privateKey }, kid ? 'key' : 'signature'];
  }),
];

/** Tokens signed with the attacker's key. */
const stranger = ASYMMETRIC_ALGORITHMS.flatMap((alg): Row[] => {
  const key = signingKey(alg, ATTACKER);
  return [
    [`${alg}, signed with the attacker's key, and our kid`, alg, { key }, 'signature'],
    [
      `${alg}, signed with the attacker's key, without kid`,
      alg,
      { key, header: { kid: undefined } },
      'signature',
    ],
    [
      `${alg}, signed with the attacker's key, and the attacker's kid`,
      alg,
      { key, header: { kid: 'attacker' } },
      'key',
    ],
  ];
});

export const algorithmAttacks = [none, unknown, confusion, crossed, stranger].flat();
