import { setTimeout as sleep } from 'node:timers/promises';
import { createAuthClient, type Store } from 'intentkit-auth';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { answer, blackHole, keys } from '../support/faulty-jwks-server.js';
import { createSigner, outcome } from '../support/jwks-client.js';
import { startJwksServer } from '../support/jwks-server.js';
import { mint } from '../support/mint.js';
import { BROKEN_STORES, memoryStore } from '../support/stores.js';
import { titled } from '../support/titled.js';
import { until } from '../support/until.js';

const k1 = createSigner('k1');
const k2 = createSigner('k2');
const MINUTE = 60_000;

async function start(store: Store = memoryStore(), more: object = {}) {
  const server = await startJwksServer({ keys: [k1.jwk] });
  onTestFinished(() => server.close());
  const client = (jwks: object = {}) =>
    createAuthClient({
      jwksUrl: `${server.url}?code=hush-hush`,
      jwks: { cache: store, ...more, ...jwks },
      onWarning: () => {},
    });
  return { server, client };
}

/** A store in which another process has just put the keys of the server. */
async function filled(more: object = {}) {
  const store = memoryStore();
  const started = await start(store, more);
  expect(await outcome(started.client(), k1.token)).toBe('valid');
  await until(() => store.ttls.length === 2);
  // The turn of the other process is over, as it is after two seconds.
  for (const key of store.map.keys()) if (key.startsWith('intentkit-auth:jwks-turn:')) store.map.delete(key);
  started.server.requests = 0;
  return { store, ...started };
}

const keyIn = ({ map }: { map: Map<string, string> }): string =>
  [...map.keys()].find((key) => key.startsWith('intentkit-auth:jwks:')) ?? '';
/** Changes when the keys were stored, by this much into the past. */
function age({ map }: { map: Map<string, string> }, milliseconds: number): void {
  const text = map.get(keyIn({ map })) ?? '';
  map.set(
    keyIn({ map }),
    text.replace(/\d+/, (time) => String(Number(time) - milliseconds)),
  );
}

describe('A client with a store for keys', () => {
  it('takes the keys from it on a cold start, without a request', async () => {
    const { server, client, store } = await filled();
    const cold = client();
    expect(await outcome(cold, k1.token)).toBe('valid');
    expect(server.requests).toBe(0);
    expect(cold.status().jwks).toMatchObject({ state: 'fresh', keyIds: ['k1'] });
    expect(JSON.stringify([...store.map])).not.toMatch(/hush-hush|127\.0\.0\.1/);
  });

  it('takes them while the endpoint is gone', async () => {
    const { server, client } = await filled();
    server.handler = answer(503);
    expect(await outcome(client(), k1.token)).toBe('valid');
  });

  it.each([
    ['are taken when they are a little younger than "cacheMaxAge"', 9 * MINUTE, 0],
    ['are not taken when they are as old', 10 * MINUTE, 1],
    ['are taken when a clock is a little ahead', -50_000, 0],
    ['are not taken when they are from the future', -2 * MINUTE, 1],
  ])('%s', async (_, milliseconds, requests) => {
    const { server, client, store } = await filled();
    age(store, milliseconds);
    const cold = client();
    expect(await outcome(cold, k1.token)).toBe('valid');
    expect(server.requests).toBe(requests);
    expect(cold.status().jwks?.ageSeconds).toBe(requests ? 0 : Math.max(0, milliseconds / 1000));
  });

  it('counts their age from when they were fetched, so that they are stale when that is', async () => {
    const { server, client, store } = await filled({ cacheMaxAge: '1s', staleIfError: '0s' });
    age(store, 600);
    const cold = client();
    server.handler = answer(503);
    expect(await outcome(cold, k1.token)).toBe('valid');
    await sleep(500);
    expect(await outcome(cold, k1.token)).toBe('ERR_JWKS_UNAVAILABLE');
  });

  it('asks the endpoint for a key that is not in the store, and gives the others what it brought', async () => {
    const { server, client } = await filled();
    const [one, other] = [client(), client()];
    for (const cold of [one, other]) expect(await outcome(cold, k1.token)).toBe('valid');
    await sleep(1000);
    server.setKeys([k1.jwk, k2.jwk]);
    expect(await outcome(one, k2.token)).toBe('valid');
    await sleep(50);
    expect(await outcome(other, k2.token)).toBe('valid');
    expect(server.requests).toBe(1);
  });

  it('asks the endpoint in a health check, whatever the store has', async () => {
    const { server, client } = await filled();
    expect(await client().ping()).toBe(true);
    expect(server.requests).toBe(1);
  });

  it('takes discovered keys from it, and the URL where they were', async () => {
    const cache = memoryStore();
    const { server } = await start();
    const issuer = new URL(server.url).origin;
    server.handler = (request, response) => {
      const isKeys = request.url === '/keys';
      const document = isKeys ? { keys: [k1.jwk] } : { issuer, jwks_uri: `${issuer}/keys` };
      response.end(JSON.stringify(document));
    };
    const client = () => createAuthClient({ issuers: [{ issuer, cache }] });
    const token = mint({ header: { alg: 'ES256', kid: 'k1' }, payload: { iss: issuer }, key: k1.privateKey });
    expect(await outcome(client(), token)).toBe('valid');
    await until(() => cache.ttls.length === 2);
    server.requests = 0;
    const cold = client();
    expect(await outcome(cold, token)).toBe('valid');
    expect(server.requests).toBe(0);
    expect(cold.status().issuers).toMatchObject([{ issuer, url: `${issuer}/keys`, keyCount: 1 }]);
  });

  it('shares nothing with a client whose request has other headers', async () => {
    const { server, client } = await filled();
    expect(await outcome(client({ headers: { 'x-tenant': 'b' } }), k1.token)).toBe('valid');
    expect(server.requests).toBe(1);
  });

  it.each([
    ['no list', 'jwks 1 [null,{}]'],
    ['no JSON', 'jwks 1 ['],
    ['no usable key', 'jwks 1 [null,[{"kty":"oct","k":"AAAA"}]]'],
    ['a private key', `jwks 1 ${JSON.stringify([null, [k1.privateKey.export({ format: 'jwk' })]])}`],
    ['an empty list', 'jwks 1 [null,[]]'],
    ['no object', 'jwks 1 null'],
    ['more than 1 MiB', `jwks 1 [null,["${'x'.repeat(1_100_000)}"]]`],
    ['a turn', 'turn 1 x'],
  ])('fetches when the store has %s for it', async (_, text) => {
    const { server, client, store } = await filled();
    store.map.set(keyIn(store), text.replace(' 1 ', ` ${Date.now()} `));
    expect(await outcome(client(), k1.token)).toBe('valid');
    expect(server.requests).toBe(1);
  });

  it('stores no private part that the endpoint published by mistake', async () => {
    const store = memoryStore();
    const { server, client } = await start(store);
    server.setKeys([k1.jwk, k2.privateKey.export({ format: 'jwk' })]);
    expect(await outcome(client(), k1.token)).toBe('valid');
    await until(() => store.ttls.length === 2);
    expect(store.map.get(keyIn(store))).not.toContain('"d"');
  });

  it.each(['get', 'set'])('refuses a store without "%s"', async (name) => {
    const { client } = await start({ ...memoryStore(), [name]: undefined });
    expect(client).toThrow('"jwks.cache" must be a store with "get" and "set", such as keyv.');
  });
});

describe.each(titled(BROKEN_STORES))('When the store for keys %s', (_, store) => {
  it('the keys are fetched, and nothing is left that rejects', async () => {
    const rejections = vi.fn();
    process.on('unhandledRejection', rejections);
    const { server, client } = await start(store);
    const began = performance.now();
    expect(await outcome(client(), k1.token)).toBe('valid');
    expect(performance.now() - began).toBeLessThan(1500);
    expect(server.requests).toBe(1);
    await sleep(100);
    process.off('unhandledRejection', rejections);
    expect(rejections).not.toHaveBeenCalled();
  });
});

describe('Two hundred clients that start together', () => {
  it.each([0, 5, 30])('on a store that takes %s ms cost the endpoint ten requests at most', async (delay) => {
    const memory = memoryStore();
    const slow = {
      get: async (key: string) => {
        await sleep(delay * Math.random());
        return memory.get(key);
      },
      set: async (key: string, value: string, ttl: number) => {
        await sleep(delay * Math.random());
        return memory.set(key, value, ttl);
      },
    };
    const { server, client } = await start(slow);
    server.handler = (request, response) => void setTimeout(keys(k1.jwk), 100, request, response);
    const clients = Array.from({ length: 200 }, () => client());
    const outcomes = await Promise.all(clients.map((one) => outcome(one, k1.token)));
    expect(new Set(outcomes)).toEqual(new Set(['valid']));
    expect(server.requests).toBeLessThanOrEqual(10);
  });

  it('do not wait longer than two seconds for one that never brings any', async () => {
    const { server, client } = await start(memoryStore(), { timeout: '1s' });
    server.handler = (request, response) =>
      server.requests === 1 ? blackHole(request, response) : keys(k1.jwk)(request, response);
    const [first, second] = [client(), client()];
    const lost = outcome(first, k1.token);
    await until(() => server.requests === 1);
    const began = performance.now();
    expect(await outcome(second, k1.token)).toBe('valid');
    expect(performance.now() - began).toBeLessThan(2500);
    expect(await lost).toBe('ERR_JWKS_UNAVAILABLE');
  });
});
