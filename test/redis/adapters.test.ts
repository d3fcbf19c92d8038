/** Runs the examples for Redis that docs/revocation.md and docs/operations.md show. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createRevocationList } from 'intentkit-auth/revocation';
import { createTestIssuer } from 'intentkit-auth/testing';
import { createClient } from 'redis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { fromRedis } from '../../examples/revocation/stores.js';
import { startRedis } from './redis-server.js';

it('A list works with the client "redis": entries expire, and a stopped Redis causes an immediate error', async () => {
  const redis = await startRedis();
  onTestFinished(() => redis.close());
  const client = createClient({ url: redis.url, disableOfflineQueue: true }).on('error', () => {});
  await client.connect();
  onTestFinished(() => client.destroy());
  const store = fromRedis(client);
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

it('The example that revokes a token stores this in Redis', async () => {
  const redis = await startRedis();
  onTestFinished(() => redis.close());
  vi.stubEnv('REDIS_URL', redis.url);
  vi.stubEnv('JWT_SECRET', 'R9v!Lq2#xW7pZk4@mC8sTb5&nH1dYf6^');
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  await import('../../examples/revocation/revoke.js');
  expect(write.mock.calls).toEqual([['revoked\n']]);
  expect(await redis.command('KEYS', '*')).toHaveLength(1);
});

it('Two processes with the example that shares keys fetch them once', async () => {
  const redis = await startRedis();
  onTestFinished(() => redis.close());
  vi.stubEnv('REDIS_URL', redis.url);
  const issuer = await createTestIssuer({
    url: 'https://your-tenant.auth0.com/',
    audience: 'https://your-api.example.com',
  });
  // The issuer has another path for its keys.
  vi.stubGlobal('fetch', (_: string, init: RequestInit) => issuer.fetch(issuer.jwksUrl, init));
  const token = await issuer.token({ sub: 'user-1' });
  for (const _ of ['one', 'other']) {
    vi.resetModules();
    const { auth, redis: connection } = await import('../../examples/operations/shared-keys.js');
    expect(await auth.verify(token)).toMatchObject({ valid: true });
    await connection.disconnect();
  }
  expect(issuer.requests).toHaveLength(1);
});
