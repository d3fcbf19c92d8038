import { type AuthProviderConfig, createAuthClient } from 'intentkit-auth';
import { beforeEach, describe, expect, it } from 'vitest';
import { clientFrom } from '../../../src/client.js';
import { parseConfig } from '../../../src/config/parse.js';
import type { SigningKey } from '../../../src/signature/engine.js';
import { freezeClock, moveClock } from '../../support/clock.js';
import { engineWith } from '../../support/engine.js';
import { type Answer, keySet, memoryJwks, noAnswer, status } from '../../support/memory-jwks.js';
import { generateKeys } from '../../support/mint.js';
import { SECRET } from '../../support/secrets.js';

freezeClock();
beforeEach(() => moveClock(0));

const { jwk } = generateKeys('ES256', 'k1');
const NO_KEY =
  'The keys behind "jwksUrl" could not be fetched (the endpoint answered with no key for an accepted algorithm).';
const TOO_LARGE = 'The token would be larger than 64 KiB; sign fewer claims.';
const NOT_VERIFIED = 'A token signed with the secret did not verify.';

/** A client, with the codes and messages of its warnings so far. */
function watched(config: AuthProviderConfig, change: Partial<SigningKey> = {}) {
  const warnings: string[] = [];
  const onWarning = (message: string, code: string): void => void warnings.push(`${code}: ${message}`);
  const client = clientFrom(parseConfig({ ...config, onWarning }), engineWith(change));
  return { client, warnings };
}

describe('ping', () => {
  it.each<[what: string, healthy: boolean, keys: unknown[]]>([
    ['has a key among others', true, [{ kty: 'oct', k: 'AAAA' }, null, jwk]],
    ['is empty', false, []],
    ['has keys for encryption alone', false, [{ ...jwk, use: 'enc' }]],
    ['has keys for other algorithms alone', false, [{ ...jwk, alg: 'ECDH-ES' }]],
    ['has parameters that make no key', false, [{ ...jwk, y: jwk.x }]],
  ])('ping of a client whose JWKS %s is %s', async (_, healthy, keys) => {
    const { client, warnings } = watched(memoryJwks(...keys).options());
    expect(await client.ping()).toBe(healthy);
    expect(client.status().pingFailure).toBe(healthy ? undefined : NO_KEY);
    expect(warnings).toEqual(healthy ? [] : [expect.stringMatching(/^JWKS_FAILING: /)]);
  });

  it('ping asks for a key of the configured algorithm', async () => {
    const endpoint = memoryJwks(jwk);
    const { client } = watched({ ...endpoint.options(), algorithm: 'RS256' });
    expect(await client.ping()).toBe(false);
    endpoint.answer = keySet(jwk, generateKeys('RS256').jwk);
    moveClock(2000);
    expect(await client.ping()).toBe(true);
  });

  it.each<[what: string, answer: Answer]>([
    ['does not answer', noAnswer],
    ['answers 500', status(500)],
    ['answers HTML', () => new Response('<!doctype html>')],
  ])('ping of an endpoint that %s is false, with one warning', async (_, answer) => {
    const endpoint = memoryJwks();
    endpoint.answer = answer;
    const { client, warnings } = watched(endpoint.options());
    expect([await client.ping(), await client.ping()]).toEqual([false, false]);
    const { jwks, pingFailure } = client.status();
    expect(pingFailure).toContain(`${jwks?.lastError}`);
    expect(warnings).toEqual([expect.stringMatching(/^JWKS_FAILING: /)]);
  });

  it('ping warns once an outage, also of several at a time, and forgets it when all is well', async () => {
    const endpoint = memoryJwks();
    const { client, warnings } = watched(endpoint.options());
    const steps: [answer: Answer, warnings: string[], healthy: boolean][] = [
      [keySet(), ['JWKS_FAILING'], false],
      [noAnswer, [], false],
      [keySet(jwk), ['JWKS_RECOVERED'], true],
      [keySet(jwk), [], true],
      [keySet(), ['JWKS_FAILING'], false],
    ];
    for (const [second, [answer, codes, healthy]] of steps.entries()) {
      endpoint.answer = answer;
      moveClock(1000 * (second + 1));
      expect(await Promise.all([client.ping(), client.ping()])).toEqual([healthy, healthy]);
      expect(warnings.splice(0).map((warning) => warning.replace(/:.*/, ''))).toEqual(codes);
      expect('pingFailure' in client.status()).toBe(!healthy);
    }
  });

  it.each<[what: string, config: AuthProviderConfig]>([
    ['alone', {}],
    ['with claim rules that it does not meet', { requiredClaims: ['sub'], issuer: 'i', audience: 'a' }],
    ['for a short time', { defaultExpiry: '1s', maxTokenAge: '1s' }],
  ])('ping of a client with a secret %s is true', async (_, config) => {
    const client = createAuthClient({ secret: SECRET, ...config });
    expect(await client.ping()).toBe(true);
    expect(client.status()).not.toHaveProperty('pingFailure');
  });

  it('ping of a client with a secret and a JWKS needs both, and asks for the JWKS last', async () => {
    const endpoint = memoryJwks(jwk);
    const config = { secret: SECRET, ...endpoint.options() };
    const broken = watched(config, { verify: () => 'bad' });
    expect([await broken.client.ping(), endpoint.requests]).toEqual([false, 0]);
    const { client } = watched(config);
    expect([await client.ping(), endpoint.requests]).toEqual([true, 1]);
    endpoint.answer = keySet();
    expect([await client.ping(), endpoint.requests]).toEqual([true, 1]);
    moveClock(1000);
    expect([await client.ping(), client.status().pingFailure]).toEqual([false, NO_KEY]);
  });

  const thrower = (): never => {
    throw new Error(`engine failure near ${SECRET}`);
  };

  it.each<[what: string, change: Partial<SigningKey>, failure: string]>([
    ['its token does not verify', { verify: () => 'bad' }, NOT_VERIFIED],
    ['signing throws', { sign: thrower }, 'Unexpected failure.'],
    ['verifying throws', { verify: thrower }, 'Unexpected failure.'],
    ['tokens are too large', { sign: () => 'x'.repeat(65_537) }, TOO_LARGE],
  ])('ping is false when %s, with one warning that gives nothing away', async (_, change, failure) => {
    const { client, warnings } = watched({ secret: SECRET }, change);
    expect([await client.ping(), await client.ping()]).toEqual([false, false]);
    expect(client.status().pingFailure).toBe(failure);
    expect(warnings).toEqual([`PING_FAILED: The health check failed: ${failure}`]);
  });
});
