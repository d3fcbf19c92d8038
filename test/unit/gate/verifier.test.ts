// The first argument of a gate: our client, or a verifier of one's own.
import { createAuthClient, type VerifyResult } from 'intentkit-auth';
import { protectApi, type Verifier } from 'intentkit-auth/http';
import { createTokenVerifier, protectMcp } from 'intentkit-auth/mcp';
import { describe, expect, it } from 'vitest';
import { admitted, ISSUER, outcomeOf, RESOURCE, requestWith, SECRET, tokenWith } from '../../support/gate.js';

const bearer = (token: string): Request => requestWith({ authorization: `Bearer ${token}` });
const auth = createAuthClient({ secret: SECRET, issuer: ISSUER, audience: 'api://1234' });
const options = { resource: RESOURCE, authorizationServers: [ISSUER] };
const now = (): number => Math.floor(Date.now() / 1000);

describe("A verifier of one's own", () => {
  /** API keys beside the tokens of a client: the keys of a real server are in a database. */
  const KEYS = new Map([['key_1', { sub: 'service-1', scope: 'mcp' }]]);
  const keys: Verifier = {
    async verify(token): Promise<VerifyResult> {
      const known = KEYS.get(token);
      if (!known) return auth.verify(token);
      return { valid: true, payload: { ...known, aud: RESOURCE, exp: now() + 60 }, expired: false };
    },
  };

  it('may admit API keys beside tokens', async () => {
    const gate = protectApi(keys, { ...options, requiredScopes: ['mcp'] });
    expect(admitted(await gate.authenticate(bearer('key_1')))).toMatchObject({
      subject: 'service-1',
      scopes: ['mcp'],
      clientId: '',
    });
    expect(await outcomeOf(await gate.authenticate(bearer('key_2')))).toMatchObject({
      status: 401,
      body: { error_description: 'The token is malformed.' },
    });
  });

  it.each([RESOURCE, [RESOURCE, 'x'], 'api://1234', undefined, [], `${RESOURCE}/`])(
    'has the audience of its tokens compared with the resource: %j',
    async (aud) => {
      const payload = { exp: now() + 60, ...(aud && { aud }) };
      const gate = protectApi({ verify: async () => ({ valid: true, payload, expired: false }) }, options);
      const { status } = await outcomeOf(await gate.authenticate(bearer('x')));
      expect(status).toBe([aud].flat().includes(RESOURCE) ? 200 : 401);
    },
  );

  it.each([protectApi, protectMcp])('needs "authorizationServers": %o', (protect) => {
    const message = expect.stringMatching(/"authorizationServers" is required with a verifier of your own/);
    expect(() => protect(keys, { resource: RESOURCE })).toThrow(
      expect.objectContaining({ code: 'ERR_AUTH_CONFIG', message }),
    );
    expect(protect(keys, { resource: RESOURCE, authorizationServers: [] })).toHaveProperty('node');
  });

  it('is what a copy of a client is, and the error says so', async () => {
    expect(() => protectApi({ ...auth }, { resource: RESOURCE })).toThrow(
      /\{ \.\.\.client \}.* give the client itself/,
    );
    // With the option, its tokens must be for the resource, whatever audience the client has.
    const copy = protectApi({ ...auth }, options);
    const token = tokenWith({ aud: 'api://1234' });
    expect(await outcomeOf(await copy.authenticate(bearer(token)))).toMatchObject({ status: 401 });
    admitted(await protectApi(auth, { resource: RESOURCE }).authenticate(bearer(token)));
  });

  it('may serve the verifier of an MCP SDK', async () => {
    const verifier = createTokenVerifier(keys, {
      resource: RESOURCE,
      invalidToken: (text) => new Error(text),
    });
    expect(await verifier.verifyAccessToken('key_1')).toMatchObject({ subject: 'service-1' });
  });

  it.each([null, undefined, 'x', {}, { verify: 'x' }, () => {}])('is not %o', (value) => {
    expect(() => protectApi(value as never, options)).toThrow(
      expect.objectContaining({
        code: 'ERR_AUTH_CONFIG',
        message: 'The first argument must be the client that verifies tokens.',
      }),
    );
  });
});
