// oauth4webapi and openid-client make the same requests. Whatever differs between their form and ours must be listed here.
import { createDownstream } from 'intentkit-auth/downstream';
import { createIntrospection } from 'intentkit-auth/introspection';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
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
  ['client_secret_basic', { secret }, oauth.ClientSecretBasic(secret), openid.ClientSecretBasic(secret)],
  ['client_secret_post', { secret, in: 'body' as const }, oauth.ClientSecretPost(secret), openid.ClientSecretPost(secret)],
  ['private_key_jwt', { privateKey: key.privateKey }, oauth.PrivateKeyJwt(signingKey), openid.PrivateKeyJwt(signingKey)],
  ['private_key_jwt with a kid', { privateKey: key.privateKey, keyId: 'k1' }, oauth.PrivateKeyJwt({ key: signingKey, kid: 'k1' }), openid.PrivateKeyJwt({ key: signingKey, kid: 'k1' })],
] as const;

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const HINT = { token_type_hint: 'access_token' };
const TARGET = {
  resource: 'https://orders.internal/',
  audience: 'orders',
  scopes: ['orders:read', 'orders:write'],
};
const FORM = {
  subject_token: 'opaque',
  subject_token_type: ACCESS_TOKEN,
  requested_token_type: ACCESS_TOKEN,
  resource: TARGET.resource,
  audience: TARGET.audience,
  scope: TARGET.scopes.join(' '),
};

/** A client library: what it learns about a token, and what it gets for one. */
interface Oracle {
  isActive(): Promise<boolean>;
  exchanged(): Promise<{ readonly access_token: string; readonly scope?: string | undefined }>;
}
const byOauth4webapi = (method: oauth.ClientAuth): Oracle => {
  const client = { client_id: clientId };
  return {
    async isActive() {
      const more = { ...insecure, additionalParameters: HINT };
      const response = await oauth.introspectionRequest(as, client, method, 'opaque', more);
      return (await oauth.processIntrospectionResponse(as, client, response)).active;
    },
    async exchanged() {
      const response = await oauth.genericTokenEndpointRequest(as, client, method, EXCHANGE, FORM, insecure);
      return oauth.processGenericTokenEndpointResponse(as, client, response);
    },
  };
};
const byOpenidClient = (method: openid.ClientAuth): Oracle => {
  const configuration = new openid.Configuration(as, clientId, undefined, method);
  openid.allowInsecureRequests(configuration);
  return {
    isActive: async () => (await openid.tokenIntrospection(configuration, 'opaque', HINT)).active,
    exchanged: () => openid.genericGrantRequest(configuration, EXCHANGE, FORM),
  };
};
const CASES = METHODS.flatMap(([name, clientAuth, forOauth, forOpenid]) => [
  [name, 'oauth4webapi', clientAuth, byOauth4webapi(forOauth)] as const,
  [name, 'openid-client', clientAuth, byOpenidClient(forOpenid)] as const,
]);

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
    // No field comes twice.
    names: fields.map(([name]) => name).toSorted(),
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

describe.each(CASES)('With %s', (_, library, clientAuth, theirs) => {
  it(`a question about a token is that of ${library}`, async () => {
    const endpoint = `${server.issuer}/introspect`;
    const ours = createIntrospection({ issuer: server.issuer, endpoint, clientId, clientAuth });
    await ours.introspect('opaque');
    expect(await theirs.isActive()).toBe(true);
    expect(server.received).toHaveLength(2);
    expect(read(server.received[0])).toEqual(read(server.received[1]));
    expect(read()).toHaveProperty('others.token', 'opaque');
  });

  it(`an exchange is that of ${library}, and so is what is read of the answer`, async () => {
    const endpoint = `${server.issuer}/token`;
    const ours = createDownstream({ issuer: server.issuer, endpoint, clientId, clientAuth });
    const token = await ours.for(TARGET)('opaque');
    const answer = await theirs.exchanged();
    expect([token.token, token.scopes.join(' ')]).toEqual([answer.access_token, answer.scope]);
    expect(server.received).toHaveLength(2);
    expect(read(server.received[0])).toEqual(read(server.received[1]));
    expect(read()).toHaveProperty('others.subject_token', 'opaque');
  });
});
