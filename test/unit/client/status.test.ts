import { createAuthClient, type JwksOptions, type JwksStatus } from 'intentkit-auth';
import { createTestIssuer } from 'intentkit-auth/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ASYMMETRIC_ALGORITHMS } from '../../../src/signature/algorithms.js';
import { freezeClock, moveClock } from '../../support/clock.js';
import { generateKeys } from '../../support/mint.js';
import { SECRET } from '../../support/secrets.js';
import { until } from '../../support/until.js';

freezeClock();

const { jwksUrl: JWKS_URL, keyId } = await createTestIssuer();

/** Starts an issuer and a client that uses its keys. The clock stands at the beginning of a second. */
async function start(jwks: JwksOptions = {}) {
  const issuer = await createTestIssuer();
  const jwksUrl = `${issuer.jwksUrl}?code=hush#part`;
  const options = { jwksUrl, jwks: { fetch: issuer.fetch, ...jwks } };
  const client = createAuthClient({ ...options, secret: SECRET, onWarning: () => {} });
  moveClock(0);
  const jwksStatus = (): JwksStatus | undefined => client.status().jwks;
  return { issuer, client, jwksStatus, token: await issuer.token() };
}

describe('status', () => {
  const nothing = { url: JWKS_URL, state: 'none', keyCount: 0, keyIds: [], ignoredKeys: {} };
  const fresh = {
    url: JWKS_URL,
    state: 'fresh',
    keyCount: 1,
    keyIds: [keyId],
    ignoredKeys: {},
    ageSeconds: 0,
  };
  const engine = 'node:crypto';
  const asymmetric = ASYMMETRIC_ALGORITHMS;

  it.each([
    ['a secret', { secret: SECRET }, { engine, canRevoke: false, canSign: true, algorithms: ['HS256'] }],
    [
      'a JWKS',
      { jwksUrl: JWKS_URL },
      { engine, canRevoke: false, canSign: false, algorithms: asymmetric, jwks: nothing },
    ],
    [
      'both',
      { secret: SECRET, algorithm: 'HS512', jwksUrl: JWKS_URL },
      { engine, canRevoke: false, canSign: true, algorithms: ['HS512', ...asymmetric], jwks: nothing },
    ],
  ] as const)('status of a client with %s says what the client can do', (_, config, expected) => {
    expect(createAuthClient({ ...config, onWarning: () => {} }).status()).toEqual(expected);
  });

  it('status is plain data, makes no request, and changing it does not change the client', async () => {
    const { issuer, client, token } = await start();
    await client.verify(token);
    const shown = client.status();
    expect(JSON.parse(JSON.stringify(shown))).toEqual(shown);
    (shown.algorithms as string[]).length = 0;
    const { keyIds = [] } = shown.jwks ?? {};
    (keyIds as string[]).push('k9');
    expect([client.status().algorithms.length, client.status().jwks?.keyIds]).toEqual([12, [keyId]]);
    expect(issuer.requests).toHaveLength(1);
  });

  it('status counts the usable and the ignored keys, and lists each key id once', async () => {
    const k1 = generateKeys('ES256', keyId);
    const k2 = generateKeys('ES256', 'k2');
    const useless = [
      { ...k2.jwk, use: 'enc' },
      { kty: 'oct', k: 'AAAA', kid: 'k3' },
    ];
    const unnamed = [
      { ...k2.jwk, kid: undefined },
      { ...k2.jwk, kid: 4 },
    ];
    const keys = [k1.jwk, { ...k2.jwk, kid: keyId }, ...useless, ...unnamed];
    const { client, jwksStatus, token } = await start({ fetch: async () => Response.json({ keys }) });
    await client.verify(token);
    expect(jwksStatus()).toEqual({ ...fresh, keyCount: 4, ignoredKeys: { other_use: 1, private: 1 } });
  });

  it('status is "none" until a fetch succeeds, and has the last error until then', async () => {
    const { issuer, client, jwksStatus, token } = await start();
    issuer.fail('hang');
    const verdict = client.verify(token).catch(() => {});
    await until(() => issuer.requests.length > 0);
    expect(jwksStatus()).toEqual(nothing);
    await issuer.close();
    await verdict;
    expect(jwksStatus()).toEqual({ ...nothing, lastError: 'the request failed', retryInSeconds: 1 });
    issuer.fail('404');
    moveClock(1000);
    await client.ping();
    expect(jwksStatus()).toMatchObject({ state: 'none', lastError: 'the endpoint answered 404, not 200' });
    issuer.recover();
    moveClock(2000);
    await client.ping();
    expect(jwksStatus()).toEqual(fresh);
  });

  it.each<[state: string, milliseconds: number, ageSeconds: number]>([
    ['fresh', 499, 0],
    ['fresh', 500, 1],
    ['fresh', 599_999, 600],
    ['expired', 600_000, 600],
    ['expired', 7_200_000, 7200],
    // Setting the system clock back does not change the age.
    ['fresh', -600_000, 0],
  ])('status is "%s" %d ms after the last success', async (state, milliseconds, ageSeconds) => {
    const { client, jwksStatus, token } = await start();
    await client.verify(token);
    moveClock(milliseconds);
    expect(jwksStatus()).toEqual({ ...fresh, state, ageSeconds });
  });

  it.each<[state: string, jwks: { staleIfError?: string }, milliseconds: number]>([
    ['fresh', {}, 599_999],
    ['stale', {}, 600_000],
    ['stale', {}, 3_599_999],
    ['expired', {}, 3_600_000],
    ['fresh', { staleIfError: '0s' }, 599_999],
    ['expired', { staleIfError: '0s' }, 600_000],
  ])('during an outage, status is "%s" with %j, %d ms after the last success', async (state, jwks, age) => {
    const { issuer, client, jwksStatus, token } = await start(jwks);
    await client.verify(token);
    issuer.fail('500');
    await client.ping();
    moveClock(age);
    const lastError = 'the endpoint answered 500, not 200';
    expect(jwksStatus()).toMatchObject({ state, lastError, retryInSeconds: 0 });
  });

  it('status counts down the seconds until the next attempt', async () => {
    const random = vi.spyOn(Math, 'random').mockReturnValue(0);
    onTestFinished(() => random.mockRestore());
    const { issuer, client, jwksStatus } = await start();
    await client.ping();
    issuer.fail('500');
    for (const milliseconds of [1000, 2000, 3000]) {
      moveClock(milliseconds);
      await client.ping();
    }
    const seconds = [0, 1, 1000, 3000, 3001, 3999, 4000, 4001].map((milliseconds) => {
      moveClock(3000 + milliseconds);
      return jwksStatus()?.retryInSeconds;
    });
    expect(seconds).toEqual([4, 4, 3, 1, 1, 1, 0, 0]);
  });
});
