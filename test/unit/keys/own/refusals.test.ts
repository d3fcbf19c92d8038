import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { AuthError } from 'intentkit-auth';
import { importPKCS8, importSPKI } from 'jose';
import { describe, expect, it } from 'vitest';
import { searchFor } from '../../../support/leaks.js';
import { ENGINE_NAMES, pairFor, refusalOf } from '../../../support/own-keys.js';
import { SECRET } from '../../../support/secrets.js';

const [ec, ed, rsa] = [pairFor('ES256'), pairFor('Ed25519'), pairFor('RS256')];
const pem = String(ec.privateKey.export({ format: 'pem', type: 'pkcs8' }));
const spki = String(ec.publicKey.export({ format: 'pem', type: 'spki' }));
const jwk = ec.privateKey.export({ format: 'jwk' });
const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const otherJwk = other.publicKey.export({ format: 'jwk' });
const short = generateKeyPairSync('rsa', { modulusLength: 1024 });
const shortPem = (type: 'pkcs1' | 'pkcs8'): string =>
  String(short.privateKey.export({ format: 'pem', type: type as 'pkcs8' }));
const encrypted = (type: 'pkcs8' | 'sec1'): string =>
  String(
    ec.privateKey.export({
      format: 'pem',
      type: type as 'pkcs8',
      cipher: 'aes-128-cbc',
      passphrase: 'secret',
    }),
  );
const [x25519, secp256k1] = [
  generateKeyPairSync('x25519'),
  generateKeyPairSync('ec', { namedCurve: 'secp256k1' }),
];
const rsaPss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 });
const ecdh = await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, true, ['deriveBits']);
const hmac = await crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, true, ['sign']);
const pssKey = await importPKCS8(String(rsa.privateKey.export({ format: 'pem', type: 'pkcs8' })), 'PS384');
const verifyKey = await importSPKI(spki, 'ES256');
const sign = (): Uint8Array => new Uint8Array();
const der = ec.privateKey.export({ format: 'der', type: 'pkcs8' });
const asPem = (bytes: Buffer, label = 'PRIVATE KEY'): string =>
  `-----BEGIN ${label}-----\n${bytes.toString('base64')}\n-----END ${label}-----\n`;

const PRIVATE = '"signingKeys[0].privateKey"';
const PUBLIC = '"signingKeys[0].publicKey"';
const FORMS = 'must be the text of a PEM key, a JWK, a KeyObject or a CryptoKey';
const TYPES = 'must be an RSA, P-256, P-384, P-521 or Ed25519 key';
const FOR_SIGNATURES = 'must be a key for signatures; its "use", "key_ops" or usages are for something else.';
const NOT_ONE_KEY =
  'is not one key: its private part is damaged, or belongs to another key than its public part.';
const WEAK = 'is a weak or invalid key: create a new one.';
const isPrivate = (privateKey: unknown): object => ({ privateKey });
const isPublic = (publicKey: unknown): object => ({ publicKey, sign });

/** Private keys with parts of two keys. OpenSSL imports those of RSA, and signs with the parts that fit. */
const MIXED = await mixedKeys();
/** `n`, `e` and `d` of one RSA key, and the other numbers as they follow from its `d` and the primes of another key. */
function fitting({ n, e, d }: JsonWebKey, { p, q }: JsonWebKey): JsonWebKey {
  const number = (text = ''): bigint => BigInt(`0x${Buffer.from(text, 'base64url').toString('hex')}`);
  const text = (value: bigint): string =>
    Buffer.from(value.toString(16).padStart(256, '0'), 'hex').toString('base64url');
  const exponent = (prime: string | undefined): string => text(number(d) % (number(prime) - 1n));
  return { ...{ n, e, d }, dp: exponent(p), dq: exponent(q) } as JsonWebKey;
}

async function mixedKeys(): Promise<[what: string, key: object | string][]> {
  const mine = rsa.privateKey.export({ format: 'jwk' });
  const theirs = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });
  const two = { ...mine, d: String(theirs.d) };
  const key = createPrivateKey({ key: two, format: 'jwk' });
  const rsaFamily = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  const point = other.publicKey.export({ format: 'der', type: 'spki' }).subarray(-65);
  const withOtherPoint = (type: 'pkcs8' | 'sec1'): Buffer => {
    const bytes = ec.privateKey.export({ format: 'der', type: type as 'pkcs8' });
    point.copy(bytes, bytes.length - point.length);
    return bytes;
  };
  return [
    ...['n', 'd', 'p', 'q', 'dp', 'dq', 'qi'].map((name): [string, object] => [
      `"${name}" of another RSA key`,
      { ...mine, [name]: theirs[name] },
    ]),
    ['primes of another RSA key, and numbers that fit them', { ...theirs, ...fitting(mine, theirs) }],
    ['a private RSA key and the public part of another', { ...theirs, n: mine.n }],
    ['the exponent of another RSA key', { ...mine, e: 'Aw' }],
    ['a private RSA key without its primes', { kty: 'RSA', n: mine.n, e: mine.e, d: mine.d }],
    ['two RSA keys in one as PKCS #1', String(key.export({ format: 'pem', type: 'pkcs1' }))],
    ['two RSA keys in one as PKCS #8', String(key.export({ format: 'pem', type: 'pkcs8' }))],
    ['two RSA keys in one as a KeyObject', key],
    [
      'two RSA keys in one as a CryptoKey',
      await crypto.subtle.importKey('jwk', two, rsaFamily, true, ['sign']),
    ],
    ['two EC keys in one as PKCS #8', asPem(withOtherPoint('pkcs8'))],
    ['two EC keys in one as SEC1', asPem(withOtherPoint('sec1'), 'EC PRIVATE KEY')],
  ];
}

/** What is wrong with the first entry, and the sentence. */
const ENTRIES: ReadonlyArray<readonly [what: string, entry: object, sentence: string]> = [
  ['no key', {}, '"signingKeys[0]" needs "privateKey" or "publicKey".'],
  ['only an id', { keyId: 'a' }, '"signingKeys[0]" needs "privateKey" or "publicKey".'],
  [
    '"sign" alone',
    { sign },
    '"signingKeys[0].sign" needs "publicKey", because each signature is verified before it is used.',
  ],
  [
    '"sign" beside a private key',
    { privateKey: pem, sign },
    '"signingKeys[0]" has "privateKey" and "sign": give one of them.',
  ],
  [
    'a timeout without "sign"',
    { privateKey: pem, timeout: '1s' },
    '"signingKeys[0].timeout" is only for an entry with "sign".',
  ],
  ['a number', isPrivate(5), `${PRIVATE} ${FORMS}.`],
  ['empty text', isPrivate(''), `${PRIVATE} ${FORMS}.`],
  ['text that is no key', isPrivate(SECRET), `${PRIVATE} ${FORMS}.`],
  ['bytes', isPrivate(Buffer.from(pem)), `${PRIVATE} ${FORMS}.`],
  ['an object of another kind', isPrivate({ type: 'private' }), `${PRIVATE} ${TYPES}.`],
  ['the text of a JWK', isPrivate(JSON.stringify(jwk)), `${PRIVATE} ${FORMS}; read a JWK with JSON.parse.`],
  [
    'PEM with "\\n" in place of line breaks',
    isPrivate(pem.replaceAll('\n', '\\n')),
    `${PRIVATE} ${TYPES} in complete PEM; write line breaks in place of "\\n".`,
  ],
  [
    'twenty thousand keys',
    isPrivate(pem.repeat(20_000)),
    `${PRIVATE} must be the text of one PEM key, without other keys or certificates.`,
  ],
  [
    'two keys',
    isPrivate(pem + pem),
    `${PRIVATE} must be the text of one PEM key, without other keys or certificates.`,
  ],
  ...(['pkcs8', 'sec1'] as const).map((type): [string, object, string] => [
    `an encrypted key (${type})`,
    isPrivate(encrypted(type)),
    `${PRIVATE} must be a key that is not encrypted; decrypt it with "openssl pkey".`,
  ]),
  [
    'an OpenSSH key',
    isPrivate(asPem(der, 'OPENSSH PRIVATE KEY')),
    `${PRIVATE} must be PEM of PKCS #8, SEC1, PKCS #1 or SPKI, which begins with "BEGIN PRIVATE KEY" or alike.`,
  ],
  [
    'a certificate',
    isPublic(asPem(der, 'CERTIFICATE')),
    `${PUBLIC} must be a key; "openssl x509 -pubkey -noout" prints that of a certificate.`,
  ],
  ['half of a key', isPrivate(asPem(der.subarray(0, 60))), `${PRIVATE} ${TYPES} in complete PEM.`],
  ['a key and more', isPrivate(asPem(Buffer.concat([der, der]))), `${PRIVATE} ${TYPES} in complete PEM.`],
  [
    'another form than its label',
    isPrivate(asPem(der, 'EC PRIVATE KEY')),
    `${PRIVATE} ${TYPES} in complete PEM.`,
  ],
  ['a curve for agreements', isPrivate(x25519.privateKey), `${PRIVATE} ${TYPES}.`],
  ['a curve of Bitcoin', isPrivate(secp256k1.privateKey), `${PRIVATE} ${TYPES}.`],
  [
    'a curve of Bitcoin as PEM',
    isPrivate(secp256k1.privateKey.export({ format: 'pem', type: 'pkcs8' })),
    `${PRIVATE} ${TYPES} in complete PEM.`,
  ],
  [
    'a curve of Bitcoin as JWK',
    isPrivate(secp256k1.privateKey.export({ format: 'jwk' })),
    `${PRIVATE} ${TYPES}.`,
  ],
  ['RSA-PSS parameters', isPrivate(rsaPss.privateKey), `${PRIVATE} ${TYPES}.`],
  ['a CryptoKey for agreements', isPrivate(ecdh.privateKey), `${PRIVATE} ${TYPES}.`],
  ['an HMAC CryptoKey', isPrivate(hmac), `${PRIVATE} ${TYPES}, and this is a secret; give that as "secret".`],
  [
    'an HMAC JWK',
    isPrivate({ kty: 'oct', k: SECRET }),
    `${PRIVATE} ${TYPES}, and this is a secret; give that as "secret".`,
  ],
  ['a JWK for encryption', isPrivate({ ...jwk, use: 'enc' }), `${PRIVATE} ${FOR_SIGNATURES}`],
  ['a JWK that may not sign', isPrivate({ ...jwk, key_ops: ['verify'] }), `${PRIVATE} ${FOR_SIGNATURES}`],
  ['"key_ops" that are no list', isPrivate({ ...jwk, key_ops: 'sign' }), `${PRIVATE} ${FOR_SIGNATURES}`],
  ['a "kid" that is no text', isPrivate({ ...jwk, kid: 5 }), `${PRIVATE} must be a JWK whose "kid" is text.`],
  [
    'an "alg" that is no text',
    isPrivate({ ...jwk, alg: 5 }),
    `${PRIVATE} must be a JWK whose "alg" is text.`,
  ],
  ...[spki, otherJwk, ec.publicKey, verifyKey].map((key, index): [string, object, string] => [
    `a public key for a private one (${index})`,
    isPrivate(key),
    `${PRIVATE} must be a private key, and this is a public one.`,
  ]),
  ...[pem, jwk, ec.privateKey].map((key, index): [string, object, string] => [
    `a private key for a public one (${index})`,
    isPublic(key),
    `${PUBLIC} must be a public key, and this is a private one; give that as "privateKey".`,
  ]),
  ...[
    { ...jwk, x: otherJwk.x, y: otherJwk.y },
    { ...ed.privateKey.export({ format: 'jwk' }), x: otherJwk.x },
  ].map((key, index): [string, object, string] => [
    `the private part of another key (${index})`,
    isPrivate(key),
    `${PRIVATE} ${NOT_ONE_KEY}`,
  ]),
  ...MIXED.map(([what, key]): [string, object, string] => [
    what,
    isPrivate(key),
    `${PRIVATE} ${NOT_ONE_KEY}`,
  ]),
  ['a point that is not on the curve', isPrivate({ ...jwk, y: jwk.x }), `${PRIVATE} ${WEAK}`],
  [
    'a JWK without its point',
    isPrivate({ kty: 'EC', crv: 'P-256', d: jwk.d }),
    `${PRIVATE} is damaged: it cannot be imported.`,
  ],
  ...[shortPem('pkcs1'), shortPem('pkcs8'), short.privateKey, short.privateKey.export({ format: 'jwk' })].map(
    (key, index): [string, object, string] => [
      `1024 bits (${index})`,
      isPrivate(key),
      `${PRIVATE} is an RSA key of less than 2048 bits: use a longer one.`,
    ],
  ),
  [
    'another public key beside the private one',
    { privateKey: pem, publicKey: other.publicKey },
    '"signingKeys[0].publicKey" is not the public part of "signingKeys[0].privateKey".',
  ],
  [
    'a public key of another type beside the private one',
    { privateKey: pem, publicKey: rsa.publicKey },
    '"signingKeys[0].publicKey" is not the public part of "signingKeys[0].privateKey".',
  ],
  [
    'an algorithm for another curve',
    { privateKey: pem, algorithm: 'ES384' },
    '"signingKeys[0].algorithm" does not fit its key: use ES256, or leave it out.',
  ],
  [
    'another algorithm than that of the CryptoKey',
    { privateKey: pssKey, algorithm: 'PS512' },
    '"signingKeys[0].algorithm" does not fit its key: use PS384, or leave it out.',
  ],
  [
    'an "alg" for another curve',
    isPrivate({ ...jwk, alg: 'ES512' }),
    '"signingKeys[0]" has a key whose own "alg" does not fit it: correct it, or leave it out.',
  ],
];

const issuer = 'https://agents.example.com';
const jwksUrl = 'https://id.example.com/jwks';
const good = { privateKey: pem };
const PUBLISHED = { publicKey: spki };
const SELECTS = 'because the "iss" of a token selects its keys.';

/** What is wrong with the whole, and the sentence. */
const CONFIGS: ReadonlyArray<readonly [what: string, config: object, sentence: string]> = [
  ['an empty list', { signingKeys: [] }, '"signingKeys" must be a non-empty list of signingKeys.'],
  [
    'no key that signs',
    { signingKeys: [PUBLISHED] },
    '"signingKeys" has no entry that can sign: a client that only verifies uses "jwksUrl".',
  ],
  [
    'a first key that does not sign',
    { signingKeys: [{ publicKey: other.publicKey }, good] },
    '"signingKeys[0]" must be able to sign: give it "privateKey", or put an entry that has it first.',
  ],
  [
    'one key twice',
    { signingKeys: [good, PUBLISHED] },
    '"signingKeys[1]" has the key id of "signingKeys[0]": give each key its own "keyId".',
  ],
  [
    'one id twice',
    {
      signingKeys: [
        { ...good, keyId: 'a' },
        { publicKey: rsa.publicKey },
        { publicKey: ed.publicKey, keyId: 'a' },
      ],
    },
    '"signingKeys[2]" has the key id of "signingKeys[0]": give each key its own "keyId".',
  ],
  [
    'a mistake in the second entry',
    { signingKeys: [good, { publicKey: short.publicKey }] },
    '"signingKeys[1].publicKey" is an RSA key of less than 2048 bits: use a longer one.',
  ],
  [
    'an "algorithm" of the client',
    { signingKeys: [good], algorithm: 'ES256' },
    '"algorithm" is not for "signingKeys"; set "algorithm" in its entries.',
  ],
  [
    'an "algorithm" beside a secret that is not the secret\'s',
    { signingKeys: [good], algorithm: 'ES256', secret: SECRET },
    '"algorithm" must be HS256, HS384 or HS512 with "secret".',
  ],
  [
    'no issuer beside "jwksUrl"',
    { signingKeys: [good], jwksUrl, jwks: { issuer: 'https://id.example.com' } },
    `"signingKeys" beside "jwksUrl" needs "issuer" and "jwks.issuer", ${SELECTS}`,
  ],
  [
    'no issuer of "jwksUrl"',
    { issuer, signingKeys: [good], jwksUrl },
    `"signingKeys" beside "jwksUrl" needs "issuer" and "jwks.issuer", ${SELECTS}`,
  ],
  [
    'no issuer beside "issuers"',
    { signingKeys: [good], issuers: [{ issuer: 'https://id.example.com' }] },
    `"signingKeys" beside "issuers" needs "issuer" and that of each entry of "issuers", ${SELECTS}`,
  ],
  [
    'one issuer for the own keys and "jwksUrl"',
    { issuer: ['a', issuer], signingKeys: [good], jwksUrl, jwks: { issuer: [issuer, 'b'] } },
    '"issuer" must differ from "jwks.issuer": otherwise the keys of another issuer could sign tokens in your name.',
  ],
  [
    'one issuer for the own keys and an entry',
    { issuer, signingKeys: [good], issuers: [{ issuer: 'https://id.example.com' }, { issuer }] },
    '"issuer" must differ from that of each entry of "issuers": otherwise the keys of another issuer could sign tokens in your name.',
  ],
];

const MARKS = {
  d: String(jwk.d),
  pem: pem.split('\n')[1] ?? '',
  rsa: String(short.privateKey.export({ format: 'jwk' }).d),
};
const leaked = searchFor(MARKS);
const CASES = ENGINE_NAMES.flatMap((engine) =>
  [
    ...ENTRIES.map(([what, entry, sentence]) => [what, { signingKeys: [entry] }, sentence] as const),
    ...CONFIGS,
  ].map(([what, config, sentence]) => [what, engine, config, sentence] as const),
);

describe('"signingKeys"', () => {
  it.each(CASES)('with %s is refused in one sentence (%s)', async (_, engine, config, sentence) => {
    const error = await refusalOf(config, engine);
    expect(error).toEqual(new AuthError('ERR_AUTH_CONFIG', sentence));
    expect(leaked([error])).toEqual([]);
  });

  it('is refused by `node:crypto` at construction, and the search for a key finds one', async () => {
    const { createAuthClient } = await import('intentkit-auth');
    for (const [, entry] of ENTRIES) {
      expect(() => createAuthClient({ signingKeys: [entry as { privateKey: string }] })).toThrow(AuthError);
    }
    // A line break of PEM may be inside "d".
    expect(leaked([pem])).toContain('pem');
    expect(leaked([jwk])).toContain('d');
  });

  it('refuses a CryptoKey that cannot be exported where only an export gives its public key', async () => {
    const locked = await importPKCS8(pem, 'ES256');
    const config = { signingKeys: [{ privateKey: locked }] };
    const sentence = `${PRIVATE} cannot be exported on this runtime: make it extractable, or give its "publicKey" beside it.`;
    expect(await refusalOf(config, 'jose')).toEqual(new AuthError('ERR_AUTH_CONFIG', sentence));
    expect(await refusalOf(config, 'node')).toBeUndefined();
    const another = {
      signingKeys: [
        {
          privateKey: locked,
          publicKey: createPublicKey(other.publicKey.export({ format: 'pem', type: 'spki' })),
        },
      ],
    };
    for (const engine of ENGINE_NAMES) {
      expect(await refusalOf(another, engine)).toMatchObject({
        message: '"signingKeys[0].publicKey" is not the public part of "signingKeys[0].privateKey".',
      });
    }
  });
});
