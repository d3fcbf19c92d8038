import { setTimeout as sleep } from 'node:timers/promises';
import { createAuthClient, type Store } from 'intentkit-auth';
import { createTestIssuer } from 'intentkit-auth/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { generateKeys } from '../support/mint.js';
import { outcome } from '../support/outcome.js';
import { BROKEN_STORES, memoryStore } from '../support/stores.js';
import { titled } from '../support/titled.js';
import { until } from '../support/until.js';

const MINUTE = 60_000;
/** A private key with the id of an issuer's first key. */
const PRIVATE = { ...generateKeys('ES256').privateKey.export({ format: 'jwk' }), kid: 'test-key-1' };

async function start(store: Store = memoryStore(), more: object = {}) {
  const issuer = await createTestIssuer();
  await issuer.listen();
  onTestFinished(() => issuer.close());
  const client = (jwks: object = {}) =>
    createAuthClient({
      jwksUrl: `${issuer.jwksUrl}?code=hush-hush`,
      jwks: { cache: store, ...more, ...jwks },
      onWarning: () => {},
    });
  return { issuer, client, token: await issuer.token(), requests: () => issuer.requests.length };
}

/** A store with keys that another process has just fetched. Only later requests are counted. */
async function filled(more: object = {}) {
  const store = memoryStore();
  const started = await start(store, more);
  expect(await outcome(started.client(), started.token)).toBe('valid');
  await until(() => store.ttls.length === 2);
  // Ends the turn of the other process, as two seconds would.
  for (const key of store.map.keys()) if (key.startsWith('intentkit-auth:jwks-turn:')) store.map.delete(key);
  const before = started.requests();
  return { store, ...started, requests: () => started.requests() - before };
}

const keyIn = ({ map }: { map: Map<string, string> }): string =>
  [...map.keys()].find((key) => key.startsWith('intentkit-auth:jwks:')) ?? '';
/** Makes the stored keys older by this many milliseconds. */
function age({ map }: { map: Map<string, string> }, milliseconds: number): void {
  const text = map.get(keyIn({ map })) ?? '';
  map.set(
    keyIn({ map }),
    text.replace(/\d+/, (time) => String(Number(time) - milliseconds)),
  );
}

describe('A client with a store for keys', () => {
  it('uses the stored keys on a cold start, without a request', async () => {
    const { issuer, client, store, token, requests } = await filled();
    const cold = client();
    expect(await outcome(cold, token)).toBe('valid');
    expect(requests()).toBe(0);
    expect(cold.status().jwks).toMatchObject({ state: 'fresh', keyIds: [issuer.keyId] });
    expect(JSON.stringify([...store.map])).not.toMatch(/hush-hush|127\.0\.0\.1/);
  });

  it('uses the stored keys while the endpoint is down', async () => {
    const { issuer, client, token } = await filled();
    issuer.fail('503');
    expect(await outcome(client(), token)).toBe('valid');
  });

  it.each([
    ['uses stored keys that are a little younger than "cacheMaxAge"', 9 * MINUTE, 0],
    ['ignores stored keys that are as old as "cacheMaxAge"', 10 * MINUTE, 1],
    ['uses stored keys from a clock that is a little ahead', -50_000, 0],
    ['ignores stored keys from the future', -2 * MINUTE, 1],
  ])('%s', async (_, milliseconds, expected) => {
    const { client, store, token, requests } = await filled();
    age(store, milliseconds);
    const cold = client();
    expect(await outcome(cold, token)).toBe('valid');
    expect(requests()).toBe(expected);
    expect(cold.status().jwks?.ageSeconds).toBe(expected ? 0 : Math.max(0, milliseconds / 1000));
  });

  it('counts the age of stored keys from the time of their fetch', async () => {
    const { issuer, client, store, token } = await filled({ cacheMaxAge: '1s', staleIfError: '0s' });
    age(store, 600);
    const cold = client();
    issuer.fail('503');
    expect(await outcome(cold, token)).toBe('valid');
    await sleep(500);
    expect(await outcome(cold, token)).toBe('ERR_JWKS_UNAVAILABLE');
  });

  it('fetches a key that is not in the store, and shares it with other clients', async () => {
    const { issuer, client, token, requests } = await filled();
    const [one, other] = [client(), client()];
    for (const cold of [one, other]) expect(await outcome(cold, token)).toBe('valid');
    await sleep(1000);
    issuer.rotate({ keepOld: true });
    const renewed = await issuer.token();
    expect(await outcome(one, renewed)).toBe('valid');
    await sleep(50);
    expect(await outcome(other, renewed)).toBe('valid');
    expect(requests()).toBe(1);
  });

  it('fetches in a health check, even if the store has keys', async () => {
    const { client, requests } = await filled();
    expect(await client().ping()).toBe(true);
    expect(requests()).toBe(1);
  });

  it('uses stored keys of an issuer with discovery, and their URL', async () => {
    const cache = memoryStore();
    const { issuer, token, requests } = await start();
    const { url, jwksUrl } = issuer;
    const client = () => createAuthClient({ issuers: [{ issuer: url, cache }] });
    expect(await outcome(client(), token)).toBe('valid');
    await until(() => cache.ttls.length === 2);
    const before = requests();
    const cold = client();
    expect(await outcome(cold, token)).toBe('valid');
    expect(requests()).toBe(before);
    expect(cold.status().issuers).toMatchObject([{ issuer: url, url: jwksUrl, keyCount: 1 }]);
  });

  it('does not share keys with a client whose requests have other headers', async () => {
    const { client, token, requests } = await filled();
    expect(await outcome(client({ headers: { 'x-tenant': 'b' } }), token)).toBe('valid');
    expect(requests()).toBe(1);
  });

  it.each([
    ['an object instead of a list', 'jwks 1 [null,{}]'],
    ['invalid JSON', 'jwks 1 ['],
    ['no usable key', 'jwks 1 [null,[{"kty":"oct","k":"AAAA"}]]'],
    ['a private key', `jwks 1 ${JSON.stringify([null, [PRIVATE]])}`],
    ['an empty list', 'jwks 1 [null,[]]'],
    ['null', 'jwks 1 null'],
    ['more than 1 MiB', `jwks 1 [null,["${'x'.repeat(1_100_000)}"]]`],
    ['a turn', 'turn 1 x'],
  ])('fetches if the store has %s under its key', async (_, text) => {
    const { client, store, token, requests } = await filled();
    store.map.set(keyIn(store), text.replace(' 1 ', ` ${Date.now()} `));
    expect(await outcome(client(), token)).toBe('valid');
    expect(requests()).toBe(1);
  });

  it('does not store a private key that the endpoint published by mistake', async () => {
    const store = memoryStore();
    const { issuer, client, token } = await start(store);
    const { keys } = await (await issuer.fetch(issuer.jwksUrl)).json();
    const careless = client({ fetch: async () => Response.json({ keys: [...keys, PRIVATE] }) });
    expect(await outcome(careless, token)).toBe('valid');
    await until(() => store.ttls.length === 2);
    expect(store.map.get(keyIn(store))).not.toContain('"d"');
  });

  it.each(['get', 'set'])('refuses a store without "%s"', async (name) => {
    const { client } = await start({ ...memoryStore(), [name]: undefined });
    expect(client).toThrow('"jwks.cache" must be a store with "get" and "set", such as keyv.');
  });
});

describe.each(titled(BROKEN_STORES))('When the store for keys %s', (_, store) => {
  it('a client fetches the keys, and no rejection is unhandled', async () => {
    const rejections = vi.fn();
    process.on('unhandledRejection', rejections);
    const { client, token, requests } = await start(store);
    const began = performance.now();
    expect(await outcome(client(), token)).toBe('valid');
    expect(performance.now() - began).toBeLessThan(1500);
    expect(requests()).toBe(1);
    await sleep(100);
    process.off('unhandledRejection', rejections);
    expect(rejections).not.toHaveBeenCalled();
  });
});

describe('Two hundred clients that start together', () => {
  it.each([0, 5, 30])(
    'with a store that takes up to %s ms send the endpoint at most ten requests',
    async (delay) => {
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
      const { issuer, client, token, requests } = await start(slow);
      const fetch = (url: string, init: object) => sleep(100).then(() => issuer.fetch(url, init));
      const clients = Array.from({ length: 200 }, () => client({ fetch }));
      const outcomes = await Promise.all(clients.map((one) => outcome(one, token)));
      expect(new Set(outcomes)).toEqual(new Set(['valid']));
      expect(requests()).toBeLessThanOrEqual(10);
    },
  );

  it('wait at most two seconds for a client that never stores any keys', async () => {
    const { issuer, client, token, requests } = await start(memoryStore(), { timeout: '1s' });
    issuer.fail('hang');
    const [first, second] = [client(), client()];
    const lost = outcome(first, token);
    await until(() => requests() === 1);
    issuer.recover();
    const began = performance.now();
    expect(await outcome(second, token)).toBe('valid');
    expect(performance.now() - began).toBeLessThan(2500);
    expect(await lost).toBe('ERR_JWKS_UNAVAILABLE');
  });
});
