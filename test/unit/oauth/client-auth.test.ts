import { sign as signWith } from 'node:crypto';
import { AuthError } from 'intentkit-auth';
import { createDownstream } from 'intentkit-auth/downstream';
import { type ClientAuthOptions, createIntrospection } from 'intentkit-auth/introspection';
import {
  decodeJwt,
  type JWTPayload,
  jwtVerify,
  type ProtectedHeaderParameters,
  type ResolvedKey,
} from 'jose';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import * as faults from '../../support/faulty-jwks-server.js';
import { type OAuthServer, type Reply, startOAuthServer } from '../../support/oauth-server.js';
import { pairFor, privateForms, publicForms } from '../../support/own-keys.js';

const server: OAuthServer = await startOAuthServer();
afterAll(() => server.close());
beforeEach(() => {
  server.received.length = 0;
  server.replies.set('/introspect', () => ({ active: true }));
});

const introspection = (clientAuth: ClientAuthOptions, onWarning = () => {}) =>
  createIntrospection({ issuer: server.issuer, clientId: 'my-api', clientAuth, timeout: '1s', onWarning });
const sent = (at = 0, path = '/introspect'): Record<string, string> =>
  Object.fromEntries(server.to(path)[at]?.fields ?? []);
const key = pairFor('ES256');
const pem = String(key.privateKey.export({ format: 'pem', type: 'pkcs8' }));
const publicPem = String(key.publicKey.export({ format: 'pem', type: 'spki' }));
const der = (data: Uint8Array): Uint8Array => signWith('sha256', data, key.privateKey);

/** Checks an assertion as an authorization server does, with jose. */
function checked(
  { client_assertion = '', client_assertion_type, client_id }: Record<string, string>,
  publicKey = key.publicKey,
): Promise<{ payload: JWTPayload; protectedHeader: ProtectedHeaderParameters } & Partial<ResolvedKey>> {
  expect(client_assertion_type).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
  expect(client_id).toBe('my-api');
  const requiredClaims = ['iat', 'exp', 'jti'];
  return jwtVerify(client_assertion, publicKey, {
    issuer: 'my-api',
    subject: 'my-api',
    maxTokenAge: 60,
    requiredClaims,
  }) as never;
}

describe.each(['ES256', 'ES384', 'EdDSA', 'RS256', 'PS256'] as const)('A private key for %s', (alg) => {
  it('signs an assertion for the issuer, in each form of key', async () => {
    const { privateKey, publicKey } = pairFor(alg);
    const forms = Object.values(await privateForms(alg, privateKey));
    for (const [index, form] of forms.entries()) {
      await introspection({ privateKey: form, algorithm: alg }).introspect('opaque');
      const { payload, protectedHeader } = await checked(sent(index), publicKey);
      expect(protectedHeader).toEqual({ alg, typ: 'JWT' });
      expect(payload.aud).toBe(server.issuer);
      expect(Number(payload.exp) - Number(payload.iat)).toBe(60);
    }
    expect(server.to('/introspect')).toHaveLength(forms.length);
    expect(server.to('/introspect')[0]?.headers).not.toHaveProperty('authorization');
  });
});

it('An external signer signs assertions, with the public key in each form', async () => {
  for (const publicKey of Object.values(await publicForms('ES256', key.publicKey))) {
    server.received.length = 0;
    await introspection({ publicKey, sign: async (data) => der(data) }).introspect('opaque');
    await checked(sent());
  }
});

it('The header of an assertion has a "kid" only if `keyId` is set', async () => {
  const jwk = { ...key.privateKey.export({ format: 'jwk' }), kid: 'of-the-jwk' };
  await introspection({ privateKey: jwk }).introspect('opaque');
  await introspection({ privateKey: jwk, keyId: 'configured' }).introspect('opaque');
  expect((await checked(sent(0))).protectedHeader).not.toHaveProperty('kid');
  expect((await checked(sent(1))).protectedHeader.kid).toBe('configured');
});

it('The audience of an assertion can be set, and is the token endpoint for Entra', async () => {
  await introspection({ privateKey: pem, audience: 'https://id.example.com/token' }).introspect('opaque');
  expect((await checked(sent())).payload.aud).toBe('https://id.example.com/token');
  server.replies.set('/token', () => ({ access_token: 'a', token_type: 'Bearer', expires_in: 60 }));
  const downstream = createDownstream({
    issuer: server.issuer,
    clientId: 'my-api',
    clientAuth: { privateKey: pem },
    grant: 'entra-on-behalf-of',
  });
  await downstream.for({ audience: 'api://orders' })('opaque');
  expect((await checked(sent(0, '/token'))).payload.aud).toBe(`${server.issuer}/token`);
});

it('A request that is repeated on a new connection has a new assertion', async () => {
  const replies: Reply[] = [faults.reset];
  server.replies.set('/introspect', () => replies.pop() ?? { active: true });
  expect(await introspection({ privateKey: pem }).introspect('opaque')).toEqual({});
  const ids = [0, 1].map((at) => decodeJwt(sent(at).client_assertion ?? '').jti);
  expect(ids).toEqual([expect.any(String), expect.any(String)]);
  expect(new Set(ids).size).toBe(2);
});

it.each<[what: string, sign: () => unknown, problem: string]>([
  [
    'throws',
    () => {
      throw new Error('hush');
    },
    '"clientAuth.sign" made no signature',
  ],
  ['rejects', () => Promise.reject(new Error('hush')), '"clientAuth.sign" made no signature'],
  ['hangs', () => new Promise(() => {}), '"clientAuth.sign" made no signature'],
  ['has another key', () => new Uint8Array(64), '"clientAuth.sign" made an invalid signature'],
])('If an external signer %s, the client sends no request', async (_, sign, problem) => {
  const clientAuth = { publicKey: publicPem, sign: sign as never, timeout: '0.1s' };
  const error = await introspection(clientAuth)
    .introspect('opaque')
    .catch((reason: unknown) => reason);
  expect(error).toMatchObject({
    code: 'ERR_INTROSPECTION_UNAVAILABLE',
    message: expect.stringContaining(problem),
  });
  expect(String(error)).not.toContain('hush');
  expect(server.to('/introspect')).toEqual([]);
});

// biome-ignore format: a table
const WRONG: ReadonlyArray<readonly [what: string, clientAuth: object, message: RegExp]> = [
  ['nothing', {}, /needs "secret" or "privateKey"/],
  ['a secret and a key', { secret: 'x', privateKey: pem }, /give one of them/],
  ['a secret and an audience', { secret: 'x', audience: 'y' }, /give one of them/],
  ['a place for a key', { privateKey: pem, in: 'body' }, /"clientAuth.in" is only for "secret"/],
  ['a public key alone', { publicKey: publicPem }, /must be able to sign/],
  ['an id alone', { keyId: 'x' }, /must be able to sign/],
  ['a public key as the private one', { privateKey: publicPem }, /"clientAuth.privateKey" must be a private key/],
  ['an algorithm that does not fit', { privateKey: pem, algorithm: 'RS256' }, /"clientAuth.algorithm" does not fit/],
  ['a signer without the public key', { sign: () => {} }, /"clientAuth.sign" needs "publicKey"/],
];
it.each(WRONG)(
  '`clientAuth` is checked when it is given: the client refuses %s',
  (_, clientAuth, message) => {
    expect(() => introspection(clientAuth)).toThrow(message);
    expect(() => introspection(clientAuth)).toThrow(AuthError);
  },
);
