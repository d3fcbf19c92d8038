import { inspect } from 'node:util';
import { runInNewContext } from 'node:vm';
import {
  AuthError,
  type AuthProviderConfig,
  type AuthWarningCode,
  createAuthClient,
  createAuthProvider,
} from 'intentkit-auth';
import { describe, expect, it } from 'vitest';
import { type Config, parseConfig } from '../../../src/config/parse.js';
import { ASYMMETRIC_ALGORITHMS } from '../../../src/signature/algorithms.js';
import { OTHER_SECRET, SECRET } from '../../support/secrets.js';

const JWKS_URL = 'https://idp.example/.well-known/jwks.json';

/** The configuration is anything, as it is for callers in JavaScript. */
const parse = (config: unknown): Config => parseConfig(config as AuthProviderConfig);
const quietly = (config: object): Config => parse({ onWarning: () => {}, ...config });

function expectRefused(config: unknown, message: string): void {
  // A failure tells which of the values it was.
  expect(() => parse(config), inspect(config)).toThrow(new AuthError('ERR_AUTH_CONFIG', message));
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('parseConfig, given a good configuration,', () => {
  const rules = {
    issuer: undefined,
    audience: undefined,
    clientIds: undefined,
    typ: undefined,
    requiredClaims: [],
    maxTokenAge: undefined,
    clockTolerance: 0,
  };
  const DEFAULTS: Config = {
    name: 'auth',
    warn: expect.any(Function),
    clockTolerance: 0,
    revocation: undefined,
    introspection: undefined,
    onVerdict: undefined,
    onSign: undefined,
    secret: {
      secrets: [bytes(SECRET)],
      algorithm: 'HS256',
      rules,
      typ: 'JWT',
    },
    ownKeys: undefined,
    signing: {
      rules,
      defaultExpiry: 3600,
      maxExpiry: Number.POSITIVE_INFINITY,
      addsTokenId: false,
    },
    remotes: [
      {
        issuer: undefined,
        selectedBy: undefined,
        allowHttp: false,
        url: new URL(JWKS_URL),
        algorithms: ASYMMETRIC_ALGORITHMS,
        rules,
        timeoutMs: 5000,
        cooldownMs: 10_000,
        cacheMaxAgeMs: 600_000,
        staleIfErrorMs: 3_600_000,
        cache: undefined,
        headers: undefined,
        fetch: undefined,
      },
    ],
  };

  it('parseConfig fills in every default', () => {
    expect(quietly({ secret: SECRET, jwksUrl: JWKS_URL })).toEqual(DEFAULTS);
    expect(quietly({ secret: SECRET, jwksUrl: JWKS_URL, jwks: {} })).toEqual(DEFAULTS);
    expect(parse({ secret: SECRET })).toEqual({ ...DEFAULTS, remotes: [] });
    expect(parse({ jwksUrl: JWKS_URL })).toEqual({ ...DEFAULTS, secret: undefined });
  });

  const fetch: typeof globalThis.fetch = async () => new Response();
  const claims = (secret: object, remote = secret): object => ({
    secret: { rules: secret },
    remotes: [{ rules: remote }],
  });

  it.each<[options: AuthProviderConfig, expected: object]>([
    [{ name: 'tokens' }, { name: 'tokens' }],
    [{ algorithm: 'HS512' }, { secret: { algorithm: 'HS512' }, remotes: DEFAULTS.remotes }],
    [{ issuer: 'own', audience: ['a', 'b'] }, claims({ issuer: ['own'], audience: ['a', 'b'] })],
    [{ issuer: 'own', jwks: { issuer: ['i', 'j'] } }, claims({ issuer: ['own'] }, { issuer: ['i', 'j'] })],
    [{ audience: 'own', jwks: { audience: 'api' } }, claims({ audience: ['own'] }, { audience: ['api'] })],
    [
      { audience: ['https://api.example', 'https://b.example/', 'https://api.example/mcp', 'api'] },
      claims({
        audience: [
          ...['https://api.example', 'https://api.example/', 'https://b.example/', 'https://b.example'],
          ...['https://api.example/mcp', 'api'],
        ],
      }),
    ],
    [
      { audience: ['https://b.example/', 'https://b.example'] },
      claims({ audience: ['https://b.example/', 'https://b.example'] }),
    ],
    [
      { jwks: { audience: 'https://b.example' } },
      { remotes: [{ rules: { audience: ['https://b.example', 'https://b.example/'] } }] },
    ],
    [{ clientIds: ['a', 'b'] }, claims({ clientIds: ['a', 'b'] })],
    [{ clientIds: ['a'], jwks: { clientIds: ['b'] } }, claims({ clientIds: ['a'] }, { clientIds: ['b'] })],
    [
      { requiredClaims: ['a'], maxTokenAge: '0.5s' },
      claims({ requiredClaims: ['a', 'iat'], maxTokenAge: 1 }),
    ],
    [{ clockTolerance: '30s' }, claims({ clockTolerance: 30 })],
    [{ typ: 'at+jwt' }, claims({ typ: 'at+jwt' })],
    [{ maxExpiry: '10m' }, { signing: { defaultExpiry: 600, maxExpiry: 600 } }],
    [{ maxExpiry: '2h' }, { signing: { defaultExpiry: 3600, maxExpiry: 7200 } }],
    [{ maxExpiry: '2h', defaultExpiry: '2h' }, { signing: { defaultExpiry: 7200 } }],
    [{ jwks: { timeout: '0.5s', cooldown: '1m' } }, { remotes: [{ timeoutMs: 500, cooldownMs: 60_000 }] }],
    [
      { jwks: { cacheMaxAge: '1m', staleIfError: '0s' } },
      { remotes: [{ cacheMaxAgeMs: 60_000, staleIfErrorMs: 0 }] },
    ],
    [{ jwks: { fetch } }, { remotes: [{ fetch }] }],
    [{ jwks: { algorithms: ['RS256', 'ES256'] } }, { remotes: [{ algorithms: ['RS256', 'ES256'] }] }],
    [{ typ: 'a', jwks: { typ: 'at+jwt' } }, claims({ typ: 'a' }, { typ: 'at+jwt' })],
    [
      { requiredClaims: ['a'], jwks: { requiredClaims: ['b'] } },
      claims({ requiredClaims: ['a'] }, { requiredClaims: ['b'] }),
    ],
    [
      { jwks: { maxTokenAge: '1h' } },
      claims({ requiredClaims: [] }, { maxTokenAge: 3600, requiredClaims: ['iat'] }),
    ],
  ])('parseConfig takes %j', (options, expected) => {
    expect(quietly(Object.freeze({ secret: SECRET, jwksUrl: JWKS_URL, ...options }))).toMatchObject(expected);
  });

  it.each<[what: string, secret: AuthProviderConfig['secret'], expected: Uint8Array[]]>([
    ['a list of text and bytes', [SECRET, bytes(OTHER_SECRET)], [bytes(SECRET), bytes(OTHER_SECRET)]],
    ['a view into a buffer', Buffer.from(`before${SECRET}after`).subarray(6, -5), [bytes(SECRET)]],
    ['bytes of another realm', runInNewContext('new Uint8Array(64).fill(7)'), [new Uint8Array(64).fill(7)]],
    ['white space', ' '.repeat(64), [new Uint8Array(64).fill(32)]],
  ])('parseConfig takes a secret of %s', (_, secret, expected) => {
    expect(quietly({ secret }).secret?.secrets).toEqual(expected);
  });

  it('parseConfig takes headers and one asymmetric algorithm with a JWKS alone', () => {
    const jwks = { headers: { 'X-Key': 'value' } };
    const {
      remotes: [remote],
    } = parse({ jwksUrl: JWKS_URL, algorithm: 'Ed25519', jwks });
    expect([remote?.algorithms, remote?.headers]).toEqual([['Ed25519'], new Headers({ 'x-key': 'value' })]);
  });

  it('parseConfig takes a function for headers as it is, and does not call it', () => {
    const headers = () => expect.unreachable();
    expect(parse({ jwksUrl: JWKS_URL, jwks: { headers } }).remotes[0]?.headers).toBe(headers);
  });

  it.each<[place: string, config: (options: object) => object]>([
    ['jwks', (jwks) => ({ jwksUrl: JWKS_URL, jwks })],
    ['issuers[0]', (entry) => ({ issuers: [{ issuer: 'https://issuer.example/', ...entry }] })],
  ])('parseConfig refuses a store for keys beside a function for headers: %s', (place, config) => {
    const cache = { get: () => undefined, set: () => undefined };
    expect(quietly(config({ cache, headers: { a: 'b' } })).remotes[0]?.cache).toBeDefined();
    const says = `"${place}.cache" needs "headers" with fixed values: keys that were fetched with other headers must not be shared. Remove "cache", or give an object.`;
    expectRefused(config({ cache, headers: () => ({ a: 'b' }) }), says);
  });

  it.each([
    ...['http://localhost/jwks', 'http://LOCALHOST:8080/jwks'],
    ...['http://127.0.0.1/jwks', 'http://127.255.255.254:3000/jwks', 'http://127.1/', 'http://2130706433/'],
    ...['http://[::1]/jwks', 'http://[0:0:0:0:0:0:0:1]:8080/jwks', 'https://idp.example:8443/jwks?tenant=1'],
  ])('parseConfig takes the URL %s', (jwksUrl) => {
    expect(parse({ jwksUrl }).remotes[0]?.url).toEqual(new URL(jwksUrl));
  });
});

describe('parseConfig, given a bad configuration,', () => {
  const NOTHING = 'Give "secret", "signingKeys", "jwksUrl", "issuers" or "introspection".';
  const HMAC_ONLY = '"algorithm" must be HS256, HS384 or HS512 with "secret".';
  const ASYMMETRIC = '"algorithm" must be an asymmetric one, such as RS256, without "secret".';
  const TOO_LONG = '"defaultExpiry" must not be longer than "maxExpiry".';
  const KEY_TEXT =
    '"secret" must be random bytes, not the text of a PEM, JWK or JWKS key; give a private key as "signingKeys", and get public keys from "jwksUrl".';
  const PLAIN_HTTP = '"jwksUrl" must be an https: URL: over http: anyone could replace the keys.';
  const CREDENTIALS = '"jwksUrl" must not hold credentials; send them in "jwks.headers".';
  const byHttp = { jwks: { dangerouslyAllowHttp: true } };

  it.each<[message: string, ...configs: unknown[]]>([
    [NOTHING, {}, { issuer: 'i', audience: 'a' }, { jwks: {} }, { algorithm: 'HS256' }],
    [
      '"jwks" needs "jwksUrl"; with "issuers", put its options into the entries.',
      { secret: SECRET, jwks: { issuer: 'i' } },
    ],
    [KEY_TEXT, { secret: '{"kty":"RSA"}' }, { secret: [SECRET, bytes('{"kty":"RSA"}')] }],
    [HMAC_ONLY, { secret: SECRET, algorithm: 'RS256' }],
    [HMAC_ONLY, { secret: SECRET, jwksUrl: JWKS_URL, algorithm: 'EdDSA' }],
    [ASYMMETRIC, { jwksUrl: JWKS_URL, algorithm: 'HS256' }],
    [TOO_LONG, { secret: SECRET, defaultExpiry: '3601s', maxExpiry: '1h' }],
    [PLAIN_HTTP, { jwksUrl: 'http://idp.example', jwks: { dangerouslyAllowHttp: false } }],
    [PLAIN_HTTP, { jwksUrl: 'ftp://idp.example', ...byHttp }],
    [CREDENTIALS, { jwksUrl: 'https://user@idp.example' }, { jwksUrl: 'https://:pw@idp.example' }],
    [CREDENTIALS, { jwksUrl: 'http://u:p@idp.example', ...byHttp }],
  ])('parseConfig says: %s', (message, ...configs) => {
    for (const config of configs) expectRefused(config, message);
  });

  it.each([
    ...['http://idp.example', 'ftp://localhost', 'http://127.0.0.1.evil.example', 'http://128.0.0.1'],
    ...[
      'http://notlocalhost',
      'http://idp.localhost/jwks',
      'http://x.notlocalhost',
      'http://localhost.evil.example',
      'http://[::2]',
    ],
  ])('parseConfig refuses the URL %s', (jwksUrl) => expectRefused({ jwksUrl }, PLAIN_HTTP));

  it('parseConfig takes http: beyond loopback when it is asked to by name', () => {
    expect(parse({ jwksUrl: 'http://idp.example/', ...byHttp }).remotes[0]?.url?.href).toBe(
      'http://idp.example/',
    );
  });

  const ALGORITHMS =
    'HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519';
  const SIGNATURES = `a non-empty list of ${ALGORITHMS.slice(21)}`;
  const SECRETS = 'a non-empty string or Uint8Array, or a non-empty list of them';
  const A_URL = 'the text of a URL, such as "https://example.com/.well-known/jwks.json"';
  const TEXT = 'a non-empty string';
  const TEXTS = 'a non-empty string or a non-empty list of them';
  const CLIENT_IDS = 'a non-empty list of client ids';
  const SECONDS = 'a duration of at least one second and at most 100 years, such as "30s", "15m" or "7d"';
  const LONGER = 'a duration longer than zero and at most 100 years, such as "30s", "15m" or "7d"';
  const DURATION = 'a duration of at most 100 years, such as "30s", "15m" or "7d"';
  const HEADERS = 'an object of valid header names and values, or a function that returns one';
  const notTexts = ['', 5, {}, [], [''], ['a', ''], ['a', 5], [undefined], [['a']]];
  const notTimes = [
    '',
    'soon',
    '5',
    '-1h',
    '1h ago',
    '-0.4s',
    '100.1 years',
    `1${'0'.repeat(300)}s`,
    60,
    ['1h'],
    { toString: () => '1h' },
  ];

  it.each<[option: string, is: string, ...values: unknown[]]>([
    ['secret', SECRETS, '', 5, {}, [], [SECRET, ''], [SECRET, 5], [undefined], [[SECRET]], Object(SECRET)],
    ['secret', SECRETS, new Uint8Array(), new ArrayBuffer(64), [bytes(SECRET), new Uint8Array()]],
    ['jwksUrl', A_URL, '', '/jwks.json', 'idp.example/jwks', 'https://', 5, [JWKS_URL], new URL(JWKS_URL)],
    ['jwks', 'an object of options', 5, '', [], true],
    ['issuer', TEXTS, ...notTexts],
    ['audience', TEXTS, ...notTexts],
    ['clientIds', CLIENT_IDS, 'app', 5, {}, [], [''], ['app', 5]],
    ['algorithm', `one of ${ALGORITHMS}`, 'none', 'hs256', 'RS255', '', 5, ['HS256']],
    ['defaultExpiry', SECONDS, ...notTimes, '0s', '0.4s'],
    ['maxExpiry', SECONDS, ...notTimes, '0s', '0.4s'],
    ['maxTokenAge', SECONDS, ...notTimes, '0s', '0.4s'],
    ['clockTolerance', DURATION, ...notTimes],
    ['requiredClaims', 'a list of claim names', 'exp', 5, {}, [''], ['exp', 5]],
    ['typ', TEXT, '', 5, ['a']],
    ['name', TEXT, '', 5, ['a']],
    ['onWarning', 'a function', 5, {}, 'log'],
    ['jwks.issuer', TEXTS, ...notTexts],
    ['jwks.audience', TEXTS, ...notTexts],
    ['jwks.clientIds', CLIENT_IDS, 'app', 5, {}, [], [''], ['app', 5]],
    ['jwks.algorithms', SIGNATURES, 'RS256', [], ['HS256'], ['RS256', 'none'], 5],
    ['jwks.typ', TEXT, '', 5, ['a']],
    ['jwks.requiredClaims', 'a list of claim names', 'exp', 5, {}, [''], ['exp', 5]],
    ['jwks.maxTokenAge', SECONDS, ...notTimes, '0s', '0.4s'],
    ['jwks.timeout', LONGER, ...notTimes, '0s', '0.0004s'],
    ['jwks.cooldown', LONGER, ...notTimes, '0s', '0.0004s'],
    ['jwks.cacheMaxAge', LONGER, ...notTimes, '0s', '0.0004s'],
    ['jwks.staleIfError', DURATION, ...notTimes],
    [
      'jwks.headers',
      HEADERS,
      5,
      [['a', 'b']],
      new Headers({ a: 'b' }),
      { 'a b': 'c' },
      { a: 'b\nc' },
      Object.create({ a: 'b' }),
      { a: 5 },
      { b: 'c', a: ['d'] },
    ],
    ['jwks.fetch', 'a function', 5, {}],
    ['jwks.dangerouslyAllowHttp', 'true or false', 1, 'true'],
  ])('parseConfig says that "%s" must be %s', (option, is, ...values) => {
    const [name = '', inner] = option.split('.');
    for (const value of values) {
      const config = { jwksUrl: JWKS_URL, [name]: inner === undefined ? value : { [inner]: value } };
      expectRefused(config, `"${option}" must be ${is}.`);
    }
  });

  it.each<[what: string, issuers: unknown]>([
    ['undefined', [undefined]],
    ['null', [null]],
    ['a hole', new Array(1)],
    ['text', ['https://issuer.example/']],
    ['a list', [[{ issuer: 'https://issuer.example/' }]]],
  ])('parseConfig refuses %s as an entry of "issuers"', (_, issuers) => {
    expectRefused({ issuers }, '"issuers[0]" must be an object of options.');
  });

  it('parseConfig refuses a value that throws when it is read, and does not repeat what it threw', () => {
    const throwing = (name: string): object =>
      Object.defineProperty({}, name, { get: () => expect.unreachable(), enumerable: true });
    const says = (option: string): string => `"${option}" throws when it is read: give its value.`;
    expectRefused({ jwksUrl: JWKS_URL, jwks: { headers: throwing('a') } }, says('jwks.headers'));
    expectRefused({ secret: SECRET, revocation: throwing('isRevoked') }, says('revocation'));
  });

  it('parseConfig repeats no value, whatever is wrong with it', () => {
    const hidden = 'correct-horse-battery-staple-and-then-some';
    for (const wrong of [
      ...[{ jwksUrl: hidden }, { jwksUrl: `ftp://${hidden}` }, { jwksUrl: `http://idp.example/${hidden}` }],
      ...[{ jwksUrl: `https://u:${hidden}@idp.example` }, { algorithm: hidden }, { algorithm: 'RS256' }],
      ...[{ issuer: [hidden, 5] }, { typo: hidden }, { secret: [hidden, ''] }, { secret: { value: hidden } }],
      ...[{ secret: `{"kty":"oct","k":"${hidden}"}` }, { defaultExpiry: hidden }],
      { jwksUrl: JWKS_URL, jwks: { headers: { authorization: `${hidden}\n${hidden}` } } },
    ]) {
      const silent = (error: unknown): boolean =>
        error instanceof AuthError && !inspect(error, { depth: null, showHidden: true }).includes(hidden);
      expect(() => parse({ secret: hidden, ...wrong })).toThrow(expect.toSatisfy(silent));
    }
  });

  it.each(Object.entries({ createAuthClient, createAuthProvider }))('%s throws at once', (_, create) => {
    expect(() => create({})).toThrow(new AuthError('ERR_AUTH_CONFIG', NOTHING));
  });
});

describe('parseConfig, given a weak secret,', () => {
  const warnings = (config: object): [message: string, code: AuthWarningCode][] => {
    const given: [string, AuthWarningCode][] = [];
    parse({ ...config, onWarning: (message: string, code: AuthWarningCode) => given.push([message, code]) });
    return given;
  };

  it.each([
    ['HS256', 32],
    ['HS384', 48],
    ['HS512', 64],
  ])('parseConfig warns once of secrets for %s below %d bytes', (algorithm, least) => {
    const short = `"secret" should be at least ${least} random bytes (RFC 7518, 3.2) for ${algorithm}; shorter ones can be guessed.`;
    const enough = `é${'0123456789abcdef'.repeat(4).slice(0, least - 2)}`;
    const less = 'abcdefgh'.repeat(8).slice(0, least - 1);
    for (const secret of [less, bytes(less), [enough, less], [less, enough], [less, less]]) {
      expect(warnings({ secret, algorithm })).toEqual([[short, 'WEAK_SECRET']]);
    }
    for (const secret of [enough, bytes(enough), [enough, enough]]) {
      expect(warnings({ secret, algorithm })).toEqual([]);
    }
  });

  it.each([
    ['one character', 'a'.repeat(32)],
    ['zero bytes', new Uint8Array(32)],
    ['seven different bytes', 'abcdefg'.repeat(5)],
    ['the replacement characters of a broken decoding', `${'\ufffd0123456789abcdef'.repeat(3)}`],
  ])('parseConfig warns of a secret of %s, which is long enough and not random', (_, secret) => {
    const [[message, code] = []] = warnings({ secret });
    expect([code, message]).toEqual(['WEAK_SECRET', expect.stringContaining('looks like a placeholder')]);
  });

  it.each<[what: string, options: object, isWarned: boolean]>([
    ['no issuer', {}, true],
    ['one issuer for both', { issuer: 'own' }, true],
    ['an issuer in common', { issuer: ['own', 'idp'], jwks: { issuer: 'idp' } }, true],
    ['an issuer for the JWKS alone', { jwks: { issuer: 'idp' } }, true],
    ['an issuer each', { issuer: 'own', jwks: { issuer: 'idp' } }, false],
  ])('parseConfig, given a secret and a JWKS with %s, warns or not', (_, options, isWarned) => {
    const given = warnings({ secret: SECRET, jwksUrl: JWKS_URL, ...options });
    expect(given.map(([, code]) => code)).toEqual(isWarned ? ['SHARED_ISSUER'] : []);
  });

  it('parseConfig does not warn without a secret, and goes on when the handler throws', () => {
    expect(warnings({ jwksUrl: JWKS_URL })).toEqual([]);
    const onWarning = (): never => {
      throw new Error('broken logger');
    };
    expect(parse({ secret: 'short', onWarning }).secret?.secrets).toEqual([bytes('short')]);
  });
});
