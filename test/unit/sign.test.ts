import { createHmac } from 'node:crypto';
import { runInNewContext } from 'node:vm';
import {
  type AuthClient,
  AuthError,
  type AuthProviderConfig,
  createAuthClient,
  type SignOptions,
} from 'intentkit-auth';
import { jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { titled } from '../support/titled.js';

const NOW = 1_750_000_000;
const HOUR = 3600;
const SECRET = 'a secret of sixty-four bytes, which is enough for every HMAC hash';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
  vi.setSystemTime(NOW * 1000 + 999);
});
afterEach(() => {
  vi.useRealTimers();
});

const createClient = (config: AuthProviderConfig = {}): AuthClient =>
  createAuthClient({ secret: SECRET, ...config });

const segmentOf = (token: string, index: number): string => token.split('.')[index] ?? '';
const json = (token: string, index: number): string =>
  Buffer.from(segmentOf(token, index), 'base64url').toString();

/** Both arguments are anything, as they are for callers in JavaScript. */
const failure = async (client: AuthClient, payload: unknown, options?: unknown): Promise<unknown> => {
  const signing = client.sign(payload as Record<string, unknown>, options as SignOptions);
  return signing.then(
    () => 'no failure',
    (error: unknown) => error,
  );
};

// Equality of errors is that of class, message and code.
const refusal = (message: string): AuthError => new AuthError('ERR_SIGN_INPUT', message);

describe('The claims', () => {
  const configured: AuthProviderConfig = { issuer: 'configured', audience: 'configured' };

  it.each(
    titled<{
      what: string;
      config?: AuthProviderConfig;
      payload: Record<string, unknown>;
      options?: SignOptions;
      claims: Record<string, unknown>;
    }>([
      { what: 'of the payload are signed', payload: { role: 'payload' }, claims: { role: 'payload' } },
      {
        what: 'of the options are signed',
        payload: {},
        options: { claims: { role: 'options' } },
        claims: { role: 'options' },
      },
      {
        what: 'of the options win over the payload',
        payload: { role: 'payload', other: 1 },
        options: { claims: { role: 'options' } },
        claims: { role: 'options', other: 1 },
      },
      {
        what: '"iss" and "aud" of the options win over the payload where none is configured',
        payload: { iss: 'payload', aud: 'payload' },
        options: { claims: { iss: 'options', aud: ['options'] } },
        claims: { iss: 'options', aud: ['options'] },
      },
      {
        what: '"iat" is the time of signing whatever is given',
        payload: { iat: 1 },
        options: { claims: { iat: 2 } },
        claims: { iat: NOW },
      },
      {
        what: '"iss" is the configured issuer whatever is given',
        config: { issuer: 'configured' },
        payload: { iss: 'payload', aud: 'payload' },
        options: { claims: { iss: 'options' } },
        claims: { iss: 'configured', aud: 'payload' },
      },
      {
        what: '"aud" is the configured audience whatever is given',
        config: { audience: 'configured' },
        payload: { iss: 'payload', aud: 'payload' },
        options: { claims: { aud: 'options' } },
        claims: { iss: 'payload', aud: 'configured' },
      },
      {
        what: '"sub" is the payload\'s without a subject',
        payload: { sub: 'payload' },
        claims: { sub: 'payload' },
      },
      {
        what: '"sub" of the options wins over the payload',
        payload: { sub: 'payload' },
        options: { claims: { sub: 'options' } },
        claims: { sub: 'options' },
      },
      {
        what: '"sub" is the subject over all',
        payload: { sub: 'payload' },
        options: { claims: { sub: 'options' }, subject: 'subject' },
        claims: { sub: 'subject' },
      },
      { what: '"sub" may be empty', payload: {}, options: { subject: '' }, claims: { sub: '' } },
      {
        what: '"exp" is the default lifetime whatever is given',
        payload: { exp: 1 },
        options: { claims: { exp: 2 } },
        claims: { exp: NOW + HOUR },
      },
      {
        what: '"exp" is the configured lifetime',
        config: { defaultExpiry: '15m' },
        payload: {},
        claims: { exp: NOW + 900 },
      },
      {
        what: '"exp" is "expiresIn" over the configured lifetime',
        config: { defaultExpiry: '15m' },
        payload: { exp: 1 },
        options: { claims: { exp: 2 }, expiresIn: '2h' },
        claims: { exp: NOW + 2 * HOUR },
      },
      {
        what: '"nbf" and "jti" pass through',
        payload: { nbf: 5.5, jti: 'id' },
        claims: { nbf: 5.5, jti: 'id' },
      },
      {
        what: 'that are undefined are left out',
        config: configured,
        payload: { sub: undefined, nbf: undefined, role: undefined },
        options: { claims: { jti: undefined } },
        claims: { iss: 'configured', aud: 'configured' },
      },
      {
        what: 'and options that are undefined are as if not given',
        payload: { sub: 'payload' },
        options: { subject: undefined, expiresIn: undefined, claims: undefined },
        claims: { sub: 'payload' },
      },
      {
        what: 'may be of any JSON kind, and say themselves how they are written',
        payload: { a: [1, null, { b: true }], at: new Date(0), nested: { toJSON: () => 'written' } },
        claims: { a: [1, null, { b: true }], at: '1970-01-01T00:00:00.000Z', nested: 'written' },
      },
      {
        what: 'may have any name, "toJSON" and "__proto__" too',
        payload: JSON.parse('{"toJSON":"text","__proto__":{"admin":true}}'),
        claims: JSON.parse('{"toJSON":"text","__proto__":{"admin":true}}'),
      },
    ]),
  )('%s', async (_, { config, payload, options, claims }) => {
    const token = await createClient(config).sign(payload, options);
    // As entries, because an own "__proto__" does not take part in the equality of objects.
    const expected = { iat: NOW, exp: NOW + HOUR, ...claims };
    expect(Object.entries(JSON.parse(json(token, 1))).sort()).toEqual(Object.entries(expected).sort());
  });

  it('of a verified payload are renewed when it is signed again', async () => {
    const client = createClient(configured);
    const first = await client.verify(await client.sign({ role: 'admin' }, { subject: 'user-1' }));
    expect(first.payload).toMatchObject({ iat: NOW, exp: NOW + HOUR });

    vi.setSystemTime((NOW + 1800) * 1000);
    const second = await client.verify(await client.sign(first.payload, { expiresIn: '2h' }));
    expect(second).toEqual({
      valid: true,
      expired: false,
      payload: {
        role: 'admin',
        sub: 'user-1',
        iss: 'configured',
        aud: 'configured',
        iat: NOW + 1800,
        exp: NOW + 1800 + 2 * HOUR,
      },
    });
  });

  it('are written with the first issuer and the first audience of a list', async () => {
    const client = createClient({ issuer: ['iss-1', 'iss-2'], audience: ['aud-1', 'aud-2'] });
    expect(client.decode(await client.sign({}))).toEqual({
      iss: 'iss-1',
      aud: 'aud-1',
      iat: NOW,
      exp: NOW + HOUR,
    });
  });

  it('are those of "issuer" and "audience" when "jwks" has its own', async () => {
    const client = createClient({
      issuer: 'own',
      audience: 'own',
      jwksUrl: 'https://idp.example/jwks',
      jwks: { issuer: 'idp', audience: 'idp' },
    });
    expect(client.decode(await client.sign({}))).toMatchObject({ iss: 'own', aud: 'own' });
  });

  it('leave what they were given as it was', async () => {
    const payload = Object.freeze({ iat: 1, role: 'admin' });
    const options = Object.freeze({ subject: 'user-1', claims: Object.freeze({ exp: 2 }) });
    await createClient(configured).sign(payload, options);
    expect(payload).toEqual({ iat: 1, role: 'admin' });
    expect(options).toEqual({ subject: 'user-1', claims: { exp: 2 } });
  });
});

describe('The header', () => {
  it.each(['HS256', 'HS384', 'HS512'] as const)('is { alg, typ } alone for %s', async (algorithm) => {
    const token = await createClient({ algorithm }).sign({ alg: 'none', typ: 'x', kid: 'y' });
    expect(json(token, 0)).toBe(`{"alg":"${algorithm}","typ":"JWT"}`);
  });

  it('has the configured typ', async () => {
    const token = await createClient({ typ: 'at+jwt' }).sign({});
    expect(json(token, 0)).toBe('{"alg":"HS256","typ":"at+jwt"}');
  });
});

describe('The lifetime', () => {
  it.each([
    { expiresIn: '1s', seconds: 1 },
    { expiresIn: '0.5s', seconds: 1 },
    { expiresIn: '1.4s', seconds: 1 },
    { expiresIn: '90s', seconds: 90 },
    { expiresIn: '15m', seconds: 900 },
    { expiresIn: '+ 2 Hours', seconds: 7200 },
    { expiresIn: '1 day from now', seconds: 86_400 },
    { expiresIn: '2w', seconds: 1_209_600 },
    { expiresIn: '1y', seconds: 31_557_600 },
    { expiresIn: `${Number.MAX_SAFE_INTEGER - NOW}s`, seconds: Number.MAX_SAFE_INTEGER - NOW },
  ])('of $expiresIn is $seconds seconds', async ({ expiresIn, seconds }) => {
    const client = createClient();
    expect(client.decode(await client.sign({}, { expiresIn })).exp).toBe(NOW + seconds);
  });

  const notInFuture = '"expiresIn" must be a duration longer than zero, such as "30s", "15m" or "7d".';

  it.each<{ expiresIn: unknown }>([
    { expiresIn: '' },
    { expiresIn: 'soon' },
    { expiresIn: '1' },
    { expiresIn: 'h' },
    { expiresIn: '1 fortnight' },
    { expiresIn: '1h 30m' },
    { expiresIn: '  1h' },
    { expiresIn: '1h ' },
    { expiresIn: '1h\n' },
    { expiresIn: '0s' },
    { expiresIn: '0.4s' },
    { expiresIn: '-1h' },
    { expiresIn: '1h ago' },
    { expiresIn: '-1h ago' },
    { expiresIn: `${'9'.repeat(400)}s` },
    { expiresIn: '9007199254740992s' },
    { expiresIn: '1000000000y' },
    { expiresIn: 3600 },
    { expiresIn: 0 },
    { expiresIn: null },
    { expiresIn: false },
    { expiresIn: new Date(0) },
    { expiresIn: ['1h'] },
    { expiresIn: { toString: () => '1h' } },
    { expiresIn: Symbol('1h') },
  ])('is refused when it is $expiresIn', async ({ expiresIn }) => {
    expect(await failure(createClient(), {}, { expiresIn })).toEqual(refusal(notInFuture));
  });

  it('may be as long as "maxExpiry" and not a second longer', async () => {
    const client = createClient({ maxExpiry: '2h' });
    expect(client.decode(await client.sign({}, { expiresIn: '2h' })).exp).toBe(NOW + 2 * HOUR);
    expect(await failure(client, {}, { expiresIn: '7201s' })).toEqual(
      refusal('"expiresIn" must not be longer than the configured maximum of 7200 seconds.'),
    );
  });

  it.each<{ config: AuthProviderConfig; seconds: number }>([
    { config: { maxExpiry: '10m' }, seconds: 600 },
    { config: { maxExpiry: '2h' }, seconds: 3600 },
    { config: { maxExpiry: '2h', defaultExpiry: '2h' }, seconds: 7200 },
    { config: { maxExpiry: '2h', defaultExpiry: '5m' }, seconds: 300 },
    { config: { defaultExpiry: '1.5s' }, seconds: 2 },
    { config: { maxExpiry: '1.5s' }, seconds: 2 },
  ])('is $seconds seconds by default with $config', async ({ config, seconds }) => {
    const client = createClient(config);
    expect(client.decode(await client.sign({})).exp).toBe(NOW + seconds);
  });
});

class Claims {
  role = 'admin';
}

const throwing = (): never => {
  throw new Error(`quotes ${SECRET}`);
};

const cycle: Record<string, unknown> = { role: 'admin' };
cycle.self = { cycle };

const revoked = Proxy.revocable({}, {});
revoked.revoke();

const notPlain: { what: string; value: unknown }[] = [
  { what: 'null', value: null },
  { what: 'a string', value: 'role=admin' },
  { what: 'a number', value: 5 },
  { what: 'a boolean', value: true },
  { what: 'a symbol', value: Symbol('claims') },
  { what: 'a BigInt', value: 5n },
  { what: 'a function', value: () => ({}) },
  { what: 'an array', value: [] },
  { what: 'an array with claims', value: Object.assign(['a'], { role: 'admin' }) },
  { what: 'a Map', value: new Map([['role', 'admin']]) },
  { what: 'a Set', value: new Set() },
  { what: 'a Date', value: new Date(0) },
  { what: 'an Error', value: new Error('claims') },
  { what: 'a RegExp', value: /claims/ },
  { what: 'a Promise', value: Promise.resolve({}) },
  { what: 'a Uint8Array', value: new Uint8Array(3) },
  { what: 'a boxed string', value: new String('claims') },
  { what: 'an instance of a class', value: new Claims() },
  { what: 'an array of another realm', value: runInNewContext('[]') },
  { what: 'an object that inherits from another', value: Object.create({ role: 'admin' }) },
];

const notJson: { what: string; value: Record<string, unknown> }[] = [
  { what: 'a cycle', value: cycle },
  { what: 'a BigInt', value: { amount: 5n } },
  {
    what: 'a getter that throws',
    value: Object.defineProperty({}, 'role', { get: throwing, enumerable: true }),
  },
  { what: 'a toJSON that throws', value: { role: { toJSON: throwing } } },
  { what: 'a proxy that throws for its prototype', value: new Proxy({}, { getPrototypeOf: throwing }) },
  { what: 'a proxy that throws for its keys', value: new Proxy({}, { ownKeys: throwing }) },
  { what: 'a proxy that was revoked', value: revoked.proxy },
];

const CANNOT_BE_JSON = 'The claims cannot be written as JSON: remove cycles, BigInts and getters that throw.';

describe('The payload', () => {
  it.each(titled([{ what: 'undefined', value: undefined }, ...notPlain]))(
    'is refused when it is %s',
    async (_, row) => {
      expect(await failure(createClient(), row.value)).toEqual(
        refusal('The payload and "claims" must be plain objects.'),
      );
    },
  );

  it.each(titled(notPlain))('is refused when the claims of the options are %s', async (_, { value }) => {
    expect(await failure(createClient(), {}, { claims: value })).toEqual(
      refusal('The payload and "claims" must be plain objects.'),
    );
  });

  it.each(titled(notJson))('is refused with %s', async (_, { value }) => {
    for (const [payload, options] of [[value], [{}, { claims: value }]]) {
      const error = await failure(createClient(), payload, options);
      expect(error).toEqual(refusal(CANNOT_BE_JSON));
      // What was thrown inside may quote the payload.
      expect(error).not.toHaveProperty('cause');
    }
  });

  it.each(
    titled([
      { what: 'the payload', payload: { toJSON: () => ({ admin: true }) }, options: {} },
      { what: 'the claims', payload: {}, options: { claims: { toJSON: () => ({ admin: true }) } } },
    ]),
  )('is refused when %s would become something else with a toJSON', async (_, { payload, options }) => {
    expect(await failure(createClient(), payload, options)).toEqual(
      refusal('The payload and "claims" must be plain objects.'),
    );
  });

  it.each(
    titled([
      { what: 'without a prototype', value: Object.assign(Object.create(null), { role: 'admin' }) },
      { what: 'of another realm', value: runInNewContext('({ role: "admin" })') },
      { what: 'behind a transparent proxy', value: new Proxy({ role: 'admin' }, {}) },
      { what: 'that is frozen', value: Object.freeze({ role: 'admin' }) },
      { what: 'with symbols beside', value: { role: 'admin', [Symbol('ignored')]: 5n } },
    ]),
  )('may be an object %s', async (_, { value }) => {
    const client = createClient();
    const claims = { role: 'admin', iat: NOW, exp: NOW + HOUR };
    expect(client.decode(await client.sign(value))).toEqual(claims);
    expect(client.decode(await client.sign({}, { claims: value }))).toEqual(claims);
  });

  it.each<{ claim: string; value: unknown }>([
    { claim: 'iss', value: 5 },
    { claim: 'iss', value: null },
    { claim: 'iss', value: ['a'] },
    { claim: 'sub', value: 5 },
    { claim: 'sub', value: null },
    { claim: 'jti', value: 5 },
    { claim: 'jti', value: {} },
    { claim: 'aud', value: 5 },
    { claim: 'aud', value: null },
    { claim: 'aud', value: {} },
    { claim: 'aud', value: ['a', 5] },
    { claim: 'aud', value: [null] },
    { claim: 'nbf', value: '5' },
    { claim: 'nbf', value: null },
    { claim: 'nbf', value: new Date(0) },
    { claim: 'nbf', value: Number.NaN },
    { claim: 'nbf', value: Number.POSITIVE_INFINITY },
  ])('is refused with a $claim of $value', async ({ claim, value }) => {
    const message = `The "${claim}" claim must have the type that RFC 7519 gives it.`;
    expect(await failure(createClient(), { [claim]: value })).toEqual(refusal(message));
    expect(await failure(createClient(), {}, { claims: { [claim]: value } })).toEqual(refusal(message));
  });

  it('may have a wrongly typed "iss" and "aud" where the configured ones replace them', async () => {
    const client = createClient({ issuer: 'iss', audience: 'aud' });
    expect(client.decode(await client.sign({ iss: 5, aud: 5 }))).toMatchObject({ iss: 'iss', aud: 'aud' });
  });

  it.each([5, null, {}, ['user-1'], false])('is refused with a subject of %j', async (subject) => {
    expect(await failure(createClient(), {}, { subject })).toEqual(
      refusal('The "sub" claim must have the type that RFC 7519 gives it.'),
    );
  });

  it('may make a token of 64 KiB and not a byte more', async () => {
    const client = createClient();
    const empty = await client.sign({ pad: '' });
    const payloadLength = 65_536 - empty.length + segmentOf(empty, 1).length;
    const room = Math.floor((payloadLength * 3) / 4) - json(empty, 1).length;

    const largest = await client.sign({ pad: 'x'.repeat(room) });
    expect(largest).toHaveLength(65_536);
    expect(await client.verify(largest)).toMatchObject({ valid: true });
    expect(await failure(client, { pad: 'x'.repeat(room + 1) })).toEqual(
      refusal('The token would be larger than 64 KiB; sign fewer claims.'),
    );
  });
});

describe('The options', () => {
  it.each(titled(notPlain))('are refused when they are %s', async (_, { value }) => {
    expect(await failure(createClient(), {}, value)).toEqual(
      refusal('The options of sign must be an object.'),
    );
  });

  it.each([
    { options: { expireIn: '1h' }, named: '"expireIn"' },
    { options: { subject: 'user-1', issuer: 'me' }, named: '"issuer"' },
    { options: { 'a"b': undefined }, named: '"a\\"b"' },
    { options: { Subject: 'user-1' }, named: '"Subject"' },
    { options: JSON.parse('{"__proto__":{"subject":"user-1"}}'), named: '"__proto__"' },
  ])('are refused with a name that is none: $options', async ({ options, named }) => {
    expect(await failure(createClient(), {}, options)).toEqual(
      refusal(`${named} is not an option of sign; use subject, expiresIn, claims.`),
    );
  });

  it('are refused with a getter that throws', async () => {
    const options = Object.defineProperty({}, 'subject', { get: throwing, enumerable: true });
    expect(await failure(createClient(), {}, options)).toEqual(refusal(CANNOT_BE_JSON));
  });
});

describe('Without a secret', () => {
  const verifyOnly = createAuthClient({ jwksUrl: 'https://idp.example/jwks' });

  it.each([{ payload: {} }, { payload: 'not even a payload' }])(
    'sign($payload) says that there is no key to sign with',
    async ({ payload }) => {
      const error = await failure(verifyOnly, payload);
      expect(error).toBeInstanceOf(AuthError);
      expect(error).toMatchObject({
        code: 'ERR_NO_SIGNING_KEY',
        message: 'Signing needs "secret" in the configuration; "jwksUrl" can only verify.',
      });
    },
  );
});

describe('The token', () => {
  const secrets: { what: string; secret: string | Uint8Array }[] = [
    { what: 'text', secret: SECRET },
    { what: 'text beyond ASCII', secret: `ключ 🔑 ${SECRET}` },
    { what: 'bytes', secret: Uint8Array.from({ length: 64 }, (_, index) => (index * 37) % 256) },
  ];
  const cases = (['HS256', 'HS384', 'HS512'] as const).flatMap((algorithm) =>
    secrets.map((secret) => ({ algorithm, ...secret })),
  );

  it.each(cases)('by $algorithm with a secret of $what is what node:crypto makes', async (row) => {
    const { algorithm, secret } = row;
    const token = await createClient({ algorithm, secret }).sign({ name: 'Žofie', role: 'admin' });
    const [header, payload, signature] = token.split('.');
    const hmac = createHmac(`sha${algorithm.slice(2)}`, secret).update(`${header}.${payload}`);
    expect(signature).toBe(hmac.digest('base64url'));
  });

  it.each(cases)('by $algorithm with a secret of $what is one that jose verifies', async (row) => {
    const { algorithm, secret } = row;
    const client = createClient({ algorithm, secret, issuer: 'iss', audience: 'aud' });
    const token = await client.sign({ name: 'Žofie' }, { subject: 'user-1' });
    const key = typeof secret === 'string' ? new TextEncoder().encode(secret) : secret;
    const verified = await jwtVerify(token, key, {
      algorithms: [algorithm],
      issuer: 'iss',
      audience: 'aud',
      subject: 'user-1',
      currentDate: new Date(NOW * 1000),
      requiredClaims: ['iat', 'exp'],
      maxTokenAge: 0,
      typ: 'JWT',
    });
    expect(verified.protectedHeader).toEqual({ alg: algorithm, typ: 'JWT' });
    expect(verified.payload).toEqual({
      name: 'Žofie',
      sub: 'user-1',
      iss: 'iss',
      aud: 'aud',
      iat: NOW,
      exp: NOW + HOUR,
    });
  });

  it('is signed with the first secret of a list', async () => {
    const client = createClient({ secret: [SECRET, `old ${SECRET}`] });
    const [header, payload, signature] = (await client.sign({})).split('.');
    const hmac = createHmac('sha256', SECRET).update(`${header}.${payload}`);
    expect(signature).toBe(hmac.digest('base64url'));
  });

  it('is its own for each of many calls at once', async () => {
    const client = createClient();
    const tokens = await Promise.all(Array.from({ length: 50 }, (_, n) => client.sign({ n })));
    expect(tokens.map((token) => client.decode(token).n)).toEqual(tokens.map((_, n) => n));
    for (const token of tokens) expect(await client.verify(token)).toMatchObject({ valid: true });
  });
});
