import { expect, it } from 'vitest';
import { countIgnored, countsOf } from '../../../../src/keys/remote/ignored-keys.js';
import {
  status as answers,
  at,
  jwksOf,
  MemoryProvider,
  MINUTE,
  pass,
  SECOND,
  simulate,
  simulateEachTest,
} from '../../../support/jwks-simulation.js';
import { base64url, createSigner } from '../../../support/mint.js';

simulateEachTest();

const good = createSigner('good', 'RS256');
const weak = { ...good.jwk, kid: 'weak', n: base64url(Buffer.alloc(128, 0xff)) };
const offCurve = { ...createSigner('k').jwk, x: 'AQAB' };
const forEncryption = { ...good.jwk, use: 'enc' };
const secret = { ...good.jwk, d: 'AQAB' };
const WARNING = (counts: string): string =>
  `JWKS_KEYS_IGNORED The JWKS endpoint https://idp.example/jwks has keys that are ignored: ${counts}; tokens signed with them are refused, so have the provider replace them.`;

/** A client of an endpoint whose answer may be changed. */
function start() {
  const provider = new MemoryProvider();
  const simulation = simulate({}, provider);
  const publish = (...keys: readonly unknown[]): void => {
    provider.fault = jwksOf(...keys);
  };
  return { ...simulation, publish };
}

it('Ignored keys are counted by reason', () => {
  const ignored = countIgnored(['short', 'private', 'short']);
  expect([ignored, countsOf(ignored), countsOf({})]).toEqual([
    { short: 2, private: 1 },
    '2 short, 1 private',
    '',
  ]);
});

it('Weak and broken keys beside a good one give a warning, once for each reason', async () => {
  const { publish, outcome, ping, status, warnings } = start();
  publish(good.jwk, weak, forEncryption);
  expect(await outcome(good.token)).toBe('valid');
  expect(status().ignoredKeys).toEqual({ short: 1, other_use: 1 });
  expect(warnings).toEqual([WARNING('1 short')]);

  // The same again, more of the same, and none of it for a while, as of two replicas that differ.
  for (const keys of [[weak], [weak, weak], [], [weak]]) {
    publish(good.jwk, ...keys);
    await pass(2 * SECOND);
    expect(await ping()).toBe(true);
    expect(status().ignoredKeys).toEqual(keys.length > 0 ? { short: keys.length } : {});
  }
  expect(warnings.splice(0)).toHaveLength(1);

  publish(good.jwk, weak, secret, offCurve, null);
  await pass(2 * SECOND);
  expect(await ping()).toBe(true);
  expect(warnings).toEqual([WARNING('1 short, 1 private, 1 off_curve, 1 malformed')]);
});

it.each([
  ['no other key', []],
  ['a key for encryption', [forEncryption]],
  ['a key of an unsupported type', [{ kty: 'AKP', alg: 'ML-DSA-44', pub: 'AAAA' }]],
])('Beside %s, a good key gives no warning', async (_, others) => {
  const { publish, outcome, warnings } = start();
  publish(good.jwk, ...others);
  expect([await outcome(good.token), warnings]).toEqual(['valid', []]);
});

it('status counts the ignored keys of an unusable set while the last good keys serve', async () => {
  const { publish, provider, outcome, ping, status, warnings } = start();
  publish(good.jwk);
  expect(await outcome(good.token)).toBe('valid');
  expect(status()).toMatchObject({ keyCount: 1, ignoredKeys: {} });

  publish(weak, secret, forEncryption);
  expect(await ping()).toBe(false);
  const problem =
    'the endpoint answered with no key for an accepted algorithm; ignored: 1 short, 1 private, 1 other_use';
  const ignoredKeys = { short: 1, private: 1, other_use: 1 };
  expect(status()).toMatchObject({ keyCount: 1, keyIds: ['good'], ignoredKeys, lastError: problem });
  expect(warnings).toEqual([
    expect.stringContaining(
      `JWKS_FAILING The JWKS endpoint https://idp.example/jwks is failing: ${problem}; the last good keys are used`,
    ),
  ]);
  expect(await outcome(good.token)).toBe('valid');

  // A failure without a set does not change what is known of the last one.
  provider.fault = answers(503);
  await at(MINUTE);
  expect(await ping()).toBe(false);
  expect(status()).toMatchObject({ ignoredKeys, lastError: 'the endpoint answered 503, not 200' });

  publish(good.jwk);
  await at(MINUTE + SECOND);
  expect(await ping()).toBe(true);
  expect(status().ignoredKeys).toEqual({});
});

it('The ignored keys of the status are a copy', async () => {
  const { publish, outcome, status } = start();
  publish(good.jwk, weak);
  expect(await outcome(good.token)).toBe('valid');
  Object.assign(status().ignoredKeys, { short: 7 });
  expect(status().ignoredKeys).toEqual({ short: 1 });
});
