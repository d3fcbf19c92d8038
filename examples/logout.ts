/**
 * Logging out: one replica of a service revokes a token, and the other refuses it at once.
 *
 *     npm run example:logout                                      # the replicas share a store in memory
 *     REDIS_URL=redis://127.0.0.1:6379 npm run example:logout     # they share a Redis, as processes do
 *
 * It exits with status 1 if a verdict is not as expected.
 */
import { randomBytes } from 'node:crypto';
import KeyvRedis from '@keyv/redis';
import { type AuthClient, createAuthClient } from 'intentkit-auth';
import { createRevocationList, type RevocationList, type Store } from 'intentkit-auth/revocation';
import Keyv from 'keyv';
import { expect, say } from './demo-screen.js';

const redisUrl = process.env.REDIS_URL || undefined;
const secret = randomBytes(48).toString('base64url');
// Without `throwOnErrors`, in both places, keyv hides errors of Redis: every token would look as if it was not revoked.
const redis = redisUrl === undefined ? undefined : new KeyvRedis(redisUrl, { throwOnErrors: true });
const embedded = new Map();

/** Starts a replica. All replicas have the secret, and share the store. */
function startReplica(): { auth: AuthClient; revocation: RevocationList } {
  const store: Store = new Keyv({ store: redis ?? embedded, throwOnErrors: true });
  const revocation = createRevocationList(store, { maxLifetime: '1d' });
  return { auth: createAuthClient({ secret, issuer: 'my-service', revocation }), revocation };
}

/** Prints the verdict of a replica about a token, and throws if it is not the expected one. */
async function expectVerdict(who: string, auth: AuthClient, token: string, expected: string): Promise<void> {
  const { valid, reason } = await auth.verify(token);
  const verdict = valid ? 'valid' : String(reason);
  expect(`${who}: ${verdict}`, verdict === expected);
}

try {
  say(`The replicas share ${redis ? 'a Redis' : 'a store in memory'}.`);
  const [one, other] = [startReplica(), startReplica()];

  say('\n1. A user logs in twice, on a laptop and on a phone.');
  const laptop = await one.auth.sign({ device: 'laptop' }, { subject: 'user-1' });
  const phone = await one.auth.sign({ device: 'phone' }, { subject: 'user-1' });
  await expectVerdict('the laptop, by the other replica', other.auth, laptop, 'valid');
  await expectVerdict('the phone, by the other replica', other.auth, phone, 'valid');

  say('\n2. The user logs out on the laptop.');
  await one.auth.revoke(laptop);
  await expectVerdict('the laptop, by the other replica', other.auth, laptop, 'revoked');
  await expectVerdict('the phone, by the other replica', other.auth, phone, 'valid');

  say('\n3. The user logs out everywhere.');
  await other.revocation.revokeSubject('user-1', { issuer: 'my-service' });
  await expectVerdict('the phone, by the first replica', one.auth, phone, 'revoked');

  say('\nAll as expected.');
} catch (error) {
  say(`\n${error instanceof Error ? error.message : 'The example failed.'}`);
  process.exitCode = 1;
} finally {
  await redis?.disconnect(true);
}
