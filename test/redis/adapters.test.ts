/** Runs the adapter for the client `redis` that docs/revocation.md shows. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Store } from 'intentkit-auth';
import { createRevocationList } from 'intentkit-auth/revocation';
import { createClient } from 'redis';
import { expect, it, onTestFinished } from 'vitest';
import { blocksOf, run } from '../support/markdown.js';
import { startRedis } from './redis-server.js';

it('A list works with the client "redis": entries expire, and a stopped Redis causes an immediate error', async () => {
  const redis = await startRedis();
  onTestFinished(() => redis.close());
  const blocks = await blocksOf(new URL('../../docs/revocation.md', import.meta.url), 'ts');
  const { fromRedis } = await run(blocks.find((text) => text.includes('const fromRedis =')) ?? '');
  const client = createClient({ url: redis.url, disableOfflineQueue: true }).on('error', () => {});
  await client.connect();
  onTestFinished(() => client.destroy());
  const store = (fromRedis as (from: unknown) => Store)(client);
  const list = createRevocationList(store, { timeout: '2s', onWarning: () => {} });
  const now = Math.floor(Date.now() / 1000);
  const token = { iss: 'my-service', jti: 'a', exp: now + 100 };

  expect(await list.isRevoked(token)).toBe(false);
  await list.revoke(token);
  expect(await list.isRevoked(token)).toBe(true);
  const [key = ''] = (await redis.command('KEYS', '*')) as string[];
  expect(Number(await redis.command('TTL', key))).toBeGreaterThan(150);
  // The time to live is rounded up to whole seconds.
  expect(Number(await redis.command('TTL', key))).toBeLessThanOrEqual(161);
  await store.set('short', 'x', 30);
  await sleep(100);
  expect(await store.get('short')).toBeNull();

  await redis.kill();
  await sleep(50);
  await expect(list.isRevoked(token)).rejects.toMatchObject({ code: 'ERR_REVOCATION_UNAVAILABLE' });
});
