// `createTokenVerifier` in the `requireBearerAuth` of both lines of the official SDK, over HTTP.
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { requireBearerAuth as requireOnExpress } from '@modelcontextprotocol/express';
import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import { requireBearerAuth as requireOf1 } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import { OAuthError, OAuthErrorCode, requireBearerAuth as requireOf2 } from '@modelcontextprotocol/server';
import express from 'express';
import { type AuthClient, createAuthClient } from 'intentkit-auth';
import { createTokenVerifier, type TokenVerifier } from 'intentkit-auth/mcp';
import { createRevocationList } from 'intentkit-auth/revocation';
import { createTestIssuer, type TestIssuer } from 'intentkit-auth/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { METADATA, RESOURCE } from '../support/gate.js';
import { memoryStore } from '../support/stores.js';

let issuer: TestIssuer;
let auth: AuthClient;
beforeAll(async () => {
  issuer = await createTestIssuer({ audience: RESOURCE });
  await issuer.listen();
  auth = createClient();
});
afterAll(() => issuer.close());

const createClient = (): AuthClient =>
  createAuthClient({
    issuers: [{ issuer: issuer.url }],
    revocation: createRevocationList(memoryStore()),
    onWarning: () => {},
  });

const options = {
  requiredScopes: ['files:read'],
  resourceMetadataUrl: METADATA,
  expectedResource: new URL(RESOURCE),
};
const app = (protect: express.RequestHandler): RequestListener =>
  express().use(protect, (request, response) => {
    response.json((request as { auth?: unknown }).auth);
  });

/** A server behind the middleware of each line, and the error that this line recognises. */
const LINES = [
  {
    line: '1.x on express',
    invalidToken: (message: string): Error => new InvalidTokenError(message),
    behind: (verifier: TokenVerifier) => app(requireOf1({ ...options, verifier })),
  },
  {
    line: '2 on express',
    invalidToken: (message: string): Error => new OAuthError(OAuthErrorCode.InvalidToken, message),
    behind: (verifier: TokenVerifier) => app(requireOnExpress({ ...options, verifier })),
  },
  {
    line: '2 with fetch',
    invalidToken: (message: string): Error => new OAuthError(OAuthErrorCode.InvalidToken, message),
    behind: (verifier: TokenVerifier) => {
      const protect = requireOf2({ ...options, verifier });
      return getRequestListener(async (request) => {
        const decision = await protect(request);
        return decision instanceof Response ? decision : Response.json(decision);
      });
    },
  },
];

/** Starts a server for one test, and returns what it answers to a token. */
async function start(listener: RequestListener) {
  const server = createServer(listener);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return async (token: string) => {
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`http://127.0.0.1:${port}/mcp`, { method: 'POST', headers });
    const challenge = response.headers.get('www-authenticate');
    return { status: response.status, challenge, body: (await response.json()) as Record<string, unknown> };
  };
}

const claims = { scope: 'files:read', client_id: 'agent', sub: 'user-1' };

describe.each(LINES)('A token verifier under SDK $line', ({ invalidToken, behind }) => {
  const verifier = (client = auth) => createTokenVerifier(client, { resource: RESOURCE, invalidToken });

  it('admits a valid token and names its caller', async () => {
    const ask = await start(behind(verifier()));
    const token = await issuer.token(claims);
    const { exp } = auth.decode(token);
    expect(await ask(token)).toMatchObject({
      status: 200,
      body: {
        token,
        clientId: 'agent',
        scopes: ['files:read'],
        expiresAt: exp,
        resource: RESOURCE,
        extra: { sub: 'user-1' },
      },
    });
  });

  it.each([
    {
      what: 'has expired',
      token: () => issuer.token(claims, { expiresIn: '-5m' }),
      says: 'The token has expired.',
    },
    { what: 'is malformed', token: async () => 'a.b', says: 'The token is malformed.' },
    {
      what: 'is for another audience',
      token: () => issuer.token({ ...claims, aud: 'https://other.example.com/' }),
      says: 'The token is not for this resource.',
    },
    {
      what: 'has an invalid signature',
      token: async () => `${(await issuer.token(claims)).slice(0, -8)}AAAAAAAA`,
      says: "The token's signature is invalid.",
    },
    {
      what: 'is from another issuer',
      token: () => issuer.token({ ...claims, iss: 'https://other.example.com/' }),
      says: 'The token is from another issuer.',
    },
    {
      what: 'was revoked',
      token: async () => {
        const token = await issuer.token({ ...claims, jti: crypto.randomUUID() });
        await auth.revoke(token);
        return token;
      },
      says: 'The token was revoked.',
    },
    {
      what: 'never expires',
      token: () => issuer.token({ ...claims, exp: undefined }),
      says: 'The token has no expiry.',
    },
    {
      what: 'is bound to a key',
      token: () => issuer.token({ ...claims, cnf: { jkt: 'x' } }),
      says: 'This token is bound to a key and cannot be used as a bearer token.',
    },
  ])('leads to 401 with a challenge for a token that $what', async ({ token, says }) => {
    const ask = await start(behind(verifier()));
    expect(await ask(await token())).toEqual({
      status: 401,
      challenge: `Bearer error="invalid_token", error_description="${says}", scope="files:read", resource_metadata="${METADATA}"`,
      body: { error: 'invalid_token', error_description: says },
    });
  });

  it('leads to 403 for a token that lacks a scope', async () => {
    const ask = await start(behind(verifier()));
    const { status, challenge } = await ask(await issuer.token({ ...claims, scope: 'other' }));
    expect(status).toBe(403);
    expect(challenge).toMatch(/^Bearer error="insufficient_scope", .*scope="files:read"/);
  });

  it('leads to 500 without a challenge during an outage, and never to 401', async () => {
    const ask = await start(behind(verifier(createClient())));
    const token = await issuer.token(claims);
    issuer.fail('503');
    onTestFinished(issuer.recover);
    const answers = [await ask(token), await ask(token)];
    expect(answers.map(({ status, challenge }) => [status, challenge])).toEqual([
      [500, null],
      [500, null],
    ]);
  });

  it('leads to 500 without a challenge when "invalidToken" makes the error of the other line', async () => {
    const other = LINES.find((one) => one.invalidToken('').constructor !== invalidToken('').constructor);
    const wrong = { resource: RESOURCE, invalidToken: other?.invalidToken as typeof invalidToken };
    const ask = await start(behind(createTokenVerifier(auth, wrong)));
    expect(await ask('a.b')).toMatchObject({ status: 500, challenge: null });
    expect(await ask(await issuer.token(claims))).toMatchObject({ status: 200 });
  });

  it.each([
    {
      what: 'throws',
      odd: () => {
        throw new Error('odd');
      },
    },
    { what: 'rejects', odd: () => Promise.reject(new Error('odd')) },
    { what: 'returns nothing', odd: () => undefined },
    { what: 'returns the sentence', odd: (message: string) => message },
    { what: 'returns an object', odd: (message: string) => ({ message }) },
  ])('refuses with 500 when "invalidToken" $what', async ({ odd }) => {
    const unusual = { resource: RESOURCE, invalidToken: odd as never };
    const ask = await start(behind(createTokenVerifier(auth, unusual)));
    expect(await ask('a.b')).toMatchObject({ status: 500, challenge: null });
    expect(await ask(await issuer.token({ ...claims, cnf: {} }))).toMatchObject({ status: 500 });
  });
});
