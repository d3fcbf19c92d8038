// How the middleware of both SDK lines answers with it is tested over HTTP, in `test/e2e/token-verifier.test.ts`.
import { createAuthClient } from 'intentkit-auth';
import { createTokenVerifier, type TokenVerifierOptions } from 'intentkit-auth/mcp';
import { createTestIssuer } from 'intentkit-auth/testing';
import { describe, expect, it } from 'vitest';
import { ISSUER, RESOURCE, SECRET, tokenWith } from '../../support/gate.js';
import { titled } from '../../support/titled.js';

class InvalidToken extends Error {}
const invalidToken = (message: string): Error => new InvalidToken(message);
const auth = createAuthClient({ secret: SECRET, issuer: ISSUER });
const create = (options: Partial<TokenVerifierOptions> = {}) =>
  createTokenVerifier(auth, { resource: RESOURCE, invalidToken, ...options });

describe('A token verifier', () => {
  it('adds the scopes that a scope implies', async () => {
    const verifier = create({ scopes: { admin: ['files:write'] } });
    expect(await verifier.verifyAccessToken(tokenWith({ scope: 'admin' }))).toMatchObject({
      clientId: 'agent',
      scopes: ['admin', 'files:write'],
    });
  });

  it('leaves the URL of the metadata to the SDK', async () => {
    expect(await create().verifyAccessToken(tokenWith())).not.toHaveProperty('resourceMetadataUrl');
  });

  it('accepts a function of any other kind', async () => {
    const error = new InvalidToken();
    const kinds = [
      function make() {
        return error;
      },
      async () => error,
      { make: () => error }.make.bind(null),
    ];
    for (const make of kinds) {
      const verifier = create({ invalidToken: make as () => Error });
      await expect(verifier.verifyAccessToken('x')).rejects.toBe(error);
    }
  });

  it('throws the very error that "invalidToken" makes of one sentence', async () => {
    const error = new InvalidToken();
    const given: unknown[] = [];
    const verifier = create({
      invalidToken: (...args) => {
        given.push(args);
        return error;
      },
    });
    await expect(verifier.verifyAccessToken(tokenWith({ exp: 1 }))).rejects.toBe(error);
    expect(given).toEqual([['The token has expired.']]);
  });

  it.each(
    titled([
      { what: 'nothing', returned: undefined },
      { what: 'null', returned: null },
      { what: 'text', returned: 'The token has expired.' },
      { what: 'a promise of nothing', returned: Promise.resolve() },
    ]),
  )('says what to change when "invalidToken" returns %s', async (_, { returned }) => {
    const verifier = create({ invalidToken: () => returned as never });
    await expect(verifier.verifyAccessToken('x')).rejects.toMatchObject({
      code: 'ERR_AUTH_CONFIG',
      message: '"invalidToken" must return the error of your MCP SDK.',
    });
  });

  it('throws the error of the client when the token cannot be verified right now', async () => {
    const { jwksUrl, fetch, fail, token } = await createTestIssuer();
    fail('reset');
    const down = createAuthClient({ jwksUrl, jwks: { fetch }, onWarning: () => {} });
    const verifier = createTokenVerifier(down, { resource: RESOURCE, invalidToken });
    await expect(verifier.verifyAccessToken(await token())).rejects.toMatchObject({
      code: 'ERR_JWKS_UNAVAILABLE',
      retryAfter: expect.any(Number),
    });
  });

  it.each([
    { what: 'missing', options: {} },
    { what: 'no function', options: { invalidToken: 'x' } },
    { what: 'a class', options: { invalidToken: InvalidToken } },
    { what: 'a class that is no error', options: { invalidToken: class {} } },
    { what: 'Error itself', options: { invalidToken: Error } },
  ])('is not created when "invalidToken" is $what, and the error says what to write', ({ options }) => {
    expect(() => createTokenVerifier(auth, { resource: RESOURCE, ...options } as never)).toThrow(
      expect.objectContaining({
        code: 'ERR_AUTH_CONFIG',
        message: expect.stringMatching(/"invalidToken" .*\(message\) => new InvalidTokenError\(message\)/),
      }),
    );
  });
});
