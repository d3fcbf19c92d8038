// Run it with: npx tsx fake-timers.ts
import { mock } from 'node:test';
import { createAuthClient } from 'intentkit-auth';
import { createTestIssuer } from 'intentkit-auth/testing';

mock.timers.enable({ apis: ['Date', 'setTimeout'] });
mock.method(performance, 'now', () => Date.now());

const { url, jwksUrl, fetch, token, fail, recover } = await createTestIssuer();
const auth = createAuthClient({ jwksUrl, issuer: url, jwks: { fetch }, onWarning: () => {} });
const good = await token();
const outcome = (): Promise<unknown> =>
  auth.verify(good).then(
    ({ valid }) => valid,
    ({ code }) => code,
  );

fail('503');
const during = await outcome();
recover();
// The client waits before it retries.
mock.timers.tick(2_000);
process.stdout.write(`${during}, ${await outcome()}\n`); // ERR_JWKS_UNAVAILABLE, true
mock.reset();
