import { setTimeout as sleep } from 'node:timers/promises';
import KeyvRedis from '@keyv/redis';
import { createAuthClient, type JwksOptions, type Store } from 'intentkit-auth';
import Keyv from 'keyv';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { keys } from '../support/faulty-jwks-server.js';
import { createSigner, outcome } from '../support/jwks-client.js';
import { startJwksServer } from '../support/jwks-server.js';
import { figure } from './figure.js';
import { type RedisServer, startRedis } from './redis-server.js';

const k1 = createSigner('k1');
const k2 = createSigner('k2');
let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.close());

/** Clients, each with a connection of its own to Redis, and the provider whose requests are counted. */
async function start(count: number, isShared: boolean, jwks: JwksOptions = {}) {
  const server = await startJwksServer({ keys: [k1.jwk] });
  onTestFinished(() => server.close());
  const answer = (...current: readonly object[]) => {
    server.handler = (request, response) => void setTimeout(keys(...current), 100, request, response);
  };
  answer(k1.jwk);
  const connections = Array.from({ length: isShared ? count : 0 }, () => {
    const adapter = new KeyvRedis(redis.url, { throwOnErrors: true });
    onTestFinished(() => adapter.disconnect(true));
    return new Keyv({ store: adapter, throwOnErrors: true });
  });
  // As services do when they start. Here one machine connects for all of them.
  if (count > 1) await Promise.all(connections.map((connection) => connection.get('anything')));
  const clients = Array.from({ length: count }, (_, index) => {
    const cache: Store | undefined = connections[index];
    return createAuthClient({
      jwksUrl: server.url,
      jwks: { ...jwks, ...(cache && { cache }) },
      onWarning: () => {},
    });
  });
  const how = `${count} clients ${isShared ? 'with' : 'without'} a store`;
  return {
    answer,
    /** Has all clients verify a token at once, and says how many requests that made. */
    async requestsFor(what: string, token: string): Promise<number> {
      server.requests = 0;
      const began = performance.now();
      const outcomes = await Promise.all(clients.map((client) => outcome(client, token)));
      const last = performance.now() - began;
      expect(new Set(outcomes)).toEqual(new Set(['valid']));
      figure(`${what}, ${how}: ${server.requests} requests, ${last.toFixed(0)} ms`);
      return server.requests;
    },
    /** Has all clients verify tokens for some time, and says how many requests a second that made. */
    async requestsASecond(seconds: number): Promise<number> {
      server.requests = 0;
      const began = performance.now();
      while (performance.now() - began < seconds * 1000) {
        for (const client of clients) void outcome(client, k1.token);
        await sleep(50);
      }
      const rate = (server.requests * 1000) / (performance.now() - began);
      figure(`refreshing every 2.8 to 3.6 s, ${how}: ${rate.toFixed(1)} requests a second`);
      return rate;
    },
  };
}

it('Two hundred clients that start together on one Redis cost the provider ten requests at most', async () => {
  const alone = await start(200, false);
  expect(await alone.requestsFor('a cold start', k1.token)).toBe(200);
  for (let time = 0; time < 5; time += 1) {
    const shared = await start(200, true);
    expect(await shared.requestsFor('a cold start', k1.token)).toBeLessThanOrEqual(10);
  }
});

it('A new key that two hundred clients meet at once costs the provider ten requests at most', async () => {
  for (const isShared of [false, true]) {
    const clients = await start(200, isShared);
    await clients.requestsFor('a cold start', k1.token);
    await sleep(1500);
    clients.answer(k1.jwk, k2.jwk);
    const requests = await clients.requestsFor('a new key', k2.token);
    if (isShared) expect(requests).toBeLessThanOrEqual(10);
    else expect(requests).toBe(200);
  }
});

it('One of them refreshes the keys for all', async () => {
  for (const isShared of [false, true]) {
    const clients = await start(200, isShared, { cacheMaxAge: '4s' });
    await clients.requestsFor('a cold start', k1.token);
    const rate = await clients.requestsASecond(12);
    if (isShared) expect(rate).toBeLessThan(5);
    else expect(rate).toBeGreaterThan(40);
  }
});

it('A Redis that is gone costs a client no more than a fetch', async () => {
  await redis.kill();
  const client = await start(1, true);
  expect(await client.requestsFor('a cold start', k1.token)).toBe(1);
  await redis.restart();
});
