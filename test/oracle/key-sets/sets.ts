/**
 * Key sets in the shapes that providers and libraries publish, with keys of our own making. Only the members and the
 * spelling are theirs.
 */
import { createHash, generateKeyPairSync } from 'node:crypto';
import type { IgnoredKeyReason } from 'intentkit-auth';
import { base64url, generateKeys, type Keys } from '../../support/mint.js';
import {
  generateKeysWithZero,
  padded,
  plain,
  plainPadded,
  withoutZeros,
  withZeros,
} from '../../support/spellings.js';

/** Who signs a token, and what its header has. */
export interface SignedBy {
  readonly alg: string;
  readonly kid?: string;
  readonly by: Keys;
}

/** What a set publishes, and what must become of it. */
export interface PublishedSet {
  readonly shape: string;
  readonly set: object;
  /** Tokens that verify. */
  readonly verifies: readonly SignedBy[];
  /** Tokens of keys that are ignored, which are refused. */
  readonly refuses?: readonly SignedBy[];
  readonly ignored?: Readonly<Partial<Record<IgnoredKeyReason, number>>>;
}

const [a, b] = [generateKeys('RS256'), generateKeys('RS256')];
const ec = generateKeys('ES256');
const other = generateKeys('ES256');
const ed = generateKeys('EdDSA');

const zero = generateKeysWithZero('ES256');

const der = ({ publicKey }: Keys): Buffer => publicKey.export({ type: 'spki', format: 'der' });
/** Bytes where a certificate would be. Nobody reads it. */
const x5c = (keys: Keys): string[] => [der(keys).toString('base64')];
const thumbprint = (keys: Keys, hash: string): string =>
  base64url(createHash(hash).update(der(keys)).digest());
const x5t = (keys: Keys): string => thumbprint(keys, 'sha1');
const hex = (keys: Keys, length: number): string =>
  createHash('sha256').update(der(keys)).digest('hex').slice(0, length);
const pem = ({ publicKey }: Keys): string => String(publicKey.export({ type: 'spki', format: 'pem' }));

const rs256 = (by: Keys, kid?: string): SignedBy => ({ alg: 'RS256', by, ...(kid !== undefined && { kid }) });
const es256 = (by: Keys, kid?: string): SignedBy => ({ alg: 'ES256', by, ...(kid !== undefined && { kid }) });
const SIG = { use: 'sig', alg: 'RS256' };
const rsaOf = (modulusLength: number, publicExponent?: number): Keys => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength,
    ...(publicExponent && { publicExponent }),
  });
  return { publicKey, privateKey, jwk: publicKey.export({ format: 'jwk' }) as Record<string, unknown> };
};

const PROVIDERS: readonly PublishedSet[] = [
  {
    shape: 'Google',
    set: { keys: [a, b].map((keys) => ({ kid: hex(keys, 40), ...keys.jwk, ...SIG })) },
    verifies: [rs256(a, hex(a, 40)), rs256(b, hex(b, 40))],
  },
  {
    shape: 'Microsoft Entra: no "alg", and members of its own',
    set: {
      keys: [a, b].map((keys) => ({
        ...{
          kty: 'RSA',
          use: 'sig',
          kid: x5t(keys),
          x5t: x5t(keys),
          n: keys.jwk.n,
          e: 'AQAB',
          x5c: x5c(keys),
        },
        cloud_instance_name: 'microsoftonline.com',
        issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0',
      })),
    },
    verifies: [rs256(a, x5t(a)), rs256(b, x5t(b)), { alg: 'PS256', kid: x5t(a), by: a }],
  },
  {
    shape: 'AD FS',
    set: { keys: [{ kty: 'RSA', ...SIG, kid: x5t(a), x5t: x5t(a), n: a.jwk.n, e: 'AQAB', x5c: x5c(a) }] },
    verifies: [rs256(a, x5t(a))],
  },
  {
    shape: 'Apple',
    set: {
      keys: [a, b].map((keys) => ({ kty: 'RSA', kid: hex(keys, 10), ...SIG, n: keys.jwk.n, e: 'AQAB' })),
    },
    verifies: [rs256(a, hex(a, 10)), rs256(b, hex(b, 10))],
  },
  {
    shape: 'Auth0',
    set: { keys: [{ ...SIG, ...a.jwk, kid: x5t(a), x5t: x5t(a), x5c: x5c(a) }] },
    verifies: [rs256(a, x5t(a))],
  },
  {
    shape: 'Okta',
    set: { keys: [{ kty: 'RSA', alg: 'RS256', kid: 'Nj-8_k', use: 'sig', e: 'AQAB', n: a.jwk.n }] },
    verifies: [rs256(a, 'Nj-8_k')],
  },
  {
    shape: 'Amazon Cognito: key ids in plain base64',
    set: {
      keys: [a, b].map((keys, at) => ({ ...SIG, e: 'AQAB', kid: `q+/${at}=`, kty: 'RSA', n: keys.jwk.n })),
    },
    verifies: [rs256(a, 'q+/0='), rs256(b, 'q+/1=')],
  },
  {
    shape: 'Keycloak: a key for encryption, and a coordinate without its zero',
    set: {
      keys: [
        {
          kid: 'enc',
          kty: 'RSA',
          alg: 'RSA-OAEP',
          use: 'enc',
          x5c: x5c(b),
          x5t: x5t(b),
          n: b.jwk.n,
          e: 'AQAB',
        },
        {
          kid: 'rsa',
          kty: 'RSA',
          ...SIG,
          x5c: x5c(a),
          'x5t#S256': thumbprint(a, 'sha256'),
          n: a.jwk.n,
          e: 'AQAB',
        },
        { kid: 'ec', use: 'sig', alg: 'ES256', ...zero.jwk, x: withoutZeros(zero.jwk.x) },
        { kid: 'ed', use: 'sig', alg: 'EdDSA', ...ed.jwk },
      ],
    },
    verifies: [rs256(a, 'rsa'), es256(zero, 'ec'), { alg: 'EdDSA', kid: 'ed', by: ed }],
    refuses: [rs256(b, 'enc')],
    ignored: { other_use: 1 },
  },
  {
    shape: 'Battle.net: a modulus in plain base64',
    set: { keys: [{ kty: 'RSA', ...SIG, kid: '1', n: plain(a.jwk.n), e: 'AQAB' }] },
    verifies: [rs256(a, '1'), rs256(a)],
  },
  {
    shape: 'NetIQ Access Manager: plain base64 with padding and a zero byte, and no key id',
    set: { keys: [{ kty: 'RSA', ...SIG, n: plainPadded(withZeros(a.jwk.n)), e: 'AQAB' }] },
    verifies: [rs256(a)],
  },
  {
    shape: 'Cloud Foundry UAA: a zero byte before the modulus, and the key as PEM',
    set: { keys: [{ kty: 'RSA', e: 'AQAB', ...SIG, kid: 'key-1', value: pem(a), n: withZeros(a.jwk.n) }] },
    verifies: [rs256(a, 'key-1')],
  },
  {
    shape: 'Authentik',
    set: {
      keys: [
        { ...SIG, kid: hex(a, 32), ...a.jwk, x5c: x5c(a), x5t: x5t(a), 'x5t#S256': thumbprint(a, 'sha256') },
        { kid: hex(ec, 32), use: 'sig', alg: 'ES256', ...ec.jwk },
      ],
    },
    verifies: [rs256(a, hex(a, 32)), es256(ec, hex(ec, 32))],
  },
  {
    shape: 'Kubernetes',
    set: { keys: [{ use: 'sig', kty: 'RSA', kid: x5t(a), alg: 'RS256', n: a.jwk.n, e: 'AQAB' }] },
    verifies: [rs256(a, x5t(a))],
  },
  {
    shape: 'SPIFFE: a trust bundle',
    set: {
      keys: [
        { use: 'x509-svid', ...b.jwk, x5c: x5c(b) },
        { use: 'jwt-svid', kid: 'one', ...ec.jwk },
        { use: 'jwt-svid', kid: 'two', ...a.jwk },
      ],
      spiffe_sequence: 12,
      spiffe_refresh_hint: 300,
    },
    verifies: [es256(ec, 'one'), rs256(a, 'two')],
    // The key of a certificate authority signs certificates, not tokens.
    refuses: [rs256(b, 'x509')],
    ignored: { other_use: 1 },
  },
  {
    shape: 'SPIRE, by discovery: no "use"',
    set: { keys: [{ kid: 'three', alg: 'ES256', ...ec.jwk }] },
    verifies: [es256(ec, 'three')],
  },
  {
    shape: 'Cloudflare Access: certificates beside the keys',
    set: {
      keys: [a, b].map((keys) => ({ kid: hex(keys, 64), ...SIG, ...keys.jwk })),
      public_cert: { kid: hex(a, 64), cert: pem(a) },
      public_certs: [a, b].map((keys) => ({ kid: hex(keys, 64), cert: pem(keys) })),
    },
    verifies: [rs256(a, hex(a, 64)), rs256(b, hex(b, 64))],
  },
  {
    shape: 'WSO2: the algorithm at the end of the key id',
    set: {
      keys: ['RS256', 'PS256'].map((alg) => ({
        ...{ kty: 'RSA', e: 'AQAB', use: 'sig', kid: `${base64url(hex(a, 64))}_${alg}`, alg, n: a.jwk.n },
        ...{ x5c: x5c(a), 'x5t#S256': base64url(hex(a, 64)) },
      })),
    },
    verifies: ['RS256', 'PS256'].map((alg) => ({ alg, kid: `${base64url(hex(a, 64))}_${alg}`, by: a })),
    refuses: [{ alg: 'PS256', kid: `${base64url(hex(a, 64))}_RS256`, by: a }],
  },
  {
    shape: 'Janssen: an expiry, and keys for encryption of each kind',
    set: {
      keys: [
        { name: 'Signing key', kid: 'uuid_sig_rs256', ...SIG, exp: 1_900_000_000_000, x5c: x5c(a), ...a.jwk },
        { kid: 'uuid_enc_rsa1_5', use: 'enc', alg: 'RSA1_5', ...b.jwk },
        { kid: 'uuid_enc_ecdh-es', use: 'enc', alg: 'ECDH-ES', ...other.jwk },
      ],
    },
    verifies: [rs256(a, 'uuid_sig_rs256')],
    refuses: [rs256(b, 'uuid_enc_rsa1_5'), es256(other, 'uuid_enc_ecdh-es')],
    ignored: { other_use: 2 },
  },
];

const NULLS = Object.fromEntries(
  ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'crv', 'x', 'y', 'alg', 'key_ops', 'x5u', 'x5t', 'x5c'].map(
    (name) => [name, null],
  ),
);

const LIBRARIES: readonly PublishedSet[] = [
  {
    shape: '.NET, System.Text.Json: null for what is not set',
    set: {
      keys: [
        { ...NULLS, ...a.jwk, use: 'sig', kid: 'one' },
        { ...NULLS, ...b.jwk, use: null, kid: null },
      ],
    },
    verifies: [rs256(a, 'one'), rs256(b)],
  },
  {
    shape: '.NET, Microsoft.IdentityModel: empty lists for what is not set',
    set: {
      keys: [
        {
          e: 'AQAB',
          key_ops: [],
          kid: 'one',
          kty: 'RSA',
          n: a.jwk.n,
          oth: [],
          use: 'sig',
          x5c: [],
          keySize: 2048,
        },
      ],
    },
    verifies: [rs256(a, 'one')],
  },
  {
    shape: 'Go, a struct without omitempty: empty text for what is not set',
    set: { keys: [{ ...a.jwk, kid: 'one', use: '', alg: '', crv: '', x: '', y: '', d: '', x5c: null }] },
    verifies: [rs256(a, 'one')],
  },
  {
    shape: 'Web Crypto: "key_ops" and "ext"',
    set: {
      keys: [
        { ...a.jwk, alg: 'PS256', key_ops: ['verify'], ext: true, kid: 'one' },
        { ...ec.jwk, key_ops: ['sign', 'verify'], ext: true, kid: 'two' },
        { ...b.jwk, alg: 'RSA-OAEP-256', key_ops: ['encrypt', 'wrapKey'], ext: true, kid: 'three' },
      ],
    },
    verifies: [{ alg: 'PS256', kid: 'one', by: a }, es256(ec, 'two')],
    refuses: [rs256(b, 'three')],
    ignored: { other_use: 1 },
  },
  {
    shape: 'Java, BigInteger: a zero byte for the sign, or none where one belongs',
    set: {
      keys: [
        { ...a.jwk, n: withZeros(a.jwk.n), e: withZeros(a.jwk.e), kid: 'one' },
        { ...ec.jwk, x: withZeros(ec.jwk.x), y: withZeros(ec.jwk.y, 2), kid: 'two' },
        { ...zero.jwk, x: withoutZeros(zero.jwk.x), kid: 'three' },
      ],
    },
    verifies: [rs256(a, 'one'), es256(ec, 'two'), es256(zero, 'three')],
  },
  {
    shape: 'encoders that pad',
    set: {
      keys: [
        { ...a.jwk, n: padded(a.jwk.n), kid: 'one' },
        { ...ec.jwk, x: padded(ec.jwk.x), y: plainPadded(ec.jwk.y), kid: 'two' },
        { ...ed.jwk, x: padded(ed.jwk.x), kid: 'three' },
      ],
    },
    verifies: [rs256(a, 'one'), es256(ec, 'two'), { alg: 'Ed25519', kid: 'three', by: ed }],
  },
];

const weak = rsaOf(1024);
const exponent3 = rsaOf(2048, 3);
const secp256k1 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey.export({ format: 'jwk' });
const x25519 = generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' });
const privateJwk = b.privateKey.export({ format: 'jwk' });

const ODD: readonly PublishedSet[] = [
  {
    shape: 'what is no key, between the keys',
    set: { keys: [null, 'key', 7, true, [], [a.jwk], {}, { ...a.jwk, kid: 'one' }, { keys: [b.jwk] }] },
    verifies: [rs256(a, 'one')],
    ignored: { malformed: 8 },
  },
  {
    shape: 'one key id for keys of several types',
    set: { keys: [a, ec, ed, other].map(({ jwk }) => ({ ...jwk, kid: 'same' })) },
    verifies: [
      rs256(a, 'same'),
      es256(ec, 'same'),
      es256(other, 'same'),
      { alg: 'EdDSA', kid: 'same', by: ed },
    ],
    refuses: [{ alg: 'ES384', kid: 'same', by: generateKeys('ES384') }],
  },
  {
    shape: 'weak RSA keys in spellings of every kind, beside a good one',
    set: {
      keys: [
        { ...a.jwk, kid: 'good' },
        { ...exponent3.jwk, kid: 'three' },
        { ...weak.jwk, kid: 'short' },
        { ...weak.jwk, n: withZeros(weak.jwk.n, 128), kid: 'zeros' },
        { ...weak.jwk, n: plainPadded(withZeros(weak.jwk.n, 300)), kid: 'padded' },
        { ...b.jwk, e: 'AAAAAQ==', kid: 'one' },
        { ...b.jwk, e: base64url(Buffer.alloc(64, 0xff)), kid: '512 bits' },
        { ...b.jwk, n: plain(base64url(Buffer.alloc(256, 0xfe))), kid: 'even' },
        { ...privateJwk, kid: 'private' },
      ],
    },
    verifies: [rs256(a, 'good'), rs256(exponent3, 'three')],
    refuses: [...['short', 'zeros', 'padded'].map((kid) => rs256(weak, kid)), rs256(b, 'private')],
    ignored: { short: 3, exponent: 2, modulus: 1, private: 1 },
  },
  {
    shape: 'points that nobody should use, in spellings of every kind, beside a good one',
    set: {
      keys: [
        { ...ec.jwk, kid: 'good' },
        { ...ed.jwk, x: padded(base64url(Buffer.alloc(32))), kid: 'small order' },
        { ...ed.jwk, x: plain(base64url(Buffer.alloc(32, 0xff))), kid: 'not canonical' },
        { ...ed.jwk, x: withZeros(ed.jwk.x), kid: '33 bytes' },
        { ...other.jwk, x: withZeros(other.jwk.y), y: padded(other.jwk.x), kid: 'off curve' },
      ],
    },
    verifies: [es256(ec, 'good')],
    refuses: [es256(other, 'off curve')],
    ignored: { small_order: 1, not_canonical: 1, malformed: 1, off_curve: 1 },
  },
  {
    shape: 'keys of kinds that are not supported, beside a good one',
    set: {
      keys: [
        { kty: 'AKP', alg: 'ML-DSA-44', pub: base64url(Buffer.alloc(1312, 1)), kid: 'ml-dsa' },
        { ...secp256k1, alg: 'ES256K', kid: 'secp256k1' },
        { ...x25519, kid: 'x25519' },
        { ...ec.jwk, kid: 'good' },
      ],
    },
    verifies: [es256(ec, 'good')],
    ignored: { unsupported: 3 },
  },
];

export const SETS: readonly PublishedSet[] = [...PROVIDERS, ...LIBRARIES, ...ODD];

/** Sets of which nothing can be used, and what the error says of them. */
export const USELESS: readonly [
  shape: string,
  set: object,
  problem: string,
  ignored: PublishedSet['ignored'],
][] = [
  ['Authentik, without a signing key', {}, 'the endpoint did not answer with a JSON Web Key Set', {}],
  ['empty', { keys: [] }, 'the endpoint answered with no key for an accepted algorithm', {}],
  [
    'short keys and a private one',
    { keys: [weak.jwk, { ...weak.jwk, n: plain(weak.jwk.n) }, privateJwk] },
    'the endpoint answered with no key for an accepted algorithm; ignored: 2 short, 1 private',
    { short: 2, private: 1 },
  ],
  [
    'keys for encryption alone',
    { keys: [{ ...a.jwk, use: 'enc' }, null] },
    'the endpoint answered with no key for an accepted algorithm; ignored: 1 other_use, 1 malformed',
    { other_use: 1, malformed: 1 },
  ],
];
