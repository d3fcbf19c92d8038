import { setTimeout as sleep } from 'node:timers/promises';
import KeyvRedis from '@keyv/redis';
import { type AuthClient, createAuthClient, type JwksOptions, type Store } from 'intentkit-auth';
import { createTestIssuer } from 'intentkit-auth/testing';
import Keyv from 'keyv';
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { outcome } from '../support/outcome.js';
import { figure } from './figure.js';
import { type RedisServer, startRedis } from './redis-server.js';

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.close());

/** Starts clients, each with its own connection to Redis, and a provider whose requests are counted. */
async function start(count: number, isShared: boolean, jwks: JwksOptions = {}) {
  // A new issuer, so Redis has no keys for it yet.
  const issuer = await createTestIssuer({ url: `https://${crypto.randomUUID()}.test` });
  const fetch: typeof issuer.fetch = (...request: Parameters<typeof issuer.fetch>) =>
    sleep(100).then(() => issuer.fetch(...request));
  const connections = Array.from({ length: isShared ? count : 0 }, () => {
    const adapter = new KeyvRedis(redis.url, { throwOnErrors: true });
    onTestFinished(() => adapter.disconnect(true));
    return new Keyv({ store: adapter, throwOnErrors: true });
  });
  // Connects first, as services do at startup. Here, one machine connects for all of them.
  if (count > 1) await Promise.all(connections.map((connection) => connection.get('anything')));
  const clients = Array.from({ length: count }, (_, index) => {
    const cache: Store | undefined = connections[index];
    return createAuthClient({
      jwksUrl: issuer.jwksUrl,
      jwks: { fetch, ...jwks, ...(cache && { cache }) },
      onWarning: () => {},
    });
  });
  const how = `${count} clients ${isShared ? 'with' : 'without'} a store`;
  return {
    issuer,
    clients,
    /** Lets all clients verify a token concurrently. Resolves to the number of requests. */
    async requestsFor(what: string): Promise<number> {
      const token = await issuer.token();
      const before = issuer.requests.length;
      const began = performance.now();
      const outcomes = await Promise.all(clients.map((client) => outcome(client, token)));
      const last = performance.now() - began;
      expect(new Set(outcomes)).toEqual(new Set(['valid']));
      const requests = issuer.requests.length - before;
      figure(`${what}, ${how}: ${requests} requests, ${last.toFixed(0)} ms`);
      return requests;
    },
    /** Lets all clients verify tokens for some time. Resolves to the number of requests per second. */
    async requestsASecond(seconds: number): Promise<number> {
      const token = await issuer.token();
      const before = issuer.requests.length;
      const began = performance.now();
      while (performance.now() - began < seconds * 1000) {
        for (const client of clients) void outcome(client, token);
        await sleep(50);
      }
      const rate = ((issuer.requests.length - before) * 1000) / (performance.now() - began);
      figure(`refreshing every 2.8 to 3.6 s, ${how}: ${rate.toFixed(1)} requests a second`);
      return rate;
    },
  };
}

it('Two hundred clients that start together with one Redis send the provider at most ten requests', async () => {
  const alone = await start(200, false);
  expect(await alone.requestsFor('a cold start')).toBe(200);
  for (let time = 0; time < 5; time += 1) {
    const shared = await start(200, true);
    expect(await shared.requestsFor('a cold start')).toBeLessThanOrEqual(10);
  }
});

it('Two hundred clients that see a new key at the same time send the provider at most ten requests', async () => {
  for (const isShared of [false, true]) {
    const clients = await start(200, isShared);
    await clients.requestsFor('a cold start');
    await sleep(1500);
    clients.issuer.rotate({ keepOld: true });
    const requests = await clients.requestsFor('a new key');
    if (isShared) expect(requests).toBeLessThanOrEqual(10);
    else expect(requests).toBe(200);
  }
});

it('One client refreshes the keys for all clients', async () => {
  for (const isShared of [false, true]) {
    const clients = await start(200, isShared, { cacheMaxAge: '4s' });
    await clients.requestsFor('a cold start');
    const rate = await clients.requestsASecond(12);
    if (isShared) expect(rate).toBeLessThan(5);
    else expect(rate).toBeGreaterThan(40);
  }
});

it('A client without its Redis fetches the keys itself', async () => {
  await redis.kill();
  const client = await start(1, true);
  expect(await client.requestsFor('a cold start')).toBe(1);
  await redis.restart();
});

it('No valid token is refused after a rotation, however the clock of the process that stored the keys is off', async () => {
  const stored = [];
  for (const skew of [-60, -50, -5, -1, 0, 1, 5, 50, 60]) {
    const service = await start(2, true);
    const { issuer, clients } = service;
    const [writer, reader] = clients as [AuthClient, AuthClient];
    const { now } = Date;
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => now() + skew * 1000);
    const old = await issuer.token({ expiresIn: '1h' });
    expect(await outcome(writer, old)).toBe('valid');
    // Lets the turn end and the keys reach Redis, still with the clock that is off.
    await sleep(300);
    clock.mockRestore();
    expect(await outcome(reader, old)).toBe('valid');
    stored.push({ skew, ...service });
  }
  const counts = stored.map(async ({ skew, issuer, clients }) => {
    const before = issuer.requests.length;
    issuer.rotate({ keepOld: true });
    const token = await issuer.token();
    const verified: Promise<string>[] = [];
    for (let time = 0; time < 50; time += 1) {
      for (const client of clients) verified.push(outcome(client, token));
      await sleep(100);
    }
    const outcomes = new Set(await Promise.all(verified));
    const requests = issuer.requests.length - before;
    figure(`a rotation, stored by a clock that is off by ${skew} s: ${requests} requests`);
    expect([skew, ...outcomes]).toEqual([skew, 'valid']);
    expect(requests).toBe(1);
  });
  await Promise.all(counts);
});
