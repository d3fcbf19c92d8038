import { inspect } from 'node:util';
import {
  type AuthClient,
  AuthError,
  type AuthErrorCode,
  createAuthClient,
  createAuthProvider,
} from 'intentkit-auth';
import { createToken } from 'intentkit-auth/functions';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type JwksServer, startJwksServer } from '../support/jwks-server.js';
import { generateKeys, mint } from '../support/mint.js';

const SECRET = 'a secret of sixty-four bytes, which is enough for every HMAC hash';
const HEADER_VALUE = 'a header that authenticates';

let broken: JwksServer;
beforeAll(async () => {
  broken = await startJwksServer();
  broken.handler = (_, response) => response.writeHead(500).end('<html>');
});
afterAll(() => broken.close());

describe('AuthError', () => {
  it('is an Error with a name, a code and a message', () => {
    const cause = new Error('why');
    const error = new AuthError('ERR_SIGN_INPUT', 'Sign something else.', { cause });
    expect(error).toBeInstanceOf(AuthError);
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe('AuthError');
    expect(error.code).toBe('ERR_SIGN_INPUT');
    expect(error.message).toBe('Sign something else.');
    expect(error.cause).toBe(cause);
    expect(String(error)).toBe('AuthError: Sign something else.');
    expect(error.stack).toContain('Sign something else.');
  });

  it('has no cause unless one is given', () => {
    expect(new AuthError('ERR_SIGN_INPUT', 'Sign something else.')).not.toHaveProperty('cause');
  });

  const client = createAuthClient({ secret: SECRET });
  const rsa = generateKeys('RS256', 'rsa');
  const idpToken = mint({ header: { alg: 'RS256', kid: 'rsa' }, payload: {}, key: rsa.privateKey });

  it.each<{ code: AuthErrorCode; what: string; act: () => unknown }>([
    {
      code: 'ERR_AUTH_CONFIG',
      what: 'a configuration that cannot work',
      act: () => createAuthClient({}),
    },
    {
      code: 'ERR_NO_SIGNING_KEY',
      what: 'signing without a secret',
      act: () => createAuthClient({ jwksUrl: broken.url }).sign({}),
    },
    { code: 'ERR_SIGN_INPUT', what: 'signing what cannot be a token', act: () => client.sign({ sub: 5 }) },
    {
      code: 'ERR_SIGN_INPUT',
      what: 'a claim that an agent may not set',
      act: () =>
        createToken.execute(
          { claims: { iss: 'me' } },
          { providers: { auth: client }, role: 'admin', events: undefined },
        ),
    },
    { code: 'ERR_TOKEN_MALFORMED', what: 'decoding what is no token', act: () => client.decode('token') },
    {
      code: 'ERR_JWKS_UNAVAILABLE',
      what: 'verifying without keys',
      act: () => createAuthClient({ jwksUrl: broken.url, onWarning: () => {} }).verify(idpToken),
    },
  ])('of code $code is thrown for $what, in one sentence', async ({ code, act }) => {
    const error: unknown = await new Promise((resolve) => resolve(act())).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AuthError);
    expect(error).toMatchObject({ name: 'AuthError', code });
    // One sentence: it ends with the only full stop.
    expect((error as AuthError).message).toMatch(/^["A-Z](?:[^.]|\.(?! ))*[^.]\.$/);
  });
});

describe('What prints', () => {
  const config = {
    secret: [SECRET, Buffer.from(`${SECRET}, the old one`)],
    jwksUrl: 'https://idp.example/jwks?key=a-query-that-authenticates',
    jwks: { headers: { authorization: HEADER_VALUE } },
  };
  const hidden = [
    SECRET,
    'the old one',
    Buffer.from(SECRET).toString('base64'),
    Buffer.from(SECRET).toString('hex').slice(0, 32),
    // The first bytes of the secret, as an inspected array shows them.
    [...Buffer.from(SECRET).subarray(0, 8)].join(', '),
    HEADER_VALUE,
    'a-query-that-authenticates',
  ];

  const printed = (value: unknown): string[] => [
    inspect(value),
    inspect(value, { depth: null, showHidden: true, getters: true, showProxy: true }),
    JSON.stringify(value),
    String(value),
    `${Object.entries(value as object)}`,
    `${Reflect.ownKeys(value as object).map(String)}`,
  ];

  const expectNothingHidden = (value: unknown): void => {
    for (const text of printed(value)) {
      for (const each of hidden) expect(text).not.toContain(each);
    }
  };

  it('of a client shows no secret, before and after its use', async () => {
    const client: AuthClient = createAuthClient(config);
    expectNothingHidden(client);
    await client.verify(await client.sign({}));
    expectNothingHidden(client);
    expectNothingHidden(client.status());
    expect(JSON.stringify(client)).toBe('{}');
    expect(() => structuredClone(client)).not.toThrow();
    expectNothingHidden(structuredClone(client));
  });

  it('of a provider shows its name alone', async () => {
    const provider = createAuthProvider(config);
    expectNothingHidden(provider);
    expectNothingHidden(await provider.initialize());
    expect(JSON.stringify(provider)).toBe('{"name":"auth"}');
  });

  it('of an error shows neither token, payload, secret nor query', async () => {
    const client = createAuthClient({
      ...config,
      jwksUrl: `${broken.url}?key=a-query-that-authenticates`,
      onWarning: () => {},
    });
    const { privateKey } = generateKeys('RS256');
    const token = mint({ header: { alg: 'RS256' }, payload: { sub: SECRET }, key: privateKey });
    const errors = await Promise.all([
      client.verify(token).catch((error: unknown) => error),
      client.sign({ sub: { nested: SECRET } }).catch((error: unknown) => error),
      client.sign({ amount: 5n, sub: SECRET }).catch((error: unknown) => error),
      client.sign({ pad: SECRET.repeat(1100) }).catch((error: unknown) => error),
      client.sign({}, { expiresIn: SECRET }).catch((error: unknown) => error),
    ]);
    for (const error of errors) {
      expect(error).toBeInstanceOf(AuthError);
      expectNothingHidden(error);
      expect(`${(error as AuthError).stack}`).not.toContain(SECRET);
      for (const text of printed(error)) expect(text).not.toContain(token);
    }
  });

  it('of a verdict shows no token', async () => {
    const client = createAuthClient({ secret: SECRET });
    const token = mint({ header: { alg: 'HS256' }, payload: { exp: 1 }, key: 'another' });
    const verdicts = await Promise.all([client.verify(token), client.verify(`${token}.x`)]);
    for (const verdict of verdicts) {
      expect(verdict.valid).toBe(false);
      for (const text of printed(verdict)) expect(text).not.toContain(token);
    }
  });

  it('of a warning shows no secret and no query', async () => {
    const warnings: string[] = [];
    const client = createAuthClient({
      secret: 'hunter2-hunter2',
      jwksUrl: `${broken.url}?key=a-query-that-authenticates`,
      onWarning: (message) => warnings.push(message),
    });
    expect(await client.ping()).toBe(false);
    expect(warnings).toHaveLength(2);
    for (const warning of warnings) expect(warning).not.toMatch(/hunter2|authenticates|127\.0\.0\.1/);
  });
});
