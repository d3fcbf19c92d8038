import { type AuthProviderConfig, createAuthClient } from 'intentkit-auth';
import { createTestIssuer, type TestFault } from 'intentkit-auth/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { clientFrom } from '../../../src/client/client.js';
import { parseConfig } from '../../../src/config/parse.js';
import type { SigningKey } from '../../../src/signature/engine.js';
import { freezeClock, moveClock } from '../../support/clock.js';
import { engineWith } from '../../support/engine.js';
import { generateKeys } from '../../support/mint.js';
import { SECRET } from '../../support/secrets.js';

freezeClock();
beforeEach(() => moveClock(0));

const { jwk } = generateKeys('ES256', 'k1');
const NO_KEY =
  'The keys behind "jwksUrl" could not be fetched (the endpoint answered with no key for an accepted algorithm).';
const TOO_LARGE = 'The token would be larger than 64 KiB; sign fewer claims.';
const NOT_VERIFIED = 'A token signed with the secret did not verify.';

/** Starts an issuer. `config` lets a client fetch its keys. */
async function start() {
  const issuer = await createTestIssuer();
  return { issuer, config: { jwksUrl: issuer.jwksUrl, jwks: { fetch: issuer.fetch } } };
}
const configOf = (keys: readonly unknown[]): AuthProviderConfig => ({
  jwksUrl: 'https://idp.example/jwks',
  jwks: { fetch: async () => Response.json({ keys }) },
});

/** Creates a client and records the codes and messages of its warnings. */
function watched(config: AuthProviderConfig, change: Partial<SigningKey> = {}) {
  const warnings: string[] = [];
  const onWarning = (message: string, code: string): void => void warnings.push(`${code}: ${message}`);
  const client = clientFrom(parseConfig({ ...config, onWarning }), engineWith(change));
  return { client, warnings };
}

describe('ping', () => {
  it('ping of a client whose JWKS has a usable key among others is true', async () => {
    const { client, warnings } = watched(configOf([{ kty: 'oct', k: 'AAAA' }, null, jwk]));
    expect([await client.ping(), client.status().pingFailure]).toEqual([true, undefined]);
    expect(warnings).toEqual([expect.stringMatching(/^JWKS_KEYS_IGNORED: .* 1 private, 1 malformed; /)]);
  });

  it.each<[what: string, keys: unknown[], ignored: string]>([
    ['is empty', [], ''],
    ['has only keys for encryption', [{ ...jwk, use: 'enc' }], '; ignored: 1 other_use'],
    ['has only keys for other algorithms', [{ ...jwk, alg: 'ECDH-ES' }], '; ignored: 1 unsupported'],
    ['has only a key with invalid parameters', [{ ...jwk, y: jwk.x }], '; ignored: 1 off_curve'],
  ])('ping of a client whose JWKS %s is false', async (_, keys, ignored) => {
    const { client, warnings } = watched(configOf(keys));
    expect(await client.ping()).toBe(false);
    expect(client.status().pingFailure).toBe(NO_KEY.replace(')', `${ignored})`));
    expect(warnings).toEqual([expect.stringMatching(/^JWKS_FAILING: /)]);
  });

  it('ping requires a key for the configured algorithm', async () => {
    const keys = [jwk];
    const { client } = watched({ ...configOf(keys), algorithm: 'RS256' });
    expect(await client.ping()).toBe(false);
    keys.push(generateKeys('RS256').jwk);
    moveClock(2000);
    expect(await client.ping()).toBe(true);
  });

  it.each<[what: string, fault: TestFault]>([
    ['does not answer', 'reset'],
    ['answers 500', '500'],
    ['answers HTML', 'html'],
  ])('ping of an endpoint that %s is false, with one warning', async (_, fault) => {
    const { issuer, config } = await start();
    issuer.fail(fault);
    const { client, warnings } = watched(config);
    expect([await client.ping(), await client.ping()]).toEqual([false, false]);
    const { jwks, pingFailure } = client.status();
    expect(pingFailure).toContain(`${jwks?.lastError}`);
    expect(warnings).toEqual([expect.stringMatching(/^JWKS_FAILING: /)]);
  });

  it('concurrent pings warn once per outage, and the status has no failure after a recovery', async () => {
    const { issuer, config } = await start();
    const { client, warnings } = watched(config);
    const steps: [fault: TestFault | undefined, warnings: string[], healthy: boolean][] = [
      ['empty', ['JWKS_FAILING'], false],
      ['reset', [], false],
      [undefined, ['JWKS_RECOVERED'], true],
      [undefined, [], true],
      ['empty', ['JWKS_FAILING'], false],
    ];
    for (const [second, [fault, codes, healthy]] of steps.entries()) {
      if (fault) issuer.fail(fault);
      else issuer.recover();
      moveClock(1000 * (second + 1));
      expect(await Promise.all([client.ping(), client.ping()])).toEqual([healthy, healthy]);
      expect(warnings.splice(0).map((warning) => warning.replace(/:.*/, ''))).toEqual(codes);
      expect('pingFailure' in client.status()).toBe(!healthy);
    }
  });

  it('200 concurrent pings, and all pings within the next second, share one check', async () => {
    const calls = { verified: 0, asked: 0 };
    const { issuer, config } = await start();
    const revocation = {
      isRevoked: async () => {
        calls.asked += 1;
        return false;
      },
    };
    const verify = () => {
      calls.verified += 1;
      return 'valid' as const;
    };
    const { client } = watched({ secret: SECRET, revocation, ...config }, { verify });
    const pings = Array.from({ length: 200 }, () => client.ping());
    expect(new Set(await Promise.all(pings))).toEqual(new Set([true]));
    moveClock(999);
    expect(await client.ping()).toBe(true);
    expect([calls, issuer.requests.length]).toEqual([{ verified: 1, asked: 1 }, 1]);
    moveClock(1000);
    expect(await client.ping()).toBe(true);
    expect([calls, issuer.requests.length]).toEqual([{ verified: 2, asked: 2 }, 2]);
  });

  it.each<[what: string, config: AuthProviderConfig]>([
    ['and no other option', {}],
    [
      'and claim rules that its own tokens do not meet',
      { requiredClaims: ['sub'], issuer: 'i', audience: 'a' },
    ],
    ['and a lifetime of one second', { defaultExpiry: '1s', maxTokenAge: '1s' }],
  ])('ping of a client with a secret %s is true', async (_, config) => {
    const client = createAuthClient({ secret: SECRET, ...config });
    expect(await client.ping()).toBe(true);
    expect(client.status()).not.toHaveProperty('pingFailure');
  });

  it('ping of a client with a secret and a JWKS needs both, and fetches the JWKS last', async () => {
    const { issuer, config: remote } = await start();
    const config = { secret: SECRET, ...remote };
    const broken = watched(config, { verify: () => 'invalid' });
    expect([await broken.client.ping(), issuer.requests.length]).toEqual([false, 0]);
    const { client } = watched(config);
    expect([await client.ping(), issuer.requests.length]).toEqual([true, 1]);
    issuer.fail('empty');
    expect([await client.ping(), issuer.requests.length]).toEqual([true, 1]);
    moveClock(1000);
    expect([await client.ping(), client.status().pingFailure]).toEqual([false, NO_KEY]);
  });

  const thrower = (): never => {
    throw new Error(`engine failure near ${SECRET}`);
  };

  it.each<[what: string, change: Partial<SigningKey>, failure: string]>([
    ['its token does not verify', { verify: () => 'invalid' }, NOT_VERIFIED],
    ['signing throws', { sign: thrower }, 'Signing or verifying with the secret failed unexpectedly.'],
    ['verifying throws', { verify: thrower }, 'Signing or verifying with the secret failed unexpectedly.'],
    ['tokens are too large', { sign: () => 'x'.repeat(65_537) }, TOO_LARGE],
  ])('ping is false when %s, with one warning that contains no secret', async (_, change, failure) => {
    const { client, warnings } = watched({ secret: SECRET }, change);
    expect([await client.ping(), await client.ping()]).toEqual([false, false]);
    expect(client.status().pingFailure).toBe(failure);
    expect(warnings).toEqual([`PING_FAILED: The health check failed: ${failure}`]);
  });
});
