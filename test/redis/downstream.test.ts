import { setTimeout as sleep } from 'node:timers/promises';
import KeyvRedis from '@keyv/redis';
import { createDownstream, type DownstreamApi } from 'intentkit-auth/downstream';
import Keyv from 'keyv';
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest';
import { mark, searchFor } from '../support/leaks.js';
import { type OAuthServer, startOAuthServer } from '../support/oauth-server.js';
import { type RedisServer, startRedis } from './redis-server.js';

let redis: RedisServer;
let issuer: OAuthServer;
beforeAll(async () => {
  [redis, issuer] = await Promise.all([startRedis(), startOAuthServer()]);
});
afterAll(() => Promise.all([redis.close(), issuer.close()]));
beforeEach(async () => {
  await redis.command('FLUSHALL');
  exchangeLasts(600);
});

const SCOPE = mark('the-scope');
/** Each exchange gives another token. */
const issued: string[] = [];
function exchangeLasts(seconds: number): void {
  issued.length = 0;
  issuer.replies.set('/token', () => {
    issued.push(mark('the-token-for-orders'));
    return { access_token: issued.at(-1), token_type: 'Bearer', expires_in: seconds, scope: SCOPE };
  });
}

/** One process of a service, with its own connection to Redis. */
async function start(): Promise<{ orders: DownstreamApi; warnings: string[] }> {
  const adapter = new KeyvRedis(redis.url, { throwOnErrors: true });
  onTestFinished(() => adapter.disconnect(true));
  const cache = new Keyv({ store: adapter, throwOnErrors: true });
  await cache.get('anything').catch(() => {});
  const warnings: string[] = [];
  const downstream = createDownstream({
    issuer: issuer.issuer,
    clientId: 'mcp-server',
    clientAuth: { secret: 'the secret' },
    cache,
    onWarning: (_, code) => void warnings.push(code),
  });
  return { orders: downstream.for({ audience: 'orders', scopes: [SCOPE] }), warnings };
}
const keys = async (): Promise<string[]> => (await redis.command('KEYS', '*')) as string[];
const storedAt = async (key = ''): Promise<string> => String(await redis.command('GET', key));

it('One exchange serves all processes', async () => {
  const processes = await Promise.all([start(), start(), start()]);
  const caller = mark('the-caller');
  for (const { orders } of processes) {
    expect(await orders(caller)).toEqual({
      token: issued[0],
      expiresAt: expect.any(Number),
      scopes: [SCOPE],
    });
  }
  expect(issued).toHaveLength(1);
  expect(processes.flatMap(({ warnings }) => warnings)).toEqual([]);
});

it('Nothing in Redis shows a token or a scope, and no entry serves another caller', async () => {
  const [one, other] = await Promise.all([start(), start()]);
  const [ada, bob] = [mark('the-caller'), mark('the-caller')];
  await one.orders(ada);
  const [first = ''] = await keys();
  await one.orders(bob);
  const second = (await keys()).find((key) => key !== first) ?? '';

  const stored = await Promise.all((await keys()).map(async (key) => [key, await storedAt(key)] as const));
  expect(stored).toHaveLength(2);
  const raw = stored.flatMap(([key, value]) => {
    const sealed = /"value":"(?::base64:)?([\w-]{100,})"/.exec(value)?.[1];
    return [key, value, Buffer.from(sealed ?? '', 'base64url')];
  });
  expect(raw.filter((part) => Buffer.isBuffer(part) && part.length > 50)).toHaveLength(2);
  const [forAda = '', forBob = ''] = issued;
  expect(searchFor({ ada, bob, forAda, forBob, scope: SCOPE })(raw)).toEqual([]);
  // The search finds them where they are.
  expect(searchFor({ forAda })([Buffer.from(JSON.stringify({ token: forAda }))])).toEqual(['forAda']);

  await redis.command('SET', second, await storedAt(first));
  expect((await other.orders(bob)).token).not.toBe(forAda);
  expect(issued).toHaveLength(3);
  expect((await other.orders(ada)).token).toBe(forAda);
});

it('An entry is gone from Redis 30 s before the token ends', async () => {
  const [one, other] = await Promise.all([start(), start()]);
  const caller = mark('the-caller');
  await one.orders(caller);
  const [key = ''] = await keys();
  const left = Number(await redis.command('PTTL', key));
  expect(left).toBeGreaterThan(500_000);
  expect(left).toBeLessThanOrEqual(570_000);

  await redis.command('FLUSHALL');
  exchangeLasts(32);
  const soon = mark('the-caller');
  await one.orders(soon);
  expect(await keys()).toHaveLength(1);
  await expect.poll(keys, { timeout: 10_000 }).toEqual([]);
  await other.orders(soon);
  expect(issued).toHaveLength(2);
});

it.each([
  ['is killed', () => redis.kill(), () => redis.restart()],
  ['hangs', async () => redis.pause(), async () => redis.resume()],
])('When Redis %s, tokens are exchanged with one warning, and later shared again', async (_, end, begin) => {
  const [one, other] = await Promise.all([start(), start()]);
  const early = mark('the-caller');
  await one.orders(early);
  await end();
  onTestFinished(begin);
  // What the process keeps itself needs no Redis.
  expect((await one.orders(early)).token).toBe(issued[0]);
  const callers = Array.from({ length: 5 }, () => mark('the-caller'));
  for (const caller of callers) {
    expect((await one.orders(caller)).token).toBe(issued.at(-1));
    expect((await one.orders(caller)).token).toBe(issued.at(-1));
  }
  expect(issued).toHaveLength(6);
  expect(one.warnings).toEqual(['EXCHANGE_CACHE_FAILING']);

  await begin();
  await expect
    .poll(
      async () => {
        // The Redis client library waits before it connects again.
        await sleep(100);
        await one.orders(mark('the-caller'));
        return one.warnings;
      },
      { timeout: 20_000 },
    )
    .toEqual(['EXCHANGE_CACHE_FAILING', 'EXCHANGE_CACHE_RECOVERED']);
  const isShared = async (): Promise<boolean> => {
    const late = mark('the-caller');
    const { token } = await one.orders(late);
    return (await other.orders(late)).token === token;
  };
  await expect.poll(isShared, { timeout: 20_000 }).toBe(true);
});
