import { generateKeyPairSync } from 'node:crypto';
import {
  type AuthClient,
  AuthError,
  type AuthProviderConfig,
  createAuthClient,
  type VerifyFailure,
} from 'intentkit-auth';
import { jwtVerify } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type JwksServer, startJwksServer } from '../support/jwks-server.js';
import { base64url, generateKeys, type Keys, type Minted, mint, segment } from '../support/mint.js';
import { titled } from '../support/titled.js';

const NOW = 1_750_000_000;
const SECRET = 'a secret of sixty-four bytes, which is enough for every HMAC hash';
const OTHER_SECRET = 'another secret, just as long, that no client in here was given :)';

// biome-ignore format: one family a line
const ASYMMETRIC = [
  'RS256', 'RS384', 'RS512',
  'PS256', 'PS384', 'PS512',
  'ES256', 'ES384', 'ES512',
  'EdDSA', 'Ed25519',
] as const;
const HMAC = ['HS256', 'HS384', 'HS512'] as const;

const rsa = generateKeys('RS256', 'rsa');
const keysFor: Readonly<Record<string, Keys>> = {
  RS256: rsa,
  RS384: rsa,
  RS512: rsa,
  PS256: rsa,
  PS384: rsa,
  PS512: rsa,
  ES256: generateKeys('ES256', 'p-256'),
  ES384: generateKeys('ES384', 'p-384'),
  ES512: generateKeys('ES512', 'p-521'),
};
const ed25519 = generateKeys('EdDSA', 'ed25519');
const otherRsa = generateKeys('RS256', 'other-rsa');

const keys = (alg: string): Keys => keysFor[alg] ?? ed25519;

let idp: JwksServer;
beforeAll(async () => {
  idp = await startJwksServer({ keys: [...new Set(ASYMMETRIC.map(keys))].map(({ jwk }) => jwk) });
});
afterAll(() => idp.close());

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
  vi.setSystemTime(NOW * 1000 + 999);
});
afterEach(() => {
  vi.useRealTimers();
});

const createClient = (config: AuthProviderConfig = {}): AuthClient =>
  createAuthClient({ secret: SECRET, ...config });

const token = (payload: Minted['payload'], header: object = {}, key: Minted['key'] = SECRET): string =>
  mint({ header: { alg: 'HS256', typ: 'JWT', ...header }, payload, key });

const idpToken = (alg: string, payload: Minted['payload'] = {}): string =>
  mint({ header: { alg, kid: keys(alg).jwk.kid }, payload, key: keys(alg).privateKey });

const flipBit = (jwt: string): string => {
  const [header, payload, signature = ''] = jwt.split('.');
  const bytes = Buffer.from(signature, 'base64url');
  bytes.writeUInt8(bytes.readUInt8(7) ^ 1, 7);
  return `${header}.${payload}.${base64url(bytes)}`;
};

const refused = (reason: VerifyFailure, message: string, payload: object = {}) => ({
  valid: false,
  payload,
  expired: reason === 'expired',
  reason,
  message,
});

const accepted = (payload: object = {}) => ({ valid: true, payload, expired: false });

const NOT_STRING = 'The token is not a string.';
const NOT_THREE = 'The token is not three non-empty segments of canonical base64url.';
const NOT_CANONICAL = 'The token is not three non-empty segments of canonical base64url.';
const NO_HEADER = 'The token has no JSON header with an "alg".';
const NO_PAYLOAD = 'The payload is not a JSON object.';
const WRONG_ALGORITHM = 'The "alg" header is not an accepted algorithm.';
const NO_KEY = 'There is no key for the "kid" and "alg" headers.';
const WRONG_SIGNATURE = 'The signature was not made by the expected key.';
const EXPIRED = 'The token has expired.';

describe('A token that is not a string', () => {
  const throwing = (): never => {
    throw new Error('touched');
  };
  const trap = new Proxy(
    {},
    { get: throwing, has: throwing, ownKeys: throwing, getPrototypeOf: throwing, apply: throwing },
  );

  it.each(
    titled<{ what: string; value: unknown }>([
      { what: 'undefined', value: undefined },
      { what: 'null', value: null },
      { what: 'true', value: true },
      { what: 'zero', value: 0 },
      { what: 'not a number', value: Number.NaN },
      { what: 'a BigInt', value: 1n },
      { what: 'a symbol', value: Symbol('token') },
      { what: 'a function', value: () => token({}) },
      { what: 'an object', value: {} },
      { what: 'an object without a prototype', value: Object.create(null) },
      { what: 'an array', value: [token({})] },
      { what: 'a boxed string', value: new String(token({})) },
      { what: 'bytes', value: Buffer.from(token({})) },
      { what: 'an object that turns into a token', value: { toString: () => token({}), length: 3 } },
      { what: 'a promise of a token', value: Promise.resolve(token({})) },
      { what: 'a proxy whose every trap throws', value: trap },
    ]),
  )('is malformed: %s', async (_, { value }) => {
    expect(await createClient().verify(value as string)).toEqual(refused('malformed', NOT_STRING));
  });
});

describe('A malformed token', () => {
  const good = token({ sub: 'user-1' });
  const [header = '', payload = '', signature = ''] = good.split('.');

  it.each(
    titled([
      { what: 'the empty string', value: '' },
      { what: 'a word', value: 'token' },
      { what: 'two dots', value: '..' },
      { what: 'one segment', value: header },
      { what: 'two segments', value: `${header}.${payload}` },
      { what: 'four segments', value: `${good}.${signature}` },
      { what: 'five segments, as a JWE has', value: `${good}.${signature}.${signature}` },
      { what: 'a dot before', value: `.${good}` },
      { what: 'a dot after', value: `${good}.` },
      { what: 'an empty header', value: `.${payload}.${signature}` },
      { what: 'an empty payload', value: `${header}..${signature}` },
      { what: 'an empty signature', value: `${header}.${payload}.` },
      { what: 'a space before', value: ` ${good}` },
      { what: 'a space after', value: `${good} ` },
      { what: 'a line break before', value: `\n${good}` },
      { what: 'a line break after', value: `${good}\n` },
      { what: 'a line break within', value: `${header}.\n${payload}.${signature}` },
      { what: 'a second line', value: `${good}\n${good}` },
      { what: 'the scheme before', value: `Bearer ${good}` },
      { what: 'padding', value: `${good}=` },
      { what: 'a character of standard base64', value: `${header}.${payload}.+${signature.slice(1)}` },
      {
        what: 'the other character of standard base64',
        value: `${header}.${payload}./${signature.slice(1)}`,
      },
      { what: 'a character beyond ASCII', value: `${header}.${payload}.é${signature.slice(1)}` },
      { what: 'a full-width letter', value: `${header}.${payload}.Ａ${signature.slice(1)}` },
      { what: 'a null character', value: `${good}\0` },
      { what: 'the JSON serialization', value: JSON.stringify({ protected: header, payload, signature }) },
    ]),
  )('is refused: %s', async (_, { value }) => {
    expect(await createClient().verify(value)).toEqual(refused('malformed', NOT_THREE));
  });

  it('is refused beyond 64 KiB', async () => {
    const client = createClient();
    const length = 65_536 - header.length - signature.length - 2;
    const text = `{"pad":"${'x'.repeat(Math.floor((length * 3) / 4) - 10)}"}`;
    const largest = token(Buffer.from(text));
    expect(largest).toHaveLength(65_536);
    expect(await client.verify(largest)).toMatchObject({ valid: true });
    expect(await client.verify(token(Buffer.from(`${text} `)))).toEqual(
      refused('malformed', 'The token is larger than 64 KiB.'),
    );
  });
});

describe('The spelling of a segment', () => {
  const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

  /** Another spelling of the same bytes: a bit set that is left over, or one character too many. */
  const respell = (text: string): string =>
    text.length % 4 === 0
      ? `${text}A`
      : text.slice(0, -1) + ALPHABET.charAt(ALPHABET.indexOf(text.slice(-1)) + 1);

  it.each([
    { part: 'header', remainder: 0, header: { a: 1 } },
    { part: 'header', remainder: 2, header: { a: 12 } },
    { part: 'header', remainder: 3, header: { a: 123 } },
    { part: 'payload', remainder: 0, payload: { a: 1.1 } },
    { part: 'payload', remainder: 2, payload: { a: 1 } },
    { part: 'payload', remainder: 3, payload: { a: 12 } },
    { part: 'signature', remainder: 0, algorithm: 'HS384' as const },
    { part: 'signature', remainder: 2, algorithm: 'HS512' as const },
    { part: 'signature', remainder: 3, algorithm: 'HS256' as const },
  ])('counts in the $part, also with $remainder characters in its last group', async (row) => {
    const { part, remainder, algorithm = 'HS256', header = {}, payload = {} } = row;
    const client = createClient({ algorithm });
    const parts = { header: segment({ alg: algorithm, ...header }), payload: segment(payload) };
    const good = mint({ ...parts, key: SECRET, alg: algorithm });
    expect(await client.verify(good)).toEqual(accepted(payload));

    const spelling = good.split('.')[['header', 'payload', 'signature'].indexOf(part)] ?? '';
    const other = respell(spelling);
    expect(spelling.length % 4).toBe(remainder);
    expect(Buffer.from(other, 'base64url')).toEqual(Buffer.from(spelling, 'base64url'));

    // Signed over the other spelling, so that nothing but the spelling is wrong.
    const odd =
      part === 'signature'
        ? good.replace(spelling, other)
        : mint({ ...parts, [part]: other, key: SECRET, alg: algorithm });
    expect(await client.verify(odd)).toEqual(refused('malformed', NOT_CANONICAL));
  });

  it.each([
    { algorithm: 'HS256' as const, last: 'AEIMQUYcgkosw048' },
    { algorithm: 'HS384' as const, last: ALPHABET },
    { algorithm: 'HS512' as const, last: 'AQgw' },
  ])('may end a signature by $algorithm in any of $last', async ({ algorithm, last }) => {
    const client = createClient({ algorithm });
    const seen = new Set<string>();
    for (let n = 0; n < 500; n += 1) {
      const jwt = mint({ header: { alg: algorithm }, payload: { n }, key: SECRET });
      seen.add(jwt.slice(-1));
      expect(await client.verify(jwt)).toEqual(accepted({ n }));
    }
    expect([...seen].sort()).toEqual([...last].sort());
  });
});

const NOT_OBJECTS: { what: string; bytes: Uint8Array }[] = [
  { what: 'a JSON string', bytes: Buffer.from('"text"') },
  { what: 'a JSON number', bytes: Buffer.from('5') },
  { what: 'null', bytes: Buffer.from('null') },
  { what: 'an array', bytes: Buffer.from('[{"alg":"HS256"}]') },
  { what: 'not JSON', bytes: Buffer.from('alg=HS256') },
  { what: 'cut off', bytes: Buffer.from('{"alg":"HS256"') },
  { what: 'two objects', bytes: Buffer.from('{"alg":"HS256"}{}') },
  { what: 'behind a byte-order mark', bytes: Buffer.from('\uFEFF{"alg":"HS256"}') },
  {
    what: 'invalid UTF-8',
    bytes: Buffer.concat([Buffer.from('{"alg":"HS256","a":"'), Buffer.from([0xff]), Buffer.from('"}')]),
  },
  { what: 'UTF-16', bytes: Buffer.from('{"alg":"HS256"}', 'utf16le') },
];

describe('The header', () => {
  it.each(
    titled([
      ...NOT_OBJECTS,
      { what: 'without an alg', bytes: Buffer.from('{"typ":"JWT"}') },
      { what: 'with an alg of null', bytes: Buffer.from('{"alg":null}') },
      { what: 'with a list as alg', bytes: Buffer.from('{"alg":["HS256"]}') },
      { what: 'with a number as alg', bytes: Buffer.from('{"alg":256}') },
    ]),
  )('is malformed when it is %s', async (_, { bytes }) => {
    const jwt = mint({ header: bytes, payload: {}, key: SECRET, alg: 'HS256' });
    expect(await createClient().verify(jwt)).toEqual(refused('malformed', NO_HEADER));
  });

  it.each([{ b64: false }, { b64: false, crit: ['b64'] }])('is malformed with %j', async (header) => {
    expect(await createClient().verify(token({}, header))).toEqual(
      refused('malformed', 'The token has an unencoded payload.'),
    );
  });

  it.each([
    { crit: ['exp'], exp: NOW },
    { crit: ['http://example.com/extension'], 'http://example.com/extension': true },
    { crit: ['missing'] },
    { crit: ['alg'] },
    { crit: [] },
    { crit: 'b64', b64: true },
    { crit: null },
    { crit: [5] },
    { crit: [''] },
  ])('is malformed when it asks for an extension: %j', async (header) => {
    expect(await createClient().verify(token({}, header))).toEqual(
      refused('malformed', 'The "crit" header asks for an unsupported extension.'),
    );
  });

  it('is read afresh however many have come before', async () => {
    const client = createClient({ typ: 'at+jwt' });
    for (let n = 0; n < 200; n += 1) {
      const typ = n % 2 === 0 ? 'at+jwt' : 'jwt';
      expect((await client.verify(token({ n }, { typ, n: n % 150 }))).valid).toBe(n % 2 === 0);
    }
    const long = { typ: 'at+jwt', x5c: ['x'.repeat(5000)] };
    expect(await client.verify(token({}, long))).toEqual(accepted());
    expect(await client.verify(token({}, { ...long, typ: 'jwt' }))).toMatchObject({ reason: 'claim' });
  });

  it('may say of "b64" what is so anyway, and hold what nobody knows', async () => {
    expect(
      await createClient().verify(token({}, { b64: true, x: [1], jku: 'https://evil.example' })),
    ).toEqual(accepted());
  });
});

describe('The algorithm', () => {
  it.each(HMAC)('%s verifies with the secret', async (algorithm) => {
    const jwt = mint({ header: { alg: algorithm }, payload: { sub: 'user-1' }, key: SECRET });
    const client = createClient({ algorithm });
    expect(await client.verify(jwt)).toEqual(accepted({ sub: 'user-1' }));
    expect(await client.verify(flipBit(jwt))).toEqual(refused('signature', WRONG_SIGNATURE));
    expect(client.status().algorithms).toEqual([algorithm]);
  });

  it.each(ASYMMETRIC)('%s verifies with the JWKS', async (alg) => {
    const client = createAuthClient({ jwksUrl: idp.url });
    const jwt = idpToken(alg, { sub: 'user-1' });
    expect(await client.verify(jwt)).toEqual(accepted({ sub: 'user-1' }));
    expect(await client.verify(flipBit(jwt))).toEqual(refused('signature', WRONG_SIGNATURE));
  });

  it.each(ASYMMETRIC)(
    '%s is the only one accepted when it is configured with the JWKS',
    async (algorithm) => {
      const client = createAuthClient({ jwksUrl: idp.url, algorithm });
      expect(client.status().algorithms).toEqual([algorithm]);
      for (const alg of ASYMMETRIC) {
        expect(await client.verify(idpToken(alg))).toEqual(
          alg === algorithm ? accepted() : refused('algorithm', WRONG_ALGORITHM),
        );
      }
    },
  );

  it.each(HMAC)('%s is the only one accepted when it is configured with a secret', async (algorithm) => {
    const client = createClient({ algorithm });
    for (const alg of HMAC) {
      expect(await client.verify(mint({ header: { alg }, payload: {}, key: SECRET }))).toEqual(
        alg === algorithm ? accepted() : refused('algorithm', WRONG_ALGORITHM),
      );
    }
  });

  it.each([
    { alg: 'none' },
    { alg: 'None' },
    { alg: '' },
    { alg: 'hs256' },
    { alg: 'HS256 ' },
    { alg: 'HS1' },
    { alg: 'A256KW' },
    { alg: 'dir' },
    { alg: 'ES256K' },
    { alg: 'Ed448' },
    { alg: 'constructor' },
    { alg: '__proto__' },
  ])('$alg is accepted nowhere', async ({ alg }) => {
    const jwt = mint({ header: { alg }, payload: {}, key: SECRET, alg: 'HS256' });
    const both = createClient({ jwksUrl: idp.url });
    expect(await both.verify(jwt)).toEqual(refused('algorithm', WRONG_ALGORITHM));
  });

  const hs = token({ by: 'secret' });
  const rs = (): string => idpToken('RS256', { by: 'idp' });

  it.each(
    titled<{ what: string; config: () => AuthProviderConfig; hs: object; rs: object; algorithms: string[] }>([
      {
        what: 'a secret only',
        config: () => ({ secret: SECRET }),
        hs: accepted({ by: 'secret' }),
        rs: refused('algorithm', WRONG_ALGORITHM),
        algorithms: ['HS256'],
      },
      {
        what: 'a JWKS only',
        config: () => ({ jwksUrl: idp.url }),
        hs: refused('algorithm', WRONG_ALGORITHM),
        rs: accepted({ by: 'idp' }),
        algorithms: [...ASYMMETRIC],
      },
      {
        what: 'both',
        config: () => ({ secret: SECRET, jwksUrl: idp.url }),
        hs: accepted({ by: 'secret' }),
        rs: accepted({ by: 'idp' }),
        algorithms: ['HS256', ...ASYMMETRIC],
      },
      {
        what: 'both and another HMAC algorithm',
        config: () => ({ secret: SECRET, jwksUrl: idp.url, algorithm: 'HS512' }),
        hs: refused('algorithm', WRONG_ALGORITHM),
        rs: accepted({ by: 'idp' }),
        algorithms: ['HS512', ...ASYMMETRIC],
      },
    ]),
  )('routes the token with %s', async (_, row) => {
    const client = createAuthClient(row.config());
    expect(await client.verify(hs)).toEqual(row.hs);
    expect(await client.verify(rs())).toEqual(row.rs);
    expect(client.status().algorithms).toEqual(row.algorithms);
  });

  it('never lets a public key check an HMAC', async () => {
    const pem = rsa.publicKey.export({ format: 'pem', type: 'spki' });
    const jwt = mint({ header: { alg: 'HS256', kid: 'rsa' }, payload: {}, key: Buffer.from(pem) });
    expect(await createAuthClient({ jwksUrl: idp.url }).verify(jwt)).toMatchObject({ reason: 'algorithm' });
    expect(await createClient({ jwksUrl: idp.url }).verify(jwt)).toMatchObject({ reason: 'signature' });
  });
});

describe('The key', () => {
  const client = (): AuthClient => createAuthClient({ jwksUrl: idp.url });

  it.each(
    titled<{ what: string; alg: string; kid: unknown }>([
      { what: 'unknown', alg: 'RS256', kid: 'unknown' },
      { what: 'empty', alg: 'RS256', kid: '' },
      { what: 'in other letters', alg: 'RS256', kid: 'RSA' },
      { what: 'that of a key of another kind', alg: 'RS256', kid: 'p-256' },
      { what: 'that of a key on another curve', alg: 'ES256', kid: 'p-384' },
      { what: 'a number', alg: 'RS256', kid: 5 },
      { what: 'null', alg: 'RS256', kid: null },
      { what: 'a list', alg: 'RS256', kid: ['rsa'] },
    ]),
  )('is not found when the kid is %s', async (_, { alg, kid }) => {
    const jwt = mint({ header: { alg, kid }, payload: { sub: 'u' }, key: keys(alg).privateKey });
    expect(await client().verify(jwt)).toEqual(refused('key', NO_KEY));
  });

  it('is not found in an empty set', async () => {
    const server = await startJwksServer();
    expect(await createAuthClient({ jwksUrl: server.url }).verify(idpToken('RS256'))).toEqual(
      refused('key', NO_KEY),
    );
    await server.close();
  });

  it.each(ASYMMETRIC)('is found by algorithm %s when the token names none', async (alg) => {
    const jwt = mint({ header: { alg }, payload: { sub: 'u' }, key: keys(alg).privateKey });
    expect(await client().verify(jwt)).toEqual(accepted({ sub: 'u' }));
  });

  it('is tried with each that matches when the token names none', async () => {
    const three = ['RS256', 'RS256', 'RS256'].map((alg) => generateKeys(alg));
    const server = await startJwksServer({ keys: [keys('ES256').jwk, ...three.map(({ jwk }) => jwk)] });
    const signedBy = ({ privateKey }: Keys): string =>
      mint({ header: { alg: 'RS256' }, payload: {}, key: privateKey });
    const unnamed = createAuthClient({ jwksUrl: server.url });
    for (const key of three) expect(await unnamed.verify(signedBy(key))).toEqual(accepted());
    expect(await unnamed.verify(signedBy(otherRsa))).toEqual(refused('signature', WRONG_SIGNATURE));
    await server.close();
  });

  it('is tried with each of the same kid', async () => {
    const twins = [generateKeys('ES256', 'twin'), generateKeys('ES256', 'twin')];
    const server = await startJwksServer({ keys: twins.map(({ jwk }) => jwk) });
    const named = createAuthClient({ jwksUrl: server.url });
    for (const { privateKey } of twins) {
      const jwt = mint({ header: { alg: 'ES256', kid: 'twin' }, payload: {}, key: privateKey });
      expect(await named.verify(jwt)).toEqual(accepted());
    }
    await server.close();
  });

  it('may be any secret of a list, and the kid is not asked', async () => {
    const rotating = createAuthClient({ secret: [SECRET, Buffer.from(OTHER_SECRET)] });
    expect(await rotating.verify(token({ by: 'first' }, { kid: 'x' }))).toEqual(accepted({ by: 'first' }));
    expect(await rotating.verify(token({ by: 'second' }, {}, OTHER_SECRET))).toEqual(
      accepted({ by: 'second' }),
    );
    expect(await rotating.verify(token({}, {}, `${SECRET}x`))).toEqual(refused('signature', WRONG_SIGNATURE));
  });

  it('is not looked for any further when the header asks for an unsupported extension', async () => {
    const rotating = createAuthClient({ secret: [SECRET, OTHER_SECRET] });
    expect(await rotating.verify(token({}, { crit: ['x'], x: 1 }))).toMatchObject({ reason: 'malformed' });
  });
});

describe('The signature', () => {
  const good = token({ sub: 'user-1', exp: NOW + 60 });
  const [header = '', payload = '', signature = ''] = good.split('.');

  it.each(
    titled([
      { what: 'by another secret', jwt: token({ sub: 'user-1' }, {}, OTHER_SECRET) },
      { what: 'with one bit flipped', jwt: flipBit(good) },
      { what: 'of another payload', jwt: `${header}.${segment({ sub: 'admin' })}.${signature}` },
      { what: 'of another header', jwt: `${segment({ alg: 'HS256', typ: 'jwt' })}.${payload}.${signature}` },
      { what: 'that is cut short', jwt: `${header}.${payload}.${signature.slice(0, 40)}` },
      { what: 'that goes on', jwt: `${header}.${payload}.AAAA${signature}` },
      { what: 'of one byte', jwt: `${header}.${payload}.AA` },
      {
        what: 'by another hash',
        jwt: mint({ header: { alg: 'HS256' }, payload: {}, key: SECRET, alg: 'HS512' }),
      },
      { what: 'over a payload that is no JSON', jwt: flipBit(token(Buffer.from('text'))) },
      { what: 'over a payload that has expired', jwt: flipBit(token({ exp: 1 })) },
    ]),
  )('is refused %s, and the payload is not handed out', async (_, { jwt }) => {
    expect(await createClient().verify(jwt)).toEqual(refused('signature', WRONG_SIGNATURE));
  });

  it.each(['RS256', 'PS256', 'ES256', 'EdDSA'])(
    'by %s is refused by another key of the same kid',
    async (alg) => {
      const other = generateKeys(alg);
      const jwt = mint({ header: { alg, kid: keys(alg).jwk.kid }, payload: {}, key: other.privateKey });
      expect(await createAuthClient({ jwksUrl: idp.url }).verify(jwt)).toEqual(
        refused('signature', WRONG_SIGNATURE),
      );
    },
  );

  it('by RSA-PSS has one length: a leading zero byte is not left out', async () => {
    const client = createAuthClient({ jwksUrl: idp.url });
    let jwt = idpToken('PS256');
    // The salt is random, so that one in 256 begins with a zero.
    const bytes = (): Buffer => Buffer.from(jwt.split('.')[2] ?? '', 'base64url');
    while (bytes()[0] !== 0) jwt = idpToken('PS256');
    expect(await client.verify(jwt)).toEqual(accepted());

    const shorter = jwt.slice(0, jwt.lastIndexOf('.') + 1) + base64url(bytes().subarray(1));
    expect(await client.verify(shorter)).toEqual(refused('signature', WRONG_SIGNATURE));
  });

  it.each([2050, 2056])('by RSA-PSS may come from a key of %d bits', async (modulusLength) => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength });
    const server = await startJwksServer({ keys: [publicKey.export({ format: 'jwk' })] });
    const jwt = mint({ header: { alg: 'PS384' }, payload: {}, key: privateKey });
    expect(await createAuthClient({ jwksUrl: server.url }).verify(jwt)).toEqual(accepted());
    await server.close();
  });

  it('is refused of a good token from elsewhere, also after one with the same header', async () => {
    const client = createClient();
    expect(await client.verify(good)).toMatchObject({ valid: true });
    expect(await client.verify(token({}, {}, OTHER_SECRET))).toEqual(refused('signature', WRONG_SIGNATURE));
    expect(await client.verify(good)).toMatchObject({ valid: true });
  });
});

describe('The payload', () => {
  it.each(titled(NOT_OBJECTS))('is malformed when it is %s', async (_, { bytes }) => {
    expect(await createClient().verify(token(bytes))).toEqual(refused('malformed', NO_PAYLOAD));
  });

  it('is what was signed, to the letter', async () => {
    const text = '{"sub":"Žofie 🔑","n":1.50,"__proto__":{"admin":true},"a":[null,{"b":"\\u0000"}]}';
    const { payload } = await createClient().verify(token(Buffer.from(text)));
    expect(JSON.stringify(payload)).toBe(JSON.stringify(JSON.parse(text)));
    expect(Object.keys(payload)).toContain('__proto__');
    expect(payload.admin).toBeUndefined();
  });

  it('is an object of its own for each call', async () => {
    const client = createClient();
    const jwt = token({ sub: 'user-1', roles: ['reader'] });
    const { payload } = await client.verify(jwt);
    payload.roles = ['admin'];
    expect(await client.verify(jwt)).toEqual(accepted({ sub: 'user-1', roles: ['reader'] }));
  });
});

describe('The claims of a good signature', () => {
  const wrongType = (claim: string): string => `The "${claim}" claim is of the wrong type.`;

  it.each(
    titled<{
      what: string;
      config?: AuthProviderConfig;
      claims: object;
      reason: VerifyFailure;
      message: string;
    }>([
      { what: 'expired', claims: { exp: NOW }, reason: 'expired', message: EXPIRED },
      {
        what: 'not yet valid',
        claims: { nbf: NOW + 1 },
        reason: 'not_yet_valid',
        message: 'The "nbf" claim is in the future.',
      },
      {
        what: 'from another issuer',
        config: { issuer: 'idp' },
        claims: { iss: 'idp/' },
        reason: 'issuer',
        message: 'The "iss" claim is not the expected issuer.',
      },
      {
        what: 'for another audience',
        config: { audience: 'api' },
        claims: { aud: ['my-api', 'ap'] },
        reason: 'audience',
        message: 'The "aud" claim does not have the expected audience.',
      },
      {
        what: 'without a required claim',
        config: { requiredClaims: ['exp', 'sub'] },
        claims: { exp: NOW + 1 },
        reason: 'claim',
        message: 'The "sub" claim is missing.',
      },
      {
        what: 'of another typ',
        config: { typ: 'at+jwt' },
        claims: { sub: 'u' },
        reason: 'claim',
        message: 'The "typ" header is not the expected one.',
      },
      {
        what: 'without the iat that maxTokenAge needs',
        config: { maxTokenAge: '1h' },
        claims: { sub: 'u' },
        reason: 'claim',
        message: 'The "iat" claim is missing.',
      },
      {
        what: 'too old',
        config: { maxTokenAge: '1h' },
        claims: { iat: NOW - 3601 },
        reason: 'expired',
        message: 'The token was issued too long ago.',
      },
      {
        what: 'issued in the future',
        config: { maxTokenAge: '1h' },
        claims: { iat: NOW + 1 },
        reason: 'claim',
        message: 'The "iat" claim is in the future.',
      },
    ]),
  )('are handed out with the reason when they are %s', async (_, { config, claims, reason, message }) => {
    expect(await createClient(config).verify(token(claims))).toEqual(refused(reason, message, claims));
  });

  it.each<{ claim: string; json: string }>([
    { claim: 'iss', json: '5' },
    { claim: 'iss', json: 'null' },
    { claim: 'iss', json: '["idp"]' },
    { claim: 'sub', json: '5' },
    { claim: 'sub', json: 'null' },
    { claim: 'jti', json: '5' },
    { claim: 'jti', json: '{}' },
    { claim: 'aud', json: '5' },
    { claim: 'aud', json: 'null' },
    { claim: 'aud', json: '{}' },
    { claim: 'aud', json: '["api",5]' },
    { claim: 'aud', json: '[["api"]]' },
    { claim: 'exp', json: '"1900000000"' },
    { claim: 'exp', json: 'null' },
    { claim: 'exp', json: '1e999' },
    { claim: 'exp', json: '-1e999' },
    { claim: 'exp', json: 'true' },
    { claim: 'nbf', json: '"1"' },
    { claim: 'nbf', json: 'null' },
    { claim: 'nbf', json: '-1e999' },
    { claim: 'iat', json: '"1"' },
    { claim: 'iat', json: 'null' },
    { claim: 'iat', json: '1e999' },
    { claim: 'iat', json: '[1]' },
  ])('are refused with a $claim of $json where no rule asks for it', async ({ claim, json }) => {
    const text = `{"${claim}":${json}}`;
    expect(await createClient().verify(token(Buffer.from(text)))).toEqual(
      refused('claim', wrongType(claim), JSON.parse(text)),
    );
  });

  it('may be none, and any that are not registered', async () => {
    const client = createClient();
    expect(await client.verify(token({}))).toEqual(accepted());
    const claims = { iss: '', sub: '', jti: '', aud: [], exp: NOW + 0.5, nbf: 0, iat: -1, role: null };
    expect(await client.verify(token(claims))).toEqual(accepted(claims));
  });

  it.each<{ expected: string | string[]; iss?: unknown; valid: boolean }>([
    { expected: 'a', iss: 'a', valid: true },
    { expected: 'a', iss: 'A', valid: false },
    { expected: 'a', iss: 'ab', valid: false },
    { expected: 'a', iss: '', valid: false },
    { expected: 'a', iss: ['a'], valid: false },
    { expected: 'a', iss: 5, valid: false },
    { expected: 'a', iss: null, valid: false },
    { expected: 'a', valid: false },
    { expected: ['a', 'b'], iss: 'a', valid: true },
    { expected: ['a', 'b'], iss: 'b', valid: true },
    { expected: ['a', 'b'], iss: 'c', valid: false },
    { expected: ['a', 'b'], iss: 'a,b', valid: false },
  ])('with the iss $iss are from the issuer $expected: $valid', async ({ expected, iss, valid }) => {
    const claims = iss === undefined ? {} : { iss };
    const client = createClient({ issuer: expected });
    expect(await client.verify(token(claims))).toEqual(
      valid ? accepted(claims) : refused('issuer', 'The "iss" claim is not the expected issuer.', claims),
    );
  });

  it.each<{ expected: string | string[]; aud?: unknown; valid: boolean }>([
    { expected: 'a', aud: 'a', valid: true },
    { expected: 'a', aud: ['a'], valid: true },
    { expected: 'a', aud: ['b', 'a'], valid: true },
    { expected: 'a', aud: 'b', valid: false },
    { expected: 'a', aud: 'ab', valid: false },
    { expected: 'a', aud: 'A', valid: false },
    { expected: 'a', aud: ['b', 'ab'], valid: false },
    { expected: 'a', aud: [], valid: false },
    { expected: 'a', aud: [['a']], valid: false },
    { expected: 'a', aud: { a: 'a' }, valid: false },
    { expected: 'a', aud: null, valid: false },
    { expected: 'a', valid: false },
    { expected: ['a', 'b'], aud: 'a', valid: true },
    { expected: ['a', 'b'], aud: 'b', valid: true },
    { expected: ['a', 'b'], aud: ['c', 'b'], valid: true },
    { expected: ['a', 'b'], aud: ['c'], valid: false },
  ])('with the aud $aud are for the audience $expected: $valid', async ({ expected, aud, valid }) => {
    const claims = aud === undefined ? {} : { aud };
    const client = createClient({ audience: expected });
    expect(await client.verify(token(claims))).toEqual(
      valid
        ? accepted(claims)
        : refused('audience', 'The "aud" claim does not have the expected audience.', claims),
    );
  });

  it.each<{ required: string[]; claims: object; missing?: string }>([
    { required: [], claims: {} },
    { required: ['exp'], claims: { exp: NOW + 1 } },
    { required: ['exp'], claims: {}, missing: 'exp' },
    { required: ['role'], claims: { role: null } },
    { required: ['role', 'tenant'], claims: { role: 'admin' }, missing: 'tenant' },
    { required: ['role', 'tenant'], claims: {}, missing: 'role' },
    { required: ['toString'], claims: {}, missing: 'toString' },
    { required: ['a"b'], claims: {}, missing: 'a\\"b' },
  ])('must have $required: $claims', async ({ required, claims, missing }) => {
    const verdict = await createClient({ requiredClaims: required }).verify(token(claims));
    expect(verdict).toEqual(
      missing ? refused('claim', `The "${missing}" claim is missing.`, claims) : accepted(claims),
    );
  });

  it('of a token for longer than "maxExpiry" are good: it limits what is signed', async () => {
    const claims = { iat: NOW, exp: NOW + 7200 };
    expect(await createClient({ maxExpiry: '1h' }).verify(token(claims))).toEqual(accepted(claims));
  });
});

describe('"expired"', () => {
  const past = { exp: NOW - 1 };

  it.each(
    titled<{ what: string; config?: AuthProviderConfig; claims?: object }>([
      { what: 'by exp', claims: {} },
      {
        what: 'by exp, with all else in order',
        config: { issuer: 'i', audience: 'a' },
        claims: { iss: 'i', aud: 'a' },
      },
      { what: 'by age too', config: { maxTokenAge: '1h' }, claims: { iat: NOW - 7200 } },
    ]),
  )('is true when expiry is the sole cause: %s', async (_, { config, claims }) => {
    const payload = { ...past, ...claims };
    expect(await createClient(config).verify(token(payload))).toEqual(refused('expired', EXPIRED, payload));
  });

  it.each(
    titled<{ what: string; config?: AuthProviderConfig; claims?: object; reason: VerifyFailure }>([
      { what: 'the issuer', config: { issuer: 'i' }, claims: { iss: 'other' }, reason: 'issuer' },
      { what: 'the audience', config: { audience: 'a' }, claims: { aud: 'other' }, reason: 'audience' },
      { what: 'a missing issuer', config: { issuer: 'i' }, reason: 'issuer' },
      { what: 'a missing audience', config: { audience: 'a' }, reason: 'audience' },
      { what: 'a missing claim', config: { requiredClaims: ['sub'] }, reason: 'claim' },
      { what: 'the typ', config: { typ: 'at+jwt' }, reason: 'claim' },
      { what: 'the type of a claim', claims: { sub: 5 }, reason: 'claim' },
      { what: 'nbf', claims: { nbf: NOW + 1 }, reason: 'not_yet_valid' },
      { what: 'no iat', config: { maxTokenAge: '1h' }, reason: 'claim' },
      { what: 'iat in the future', config: { maxTokenAge: '1h' }, claims: { iat: NOW + 1 }, reason: 'claim' },
    ]),
  )('is false when something else is wrong too: %s', async (_, { config, claims, reason }) => {
    const payload = { ...past, ...claims };
    expect(await createClient(config).verify(token(payload))).toMatchObject({
      valid: false,
      expired: false,
      reason,
      payload,
    });
  });

  it('is false when the signature is wrong too', async () => {
    expect(await createClient().verify(token(past, {}, OTHER_SECRET))).toEqual(
      refused('signature', WRONG_SIGNATURE),
    );
  });
});

describe('The typ', () => {
  it.each<{ expected: string; typ?: unknown; valid: boolean }>([
    { expected: 'JWT', typ: 'JWT', valid: true },
    { expected: 'JWT', typ: 'jwt', valid: true },
    { expected: 'JWT', typ: 'at+jwt', valid: false },
    { expected: 'JWT', valid: false },
    { expected: 'at+jwt', typ: 'at+jwt', valid: true },
    { expected: 'at+jwt', typ: 'AT+JWT', valid: true },
    { expected: 'at+jwt', typ: 'application/at+jwt', valid: true },
    { expected: 'at+jwt', typ: 'Application/At+Jwt', valid: true },
    { expected: 'application/at+jwt', typ: 'at+jwt', valid: true },
    { expected: 'APPLICATION/AT+JWT', typ: 'application/at+jwt', valid: true },
    { expected: 'at+jwt', typ: 'JWT', valid: false },
    { expected: 'at+jwt', typ: 'at-jwt', valid: false },
    { expected: 'at+jwt', typ: 'at+jwt ', valid: false },
    { expected: 'at+jwt', typ: 'text/at+jwt', valid: false },
    { expected: 'at+jwt', typ: 'xapplication/at+jwt', valid: false },
    { expected: 'at+jwt', typ: 'x/application/at+jwt', valid: false },
    { expected: 'at+jwt', typ: 'application/application/at+jwt', valid: false },
    { expected: 'at+jwt', typ: 'at+application/jwt', valid: false },
    { expected: 'a/b', typ: 'a/b', valid: true },
    { expected: 'a/b', typ: 'application/a/b', valid: false },
    { expected: 'at+jwt', typ: '', valid: false },
    { expected: 'at+jwt', typ: 5, valid: false },
    { expected: 'at+jwt', typ: null, valid: false },
    { expected: 'at+jwt', typ: ['at+jwt'], valid: false },
    { expected: 'at+jwt', valid: false },
  ])('$typ is $expected: $valid, as jose has it', async ({ expected, typ, valid }) => {
    const jwt = mint({
      header: { alg: 'HS256', ...(typ !== undefined && { typ }) },
      payload: {},
      key: SECRET,
    });
    expect(await createClient({ typ: expected }).verify(jwt)).toEqual(
      valid ? accepted() : refused('claim', 'The "typ" header is not the expected one.'),
    );
    const byJose = await jwtVerify(jwt, Buffer.from(SECRET), { typ: expected }).then(
      () => true,
      () => false,
    );
    expect(byJose).toBe(valid);
  });

  it.each([undefined, 'anything', 5, null])('%s is good where none is expected', async (typ) => {
    expect(await createClient().verify(token({}, { typ }))).toEqual(accepted());
  });

  it('that is configured is on what sign makes', async () => {
    const client = createClient({ typ: 'at+jwt' });
    expect(await client.verify(await client.sign({}))).toMatchObject({ valid: true });
    expect(await createClient({ typ: 'JWT' }).verify(await client.sign({}))).toMatchObject({
      reason: 'claim',
    });
  });
});

describe('With a secret and a JWKS', () => {
  const own = { iss: 'own', aud: 'own-api' };
  const external = { iss: 'idp', aud: 'idp-api' };

  it.each(
    titled<{ what: string; config: AuthProviderConfig; claims: object; bySecret: string; byIdp: string }>([
      {
        what: '"jwks.issuer" and "jwks.audience" bind the JWKS alone: own claims',
        config: { issuer: 'own', audience: 'own-api', jwks: { issuer: 'idp', audience: 'idp-api' } },
        claims: own,
        bySecret: 'valid',
        byIdp: 'issuer',
      },
      {
        what: '"jwks.issuer" and "jwks.audience" bind the JWKS alone: external claims',
        config: { issuer: 'own', audience: 'own-api', jwks: { issuer: 'idp', audience: 'idp-api' } },
        claims: external,
        bySecret: 'issuer',
        byIdp: 'valid',
      },
      {
        what: '"jwks.audience" is checked after "jwks.issuer"',
        config: { issuer: 'own', jwks: { issuer: 'idp', audience: ['x', 'y'] } },
        claims: external,
        bySecret: 'issuer',
        byIdp: 'audience',
      },
      {
        what: 'the top level binds both where "jwks" says nothing: good',
        config: { issuer: 'own', audience: 'own-api' },
        claims: own,
        bySecret: 'valid',
        byIdp: 'valid',
      },
      {
        what: 'the top level binds both where "jwks" says nothing: issuer',
        config: { issuer: 'own' },
        claims: external,
        bySecret: 'issuer',
        byIdp: 'issuer',
      },
      {
        what: 'the top level binds both where "jwks" says nothing: audience',
        config: { audience: 'own-api', jwks: { issuer: 'idp' } },
        claims: external,
        bySecret: 'audience',
        byIdp: 'audience',
      },
      {
        what: '"jwks" alone binds no token of the secret',
        config: { jwks: { issuer: ['x', 'idp'], audience: 'idp-api' } },
        claims: own,
        bySecret: 'valid',
        byIdp: 'issuer',
      },
      {
        what: 'the other rules bind both',
        config: { jwks: { issuer: 'idp' }, requiredClaims: ['sub'] },
        claims: external,
        bySecret: 'claim',
        byIdp: 'claim',
      },
    ]),
  )('%s', async (_, { config, claims, bySecret, byIdp }) => {
    const client = createClient({ ...config, jwksUrl: idp.url });
    const verdictOn = async (jwt: string): Promise<string> => {
      const { valid, reason = 'none' } = await client.verify(jwt);
      return valid ? 'valid' : reason;
    };
    expect(await verdictOn(token(claims))).toBe(bySecret);
    expect(await verdictOn(idpToken('RS256', claims))).toBe(byIdp);
  });
});

describe('While the JWKS cannot be fetched', () => {
  let broken: JwksServer;
  beforeAll(async () => {
    broken = await startJwksServer();
    broken.handler = (_, response) => response.writeHead(503).end();
  });
  afterAll(() => broken.close());
  beforeEach(() => {
    broken.requests = 0;
  });

  const client = (): AuthClient => createClient({ jwksUrl: broken.url, onWarning: () => {} });

  it('verify rejects, because there is no verdict', async () => {
    const error: unknown = await client()
      .verify(idpToken('RS256'))
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AuthError);
    expect(error).toMatchObject({
      name: 'AuthError',
      code: 'ERR_JWKS_UNAVAILABLE',
      message:
        'The token was neither accepted nor refused, because the keys behind "jwksUrl" could not be fetched (the endpoint answered 503, not 200); try again later.',
      cause: { name: 'JwksFetchError', message: 'the endpoint answered 503, not 200' },
    });
    expect((error as AuthError).cause).toBeInstanceOf(Error);
    expect(broken.requests).toBe(1);
  });

  it.each(
    titled([
      { what: 'malformed', jwt: 'a.b', reason: 'malformed' },
      {
        what: 'of no accepted algorithm',
        jwt: mint({ header: { alg: 'none' }, payload: {}, key: SECRET, alg: 'HS256' }),
        reason: 'algorithm',
      },
      {
        what: 'of a kid that is no text',
        jwt: mint({ header: { alg: 'RS256', kid: 5 }, payload: {}, key: rsa.privateKey }),
        reason: 'key',
      },
      { what: 'by a wrong secret', jwt: token({}, {}, OTHER_SECRET), reason: 'signature' },
    ]),
  )('verify still refuses what is %s, without a request', async (_, { jwt, reason }) => {
    expect(await client().verify(jwt)).toMatchObject({ valid: false, reason });
    expect(broken.requests).toBe(0);
  });

  it('verify still accepts what the secret has signed, without a request', async () => {
    const both = client();
    expect(await both.verify(await both.sign({}))).toMatchObject({ valid: true });
    expect(broken.requests).toBe(0);
  });
});
