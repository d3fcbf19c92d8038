// oauth4webapi makes the same requests. Whatever differs between its form and ours must be listed here.
import { createDownstream } from 'intentkit-auth/downstream';
import { createIntrospection } from 'intentkit-auth/introspection';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import * as oauth from 'oauth4webapi';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { generateKeys } from '../support/mint.js';
import { type OAuthServer, type Received, startOAuthServer } from '../support/oauth-server.js';

const server: OAuthServer = await startOAuthServer();
afterAll(() => server.close());
beforeEach(() => {
  server.received.length = 0;
  server.replies.set('/introspect', () => ({ active: true, sub: 'ada' }));
  server.replies.set('/token', () => ({
    access_token: 'token-for-orders',
    issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    token_type: 'bearer',
    expires_in: 600,
    scope: 'orders:read orders:write',
  }));
});

const as: oauth.AuthorizationServer = {
  issuer: server.issuer,
  introspection_endpoint: `${server.issuer}/introspect`,
  token_endpoint: `${server.issuer}/token`,
};
const key = generateKeys('ES256');
const signingKey = await crypto.subtle.importKey(
  'jwk',
  key.privateKey.export({ format: 'jwk' }) as JsonWebKey,
  { name: 'ECDSA', namedCurve: 'P-256' },
  false,
  ['sign'],
);
const clientId = 'mcp server:1';
const secret = 'a secret & ü:%+';
const insecure = { [oauth.allowInsecureRequests]: true };

// biome-ignore format: a table
const METHODS = [
  ['client_secret_basic', { secret }, oauth.ClientSecretBasic(secret)],
  ['client_secret_post', { secret, in: 'body' as const }, oauth.ClientSecretPost(secret)],
  ['private_key_jwt', { privateKey: key.privateKey }, oauth.PrivateKeyJwt(signingKey)],
  ['private_key_jwt with a kid', { privateKey: key.privateKey, keyId: 'k1' }, oauth.PrivateKeyJwt({ key: signingKey, kid: 'k1' })],
] as const;

/** What an authorization server reads of a request. An assertion differs each time, so its names and its lasting values count. */
function read({ method, headers, fields }: Received | undefined = server.received[0] as Received): unknown {
  const form = Object.fromEntries(fields);
  const { client_assertion: assertion, ...others } = form;
  const claims = assertion === undefined ? undefined : decodeJwt(assertion);
  return {
    method,
    type: headers['content-type']?.split(';')[0],
    // RFC 6749 section 2.3.1: both parts are decoded after the colon is found.
    credentials: headers.authorization && credentialsIn(headers.authorization),
    others,
    ...(assertion !== undefined &&
      claims && {
        header: { ...decodeProtectedHeader(assertion), typ: undefined },
        aud: [claims.aud].flat(),
        claims: { iss: claims.iss, sub: claims.sub, lifetime: Number(claims.exp) - Number(claims.iat) },
        hasId: typeof claims.jti === 'string',
      }),
  };
}
const credentialsIn = (authorization: string): unknown =>
  atob(authorization.replace(/^Basic /, ''))
    .split(':')
    .map((part) => new URLSearchParams(`x=${part}`).get('x'));

describe.each(METHODS)('With %s', (_, clientAuth, theirs) => {
  it('a question about a token is that of oauth4webapi', async () => {
    const ours = createIntrospection({
      issuer: server.issuer,
      endpoint: `${server.issuer}/introspect`,
      clientId,
      clientAuth,
    });
    await ours.introspect('opaque');
    const request = oauth.introspectionRequest(as, { client_id: clientId }, theirs, 'opaque', {
      ...insecure,
      additionalParameters: { token_type_hint: 'access_token' },
    });
    const answer = await oauth.processIntrospectionResponse(as, { client_id: clientId }, await request);
    expect(answer.active).toBe(true);
    expect(read(server.received[0])).toEqual(read(server.received[1]));
    expect(read()).toHaveProperty('others.token', 'opaque');
  });

  it('an exchange is that of oauth4webapi, and so is what is read of the answer', async () => {
    const ours = createDownstream({
      issuer: server.issuer,
      endpoint: `${server.issuer}/token`,
      clientId,
      clientAuth,
    });
    const target = {
      resource: 'https://orders.internal/',
      audience: 'orders',
      scopes: ['orders:read', 'orders:write'],
    };
    const token = await ours.for(target)('opaque');
    const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
    const request = oauth.genericTokenEndpointRequest(
      as,
      { client_id: clientId },
      theirs,
      'urn:ietf:params:oauth:grant-type:token-exchange',
      {
        subject_token: 'opaque',
        subject_token_type: ACCESS_TOKEN,
        requested_token_type: ACCESS_TOKEN,
        resource: target.resource,
        audience: target.audience,
        scope: target.scopes.join(' '),
      },
      insecure,
    );
    const answer = await oauth.processGenericTokenEndpointResponse(
      as,
      { client_id: clientId },
      await request,
    );
    expect([token.token, token.scopes.join(' ')]).toEqual([answer.access_token, answer.scope]);
    expect(read(server.received[0])).toEqual(read(server.received[1]));
    expect(read()).toHaveProperty('others.subject_token', 'opaque');
  });
});
