// What the files of `examples/` export, as the guides show them. Those that print are in test/contract/examples.test.ts, the recipes for
// servers in recipes.test.ts and the tests of MCP.
import { generateKeyPairSync } from 'node:crypto';
import { type AuthProviderConfig, createAuthClient } from 'intentkit-auth';
import { createRevocationList } from 'intentkit-auth/revocation';
import { createTestIssuer, type TestIssuer } from 'intentkit-auth/testing';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { configurations } from '../../examples/keys/secret-to-key.js';
import { hasScope, readReport } from '../../examples/mcp/read-report.js';
import { signOut } from '../../examples/revocation/sign-out.js';
import { outcome } from '../support/outcome.js';
import { memoryStore } from '../support/stores.js';

const AUTH0 = 'https://your-tenant.auth0.com/';
const AUDIENCE = 'https://your-api.example.com';
const SECRET = 'R9v!Lq2#xW7pZk4@mC8sTb5&nH1dYf6^';

beforeEach(() => {
  vi.resetModules();
  vi.spyOn(process, 'emitWarning').mockReturnValue();
});

/** An issuer at the URL that an example has. */
async function startIssuer(url: string, audience: string) {
  const issuer = await createTestIssuer({ url, audience });
  vi.stubGlobal('fetch', issuer.fetch);
  return issuer;
}
/** From now on the issuer has a new key, and no answer. */
function fail(issuer: TestIssuer): void {
  issuer.rotate();
  issuer.fail('503');
}

it('client/status.ts answers 200, 401, and 503 when the token cannot be verified right now', async () => {
  const issuer = await startIssuer(AUTH0, AUDIENCE);
  const { statusFor } = await import('../../examples/client/status.js');
  expect([await statusFor(await issuer.token()), await statusFor('no token')]).toEqual([200, 401]);
  fail(issuer);
  expect(await statusFor(await issuer.token())).toBe(503);
});

it('client/several-issuers.ts verifies the tokens of each provider by the rules of that provider', async () => {
  const auth0 = await startIssuer(AUTH0, AUDIENCE);
  const url = 'https://sso.example.com/realms/a';
  const sso = await createTestIssuer({ url, audience: 'your-api', algorithm: 'RS256' });
  const ofSso = /^https:\/\/sso\.example\.com\//;
  vi.stubGlobal('fetch', (asked: string, init: RequestInit) =>
    (ofSso.test(asked) ? sso : auth0).fetch(asked, init),
  );
  const { auth } = await import('../../examples/client/several-issuers.js');
  const header = { typ: 'at+jwt' };
  const tokens = {
    auth0: await auth0.token(),
    sso: await sso.token({}, { header }),
    wrongType: await sso.token(),
    wrongAudience: await sso.token({ aud: AUDIENCE }, { header }),
    wrongIssuer: await sso.token({ iss: AUTH0 }, { header }),
    unknownIssuer: await sso.token({ iss: 'https://evil.example.com' }),
  };
  const reasons = Object.entries(tokens).map(async ([name, token]) => [name, await outcome(auth, token)]);
  expect(Object.fromEntries(await Promise.all(reasons))).toEqual({
    auth0: 'valid',
    sso: 'valid',
    wrongType: 'claim',
    wrongAudience: 'audience',
    wrongIssuer: 'key',
    unknownIssuer: 'issuer',
  });
});

it('readme/mcp.ts puts a gate in front of an MCP server, which answers 401, 403 and 503', async () => {
  const resource = 'https://api.example.com/mcp';
  const issuer = await startIssuer(AUTH0, resource);
  const { fetch } = await import('../../examples/readme/mcp.js');
  const ask = async (claims?: object): Promise<number> => {
    const headers = claims && { authorization: `Bearer ${await issuer.token({ ...claims })}` };
    return (await fetch(new Request(resource, { method: 'POST', ...(headers && { headers }) }))).status;
  };
  expect(await ask()).toBe(401);
  expect(await ask({ scope: 'other' })).toBe(403);
  // It is admitted, and what it asks for is not MCP.
  expect(await ask({ scope: 'mcp' })).toBe(415);
  fail(issuer);
  expect(await ask({ scope: 'mcp' })).toBe(503);
});

it('keys/serve-keys.ts serves the key that verifies the tokens of keys/own-keys.ts', async () => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const { serveKeys } = await import('../../examples/keys/serve-keys.js');
  const { auth } = await import('../../examples/keys/own-keys.js');
  const response = serveKeys();
  expect(response.headers.get('cache-control')).toBe('public, max-age=300');
  const rules = { issuer: 'https://agents.example.com', audience: 'orders' };
  const token = await auth.sign({}, { subject: 'agent-7' });
  const verified = await jwtVerify(token, createLocalJWKSet(await response.json()), rules);
  expect(verified.payload.sub).toBe('agent-7');
});

it('keys/secret-to-key.ts refuses no token during the steps, and tokens of the secret after the last one', async () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;
  const { today, published, prepared, signing, signer, verifier } = configurations(SECRET, pem);
  const keys = createAuthClient(published).jwks();
  vi.stubGlobal('fetch', async () => Response.json(keys));
  const old = await createAuthClient(today).sign({});
  const now = await createAuthClient(signing).sign({});
  const last = await createAuthClient(signer).sign({});
  const verdicts = async (config: AuthProviderConfig): Promise<unknown[]> => {
    const auth = createAuthClient(config);
    return Promise.all([old, now, last].map((token) => outcome(auth, token)));
  };
  const accepted = ['valid', 'valid', 'valid'];
  expect(await verdicts(prepared)).toEqual(accepted);
  expect(await verdicts(signing)).toEqual(accepted);
  // Before step 2, a verifier does not know the key. So step 3 must not come first.
  expect(await verdicts(today)).toEqual(['valid', 'algorithm', 'algorithm']);
  expect(await verdicts(signer)).toEqual(['algorithm', 'valid', 'valid']);
  expect(await verdicts(verifier)).toEqual(['algorithm', 'valid', 'valid']);
});

it('mcp/read-report.ts reads a report only with the scope', async () => {
  const { fetch, url, jwksUrl, token } = await createTestIssuer();
  const auth = createAuthClient({ jwksUrl, issuer: url, jwks: { fetch } });
  const read = async (claims: Record<string, unknown>): Promise<unknown> =>
    readReport.execute(
      { token: await token({ sub: 'user-1', ...claims }), report: 'sales' },
      { providers: { auth }, role: 'admin', events: undefined },
    );
  const lacking = { refused: 'The token lacks the scope reports:read.' };
  expect(await read({ scope: 'mcp reports:read' })).toEqual({ text: 'sales, for user-1' });
  expect(await read({ scp: ['reports:read'] })).toEqual({ text: 'sales, for user-1' });
  expect(await read({ scope: 'reports:read-all' })).toEqual(lacking);
  expect(await read({ scope: { 'reports:read': true } })).toEqual(lacking);
  expect(await read({ scope: 'mcp', scp: ['reports:read'] })).toEqual(lacking);
  expect(await read({ scope: 'reports:read', exp: 1 })).toEqual({
    refused: expect.stringContaining('expired'),
  });
  expect(hasScope({}, 'reports:read')).toBe(false);
});

it('revocation/sign-out.ts ends the refresh tokens first, and revokes nothing if that fails', async () => {
  const revocation = createRevocationList(memoryStore());
  const auth = createAuthClient({ secret: SECRET, issuer: 'my-service', revocation });
  const token = await auth.sign({}, { subject: 'user-1' });
  const caller = { issuer: 'my-service', subject: 'user-1' };
  const refuse = (): Promise<void> => Promise.reject(new Error('no answer'));
  await expect(signOut(caller, refuse, revocation)).rejects.toThrow('no answer');
  expect(await outcome(auth, token)).toBe('valid');
  const during: string[] = [];
  const end = async (subject: string): Promise<void> => void during.push(subject, await outcome(auth, token));
  for (const nobody of [{ issuer: 'my-service' }, { subject: 'user-1' }]) {
    await expect(signOut(nobody, end, revocation)).rejects.toThrow('revoke it with auth.revoke');
  }
  await signOut(caller, end, revocation);
  expect([during, await outcome(auth, token)]).toEqual([['user-1', 'valid'], 'revoked']);
});

describe('downstream/orders.ts', () => {
  const RESOURCE = 'https://mcp.example.com/mcp';
  async function start() {
    vi.stubEnv('CLIENT_SECRET', 'the-secret-of-the-server');
    const issuer = await startIssuer('https://id.example.com', RESOURCE);
    const asked: (string | null)[] = [];
    const statuses: number[] = [];
    vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
      if (!String(url).startsWith('https://orders.internal/')) return issuer.fetch(url, init);
      asked.push(new Headers(init.headers).get('authorization'));
      return new Response('3 orders', { status: statuses.shift() ?? 200 });
    });
    const { gate, openOrders } = await import('../../examples/downstream/orders.js');
    const tool = gate.fetch(async (_, { authInfo }) => new Response(await openOrders(authInfo)));
    const ask = async (token: string): Promise<unknown> => {
      const response = await tool(new Request(RESOURCE, { headers: { authorization: `Bearer ${token}` } }));
      return response.ok ? response.text() : response.status;
    };
    return { issuer, ask, asked, statuses };
  }

  it('says how the API has refused a request', async () => {
    const { issuer, ask, statuses } = await start();
    statuses.push(403);
    await expect(ask(issuer.opaqueToken({ sub: 'user-1' }))).rejects.toThrow('The orders API answered 403.');
  });

  it("calls the API with a token other than the caller's", async () => {
    const { issuer, ask, asked } = await start();
    const token = issuer.opaqueToken({ sub: 'user-1' });
    expect(await ask(token)).toBe('3 orders');
    expect(asked).toEqual([expect.stringMatching(/^Bearer ey/)]);
    issuer.revokeToken(token);
    expect(await ask(token)).toBe(401);
  });

  it.each([
    ['interaction_required', 'Sign in again, then repeat the request.'],
    ['503', expect.stringMatching(/^Try again in \d+ s\.$/)],
  ] as const)('says what to do after the fault %s', async (fault, says) => {
    const { issuer, ask, asked } = await start();
    const token = issuer.opaqueToken({ sub: 'user-1' });
    issuer.fail(fault, { only: 'token' });
    expect([await ask(token), asked]).toEqual([says, []]);
  });
});
