import {
  OAuthError,
  OAuthErrorCode,
  type OAuthTokenVerifier,
  requireBearerAuth,
} from '@modelcontextprotocol/server';
import { createAuthClient } from 'intentkit-auth';
import { createTokenVerifier } from 'intentkit-auth/mcp';
import { createTestIssuer } from 'intentkit-auth/testing';
import { describe, expect, it } from 'vitest';
import { ISSUER, RESOURCE, requestWith, SECRET, tokenWith } from '../../support/gate.js';

const invalidToken = (message: string) => new OAuthError(OAuthErrorCode.InvalidToken, message);
const auth = createAuthClient({ secret: SECRET, issuer: ISSUER });
const verifier: OAuthTokenVerifier = createTokenVerifier(auth, {
  resource: RESOURCE,
  scopes: { admin: ['files:write'] },
  invalidToken,
});
/** The official gate. */
const gate = requireBearerAuth({
  verifier,
  requiredScopes: ['files:write'],
  expectedResource: new URL(RESOURCE),
});
const ask = (token: string) => gate(requestWith({ authorization: `Bearer ${token}` }));

describe('A token verifier in the gate of the official SDK', () => {
  it('admits a good token, by a scope that implies the required one', async () => {
    expect(await ask(tokenWith({ scope: 'admin' }))).toMatchObject({
      clientId: 'agent',
      scopes: ['admin', 'files:write'],
    });
  });

  it.each([
    { what: 'expired', token: () => tokenWith({ exp: 1 }), says: 'The token has expired.' },
    { what: 'malformed', token: () => 'x', says: 'The token is malformed.' },
    {
      what: 'for another audience',
      token: () => tokenWith({ aud: 'x' }),
      says: 'The token is not for this resource.',
    },
    { what: 'without expiry', token: () => tokenWith({ exp: undefined }), says: 'The token has no expiry.' },
    {
      what: 'bound to a key',
      token: () => tokenWith({ cnf: { jkt: 'x' } }),
      says: 'This token is bound to a key and cannot be used as a bearer token.',
    },
  ])('leads to 401 for a token that is $what', async ({ token, says }) => {
    const refused = (await ask(token())) as Response;
    expect(refused.status).toBe(401);
    expect(await refused.json()).toEqual({ error: 'invalid_token', error_description: says });
    await expect(verifier.verifyAccessToken(token())).rejects.toBeInstanceOf(OAuthError);
  });

  it('leads to 403 for a token that lacks a scope', async () => {
    expect(await ask(tokenWith())).toMatchObject({ status: 403 });
  });

  it('throws what the client throws without a verdict, which leads to 500 and never to 401', async () => {
    const { jwksUrl, fetch, fail, token: issue } = await createTestIssuer();
    fail('reset');
    const down = createAuthClient({ jwksUrl, jwks: { fetch }, onWarning: () => {} });
    const blind = createTokenVerifier(down, { resource: RESOURCE, invalidToken });
    const token = await issue();
    await expect(blind.verifyAccessToken(token)).rejects.toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE' });
    const answer = await requireBearerAuth({ verifier: blind })(
      requestWith({ authorization: `Bearer ${token}` }),
    );
    expect(answer).toMatchObject({ status: 500 });
  });
});
