import { runInNewContext } from 'node:vm';
import {
  type AuthClient,
  AuthError,
  type AuthProviderConfig,
  createAuthClient,
  type SignOptions,
} from 'intentkit-auth';
import { describe, expect, it } from 'vitest';
import { HMAC_ALGORITHMS } from '../../../src/signature/algorithms.js';
import { freezeClock, moveClock, NOW } from '../../support/clock.js';
import { mint } from '../../support/mint.js';
import { OTHER_SECRET, SECRET } from '../../support/secrets.js';

freezeClock();

const HOUR = 3600;
type Claims = Record<string, unknown>;

const createClient = (config: AuthProviderConfig = {}): AuthClient =>
  createAuthClient({ secret: SECRET, onWarning: () => {}, ...config });

/** Both arguments accept any value, because callers in JavaScript may pass any. */
const sign = (payload: unknown, options?: unknown, client = createClient()): Promise<string> =>
  client.sign(payload as Claims, options as SignOptions);

const refusal = (message: string): AuthError => new AuthError('ERR_SIGN_INPUT', message);

describe('sign, with claims,', () => {
  const issuer = ['own', 'second'];
  const audience = ['a', 'b'];
  const remote = { jwksUrl: 'https://idp.example', jwks: { issuer: 'i', audience: 'a' } };
  const values = { a: [1, null], at: new Date(0), nested: { toJSON: () => 'written' } };
  const asJson = { a: [1, null], at: '1970-01-01T00:00:00.000Z', nested: 'written' };
  const odd: Claims = JSON.parse('{"toJSON":"text","__proto__":{"admin":true}}');

  it.each<[does: string, config: object, payload: Claims, options: SignOptions | undefined, claims: Claims]>([
    ['writes the payload', {}, { role: 'p' }, {}, { role: 'p' }],
    ['lets "claims" override the payload', {}, { a: 1, b: 1 }, { claims: { b: 2 } }, { a: 1, b: 2 }],
    ['overrides every given "iat"', {}, { iat: 1 }, { claims: { iat: 2 } }, { iat: NOW }],
    [
      'overrides the "exp" of a verified payload',
      {},
      { exp: 1, iat: 1 },
      { claims: { exp: 2 } },
      { exp: NOW + HOUR },
    ],
    [
      'lets "subject" override every "sub"',
      {},
      { sub: 'p' },
      { claims: { sub: 'c' }, subject: 's' },
      { sub: 's' },
    ],
    ['writes an empty "subject"', {}, { sub: 'p' }, { subject: '' }, { sub: '' }],
    [
      'overrides every "iss" with its first issuer',
      { issuer },
      { iss: 'p' },
      { claims: { iss: 'c' } },
      { iss: 'own' },
    ],
    [
      'overrides every "aud" with its first audience',
      { audience },
      { aud: 'p' },
      { claims: { aud: 'c' } },
      { aud: 'a' },
    ],
    [
      'overrides an "iss" and "aud" of the wrong type',
      { issuer, audience },
      { iss: 5, aud: 5 },
      {},
      { iss: 'own', aud: 'a' },
    ],
    [
      'keeps "iss" and "aud" if none is configured',
      {},
      { iss: 'p' },
      { claims: { aud: ['c'] } },
      { iss: 'p', aud: ['c'] },
    ],
    [
      'keeps "iss" and "aud" if only those of a JWKS are configured',
      remote,
      { iss: 'p', aud: 'p' },
      {},
      { iss: 'p', aud: 'p' },
    ],
    ['keeps "nbf" and "jti"', {}, { nbf: 5.5, jti: 'id' }, {}, { nbf: 5.5, jti: 'id' }],
    ['leaves out claims that are undefined', {}, { sub: undefined }, { claims: { jti: undefined } }, {}],
    ['works without options', {}, { sub: 'p' }, undefined, { sub: 'p' }],
    ['works with empty options', {}, { sub: 'p' }, {}, { sub: 'p' }],
    ['writes values as JSON.stringify does', {}, values, {}, asJson],
    ['treats "toJSON" and "__proto__" as ordinary names', {}, odd, {}, odd],
  ])('sign %s', async (_, config, payload, options, claims) => {
    const [, segment = ''] = (await createClient(config).sign(payload, options)).split('.');
    const signed: object = JSON.parse(Buffer.from(segment, 'base64url').toString());
    // Compares entries, because the equality of objects ignores an own "__proto__".
    const expected = new Map<string, unknown>([['iat', NOW], ['exp', NOW + HOUR], ...Object.entries(claims)]);
    expect(new Map(Object.entries(signed))).toEqual(expected);
  });

  it('sign renews a verified payload', async () => {
    const client = createClient({ issuer: 'configured' });
    const first = await client.verify(await client.sign({ role: 'admin' }, { subject: 'user-1' }));
    moveClock(1_800_000);
    const second = await client.verify(await client.sign(first.payload, { expiresIn: '2h' }));
    const iat = NOW + 1800;
    const claims = { role: 'admin', sub: 'user-1', iss: 'configured' };
    expect(second.payload).toEqual({ ...claims, iat, exp: iat + 2 * HOUR });
  });

  it.each<[where: string, payload: Claims, options: SignOptions]>([
    ['in the payload', { exp: NOW + 60 }, {}],
    ['in the payload, beside "expiresIn"', { exp: NOW + 60 }, { expiresIn: '1m' }],
    ['in "claims"', {}, { claims: { exp: NOW + 60 } }],
    ['of null', { exp: null }, {}],
  ])(
    'sign refuses an "exp" %s that comes without "iat", as other libraries take a lifetime',
    async (_, payload, options) => {
      const message =
        '"exp" in the payload does not set the lifetime: give "expiresIn", such as "15m", instead.';
      await expect(sign(payload, options)).rejects.toEqual(refusal(message));
      const renewed = await sign({ ...payload, iat: NOW - 60 }, options);
      expect(renewed).toBeTypeOf('string');
    },
  );

  it('sign accepts frozen objects, so it does not change its arguments', async () => {
    const payload = Object.freeze({ iat: 1, role: 'admin' });
    const options = Object.freeze({ subject: 'user-1', claims: Object.freeze({ exp: 2 }) });
    await expect(sign(payload, options)).resolves.toBeTypeOf('string');
  });
});

describe('sign, with a lifetime,', () => {
  it.each<[expiresIn: string, config: AuthProviderConfig, seconds: number]>([
    ['0.5s', {}, 1],
    ['1.4s', {}, 1],
    ['15m', { defaultExpiry: '1h' }, 900],
    ['1 day from now', {}, 86_400],
    ['2h', { maxExpiry: '2h' }, 7200],
    ['100 years', {}, 3_155_760_000],
  ])(
    'sign with the "expiresIn" %s and the options %j makes a token for %d seconds',
    async (expiresIn, config, seconds) => {
      const client = createClient(config);
      expect(client.decode(await client.sign({}, { expiresIn })).exp).toBe(NOW + seconds);
    },
  );

  it('sign uses "defaultExpiry" without "expiresIn"', async () => {
    const client = createClient({ defaultExpiry: '15m' });
    expect(client.decode(await client.sign({}, { subject: 'user-1' })).exp).toBe(NOW + 900);
  });

  // test/unit/functions/second-try.test.ts has the messages.
  it.each<unknown>([
    ...['soon', '0.4s', '3155760001s', '100.1 years'],
    ...[{ toString: () => '1h' }, Symbol('1h'), 5n, Number.NaN],
  ])('sign refuses an "expiresIn" of %o', async (expiresIn) => {
    const error = { code: 'ERR_SIGN_INPUT', message: expect.stringMatching(/^"expiresIn" /) };
    await expect(sign({}, { expiresIn })).rejects.toMatchObject(error);
  });

  it('sign refuses a lifetime that is one second longer than "maxExpiry"', async () => {
    const client = createClient({ maxExpiry: '2h' });
    await expect(sign({}, { expiresIn: '7201s' }, client)).rejects.toEqual(
      refusal('"expiresIn" must be at most "2h". The default is "1h".'),
    );
  });
});

class Custom {
  role = 'admin';
}

const throwing = (): never => {
  throw new Error(`quotes ${SECRET}`);
};
const withGetter = (name: string): object =>
  Object.defineProperty({}, name, { get: throwing, enumerable: true });
const cycle: Claims = {};
cycle.self = { cycle };
const revoked = Proxy.revocable({}, {});
revoked.revoke();

describe('sign, with invalid arguments,', () => {
  const NOT_PLAIN = 'The payload and "claims" must be plain objects.';
  const NOT_JSON = 'The claims cannot be written as JSON: remove cycles, BigInts and getters that throw.';

  it.each<[what: string, value: unknown]>([
    ['text', 'role=admin'],
    ['a function', () => ({})],
    ['a list', Object.assign(['a'], { role: 'admin' })],
    ['a list of another realm', runInNewContext('[]')],
    ['a Map', new Map([['role', 'admin']])],
    ['a Date', new Date(0)],
    ['an instance of a class', new Custom()],
    ['an object that inherits from another', Object.create({ role: 'admin' })],
  ])('sign refuses %s as payload, as "claims" and as options', async (_, value) => {
    await expect(sign(value)).rejects.toEqual(refusal(NOT_PLAIN));
    await expect(sign({}, { claims: value })).rejects.toEqual(refusal(NOT_PLAIN));
    await expect(sign({}, value)).rejects.toMatchObject({ name: 'AuthError', code: 'ERR_SIGN_INPUT' });
  });

  it.each<[what: string, value: object]>([
    ['a cycle', cycle],
    ['a BigInt', { amount: 5n }],
    ['a getter that throws', withGetter('role')],
    ['a toJSON that throws', { role: { toJSON: throwing } }],
    ['a prototype that throws', new Proxy({}, { getPrototypeOf: throwing })],
    ['keys that throw', new Proxy({}, { ownKeys: throwing })],
    ['a proxy that was revoked', revoked.proxy],
  ])(
    'sign refuses %s in the payload and in "claims", and its error does not repeat what was thrown',
    async (_, value) => {
      for (const signing of [sign(value), sign({}, { claims: value })]) {
        const error: unknown = await signing.catch((thrown: unknown) => thrown);
        expect(error).toEqual(refusal(NOT_JSON));
        expect(error).not.toHaveProperty('cause');
      }
    },
  );

  it('sign refuses a missing payload, null, and a payload or "claims" with a toJSON method', async () => {
    await expect(sign(undefined)).rejects.toEqual(refusal(NOT_PLAIN));
    await expect(sign(null)).rejects.toEqual(refusal(NOT_PLAIN));
    const withToJson = { toJSON: () => ({ admin: true }) };
    await expect(sign(withToJson)).rejects.toEqual(refusal(NOT_PLAIN));
    await expect(sign({}, { claims: withToJson })).rejects.toEqual(refusal(NOT_PLAIN));
  });

  it.each<[what: string, value: object]>([
    ['without a prototype', Object.assign(Object.create(null), { role: 'admin' })],
    ['of another realm', runInNewContext('({ role: "admin" })')],
    ['behind a proxy', new Proxy({ role: 'admin' }, {})],
    ['with symbol keys', { role: 'admin', [Symbol('ignored')]: 5n }],
  ])('sign accepts an object %s as payload and as "claims"', async (_, value) => {
    const client = createClient();
    const claims = { role: 'admin', iat: NOW, exp: NOW + HOUR };
    expect(client.decode(await sign(value))).toEqual(claims);
    expect(client.decode(await sign({}, { claims: value }))).toEqual(claims);
  });

  it.each<[claim: string, value: unknown]>([
    ['iss', ['a']],
    ['sub', null],
    ['jti', 5],
    ['aud', ['a', 5]],
    ['nbf', new Date(0)],
    ['nbf', Number.NaN],
  ])('sign refuses the "%s" %o in the payload and in "claims"', async (claim, value) => {
    const error = refusal(
      `The "${claim}" claim has the wrong type: "iss", "sub" and "jti" are strings, "aud" is a string or a list of strings, "exp", "nbf" and "iat" are numbers.`,
    );
    await expect(sign({ [claim]: value })).rejects.toEqual(error);
    await expect(sign({}, { claims: { [claim]: value } })).rejects.toEqual(error);
  });

  it.each([5, {}, ['user-1']])('sign refuses %j as "subject"', async (subject) => {
    await expect(sign({}, { subject })).rejects.toEqual(refusal('"subject" must be text.'));
  });
});

describe('sign, when it makes a token,', () => {
  it.each(HMAC_ALGORITHMS)('sign makes a %s token as RFC 7515 defines it', async (algorithm) => {
    const claims = { alg: 'none', name: 'Žofie', iat: NOW, exp: NOW + HOUR };
    const secret = `ключ 🔑 ${SECRET}`;
    const token = await createClient({ algorithm, secret }).sign(claims);
    expect(token).toBe(mint({ header: { alg: algorithm, typ: 'JWT' }, payload: claims, key: secret }));
  });

  it('sign uses the first secret of a list and writes the configured "typ"', async () => {
    const token = await createClient({ secret: [SECRET, OTHER_SECRET], typ: 'at+jwt' }).sign({});
    const payload = { iat: NOW, exp: NOW + HOUR };
    expect(token).toBe(mint({ header: { alg: 'HS256', typ: 'at+jwt' }, payload, key: SECRET }));
  });

  it('sign makes a token of 64 KiB, and refuses to make a longer one', async () => {
    const client = createClient();
    const empty = await client.sign({ pad: '' });
    const [, payload = ''] = empty.split('.');
    const segment = 65_536 - empty.length + payload.length;
    const room = Math.floor((segment * 3) / 4) - Buffer.from(payload, 'base64url').length;
    expect(await client.sign({ pad: 'x'.repeat(room) })).toHaveLength(65_536);
    const error = refusal('The token would be larger than 64 KiB; sign fewer claims.');
    await expect(sign({ pad: 'x'.repeat(room + 1) })).rejects.toEqual(error);
  });

  it('sign reports a missing secret before any other error', async () => {
    const client = createAuthClient({ jwksUrl: 'https://idp.example/jwks' });
    const message = 'Signing needs "secret" or "signingKeys" in the configuration; a JWKS can only verify.';
    const refused = new AuthError('ERR_NO_SIGNING_KEY', message);
    await expect(sign({}, {}, client)).rejects.toEqual(refused);
    await expect(sign('not even a payload', {}, client)).rejects.toEqual(refused);
  });
});
