// Tests access tokens of a real oidc-provider over HTTP, which rotates its keys and stops.
import { type AuthProviderConfig, createAuthClient } from 'intentkit-auth';
import { decodeProtectedHeader } from 'jose';
import { afterAll, afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { bundleScript } from '../support/bundle-script.js';
import {
  AGENT,
  ALGORITHMS,
  AUDIENCE,
  startIdentityProvider,
  TOKEN_LIFETIME,
} from '../support/identity-provider.js';
import { answerOf, connectAgent } from '../support/mcp-agent.js';
import { SECRET } from '../support/secrets.js';
import { withSegment } from '../support/tamper.js';

const OTHER = 'https://other.example.com';

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date', 'performance'] }));
afterEach(() => void vi.useRealTimers());
const passSeconds = (seconds: number): void => void vi.advanceTimersByTime(seconds * 1000);
const now = (): number => Math.floor(Date.now() / 1000);

const SERVE = await bundleScript('examples/serve.ts');
const provider = await startIdentityProvider({ algorithms: ALGORITHMS });
afterAll(() => provider.stop());
const clientWith = (changes: Partial<AuthProviderConfig> = {}) =>
  createAuthClient({
    jwksUrl: provider.jwksUrl,
    issuer: provider.issuer,
    audience: AUDIENCE,
    typ: 'at+jwt',
    requiredClaims: ['exp', 'jti', 'client_id'],
    ...changes,
  });

it.each(ALGORITHMS)(
  'An access token signed with %s verifies, and is refused if its payload or signature is changed',
  async (algorithm) => {
    const token = await provider.token(algorithm);
    expect(decodeProtectedHeader(token)).toMatchObject({ alg: algorithm, typ: 'at+jwt' });
    const { client_id: sub } = AGENT;
    const times = { iat: now(), exp: now() + TOKEN_LIFETIME };
    const payload = {
      iss: provider.issuer,
      aud: AUDIENCE,
      sub,
      client_id: sub,
      scope: 'read',
      jti: expect.any(String),
      ...times,
    };
    const client = clientWith();
    expect(await client.verify(token)).toEqual({ valid: true, expired: false, payload });

    const edit = (text: string): string =>
      `${text.slice(0, 8)}${text[8] === 'A' ? 'B' : 'A'}${text.slice(9)}`;
    for (const segment of [1, 2]) {
      const verdict = await client.verify(withSegment(token, segment, edit));
      expect(verdict).toMatchObject({ valid: false, expired: false, reason: 'signature', payload: {} });
    }
  },
);

// biome-ignore format: one expectation per line
it.each<[expected: string, options: Partial<AuthProviderConfig>, reason?: string]>([
  ['verifies if the expected type is the full media type', { typ: 'application/at+jwt' }],
  ['verifies if only its algorithm is accepted', { algorithm: 'RS256' }],
  ['verifies if it has one of two expected audiences', { audience: [OTHER, AUDIENCE] }],
  ['verifies if it is younger than "maxTokenAge"', { maxTokenAge: '1h' }],
  ['is refused if another audience is expected', { audience: OTHER }, 'audience'],
  ['is refused if another issuer is expected', { issuer: OTHER }, 'issuer'],
  ['is refused if it lacks a required claim', { requiredClaims: ['email'] }, 'claim'],
  ['is refused if another type is expected', { typ: 'logout+jwt' }, 'claim'],
  ['is refused if only another algorithm is accepted', { algorithm: 'ES256' }, 'algorithm'],
])('An access token %s', async (_, options, reason) => {
  const verdict = await clientWith(options).verify(await provider.token());
  expect([verdict.valid, verdict.expired, verdict.reason]).toEqual([reason === undefined, false, reason]);
  expect(verdict.payload.sub).toBe(reason === 'algorithm' ? undefined : AGENT.client_id);
});

it('An access token is valid until the second before its expiry, and then expired', async () => {
  const auth = clientWith();
  const token = await provider.token();
  passSeconds(TOKEN_LIFETIME - 1);
  expect(await auth.verify(token)).toMatchObject({ valid: true });
  passSeconds(1);
  expect(await auth.verify(token)).toMatchObject({ expired: true, payload: { sub: AGENT.client_id } });
});

it('The example server accepts a token of an identity provider, unless it expects another audience', async () => {
  const env = {
    JWT_SECRET: SECRET,
    JWKS_URL: provider.jwksUrl,
    JWKS_ISSUER: provider.issuer,
    JWKS_AUDIENCE: AUDIENCE,
  };
  const start = (changes = {}) =>
    connectAgent({ args: [SERVE], cwd: process.cwd(), env: { ...env, ...changes } });
  const [agent, other] = await Promise.all([start(), start({ JWKS_AUDIENCE: OTHER })]);
  onTestFinished(() => Promise.all([agent.close(), other.close()]).then(() => {}));
  const token = await provider.token();
  expect(await answerOf(agent, 'verify_token', { token })).toMatchObject({
    valid: true,
    payload: { iss: provider.issuer, aud: AUDIENCE, sub: AGENT.client_id },
  });
  expect(await answerOf(other, 'verify_token', { token })).toMatchObject({
    valid: false,
    reason: 'audience',
  });
});

it('A client with a secret and an identity provider has a separate issuer for each', async () => {
  const auth = createAuthClient({
    secret: SECRET,
    issuer: 'my-service',
    audience: 'my-api',
    jwksUrl: provider.jwksUrl,
    jwks: { issuer: provider.issuer, audience: AUDIENCE },
  });
  expect(await auth.verify(await provider.token())).toMatchObject({ valid: true });
  const own = { iss: 'my-service', aud: 'my-api' };
  expect(await auth.verify(await auth.sign({}))).toMatchObject({ valid: true, payload: own });
  expect(await auth.ping()).toBe(true);
});

/** Starts an identity provider for one test, and a client that uses it. */
async function setUp() {
  const provider = await startIdentityProvider({ algorithms: ALGORITHMS });
  onTestFinished(() => provider.stop());
  const { jwksUrl, issuer } = provider;
  const warnings: string[] = [];
  const onWarning = (_: string, code: string): void => void warnings.push(code);
  const auth = createAuthClient({ jwksUrl, issuer, audience: AUDIENCE, onWarning });
  return { provider, auth, warnings };
}
const keyIds = (generation: number): string[] => ['RSA', 'EC', 'OKP'].map((kind) => `${kind}-${generation}`);
const NO_VERDICT = { name: 'AuthError', code: 'ERR_JWKS_UNAVAILABLE' };

it('After a rotation, a token of the new key verifies at once, and then one of the removed key is refused', async () => {
  const { provider, auth, warnings } = await setUp();
  const old = await provider.token();
  expect(await auth.verify(old)).toMatchObject({ valid: true });
  expect(auth.status().jwks).toMatchObject({ state: 'fresh', keyIds: keyIds(1) });

  await provider.rotate();
  const renewed = await provider.token();
  passSeconds(1);
  expect(await auth.verify(renewed)).toMatchObject({ valid: true });
  expect(auth.status().jwks).toMatchObject({ state: 'fresh', keyIds: keyIds(2) });
  expect(await auth.verify(old)).toMatchObject({ valid: false, reason: 'key', payload: {} });
  expect(warnings).toEqual([]);
});

it('A token of a removed key verifies until the cached keys expire', async () => {
  const { provider, auth } = await setUp();
  const old = await provider.token('ES256');
  expect(await auth.verify(old)).toMatchObject({ valid: true });
  await provider.rotate();
  // The refresh in the background starts at 70 % of the ten minutes, or later.
  passSeconds(7 * 60 - 1);
  expect(await auth.verify(old)).toMatchObject({ valid: true });
  passSeconds(3 * 60 + 1);
  expect(await auth.verify(old)).toMatchObject({ valid: false, reason: 'key', payload: {} });
  expect(auth.status().jwks).toMatchObject({ state: 'fresh', keyIds: keyIds(2) });
});

it('In an outage, tokens of cached keys verify for a limited time, and other tokens cannot be verified', async () => {
  const { provider, auth, warnings } = await setUp();
  const known = await provider.token('ES256');
  expect(await auth.ping()).toBe(true);
  passSeconds(1);
  await provider.rotate();
  const unknown = await provider.token('ES256');
  await provider.stop();

  // While the cached keys are fresh, the client makes no request.
  expect(await auth.verify(known)).toMatchObject({ valid: true });
  expect(warnings).toEqual([]);
  await expect(auth.verify(unknown)).rejects.toMatchObject(NO_VERDICT);
  expect(await auth.verify(known)).toMatchObject({ valid: true });

  passSeconds(59 * 60 - 1);
  expect(await auth.verify(known)).toMatchObject({ valid: true });
  expect(auth.status().jwks).toMatchObject({ state: 'stale', ageSeconds: 59 * 60 });
  await expect(auth.verify(unknown)).rejects.toMatchObject(NO_VERDICT);
  expect(warnings).toEqual(['JWKS_FAILING']);

  passSeconds(60);
  await expect(auth.verify(known)).rejects.toMatchObject(NO_VERDICT);
  expect(auth.status().jwks).toMatchObject({ state: 'expired' });
  expect(warnings).toEqual(['JWKS_FAILING', 'JWKS_FAILING']);
});

it('If the identity provider is down, ping is false and status has the reason', async () => {
  const { provider, auth } = await setUp();
  expect(await auth.ping()).toBe(true);
  const fresh = { state: 'fresh', keyCount: 3 };
  expect(auth.status()).toMatchObject({
    canSign: false,
    jwks: { url: provider.jwksUrl, ...fresh, ageSeconds: 0 },
  });

  await provider.stop();
  passSeconds(1);
  expect(await auth.ping()).toBe(false);
  const lastError = 'the request failed (ECONNREFUSED)';
  expect(auth.status()).toMatchObject({
    pingFailure: expect.stringContaining('ECONNREFUSED'),
    jwks: { ...fresh, lastError, retryInSeconds: 1 },
  });
});

it('Without its identity provider, a new client cannot verify any token', async () => {
  const { provider, auth } = await setUp();
  const token = await provider.token();
  await provider.stop();
  await expect(auth.verify(token)).rejects.toMatchObject(NO_VERDICT);
  expect(auth.status().jwks).toMatchObject({ state: 'none', keyCount: 0, keyIds: [] });
});
