// One test for each row and sentence of what version 1.0.1 promised: its tables, its interfaces, its examples.
import type { FunctionContext } from 'intentkit';
import { IntentRegistry } from 'intentkit';
import * as root from 'intentkit-auth';
import {
  type AuthClient,
  AuthError,
  type AuthProviderConfig,
  createAuthClient,
  createAuthProvider,
  type SignOptions,
  type TokenPayload,
  type VerifyResult,
} from 'intentkit-auth';
import * as functions from 'intentkit-auth/functions';
import { createToken, decodeToken, verifyToken } from 'intentkit-auth/functions';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type JwksServer, startJwksServer } from '../support/jwks-server.js';
import { generateKeys, mint } from '../support/mint.js';
import { titled } from '../support/titled.js';

const NOW = 1_750_000_000;
const SECRET = 'a secret of sixty-four bytes, which is enough for every HMAC hash';

const rsa = generateKeys('RS256', 'rsa');
const ec = generateKeys('ES256', 'ec');
let idp: JwksServer;

beforeAll(async () => {
  idp = await startJwksServer({ keys: [rsa.jwk, ec.jwk] });
});
afterAll(() => idp.close());

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
  vi.setSystemTime(NOW * 1000);
});
afterEach(() => {
  vi.useRealTimers();
});

const byIdp = (payload: object, alg = 'RS256'): string =>
  alg === 'RS256'
    ? mint({ header: { alg, kid: 'rsa' }, payload, key: rsa.privateKey })
    : mint({ header: { alg, kid: 'ec' }, payload, key: ec.privateKey });

const bySecret = (payload: object, secret = SECRET, alg = 'HS256'): string =>
  mint({ header: { alg, typ: 'JWT' }, payload, key: secret });

const header = (token: string): unknown =>
  JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString());

describe('The entries', () => {
  it('intentkit-auth exports the two factories and the error class', () => {
    expect(Object.keys(root).sort()).toEqual(['AuthError', 'createAuthClient', 'createAuthProvider']);
  });

  it('intentkit-auth/functions exports the three functions', () => {
    expect(Object.keys(functions).sort()).toEqual(['createToken', 'decodeToken', 'verifyToken']);
  });
});

describe('The configuration table', () => {
  it('"secret" signs and verifies by HMAC', async () => {
    const client = createAuthClient({ secret: SECRET });
    expect(await client.verify(await client.sign({ role: 'admin' }))).toMatchObject({ valid: true });
    expect(await client.verify(bySecret({ role: 'admin' }))).toMatchObject({ valid: true });
    expect(await client.verify(bySecret({ role: 'admin' }, `${SECRET}!`))).toMatchObject({ valid: false });
  });

  it('"jwksUrl" verifies tokens of an identity provider', async () => {
    const client = createAuthClient({ jwksUrl: idp.url });
    expect(await client.verify(byIdp({ role: 'admin' }))).toEqual({
      valid: true,
      payload: { role: 'admin' },
      expired: false,
    });
    const forged = mint({
      header: { alg: 'RS256', kid: 'rsa' },
      payload: { role: 'admin' },
      key: generateKeys('RS256').privateKey,
    });
    expect(await client.verify(forged)).toMatchObject({ valid: false, reason: 'signature' });
  });

  it('"issuer" is the "iss" that verify expects', async () => {
    const client = createAuthClient({ secret: SECRET, issuer: 'my-service' });
    expect(await client.verify(bySecret({ iss: 'my-service' }))).toMatchObject({ valid: true });
    expect(await client.verify(bySecret({ iss: 'other' }))).toMatchObject({ valid: false, reason: 'issuer' });
    expect(await client.verify(bySecret({}))).toMatchObject({ valid: false, reason: 'issuer' });
    expect(client.decode(await client.sign({}))).toMatchObject({ iss: 'my-service' });
  });

  it('"audience" is the "aud" that verify expects', async () => {
    const client = createAuthClient({ secret: SECRET, audience: 'my-api' });
    expect(await client.verify(bySecret({ aud: 'my-api' }))).toMatchObject({ valid: true });
    expect(await client.verify(bySecret({ aud: 'other' }))).toMatchObject({ reason: 'audience' });
    expect(await client.verify(bySecret({}))).toMatchObject({ valid: false, reason: 'audience' });
    expect(client.decode(await client.sign({}))).toMatchObject({ aud: 'my-api' });
  });

  it('"issuer" and "audience" have no default: neither is checked nor written', async () => {
    const client = createAuthClient({ secret: SECRET });
    expect(await client.verify(bySecret({ iss: 'anyone', aud: 'anything' }))).toMatchObject({ valid: true });
    expect(client.decode(await client.sign({}))).toEqual({ iat: NOW, exp: NOW + 3600 });
  });

  it('"algorithm" is HS256 by default with a secret', async () => {
    const client = createAuthClient({ secret: SECRET });
    expect(header(await client.sign({}))).toEqual({ alg: 'HS256', typ: 'JWT' });
    expect(await client.verify(bySecret({}, SECRET, 'HS384'))).toMatchObject({ reason: 'algorithm' });
  });

  it('"algorithm" is the one to sign with and to accept', async () => {
    const client = createAuthClient({ secret: SECRET, algorithm: 'HS384' });
    expect(header(await client.sign({}))).toEqual({ alg: 'HS384', typ: 'JWT' });
    expect(await client.verify(bySecret({}, SECRET, 'HS384'))).toMatchObject({ valid: true });
    expect(await client.verify(bySecret({}, SECRET, 'HS256'))).toMatchObject({ reason: 'algorithm' });
  });

  it('"algorithm" is detected from the token and its key with a JWKS', async () => {
    const client = createAuthClient({ jwksUrl: idp.url });
    expect(await client.verify(byIdp({}, 'RS256'))).toMatchObject({ valid: true });
    expect(await client.verify(byIdp({}, 'ES256'))).toMatchObject({ valid: true });
  });

  it('"defaultExpiry" is one hour by default', async () => {
    const client = createAuthClient({ secret: SECRET });
    expect(client.decode(await client.sign({}))).toEqual({ iat: NOW, exp: NOW + 3600 });
  });

  it.each([
    { defaultExpiry: '24h', seconds: 86_400 },
    { defaultExpiry: '8h', seconds: 28_800 },
    { defaultExpiry: '7d', seconds: 604_800 },
    { defaultExpiry: '2 hours', seconds: 7200 },
  ])('"defaultExpiry" of $defaultExpiry makes tokens for $seconds seconds', async (row) => {
    const client = createAuthClient({ secret: SECRET, defaultExpiry: row.defaultExpiry });
    expect(client.decode(await client.sign({}))).toEqual({ iat: NOW, exp: NOW + row.seconds });
  });

  it('"name" is the name of the provider, "auth" by default', () => {
    expect(createAuthProvider({ secret: SECRET }).name).toBe('auth');
    expect(createAuthProvider({ secret: SECRET, name: 'tokens' }).name).toBe('tokens');
  });

  it('asks for at least one of "secret" and "jwksUrl"', () => {
    expect(() => createAuthProvider({ issuer: 'my-service' })).toThrow('Give "secret", "jwksUrl" or both.');
  });

  it('with both, signs by the secret and accepts tokens of either', async () => {
    const client = createAuthClient({ secret: SECRET, jwksUrl: idp.url });
    const own = await client.sign({ from: 'secret' });
    expect(header(own)).toEqual({ alg: 'HS256', typ: 'JWT' });
    expect(await client.verify(own)).toMatchObject({ valid: true, payload: { from: 'secret' } });
    expect(await client.verify(byIdp({ from: 'idp' }))).toMatchObject({
      valid: true,
      payload: { from: 'idp' },
    });
  });

  it.each(
    titled<{ what: string; config: AuthProviderConfig }>([
      { what: 'a symmetric secret', config: { secret: SECRET, defaultExpiry: '24h' } },
      {
        what: 'Auth0',
        config: {
          jwksUrl: 'https://your-tenant.auth0.com/.well-known/jwks.json',
          issuer: 'https://your-tenant.auth0.com/',
          audience: 'https://your-api.example.com',
        },
      },
      {
        what: 'Okta',
        config: {
          jwksUrl: 'https://your-org.okta.com/oauth2/default/v1/keys',
          issuer: 'https://your-org.okta.com/oauth2/default',
          audience: 'api://default',
        },
      },
      {
        what: 'issuer and audience validation',
        config: {
          secret: SECRET,
          issuer: 'my-service',
          audience: 'my-api',
          algorithm: 'HS384',
          defaultExpiry: '8h',
        },
      },
    ]),
  )('accepts the common configuration: %s', async (_, { config }) => {
    const provider = createAuthProvider(config);
    const client = await provider.initialize();
    expect(client.status().canSign).toBe('secret' in config);
  });
});

describe('The provider', () => {
  it('initializes to the one client that it was created with', async () => {
    const provider = createAuthProvider({ secret: SECRET });
    const client = await provider.initialize();
    expect(await provider.initialize()).toBe(client);
    expect(await client.verify(await client.sign({}))).toMatchObject({ valid: true });
  });

  it('is healthy when a token signed with the secret verifies', async () => {
    expect(await createAuthProvider({ secret: SECRET }).healthCheck()).toBe(true);
  });

  it('is healthy when the JWKS endpoint answers with keys, which each check fetches anew', async () => {
    const server = await startJwksServer({ keys: [rsa.jwk] });
    const provider = createAuthProvider({ jwksUrl: server.url, onWarning: () => {} });
    expect(await provider.healthCheck()).toBe(true);
    expect(await provider.healthCheck()).toBe(true);
    expect(server.requests).toBe(2);
    server.setKeys([]);
    expect(await provider.healthCheck()).toBe(false);
    await server.close();
    expect(await provider.healthCheck()).toBe(false);
  });

  it('has nothing to close on shutdown', async () => {
    const provider = createAuthProvider({ secret: SECRET });
    const client = await provider.initialize();
    await expect(provider.shutdown()).resolves.toBeUndefined();
    expect(await client.verify(await client.sign({}))).toMatchObject({ valid: true });
  });

  it('makes no request before the first token', async () => {
    const server = await startJwksServer({ keys: [rsa.jwk] });
    const provider = createAuthProvider({ jwksUrl: server.url });
    await provider.initialize();
    await provider.shutdown();
    expect(server.requests).toBe(0);
    await server.close();
  });
});

describe('The functions table', () => {
  it.each([
    {
      fn: createToken,
      name: 'create_token',
      intent: 'Create a signed JWT token with custom claims',
      permission: 'auth:sign',
    },
    {
      fn: verifyToken,
      name: 'verify_token',
      intent: "Verify a token's signature and expiration",
      permission: 'auth:verify',
    },
    {
      fn: decodeToken,
      name: 'decode_token',
      intent: 'Decode a token without verification',
      permission: 'auth:read',
    },
  ])('$name has intent, permission $permission and the provider "auth"', (row) => {
    expect(row.fn.name).toBe(row.name);
    expect(row.fn.intent).toBe(row.intent);
    expect(row.fn.permissions).toEqual([row.permission]);
    expect(row.fn.requires).toEqual(['auth']);
  });

  it('all three register with an IntentRegistry', () => {
    const registry = new IntentRegistry().register(createToken, verifyToken, decodeToken);
    expect(Array.from(registry, ({ name }) => name)).toEqual([
      'create_token',
      'verify_token',
      'decode_token',
    ]);
  });
});

describe('The functions', () => {
  const client = createAuthClient({ secret: SECRET, issuer: 'my-service' });
  const ctx: FunctionContext = { providers: { auth: client }, role: 'admin', events: undefined };

  it('create_token signs custom claims and says when the token expires', async () => {
    const { token, expires_at } = await createToken.execute(
      { claims: { role: 'admin' }, subject: 'user-1', expires_in: '2h' },
      ctx,
    );
    expect(expires_at).toBe(NOW + 7200);
    expect((await client.verify(token)).payload).toEqual({
      role: 'admin',
      iss: 'my-service',
      sub: 'user-1',
      iat: NOW,
      exp: NOW + 7200,
    });
  });

  it('create_token needs no input', async () => {
    const { token, expires_at } = await createToken.execute({}, ctx);
    expect(expires_at).toBe(NOW + 3600);
    expect((await client.verify(token)).payload).toEqual({ iss: 'my-service', iat: NOW, exp: NOW + 3600 });
  });

  it.each([
    { claim: 'sub', instead: 'use the "subject" field' },
    { claim: 'exp', instead: 'use the "expires_in" field' },
    { claim: 'iat', instead: 'it is always the time of signing' },
    { claim: 'nbf', instead: 'a token is valid from the time of signing' },
    { claim: 'iss', instead: 'it is set by the server' },
    { claim: 'aud', instead: 'it is set by the server' },
  ])('create_token refuses $claim among the claims: $instead', async ({ claim, instead }) => {
    const refused = createToken.execute({ claims: { role: 'admin', [claim]: 1 } }, ctx);
    await expect(refused).rejects.toMatchObject({
      name: 'AuthError',
      code: 'ERR_SIGN_INPUT',
      message: `"claims" must not hold "${claim}": ${instead}.`,
    });
  });

  it('create_token names its own field when the lifetime is none', async () => {
    await expect(createToken.execute({ expires_in: 'soon' }, ctx)).rejects.toEqual(
      new AuthError(
        'ERR_SIGN_INPUT',
        '"expires_in" must be a duration longer than zero, such as "30s", "15m" or "7d".',
      ),
    );
  });

  it('create_token passes on what else goes wrong', async () => {
    const broken = { ...ctx, providers: { auth: { sign: () => Promise.reject(new RangeError('broken')) } } };
    await expect(createToken.execute({}, broken)).rejects.toEqual(new RangeError('broken'));
  });

  it('all answer with what their output schemas say', async () => {
    const created = await createToken.execute({ claims: { role: 'admin' } }, ctx);
    expect(createToken.output.parse(created)).toEqual(created);
    const decoded = await decodeToken.execute(created, ctx);
    expect(decodeToken.output.parse(decoded)).toEqual(decoded);
    for (const token of [created.token, bySecret({ exp: 1, iss: 'my-service' }), 'no token']) {
      const verified = await verifyToken.execute({ token }, ctx);
      expect(verifyToken.output.parse(verified)).toEqual(verified);
    }
  });

  it('verify_token hands on the verdict without a reason when there is none', async () => {
    const token = bySecret({ iss: 'my-service', role: 'admin' });
    expect(await verifyToken.execute({ token }, ctx)).toEqual({
      valid: true,
      expired: false,
      payload: { iss: 'my-service', role: 'admin' },
    });
  });

  it('verify_token says why a token is not valid', async () => {
    const token = bySecret({ iss: 'my-service', exp: NOW });
    expect(await verifyToken.execute({ token }, ctx)).toEqual({
      valid: false,
      expired: true,
      payload: { iss: 'my-service', exp: NOW },
      reason: 'expired',
    });
  });

  it('decode_token reads a token that nothing vouches for', async () => {
    const token = bySecret({ role: 'admin' }, 'another secret');
    expect(await decodeToken.execute({ token }, ctx)).toEqual({ payload: { role: 'admin' } });
  });

  it.each([
    { fn: createToken, accepted: { claims: { a: 1 }, subject: 'u', expires_in: '1h' } },
    { fn: verifyToken, accepted: { token: 'any text' } },
    { fn: decodeToken, accepted: { token: 'any text' } },
  ])('$fn.name refuses fields that it does not have', ({ fn, accepted }) => {
    expect(fn.input.safeParse(accepted)).toEqual({ success: true, data: accepted });
    const refused = fn.input.safeParse({ ...accepted, audience: 'elsewhere' });
    expect(refused.error?.issues).toMatchObject([{ code: 'unrecognized_keys', keys: ['audience'] }]);
  });

  it('create_token refuses an empty subject', () => {
    expect(createToken.input.safeParse({ subject: '' }).success).toBe(false);
    expect(createToken.input.safeParse({ subject: 'u' }).success).toBe(true);
  });

  it.each([createToken, verifyToken, decodeToken])(
    '$name describes each field to the agent that reads it',
    (fn) => {
      const fields = [...Object.values(fn.input.shape), ...Object.values(fn.output.shape)];
      expect(fields.length).toBeGreaterThan(1);
      for (const field of fields) expect(field.description).toMatch(/^[A-Z].{5,}/);
    },
  );

  it('names all reasons in the description of verify_token', () => {
    expect(verifyToken.output.shape.reason.description).toBe(
      'Why it is not valid: malformed, algorithm, key, signature, expired, not_yet_valid, issuer, audience or claim',
    );
  });
});

describe('The AuthClient interface', () => {
  const client: AuthClient = createAuthClient({ secret: SECRET });

  it('sign requires a symmetric secret', async () => {
    await expect(createAuthClient({ jwksUrl: idp.url }).sign({ role: 'admin' })).rejects.toMatchObject({
      name: 'AuthError',
      code: 'ERR_NO_SIGNING_KEY',
    });
  });

  it('sign(payload, options) makes a JWT of the payload', async () => {
    const token = await client.sign({ role: 'admin' }, { subject: 'user-1', expiresIn: '24h' });
    expect(client.decode(token)).toEqual({
      role: 'admin',
      sub: 'user-1',
      iat: NOW,
      exp: NOW + 86_400,
    });
  });

  it.each<{ option: string; options: SignOptions; claims: TokenPayload }>([
    { option: 'subject', options: { subject: 'user-1' }, claims: { sub: 'user-1', exp: NOW + 3600 } },
    { option: 'expiresIn', options: { expiresIn: '2h' }, claims: { exp: NOW + 7200 } },
    { option: 'expiresIn', options: { expiresIn: '7d' }, claims: { exp: NOW + 604_800 } },
    { option: 'claims', options: { claims: { a: [1] } }, claims: { a: [1], exp: NOW + 3600 } },
  ])('SignOptions.$option of $options sets $claims', async ({ options, claims }) => {
    expect(client.decode(await client.sign({}, options))).toEqual({ iat: NOW, ...claims });
  });

  it.each<{ what: string; token: string; result: Partial<VerifyResult> }>([
    {
      what: 'a good token',
      token: bySecret({ sub: 'u', exp: NOW + 1 }),
      result: { valid: true, payload: { sub: 'u', exp: NOW + 1 }, expired: false },
    },
    {
      what: 'an expired token',
      token: bySecret({ sub: 'u', exp: NOW }),
      result: { valid: false, payload: { sub: 'u', exp: NOW }, expired: true },
    },
    {
      what: 'a forged token',
      token: bySecret({ sub: 'u', exp: NOW }, 'another secret'),
      result: { valid: false, payload: {}, expired: false },
    },
  ])('VerifyResult of $what is valid: $result.valid, expired: $result.expired', async (row) => {
    expect(await client.verify(row.token)).toMatchObject(row.result);
  });

  it('decode reads the payload without verification', () => {
    expect(client.decode(bySecret({ sub: 'u' }, 'another secret'))).toEqual({ sub: 'u' });
  });

  it('ping is the health check', async () => {
    expect(await client.ping()).toBe(true);
  });

  it('TokenPayload has the registered claims and any other', async () => {
    const claims: TokenPayload = {
      sub: 'user-1',
      iss: 'issuer',
      aud: ['one', 'two'],
      exp: NOW + 60,
      iat: NOW,
      'https://example.com/roles': ['admin'],
    };
    expect((await client.verify(bySecret(claims))).payload).toEqual(claims);
  });
});
