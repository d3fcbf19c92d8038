// A test for each row and sentence of what version 1.0.1 promised: its tables, its interfaces, its architecture. Its
// samples are in consumer/specification/, and run against the packed package.
import type { FunctionContext } from 'intentkit';
import {
  type AuthClient,
  type AuthProviderConfig,
  createAuthClient,
  createAuthProvider,
  type SignOptions,
  type TokenPayload,
  type VerifyResult,
} from 'intentkit-auth';
import { createToken, decodeToken, verifyToken } from 'intentkit-auth/functions';
import { afterAll, expect, it, onTestFinished } from 'vitest';
import { freezeClock, NOW } from '../support/clock.js';
import { startJwksServer } from '../support/jwks-server.js';
import { generateKeys, mint } from '../support/mint.js';
import { OTHER_SECRET, SECRET } from '../support/secrets.js';

const HOUR = 3600;
const rsa = generateKeys('RS256', 'rsa');
const ec = generateKeys('ES256', 'ec');
const forger = generateKeys('RS256');
const identityProvider = await startJwksServer({ keys: [rsa.jwk, ec.jwk] });
afterAll(() => identityProvider.close());
const jwksUrl = identityProvider.url;
freezeClock();

const bySecret = (payload: object = {}, key = SECRET, alg = 'HS256'): string =>
  mint({ header: { alg, typ: 'JWT' }, payload, key });
const byRsa = (payload: object = {}, key = rsa.privateKey): string =>
  mint({ header: { alg: 'RS256', kid: 'rsa' }, payload, key });
const byEc = (): string => mint({ header: { alg: 'ES256', kid: 'ec' }, payload: {}, key: ec.privateKey });

type Verdict = true | VerifyResult['reason'];

// biome-ignore format: one promise a line
it.each<[promise: string, config: AuthProviderConfig, token: string, verdict: Verdict]>([
  ['"secret" verifies a token that was signed with it', { secret: SECRET }, bySecret(), true],
  ['"secret" verifies no token that was signed with another', { secret: SECRET }, bySecret({}, OTHER_SECRET), 'signature'],
  ['"secret" verifies no token that an asymmetric key signed', { secret: SECRET }, byRsa(), 'algorithm'],
  ['"jwksUrl" verifies a token that one of its keys signed', { jwksUrl }, byRsa(), true],
  ['"jwksUrl" verifies no token that another key signed', { jwksUrl }, byRsa({}, forger.privateKey), 'signature'],
  ['"jwksUrl" verifies no token that a secret signed', { jwksUrl }, bySecret(), 'algorithm'],
  ['"issuer" is the "iss" that a token needs', { secret: SECRET, issuer: 'a' }, bySecret({ iss: 'a' }), true],
  ['"issuer" refuses another "iss"', { secret: SECRET, issuer: 'a' }, bySecret({ iss: 'b' }), 'issuer'],
  ['"issuer" refuses a token without "iss"', { secret: SECRET, issuer: 'a' }, bySecret(), 'issuer'],
  ['"issuer" holds for the tokens of a JWKS', { jwksUrl, issuer: 'a' }, byRsa({ iss: 'b' }), 'issuer'],
  ['"audience" is the "aud" that a token needs', { secret: SECRET, audience: 'a' }, bySecret({ aud: 'a' }), true],
  ['"audience" refuses another "aud"', { secret: SECRET, audience: 'a' }, bySecret({ aud: 'b' }), 'audience'],
  ['"audience" refuses a token without "aud"', { secret: SECRET, audience: 'a' }, bySecret(), 'audience'],
  ['"audience" holds for the tokens of a JWKS', { jwksUrl, audience: 'a' }, byRsa({ aud: 'b' }), 'audience'],
  ['"issuer" and "audience" have no default', { secret: SECRET }, bySecret({ iss: 'any', aud: 'any' }), true],
  ['"algorithm" is HS256 for a secret', { secret: SECRET }, bySecret({}, SECRET, 'HS384'), 'algorithm'],
  ['"algorithm" accepts its own', { secret: SECRET, algorithm: 'HS384' }, bySecret({}, SECRET, 'HS384'), true],
  ['"algorithm" accepts no other', { secret: SECRET, algorithm: 'HS384' }, bySecret(), 'algorithm'],
  ['"algorithm" is detected for an EC key of a JWKS', { jwksUrl }, byEc(), true],
  ['"secret" beside "jwksUrl" verifies its own tokens', { secret: SECRET, jwksUrl, onWarning }, bySecret(), true],
  ['"jwksUrl" beside "secret" verifies its own tokens', { secret: SECRET, jwksUrl, onWarning }, byRsa(), true],
])('%s', async (_, config, token, verdict) => {
  const { valid, reason } = await createAuthClient(config).verify(token);
  expect(valid || reason).toBe(verdict);
});

/** For the one warning that two sources of one issuer give. */
function onWarning(): void {}

// biome-ignore format: one promise a line
it.each<[promise: string, config: AuthProviderConfig, options: SignOptions, claims: TokenPayload]>([
  ['"issuer" is written into tokens', { issuer: 'a' }, {}, { iss: 'a', exp: NOW + HOUR }],
  ['"audience" is written into tokens', { audience: 'a' }, {}, { aud: 'a', exp: NOW + HOUR }],
  ['"defaultExpiry" is an hour by default', {}, {}, { exp: NOW + HOUR }],
  ['"defaultExpiry" may be 8h', { defaultExpiry: '8h' }, {}, { exp: NOW + 8 * HOUR }],
  ['"defaultExpiry" may be 7d', { defaultExpiry: '7d' }, {}, { exp: NOW + 7 * 24 * HOUR }],
  ['"defaultExpiry" may be 2 hours, in the format of jose', { defaultExpiry: '2 hours' }, {}, { exp: NOW + 2 * HOUR }],
  ['"subject" is the "sub" claim', {}, { subject: 'user-1' }, { sub: 'user-1', exp: NOW + HOUR }],
  ['"expiresIn" overrides the default', { defaultExpiry: '24h' }, { expiresIn: '2h' }, { exp: NOW + 2 * HOUR }],
  ['"claims" are additional', {}, { claims: { a: [1] } }, { a: [1], exp: NOW + HOUR }],
])('%s', async (_, config, options, claims) => {
  const client = createAuthClient({ secret: SECRET, ...config });
  expect(client.decode(await client.sign({ role: 'admin' }, options))).toEqual({ role: 'admin', iat: NOW, ...claims });
});

it.each<[promise: string, config: AuthProviderConfig, alg: string]>([
  ['A secret signs by HS256', {}, 'HS256'],
  ['A secret signs by the configured algorithm', { algorithm: 'HS384' }, 'HS384'],
  ['A secret beside a JWKS signs by HS256', { jwksUrl, onWarning }, 'HS256'],
])('%s', async (_, config, alg) => {
  const token = await createAuthClient({ secret: SECRET, ...config }).sign({});
  const [header = ''] = token.split('.');
  expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({ alg, typ: 'JWT' });
  expect(await createAuthClient({ secret: SECRET, ...config }).verify(token)).toMatchObject({ valid: true });
});

it('"name" is the name of the provider, by default "auth"', () => {
  expect(createAuthProvider({ secret: SECRET }).name).toBe('auth');
  expect(createAuthProvider({ secret: SECRET, name: 'tokens' }).name).toBe('tokens');
});

it('One of "secret" and "jwksUrl" must be given', () => {
  expect(() => createAuthProvider({ issuer: 'my-service' })).toThrow(
    'Give "secret", "signingKeys", "jwksUrl", "issuers" or "introspection".',
  );
});

it('A provider has one client, which still works after shutdown, because there is nothing to close', async () => {
  const provider = createAuthProvider({ secret: SECRET });
  const client = await provider.initialize();
  expect(await provider.initialize()).toBe(client);
  await expect(provider.shutdown()).resolves.toBeUndefined();
  expect(await client.verify(await client.sign({}))).toMatchObject({ valid: true });
});

it.each([
  ['A secret is healthy, without a request', { secret: SECRET }, [], true, 0],
  ['A JWKS endpoint with keys is healthy, once it was asked', {}, [rsa.jwk], true, 1],
  ['A JWKS endpoint without keys is not healthy', {}, [], false, 1],
])('%s', async (_, config, keys, healthy, requests) => {
  const server = await startJwksServer({ keys });
  onTestFinished(() => server.close());
  const source = 'secret' in config ? config : { jwksUrl: server.url };
  const provider = createAuthProvider({ ...source, onWarning });
  const client = await provider.initialize();
  expect(server.requests).toBe(0);
  expect(await provider.healthCheck()).toBe(healthy);
  expect(await client.ping()).toBe(healthy);
  expect(server.requests).toBe(requests);
});

it('A provider is not healthy after its JWKS endpoint has stopped', async () => {
  const server = await startJwksServer();
  await server.close();
  expect(await createAuthProvider({ jwksUrl: server.url, onWarning }).healthCheck()).toBe(false);
});

const client: AuthClient = createAuthClient({ secret: SECRET, issuer: 'my-service' });
const ctx: FunctionContext = { providers: { auth: client }, role: 'admin', events: undefined };

it('Signing requires a symmetric secret', async () => {
  const refused = createAuthClient({ jwksUrl }).sign({ role: 'admin' });
  await expect(refused).rejects.toMatchObject({ name: 'AuthError', code: 'ERR_NO_SIGNING_KEY' });
});

// biome-ignore format: one verdict a line
it.each<[what: string, token: string, verdict: Partial<VerifyResult>]>([
  ['A good token is valid', bySecret({ iss: 'my-service', exp: NOW + 1 }), { valid: true, expired: false, payload: { iss: 'my-service', exp: NOW + 1 } }],
  ['An expired token is just that', bySecret({ iss: 'my-service', exp: NOW }), { valid: false, expired: true, payload: { iss: 'my-service', exp: NOW } }],
  ['An expired token of another issuer is not just expired', bySecret({ iss: 'other', exp: NOW }), { valid: false, expired: false }],
  ['A forged token has no payload', bySecret({ iss: 'my-service', exp: NOW }, OTHER_SECRET), { valid: false, expired: false, payload: {} }],
])('%s, by the client as by verify_token', async (_, token, verdict) => {
  expect(await client.verify(token)).toMatchObject(verdict);
  const { message, ...result } = await client.verify(token);
  expect(await verifyToken.execute({ token }, ctx)).toMatchObject(result);
  expect(message === undefined).toBe(result.valid);
});

it('Decoding verifies nothing, by the client as by decode_token', async () => {
  const token = bySecret({ role: 'admin' }, OTHER_SECRET);
  expect(client.decode(token)).toEqual({ role: 'admin' });
  expect(await decodeToken.execute({ token }, ctx)).toEqual({ verified: false, payload: { role: 'admin' } });
});

it('A payload has the registered claims and any other', async () => {
  const registered = { sub: 'user-1', iss: 'my-service', aud: ['one', 'two'], exp: NOW + 60, iat: NOW };
  const claims: TokenPayload = { ...registered, 'https://example.com/roles': ['admin'] };
  expect((await client.verify(bySecret(claims))).payload).toEqual(claims);
});

it.each([
  [{}, { iss: 'my-service', iat: NOW, exp: NOW + HOUR }],
  [
    { claims: { role: 'admin' }, subject: 'user-1', expires_in: '2h' },
    { iss: 'my-service', iat: NOW, exp: NOW + 2 * HOUR, role: 'admin', sub: 'user-1' },
  ],
])('create_token signs what %j asks for, and says when it expires', async (input, claims) => {
  const { token, expires_at } = await createToken.execute(input, ctx);
  expect(expires_at).toBe(claims.exp);
  expect((await client.verify(token)).payload).toEqual(claims);
});

it.each([
  [{ claims: { sub: 1 } }, '"claims" must not hold "sub": use the "subject" field.'],
  [{ claims: { exp: 1 } }, '"claims" must not hold "exp": use the "expires_in" field.'],
  [{ claims: { iat: 1 } }, '"claims" must not hold "iat": it is always the time of signing.'],
  [{ claims: { nbf: 1 } }, '"claims" must not hold "nbf": a token is valid from the time of signing.'],
  [{ claims: { iss: 1 } }, '"claims" must not hold "iss": it is set by the server.'],
  [{ claims: { aud: 1 } }, '"claims" must not hold "aud": it is set by the server.'],
  [{ expires_in: 'soon' }, '"expires_in" must be a lifetime: a duration from now with one unit.'],
])('create_token refuses %j with the sentence: %s', async (input, message) => {
  await expect(createToken.execute(input, ctx)).rejects.toMatchObject({
    name: 'AuthError',
    code: 'ERR_SIGN_INPUT',
    message: expect.stringContaining(message),
  });
});
