import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import {
  type AuthClient,
  AuthError,
  type AuthProviderConfig,
  type AuthWarningCode,
  createAuthClient,
  createAuthProvider,
} from 'intentkit-auth';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { generateKeys, mint } from '../../support/mint.js';
import { titled } from '../../support/titled.js';

const SECRET = 'a secret of sixty-four bytes, which is enough for every HMAC hash';
const JWKS_URL = 'https://idp.example/.well-known/jwks.json';

afterEach(() => {
  vi.restoreAllMocks();
});

const factories = { createAuthClient, createAuthProvider };

/** What each of the two factories throws, at once. `config` is anything, as it is for callers in JavaScript. */
function failures(config: unknown): unknown[] {
  return Object.values(factories).map((create) => {
    try {
      create(config as AuthProviderConfig);
      return 'no failure';
    } catch (error) {
      return error;
    }
  });
}

function expectRefused(config: unknown, message: string): void {
  const expected = new AuthError('ERR_AUTH_CONFIG', message);
  expect(failures(config)).toEqual([expected, expected]);
  for (const error of failures(config)) expect(error).not.toHaveProperty('cause');
}

const textMessage = (option: string): string => `"${option}" must be a non-empty string.`;
const textsMessage = (option: string): string =>
  `"${option}" must be a non-empty string or a non-empty list of them.`;
const futureMessage = (option: string): string =>
  `"${option}" must be a duration longer than zero, such as "30s", "15m" or "7d".`;
const zeroMessage = (option: string): string =>
  `"${option}" must be a duration, such as "30s", "15m" or "7d".`;

const NOTHING_TO_VERIFY = 'Give "secret", "jwksUrl" or both.';
const NOT_OPTIONS = 'The configuration must be an object of options.';
const SECRET_KINDS = '"secret" must be a non-empty string or Uint8Array, or a non-empty list of them.';
const KEY_TEXT =
  '"secret" must be random bytes, not the text of a PEM, JWK or JWKS key; asymmetric keys come from "jwksUrl".';
const NOT_URL = '"jwksUrl" must be the text of a URL, such as "https://example.com/.well-known/jwks.json".';
const PLAIN_HTTP = '"jwksUrl" must be an https: URL: over http: anyone could replace the keys.';
const CREDENTIALS = '"jwksUrl" must not hold credentials; send them in "jwks.headers".';
const ALGORITHMS =
  '"algorithm" must be one of HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519.';
const HMAC_ONLY = '"algorithm" must be HS256, HS384 or HS512 with "secret".';
const ASYMMETRIC_ONLY = '"algorithm" must be an asymmetric one, such as RS256, with "jwksUrl" alone.';
const HEADERS = '"jwks.headers" must be an object of valid header names and values.';
const CLAIM_NAMES = '"requiredClaims" must be a list of claim names.';

describe('A configuration', () => {
  it.each<{ config: unknown; message: string }>([
    { config: undefined, message: NOT_OPTIONS },
    { config: null, message: NOT_OPTIONS },
    { config: 5, message: NOT_OPTIONS },
    { config: SECRET, message: NOT_OPTIONS },
    { config: [], message: NOT_OPTIONS },
    { config: [{ secret: SECRET }], message: NOT_OPTIONS },
    { config: () => ({ secret: SECRET }), message: NOT_OPTIONS },
    { config: {}, message: NOTHING_TO_VERIFY },
    { config: { issuer: 'i', audience: 'a' }, message: NOTHING_TO_VERIFY },
    { config: { jwks: {} }, message: NOTHING_TO_VERIFY },
    { config: { algorithm: 'HS256' }, message: NOTHING_TO_VERIFY },
    {
      config: { secret: SECRET, jwks: { issuer: 'i' } },
      message: '"jwks" needs "jwksUrl".',
    },
  ])('is refused as a whole: $config', ({ config, message }) => {
    expectRefused(config, message);
  });

  it.each<{ config: object; message: string }>([
    { config: { secrets: [SECRET] }, message: '"secrets" is not an option.' },
    { config: { secret: SECRET, expiresIn: '1h' }, message: '"expiresIn" is not an option.' },
    { config: { secret: SECRET, Issuer: 'i' }, message: '"Issuer" is not an option.' },
    { config: { secret: SECRET, 'a"b': 1 }, message: '"a\\"b" is not an option.' },
    { config: JSON.parse(`{"secret":"${SECRET}","__proto__":{}}`), message: '"__proto__" is not an option.' },
    { config: { jwksUrl: JWKS_URL, jwks: { url: JWKS_URL } }, message: '"jwks.url" is not an option.' },
    { config: { jwksUrl: JWKS_URL, jwks: { Issuer: 'i' } }, message: '"jwks.Issuer" is not an option.' },
  ])('is refused with a name that is no option: $message', ({ config, message }) => {
    expectRefused(config, message);
  });

  it.each([
    'secret',
    'jwksUrl',
    'jwks',
    'issuer',
    'audience',
    'algorithm',
    'defaultExpiry',
    'maxExpiry',
    'clockTolerance',
    'requiredClaims',
    'maxTokenAge',
    'typ',
    'name',
    'onWarning',
  ])('is refused with an undefined %s, which may be an environment variable that is not set', (option) => {
    expectRefused(
      { secret: SECRET, jwksUrl: JWKS_URL, [option]: undefined },
      `"${option}" is undefined: give it a value or leave it out.`,
    );
  });

  it.each([
    'issuer',
    'audience',
    'timeout',
    'cooldown',
    'cacheMaxAge',
    'staleIfError',
    'headers',
    'fetch',
    'dangerouslyAllowHttp',
  ])('is refused with an undefined jwks.%s', (option) => {
    expectRefused(
      { jwksUrl: JWKS_URL, jwks: { [option]: undefined } },
      `"jwks.${option}" is undefined: give it a value or leave it out.`,
    );
  });

  it('says of an undefined option that it is undefined before that it is none', () => {
    expectRefused({ secrit: undefined }, '"secrit" is undefined: give it a value or leave it out.');
  });
});

describe('An option', () => {
  const wrongTexts = ['', 5, null, true, {}, [], ['a']];
  const wrongLists = ['', 5, null, true, {}, [], [''], ['a', ''], ['a', 5], [null], [undefined], [['a']]];
  const wrongTimes = ['', 'soon', '5', '-1h', '1h ago', '-0.5s', 60, 0, null, true, ['1h'], {}];

  it.each<[message: string, option: string, values: readonly unknown[]]>([
    [
      SECRET_KINDS,
      'secret',
      ['', 5, null, true, {}, [], [''], [SECRET, ''], [SECRET, 5], [undefined], [[SECRET]]],
    ],
    [
      SECRET_KINDS,
      'secret, as bytes',
      [new Uint8Array(), Buffer.alloc(0), new ArrayBuffer(64), [Buffer.from(SECRET), new Uint8Array()]],
    ],
    [
      SECRET_KINDS,
      'secret, as what is not even data',
      [Symbol('secret'), () => SECRET, Promise.resolve(SECRET), new String(SECRET)],
    ],
    [NOT_URL, 'jwksUrl', ['', 'jwks', '/jwks.json', 'idp.example/jwks', 'https://']],
    [NOT_URL, 'jwksUrl, not as text', [5, null, {}, [JWKS_URL], new URL(JWKS_URL)]],
    [
      PLAIN_HTTP,
      'jwksUrl, by another protocol',
      ['ftp://idp.example', 'file:///jwks.json', 'data:application/json,{}', 'wss://idp.example'],
    ],
    [
      PLAIN_HTTP,
      'jwksUrl, beyond loopback',
      [
        'http://idp.example/jwks',
        'http://127.0.0.1.evil.example',
        'http://10.0.0.1',
        'http://128.0.0.1',
        'http://0.0.0.0',
        'http://[::2]',
        'http://[::1:1]',
        'http://localhost.evil.example',
        'http://notlocalhost',
        'http://x.notlocalhost',
      ],
    ],
    [
      CREDENTIALS,
      'jwksUrl, with credentials',
      ['https://user@idp.example', 'https://user:pw@idp.example', 'https://:pw@idp.example'],
    ],
    ['"jwks" must be an object of options.', 'jwks', [5, null, '', [], true]],
    [textsMessage('issuer'), 'issuer', wrongLists],
    [textsMessage('audience'), 'audience', wrongLists],
    [ALGORITHMS, 'algorithm', ['none', 'hs256', 'HS1', 'RS255', '', 5, null, ['HS256']]],
    [futureMessage('defaultExpiry'), 'defaultExpiry', [...wrongTimes, '0s', '0.4s']],
    [futureMessage('maxExpiry'), 'maxExpiry', [...wrongTimes, '0s', '0.4s']],
    [futureMessage('maxTokenAge'), 'maxTokenAge', [...wrongTimes, '0s', '0.4s']],
    [zeroMessage('clockTolerance'), 'clockTolerance', wrongTimes],
    [CLAIM_NAMES, 'requiredClaims', ['exp', 5, null, {}, [''], ['exp', 5], [null]]],
    [textMessage('typ'), 'typ', wrongTexts],
    [textMessage('name'), 'name', wrongTexts],
    ['"onWarning" must be a function.', 'onWarning', [5, null, '', {}, 'log']],
  ])('is refused with: %s (%s)', (message, option, values) => {
    const [name = ''] = option.split(',');
    for (const value of values) expectRefused({ secret: SECRET, [name]: value }, message);
  });

  it.each<[message: string, option: string, values: readonly unknown[]]>([
    [textsMessage('jwks.issuer'), 'issuer', wrongLists],
    [textsMessage('jwks.audience'), 'audience', wrongLists],
    [futureMessage('jwks.timeout'), 'timeout', [...wrongTimes, '0s', '0.4s']],
    [futureMessage('jwks.cooldown'), 'cooldown', [...wrongTimes, '0s', '0.4s']],
    [futureMessage('jwks.cacheMaxAge'), 'cacheMaxAge', [...wrongTimes, '0s', '0.4s']],
    [zeroMessage('jwks.staleIfError'), 'staleIfError', wrongTimes],
    [HEADERS, 'headers', [5, null, '', [], [['a', 'b']], new Headers({ a: 'b' }), new Map()]],
    [HEADERS, 'headers, with one that is none', [{ 'a b': 'c' }, { '': 'c' }, { a: 'b\nc' }, { a: '🔑' }]],
    ['"jwks.headers.a" must be text.', 'headers', [{ a: 5 }, { a: null }, { b: 'c', a: ['d'] }]],
    ['"jwks.fetch" must be a function.', 'fetch', [5, null, {}]],
    ['"jwks.dangerouslyAllowHttp" must be true or false.', 'dangerouslyAllowHttp', [1, null, 'true']],
  ])('is refused with: %s (jwks.%s)', (message, option, values) => {
    const [name = ''] = option.split(',');
    for (const value of values) expectRefused({ jwksUrl: JWKS_URL, jwks: { [name]: value } }, message);
  });

  it.each<[config: object, message: string]>([
    [{ secret: SECRET, algorithm: 'RS256' }, HMAC_ONLY],
    [{ secret: SECRET, algorithm: 'EdDSA' }, HMAC_ONLY],
    [{ secret: SECRET, jwksUrl: JWKS_URL, algorithm: 'ES256' }, HMAC_ONLY],
    [{ jwksUrl: JWKS_URL, algorithm: 'HS256' }, ASYMMETRIC_ONLY],
    [{ jwksUrl: JWKS_URL, algorithm: 'HS512' }, ASYMMETRIC_ONLY],
    [
      { secret: SECRET, defaultExpiry: '2h', maxExpiry: '1h' },
      '"defaultExpiry" must not be longer than "maxExpiry".',
    ],
    [
      { secret: SECRET, defaultExpiry: '3601s', maxExpiry: '1h' },
      '"defaultExpiry" must not be longer than "maxExpiry".',
    ],
  ])('is refused where it does not go with another: %j', (config, message) => {
    expectRefused(config, message);
  });
});

describe('A secret', () => {
  const jwk = generateKeys('RS256').jwk;
  const pem = generateKeys('RS256').publicKey.export({ format: 'pem', type: 'spki' }).toString();
  const privatePem = generateKeys('ES256').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();

  const der = generateKeys('RS256').publicKey.export({ format: 'der', type: 'spki' });

  it.each(
    titled<{ what: string; bytes: Buffer }>([
      { what: 'an RSA key in DER', bytes: der },
      {
        what: 'an RSA key in PKCS #1',
        bytes: generateKeys('RS256').publicKey.export({ format: 'der', type: 'pkcs1' }),
      },
      {
        what: 'an EC key in DER',
        bytes: generateKeys('ES256').publicKey.export({ format: 'der', type: 'spki' }),
      },
      {
        what: 'an Ed25519 key in DER',
        bytes: generateKeys('EdDSA').publicKey.export({ format: 'der', type: 'spki' }),
      },
      {
        what: 'a private key in DER',
        bytes: generateKeys('EdDSA').privateKey.export({ format: 'der', type: 'pkcs8' }),
      },
      { what: 'a key in DER in base64', bytes: Buffer.from(der.toString('base64')) },
      { what: 'a key in DER in base64url', bytes: Buffer.from(der.toString('base64url')) },
      { what: 'a PEM in UTF-16', bytes: Buffer.from(pem, 'utf16le') },
      { what: 'a JWK in base64', bytes: Buffer.from(Buffer.from(JSON.stringify(jwk)).toString('base64')) },
    ]),
  )('is refused that is %s', (_, { bytes }) => {
    expectRefused({ secret: bytes }, KEY_TEXT);
    expectRefused({ secret: [SECRET, new Uint8Array(bytes)] }, KEY_TEXT);
  });

  it.each(
    titled<{ what: string; text: string }>([
      { what: 'a public key in PEM', text: pem },
      { what: 'a public key of OpenSSH', text: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA me@example.com' },
      { what: 'an EC key of OpenSSH', text: 'ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY= me' },
      { what: 'a private key in PEM', text: privatePem },
      { what: 'a PEM behind white space', text: ` \n\t${pem}` },
      { what: 'a PEM behind anything', text: `junk${pem}` },
      { what: 'a PEM before anything', text: `${pem}junk` },
      { what: 'a PEM on one line', text: pem.replaceAll('\n', '\\n') },
      { what: 'a PEM in base64', text: Buffer.from(pem).toString('base64') },
      { what: 'a PEM in base64url behind anything', text: `x:${Buffer.from(pem).toString('base64url')}` },
      { what: 'a certificate in PEM', text: '-----BEGIN CERTIFICATE-----\nMIIB' },
      { what: 'a JWK', text: JSON.stringify(jwk) },
      { what: 'a JWK that is indented', text: JSON.stringify(jwk, null, 2) },
      { what: 'a JWK with its kty last', text: '{"n":"AQAB","kty" \n:"RSA"}' },
      { what: 'a JWK in single quotes', text: "{'kty':'RSA'}" },
      { what: 'a JWK as JSON in JSON', text: JSON.stringify(JSON.stringify(jwk)) },
      { what: 'a JWK as JSON in JSON in JSON', text: JSON.stringify(JSON.stringify(JSON.stringify(jwk))) },
      { what: 'an HMAC key as JWK', text: '{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ"}' },
      { what: 'a JWKS', text: JSON.stringify({ keys: [jwk] }) },
      { what: 'an empty JWKS', text: '{ "keys" : [] }' },
      { what: 'a JWKS as JSON in JSON', text: JSON.stringify('{"keys":[]}') },
      { what: 'a JWK behind anything', text: `jwk=${JSON.stringify(jwk)}` },
    ]),
  )('is refused that is %s', (_, { text }) => {
    const message = KEY_TEXT;
    expectRefused({ secret: text }, message);
    expectRefused({ secret: Buffer.from(text) }, message);
    expectRefused({ secret: [SECRET, text] }, message);
    expectRefused({ secret: [SECRET, Buffer.from(text), SECRET] }, message);
  });

  it.each(
    titled<{ what: string; secret: string }>([
      { what: 'the word kty', secret: `kty ${SECRET}` },
      { what: 'the word keys', secret: `{"keys": {} } ${SECRET}` },
      { what: 'dashes', secret: `----- ${SECRET} -----` },
      { what: 'BEGIN', secret: `BEGIN ${SECRET}` },
      { what: 'only white space', secret: ' '.repeat(64) },
      { what: 'base64', secret: Buffer.from(SECRET).toString('base64') },
    ]),
  )('may hold %s', async (_, { secret }) => {
    const client = createAuthClient({ secret });
    expect(await client.verify(await client.sign({}))).toMatchObject({ valid: true });
  });

  it('of random bytes is never taken for a key', () => {
    for (let n = 0; n < 2000; n += 1) {
      const bytes = randomBytes(64);
      expect(() =>
        createAuthClient({ secret: [bytes, bytes.toString('base64'), bytes.toString('hex')] }),
      ).not.toThrow();
    }
  });

  it('never stands in a message, whatever else is wrong', () => {
    const hidden = 'correct-horse-battery-staple-and-then-some';
    const wrong: object[] = [
      { secret: hidden, jwksUrl: hidden },
      { secret: hidden, jwksUrl: `ftp://${hidden}` },
      { secret: hidden, jwksUrl: `http://idp.example/${hidden}` },
      { secret: hidden, jwksUrl: `https://user:${hidden}@idp.example` },
      { secret: hidden, jwksUrl: `https://${hidden}@idp.example` },
      { secret: hidden, algorithm: 'RS256' },
      { secret: hidden, algorithm: hidden },
      { secret: hidden, issuer: [hidden, 5] },
      { secret: hidden, typo: hidden },
      { secret: hidden, jwks: { headers: { authorization: `${hidden}\n${hidden}` } }, jwksUrl: JWKS_URL },
      { secret: [hidden, ''] },
      { secret: { value: hidden } },
      { secret: `{"kty":"oct","k":"${hidden}"}` },
      { secret: hidden, defaultExpiry: hidden },
    ];
    for (const config of wrong) {
      for (const error of failures(config)) {
        expect(error).toBeInstanceOf(AuthError);
        expect(inspect(error, { depth: null, showHidden: true })).not.toContain(hidden);
        expect(`${(error as AuthError).stack}`).not.toContain(hidden);
        expect(JSON.stringify(error)).not.toContain(hidden);
      }
    }
  });

  it('is copied, so that wiping the array later breaks nothing', async () => {
    const bytes = Buffer.from(SECRET);
    const client = createAuthClient({ secret: bytes });
    bytes.fill(0);
    expect(await client.verify(mint({ header: { alg: 'HS256' }, payload: {}, key: SECRET }))).toMatchObject({
      valid: true,
    });
  });

  it('may be a view into a larger buffer, of which only its part counts', async () => {
    const larger = Buffer.from(`before${SECRET}after`);
    const client = createAuthClient({ secret: larger.subarray(6, 6 + SECRET.length) });
    expect(await client.verify(mint({ header: { alg: 'HS256' }, payload: {}, key: SECRET }))).toMatchObject({
      valid: true,
    });
  });
});

describe('A good configuration', () => {
  const EVERYTHING: AuthProviderConfig = {
    secret: [SECRET, Buffer.from(SECRET)],
    jwksUrl: JWKS_URL,
    jwks: {
      issuer: ['i', 'j'],
      audience: 'a',
      timeout: '0.5s',
      cooldown: '1m',
      cacheMaxAge: '1 hour',
      staleIfError: '0s',
      headers: { 'x-key': 'value' },
      fetch: globalThis.fetch,
      dangerouslyAllowHttp: false,
    },
    issuer: 'i',
    audience: ['a', 'b'],
    algorithm: 'HS512',
    defaultExpiry: '1h',
    maxExpiry: '60m',
    clockTolerance: '0s',
    requiredClaims: [],
    maxTokenAge: '0.5s',
    typ: 'at+jwt',
    name: 'tokens',
    onWarning: () => {},
  };

  it.each(
    titled<{ what: string; config: AuthProviderConfig }>([
      { what: 'every option', config: EVERYTHING },
      { what: 'a frozen one', config: Object.freeze({ secret: SECRET }) },
      { what: 'one without a prototype', config: Object.assign(Object.create(null), { secret: SECRET }) },
      { what: 'a secret of bytes', config: { secret: new Uint8Array(64).fill(7) } },
      { what: 'a list of one secret', config: { secret: [SECRET] } },
      { what: 'a JWKS and an asymmetric algorithm', config: { jwksUrl: JWKS_URL, algorithm: 'Ed25519' } },
      { what: 'empty jwks options', config: { jwksUrl: JWKS_URL, jwks: {} } },
      { what: 'a port and a query', config: { jwksUrl: 'https://idp.example:8443/jwks?tenant=1' } },
    ]),
  )('is %s', (_, { config }) => {
    expect(createAuthClient(config).status().canSign).toBe('secret' in config);
    expect(createAuthProvider(config).name).toBe(config.name ?? 'auth');
  });

  it.each([
    'http://localhost/jwks',
    'http://localhost:8080/jwks',
    'http://LOCALHOST/jwks',
    'http://idp.localhost/jwks',
    'http://127.0.0.1/jwks',
    'http://127.255.255.254:3000/jwks',
    'http://127.1/jwks',
    'http://2130706433/jwks',
    'http://[::1]/jwks',
    'http://[0:0:0:0:0:0:0:1]:8080/jwks',
  ])('may fetch from a loopback host by http: %s', (jwksUrl) => {
    expect(createAuthClient({ jwksUrl }).status().jwks?.url).toBe(new URL(jwksUrl).href);
  });

  it('may fetch from elsewhere by http when that is asked for by its name', () => {
    const jwksUrl = 'http://idp.example/jwks';
    expectRefused({ jwksUrl, jwks: { dangerouslyAllowHttp: false } }, PLAIN_HTTP);
    expect(createAuthClient({ jwksUrl, jwks: { dangerouslyAllowHttp: true } }).status().jwks?.url).toBe(
      jwksUrl,
    );
    expectRefused({ jwksUrl: 'ftp://idp.example', jwks: { dangerouslyAllowHttp: true } }, PLAIN_HTTP);
    expectRefused({ jwksUrl: 'http://u:p@idp.example', jwks: { dangerouslyAllowHttp: true } }, CREDENTIALS);
  });

  it('is read once: what becomes of the object later changes nothing', async () => {
    const config = { secret: SECRET, issuer: ['first'], name: 'auth' };
    const client = createAuthClient(config);
    const provider = createAuthProvider(config);
    config.secret = 'another secret';
    config.issuer[0] = 'second';
    config.name = 'other';
    for (const each of [client, await provider.initialize()]) {
      const token = await each.sign({});
      expect(await each.verify(token)).toMatchObject({ valid: true, payload: { iss: 'first' } });
    }
    expect(provider.name).toBe('auth');
  });
});

describe('A warning', () => {
  const shortMessage = (algorithm: string, bytes: number): string =>
    `"secret" should be at least ${bytes} random bytes (RFC 7518, 3.2) for ${algorithm}; shorter ones can be guessed.`;

  const warnings = (config: AuthProviderConfig): [message: string, code: AuthWarningCode][] => {
    const given: [string, AuthWarningCode][] = [];
    createAuthClient({ ...config, onWarning: (message, code) => given.push([message, code]) });
    return given;
  };

  it.each([
    { algorithm: 'HS256' as const, least: 32 },
    { algorithm: 'HS384' as const, least: 48 },
    { algorithm: 'HS512' as const, least: 64 },
  ])('is given for a secret of less than $least bytes with $algorithm', ({ algorithm, least }) => {
    const weak = [[shortMessage(algorithm, least), 'WEAK_SECRET']];
    for (const secret of ['x'.repeat(least - 1), new Uint8Array(least - 1).fill(7), 'x']) {
      expect(warnings({ secret, algorithm })).toEqual(weak);
      expect(warnings({ secret: [secret], algorithm })).toEqual(weak);
    }
    for (const secret of ['x'.repeat(least), new Uint8Array(least).fill(7), 'é'.repeat(least / 2)]) {
      expect(warnings({ secret, algorithm })).toEqual([]);
      expect(warnings({ secret: [secret, secret], algorithm })).toEqual([]);
    }
  });

  it('is given once for a list, whichever of its secrets are short', () => {
    const weak = [[shortMessage('HS256', 32), 'WEAK_SECRET']];
    expect(warnings({ secret: [SECRET, 'short'] })).toEqual(weak);
    expect(warnings({ secret: ['short', SECRET] })).toEqual(weak);
    expect(warnings({ secret: ['short', 'shorter'] })).toEqual(weak);
  });

  it('of a short secret does not keep it from working', async () => {
    const client = createAuthClient({ secret: 'x', onWarning: () => {} });
    expect(await client.verify(await client.sign({}))).toMatchObject({ valid: true });
  });

  it('is not given without a secret', () => {
    expect(warnings({ jwksUrl: JWKS_URL })).toEqual([]);
  });

  it('goes to process.emitWarning by default', () => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    createAuthClient({ secret: 'short' });
    expect(emitWarning.mock.calls).toEqual([
      [shortMessage('HS256', 32), { type: 'AuthWarning', code: 'WEAK_SECRET' }],
    ]);
    createAuthClient({ secret: SECRET });
    expect(emitWarning).toHaveBeenCalledTimes(1);
  });

  it.each(
    titled([
      { what: 'process', without: undefined },
      { what: 'process.emitWarning', without: { ...process, emitWarning: undefined } },
    ]),
  )('goes to console.warn where there is no %s, and never to stdout', (_, { without }) => {
    const consoleWarn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const stdout = vi.spyOn(process.stdout, 'write');
    vi.stubGlobal('process', without);
    try {
      createAuthClient({ secret: 'short' });
    } finally {
      vi.unstubAllGlobals();
    }
    expect(consoleWarn.mock.calls).toEqual([[`AuthWarning [WEAK_SECRET]: ${shortMessage('HS256', 32)}`]]);
    expect(stdout).not.toHaveBeenCalled();
  });

  it('goes to onWarning alone when there is one', () => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    expect(warnings({ secret: 'short' })).toHaveLength(1);
    expect(emitWarning).not.toHaveBeenCalled();
  });

  it('whose handler throws is dropped', async () => {
    const create = (): AuthClient =>
      createAuthClient({
        secret: 'short',
        onWarning: () => {
          throw new Error('broken logger');
        },
      });
    expect(create).not.toThrow();
    expect(await create().ping()).toBe(true);
  });
});
