// Run it with: npx vitest run who-am-i.test.ts
import { createAuthClient } from 'intentkit-auth';
import { createTestIssuer } from 'intentkit-auth/testing';
import { describe, expect, it } from 'vitest';
import { whoAmI } from './who-am-i.js';

async function setUp() {
  const issuer = await createTestIssuer({ audience: 'my-api' });
  const auth = createAuthClient({
    jwksUrl: issuer.jwksUrl,
    issuer: issuer.url,
    audience: 'my-api',
    jwks: { fetch: issuer.fetch },
    onWarning: () => {},
  });
  const ctx = { providers: { auth }, role: 'admin', events: undefined };
  return { issuer, ask: async (token: string) => whoAmI.execute({ token }, ctx) };
}

describe('who_am_i', () => {
  it('returns the subject of a good token', async () => {
    const { issuer, ask } = await setUp();
    expect(await ask(await issuer.token({ sub: 'user-1' }))).toEqual({ subject: 'user-1' });
  });

  it('refuses an expired token, and a token for another API', async () => {
    const { issuer, ask } = await setUp();
    expect(await ask(await issuer.token({}, { expiresIn: '-1m' }))).toEqual({ refused: 'expired' });
    expect(await ask(await issuer.token({}, { audience: 'another-api' }))).toEqual({ refused: 'audience' });
  });

  it('accepts a token of a new key at once, and refuses tokens of the old key', async () => {
    const { issuer, ask } = await setUp();
    const old = await issuer.token({ sub: 'user-1' });
    expect(await ask(old)).toEqual({ subject: 'user-1' });
    issuer.rotate();
    expect(await ask(await issuer.token({ sub: 'user-2' }))).toEqual({ subject: 'user-2' });
    expect(await ask(old)).toEqual({ refused: 'key' });
  });

  it('throws while the identity provider is down', async () => {
    const { issuer, ask } = await setUp();
    issuer.fail('503');
    await expect(ask(await issuer.token())).rejects.toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE' });
  });
});
