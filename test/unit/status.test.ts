import { type AuthClient, createAuthClient, createAuthProvider } from 'intentkit-auth';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { clientFrom } from '../../src/client.js';
import { parseConfig } from '../../src/config/parse.js';
import { defaultEngine } from '../../src/signature/choose.js';
import type { SignatureEngine } from '../../src/signature/engine.js';
import { answer, blackHole, held, keys, reset } from '../support/faulty-jwks-server.js';
import { createSigner, startJwksClient, stopClock, URL_SECRET } from '../support/jwks-client.js';
import { until } from '../support/until.js';

const SECRET = 'a-secret-that-is-long-enough-for-HS512-and-is-never-shown-to-anybody';
const k1 = createSigner('k1');
const k2 = createSigner('k2');

// biome-ignore format: one family a line
const ASYMMETRIC = [
  'RS256', 'RS384', 'RS512',
  'PS256', 'PS384', 'PS512',
  'ES256', 'ES384', 'ES512',
  'EdDSA', 'Ed25519',
];

describe('The status of a client', () => {
  const jwksUrl = 'https://idp.example/keys';
  const jwks = { url: jwksUrl, state: 'none', keyCount: 0, keyIds: [] };

  it.each([
    ['a secret', { secret: SECRET }, { canSign: true, algorithms: ['HS256'] }],
    ['a secret for HS512', { secret: SECRET, algorithm: 'HS512' }, { canSign: true, algorithms: ['HS512'] }],
    ['a JWKS', { jwksUrl }, { canSign: false, algorithms: ASYMMETRIC, jwks }],
    [
      'a JWKS for one algorithm',
      { jwksUrl, algorithm: 'PS256' },
      { canSign: false, algorithms: ['PS256'], jwks },
    ],
    ['both', { secret: SECRET, jwksUrl }, { canSign: true, algorithms: ['HS256', ...ASYMMETRIC], jwks }],
  ] as const)('with %s says what it can do', (_, config, expected) => {
    expect(createAuthClient(config).status()).toEqual(expected);
  });

  it('is plain data of its own, which JSON can hold and nobody can use to change the client', async () => {
    const { client, outcome } = await startJwksClient({ keys: [k1.jwk], config: { secret: SECRET } });
    expect(await outcome(k1.token)).toBe('valid');
    const status = client.status();

    expect(JSON.parse(JSON.stringify(status))).toEqual(status);
    expect(structuredClone(status)).toEqual(status);
    (status.algorithms as string[]).length = 0;
    (status.jwks as { keyIds: string[] } | undefined)?.keyIds.push('k9');
    expect(client.status().algorithms).toHaveLength(12);
    expect(client.status().jwks?.keyIds).toEqual(['k1']);
    expect(await outcome(k1.token)).toBe('valid');
  });

  it('shows no secret, wherever it came from', async () => {
    const { client, outcome, server } = await startJwksClient({
      keys: [k1.jwk],
      config: { secret: SECRET },
      jwks: { headers: { authorization: 'Bearer hush-hush' } },
    });
    const everything: string[] = [];
    for (const handler of [
      undefined,
      answer(401, {}, 'hush-hush'),
      answer(302, { location: '/hush-hush' }),
    ]) {
      server.handler = handler;
      await client.ping();
      await outcome(k1.token);
      everything.push(JSON.stringify(client.status()));
    }

    expect(everything.join()).toContain('k1');
    expect(everything.join()).not.toContain(SECRET);
    expect(everything.join()).not.toContain('hush-hush');
  });

  it('makes no request', async () => {
    const { client, server } = await startJwksClient({ keys: [k1.jwk] });
    for (let count = 0; count < 10; count += 1) client.status();
    await new Promise((resolve) => setImmediate(resolve));

    expect(server.requests).toBe(0);
  });

  it.each([
    ['https://idp.example/keys?code=hush#part', 'https://idp.example/keys'],
    ['https://idp.example', 'https://idp.example/'],
    ['https://IDP.example:8443/a/../b/', 'https://idp.example:8443/b/'],
    ['http://localhost:8080/jwks?', 'http://localhost:8080/jwks'],
  ])('has %s as %s', (configured, shown) => {
    expect(createAuthClient({ jwksUrl: configured }).status().jwks?.url).toBe(shown);
  });
});

describe('The status of a JWKS', () => {
  it('has the URL without its query, before the first fetch as after it', async () => {
    const { outcome, server, status } = await startJwksClient({ keys: [k1.jwk] });
    expect(status().url).toBe(server.url);
    expect(await outcome(k1.token)).toBe('valid');

    expect(status().url).toBe(server.url);
    expect(JSON.stringify(status())).not.toContain(URL_SECRET);
  });

  it('counts the keys that may verify, and names those that have a name once', async () => {
    const { outcome, status } = await startJwksClient({
      keys: [
        k1.jwk,
        createSigner('k1').jwk,
        { ...k2.jwk, use: 'enc' },
        { ...k2.jwk, kid: undefined },
        { kty: 'oct', k: 'AAAA', kid: 'k3' },
        { ...k2.jwk, kid: 4 },
      ],
    });
    expect(await outcome(k1.token)).toBe('valid');

    expect(status()).toEqual({
      url: expect.any(String),
      state: 'fresh',
      keyCount: 4,
      keyIds: ['k1'],
      ageSeconds: 0,
    });
  });

  it('is none until something was fetched, also while that fails', async () => {
    const clock = stopClock();
    const { outcome, server, status } = await startJwksClient({ keys: [k1.jwk] });
    const { url } = server;
    const nothing = { url, state: 'none', keyCount: 0, keyIds: [] };
    expect(status()).toEqual(nothing);

    const response = held(reset);
    server.handler = response;
    const waiting = outcome(k1.token);
    await until(() => server.requests === 1);
    expect(status()).toEqual(nothing);
    response.release();
    expect(await waiting).toBe('ERR_JWKS_UNAVAILABLE');
    const lastError = expect.stringMatching(/^the request failed/);
    expect(status()).toEqual({ ...nothing, lastError, retryInSeconds: 1 });

    server.handler = undefined;
    clock.at(1000);
    expect(await outcome(k1.token)).toBe('valid');
    expect(status()).toEqual({ url, state: 'fresh', keyCount: 1, keyIds: ['k1'], ageSeconds: 0 });
  });

  it.each([
    ['fresh', 0, 0],
    ['fresh', 499, 0],
    ['fresh', 500, 1],
    ['fresh', 599_999, 600],
    ['expired', 600_000, 600],
    ['expired', 7_200_000, 7200],
    // A clock that was set back.
    ['fresh', -599_999, 600],
    ['expired', -600_000, 600],
  ])('is %s %d ms after the last success', async (state, milliseconds, ageSeconds) => {
    const clock = stopClock();
    const { outcome, status } = await startJwksClient({ keys: [k1.jwk] });
    expect(await outcome(k1.token)).toBe('valid');
    clock.at(milliseconds);

    expect(status()).toMatchObject({ state, ageSeconds, keyCount: 1, keyIds: ['k1'] });
    expect(status()).not.toHaveProperty('lastError');
    expect(status()).not.toHaveProperty('retryInSeconds');
  });

  it.each([
    ['fresh', undefined, 599_999],
    ['stale', undefined, 600_000],
    ['stale', undefined, 3_599_999],
    ['expired', undefined, 3_600_000],
    ['fresh', '0s', 599_999],
    ['expired', '0s', 600_000],
  ])(
    'of an endpoint that fails is %s (staleIfError %s) %d ms after the last success',
    async (state, staleIfError, age) => {
      const clock = stopClock();
      const { client, outcome, server, status } = await startJwksClient({
        keys: [k1.jwk],
        ...(staleIfError && { jwks: { staleIfError } }),
      });
      expect(await outcome(k1.token)).toBe('valid');
      server.handler = answer(500);
      expect(await client.ping()).toBe(false);
      clock.at(age);

      expect(status()).toMatchObject({
        state,
        lastError: 'the endpoint answered 500, not 200',
        retryInSeconds: 0,
      });
    },
  );

  it('counts down to the next attempt', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    onTestFinished(() => void vi.restoreAllMocks());
    const clock = stopClock();
    const { client, server, status } = await startJwksClient();
    server.handler = answer(500);
    for (let failures = 0; failures < 3; failures += 1) await client.ping();

    const retryIn = [0, 1, 1000, 3000, 3001, 3999, 4000, 4001].map((time) => {
      clock.at(time);
      return status().retryInSeconds;
    });
    expect(retryIn).toEqual([4, 4, 3, 1, 1, 1, 0, 0]);
  });

  it('has the last error, and none after a success', async () => {
    const { client, server, status } = await startJwksClient({ keys: [k1.jwk] });
    server.handler = answer(500);
    await client.ping();
    server.handler = answer(404);
    await client.ping();
    expect(status().lastError).toBe('the endpoint answered 404, not 200');

    server.handler = undefined;
    expect(await client.ping()).toBe(true);
    expect(status()).toEqual({ url: server.url, state: 'fresh', keyCount: 1, keyIds: ['k1'], ageSeconds: 0 });
  });
});

describe('ping', () => {
  const noKey = 'The JWKS has no key for an accepted algorithm.';

  it.each<[title: string, jwks: unknown[], expected: boolean]>([
    ['has a key', [k1.jwk], true],
    ['has a key among others', [{ kty: 'oct', k: 'AAAA' }, null, k1.jwk], true],
    ['is empty', [], false],
    ['has keys for encryption alone', [{ ...k1.jwk, use: 'enc' }], false],
    ['has HMAC keys alone', [{ kty: 'oct', k: 'AAAA', alg: 'HS256' }], false],
    ['has keys for other algorithms alone', [{ ...k1.jwk, alg: 'ECDH-ES' }], false],
    ['has parameters that make no key', [{ ...k1.jwk, y: k1.jwk.x }], false],
  ])('of a JWKS that %s is %3$s', async (_, jwks, expected) => {
    const { client, server, warnings } = await startJwksClient();
    server.handler = keys(...jwks);

    expect(await client.ping()).toBe(expected);
    expect(client.status().pingFailure).toBe(expected ? undefined : noKey);
    expect(warnings).toEqual(
      expected ? [] : [{ code: 'PING_FAILED', message: `The health check failed: ${noKey}` }],
    );
  });

  it('asks for a key of the configured algorithm', async () => {
    const { client, server } = await startJwksClient({ config: { algorithm: 'RS256' } });
    server.handler = keys(k1.jwk);
    expect(await client.ping()).toBe(false);

    server.handler = keys(k1.jwk, createSigner('rsa', 'RS256').jwk);
    expect(await client.ping()).toBe(true);
  });

  it.each([
    ['resets', reset],
    ['answers 500', answer(500)],
    ['answers HTML', answer(200, {}, '<!doctype html>')],
    ['does not answer', blackHole],
  ])(
    'of an endpoint that %s is false, with the reason in the status and in one warning',
    async (_, fault) => {
      const { client, server, status, warnings } = await startJwksClient({ jwks: { timeout: '0.5s' } });
      server.handler = fault;

      expect([await client.ping(), await client.ping()]).toEqual([false, false]);
      expect(client.status().pingFailure).toContain(status().lastError);
      expect(warnings.map(({ code }) => code)).toEqual(['JWKS_FAILING']);
      expect(warnings[0]?.message).toContain(status().lastError);
    },
  );

  it('warns once for each reason, and again when it comes back', async () => {
    const { client, server, warnings } = await startJwksClient();
    const codes: string[][] = [];
    for (const handler of [keys(), keys(), reset, reset, keys(), keys(k1.jwk), keys(k1.jwk), keys()]) {
      server.handler = handler;
      await client.ping();
      codes.push(warnings.splice(0).map(({ code }) => code));
    }

    expect(codes).toEqual([
      ['PING_FAILED'],
      [],
      ['JWKS_FAILING'],
      [],
      ['JWKS_RECOVERED', 'PING_FAILED'],
      [],
      [],
      ['PING_FAILED'],
    ]);
  });

  it('warns once when several ask at the same time', async () => {
    const { client, warnings } = await startJwksClient();

    expect(await Promise.all([client.ping(), client.ping(), client.ping()])).toEqual([false, false, false]);
    expect(warnings.map(({ code }) => code)).toEqual(['PING_FAILED']);
  });

  it('forgets the reason when all is well', async () => {
    const { client, server } = await startJwksClient();
    expect(await client.ping()).toBe(false);
    expect(client.status()).toHaveProperty('pingFailure');

    server.handler = keys(k1.jwk);
    expect(await client.ping()).toBe(true);
    expect(client.status()).not.toHaveProperty('pingFailure');
  });

  it.each([
    ['alone', {}],
    [
      'whose claim rules the health check does not meet',
      { requiredClaims: ['sub'], issuer: 'i', audience: 'a' },
    ],
    ['for a short time', { defaultExpiry: '1s', maxTokenAge: '1s' }],
  ])('of a secret %s is true', async (_, config) => {
    const client = createAuthClient({ secret: SECRET, ...config });

    expect(await client.ping()).toBe(true);
    expect(client.status()).not.toHaveProperty('pingFailure');
  });

  it('of a secret and a JWKS needs both', async () => {
    const { client, server } = await startJwksClient({ keys: [k1.jwk], config: { secret: SECRET } });
    expect(await client.ping()).toBe(true);
    expect(server.requests).toBe(1);

    server.handler = keys();
    expect(await client.ping()).toBe(false);
    expect(client.status().pingFailure).toBe(noKey);
  });

  const withEngine = (change: Partial<SignatureEngine>, config = {}) => {
    const warnings: string[] = [];
    const onWarning = (message: string, code: string) => void warnings.push(`${code}: ${message}`);
    const parsed = parseConfig({ secret: SECRET, onWarning, ...config });
    const client: AuthClient = clientFrom(parsed, { ...defaultEngine, ...change });
    return { client, warnings };
  };

  it('is false when what the secret has signed does not verify', async () => {
    const { client, warnings } = withEngine({ verify: () => 'bad' });

    expect(await client.ping()).toBe(false);
    const reason = 'A token signed with the secret did not verify.';
    expect(client.status().pingFailure).toBe(reason);
    expect(warnings).toEqual([`PING_FAILED: The health check failed: ${reason}`]);
  });

  it('does not ask the JWKS when the secret does not work', async () => {
    const { server } = await startJwksClient({ keys: [k1.jwk] });
    const { client } = withEngine({ verify: () => 'bad' }, { jwksUrl: server.url });

    expect(await client.ping()).toBe(false);
    expect(server.requests).toBe(0);
  });

  it.each([
    ['signing', { sign: thrower }],
    ['verifying', { verify: thrower }],
  ])('is false, with a warning that gives nothing away, when %s throws', async (_, change) => {
    const { client, warnings } = withEngine(change);

    expect([await client.ping(), await client.ping()]).toEqual([false, false]);
    expect(client.status().pingFailure).toBe('Unexpected failure.');
    expect(warnings).toEqual(['PING_FAILED: The health check failed: Unexpected failure.']);
  });

  it('is false, with a warning, when the configuration makes tokens that are too large', async () => {
    const { client, warnings } = withEngine({}, { issuer: 'i'.repeat(60_000) });

    expect(await client.ping()).toBe(false);
    expect(client.status().pingFailure).toContain('64 KiB');
    expect(warnings).toHaveLength(1);
  });

  function thrower(): never {
    throw new Error(`engine failure near ${SECRET}`);
  }

  it('is the health check of the provider', async () => {
    const { server } = await startJwksClient({ keys: [k1.jwk] });
    const provider = createAuthProvider({ jwksUrl: server.url });
    expect(await provider.healthCheck()).toBe(true);
    const client = await provider.initialize();

    expect(client.status().jwks).toMatchObject({ state: 'fresh', keyIds: ['k1'] });
  });
});
