import type { JwksOptions, Store } from 'intentkit-auth';
import { expect, it, vi } from 'vitest';
import { parseConfig } from '../../../../src/config/parse.js';
import { RemoteSource } from '../../../../src/keys/remote/remote-source.js';
import { defaultEngine } from '../../../../src/signature/node.js';
import {
  ALMOST_ONE,
  at,
  createRsaSigner,
  failsWith,
  HOUR,
  jwksOf,
  MINUTE,
  now,
  pass,
  pinRandom,
  SECOND,
  type Simulation,
  simulate,
  simulateEachTest,
  status,
  unknown,
  watchRejections,
} from '../../../support/jwks-simulation.js';
import { createSigner, mint, segment } from '../../../support/mint.js';
import { BROKEN_STORES, memoryStore } from '../../../support/stores.js';
import { titled } from '../../../support/titled.js';

const NONE = 'ERR_JWKS_UNAVAILABLE';
const k1 = createRsaSigner('k1');
const k2 = createRsaSigner('k2');
const kidless = mint({ header: { alg: 'RS256' }, payload: {}, key: k1.privateKey });
const hundred = (one: string): string[] => Array.from({ length: 100 }, () => one);

simulateEachTest();

/** A client that fetched its keys at time 0. The clock then stands at 1. */
async function startWithKeys(jwks?: JwksOptions): Promise<Simulation> {
  const client = simulate(jwks, [k1]);
  expect([await client.outcome(k1.token), client.requests()]).toEqual(['valid', 1]);
  await at(1);
  return client;
}

it.each([
  ['that succeeds', undefined, 'valid'],
  ['that fails', status(500), NONE],
])(
  'A fetch %s is shared by all callers that wait for it, including a health check',
  async (_, fault, expected) => {
    const noRejections = watchRejections();
    const client = simulate({}, [k1]);
    Object.assign(client.provider, { latency: 100, fault });
    const waiting = [client.outcomes(...hundred(k1.token)), client.ping()];
    await pass(100);

    expect(await Promise.all(waiting)).toEqual([hundred(expected), expected === 'valid']);
    expect([client.requests(), client.warnings.length]).toEqual([1, fault ? 1 : 0]);
    await noRejections();
  },
);

it('One look-up finds a new key for a hundred callers, and uses the budget once', async () => {
  const client = await startWithKeys();
  client.provider.publish(k1, k2);
  expect(await client.outcomes(...hundred(k2.token))).toEqual(hundred('valid'));
  expect(client.requests()).toBe(2);

  await at(2);
  expect(await client.outcome(unknown())).toBe('key');
  await at(3);
  expect(await client.outcome(unknown())).toBe(NONE);
});

it('On Cloudflare Workers, every caller fetches for itself, and no fetch runs in the background', async () => {
  vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' });
  const client = simulate({}, [k1]);
  await client.outcomes(...hundred(k1.token));
  expect([client.requests(), await client.ping(), client.requests()]).toEqual([100, true, 101]);

  await at(10 * MINUTE - 1);
  expect([await client.outcome(k1.token), client.requests()]).toEqual(['valid', 101]);
  client.provider.fault = status(500);
  await at(10 * MINUTE);
  expect([await client.outcomes(k1.token, k1.token), client.requests()]).toEqual([['valid', 'valid'], 103]);
});

it.each([
  ['the last of two fetches that began together replaces the keys', 0, ['k1']],
  ['a fetch does not replace the keys of one that began later', 1, ['k1', 'k2']],
])('On Cloudflare Workers, %s', async (_, later, keyIds) => {
  vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' });
  const client = simulate({}, [k1]);
  client.provider.latency = 200;
  const slow = client.outcome(k1.token);
  await pass(later);
  client.provider.publish(k1, k2);
  client.provider.latency = 100;
  const quick = client.outcome(k2.token);
  await pass(200, 1);

  expect([await slow, await quick, client.status().keyIds]).toEqual(['valid', 'valid', keyIds]);
});

it('Keys from a shared store are used without a request, but a health check still makes one', async () => {
  const cache = memoryStore();
  const first = simulate({ cache }, [k1]);
  const outcome = first.outcome(k1.token);
  await pass(100);
  expect([await outcome, first.requests(), cache.map.size]).toEqual(['valid', 1, 2]);

  const second = simulate({ cache }, [k1]);
  expect([await second.outcome(k1.token), second.requests()]).toEqual(['valid', 0]);
  expect([await second.ping(), second.requests()]).toEqual([true, 1]);
});

// Of a store that answers anything, only a turn shows that it keeps nothing.
it.each(
  titled(
    BROKEN_STORES.map(({ problem, ...store }) => ({
      ...store,
      problem: problem
        .replace('0.05 s', '0.25 s')
        .replace(/^it returned .*/, 'it did not keep what was stored'),
    })),
  ),
)(
  'A store for keys that %s causes one warning, and the status tells of it until it works again',
  async (_, { problem, ...broken }) => {
    let store: Store = broken;
    const cache: Store = { get: (key) => store.get(key), set: (...entry) => store.set(...entry) };
    const client = simulate({ cache }, [k1]);
    const load = async (): Promise<unknown> => {
      const outcome = client.outcome(k1.token);
      await pass(3 * SECOND, 10);
      return [await outcome, client.requests(), client.status().cacheError];
    };
    expect(await load()).toEqual(['valid', 1, problem]);
    await at(10 * MINUTE);
    expect(await load()).toEqual(['valid', 2, problem]);
    const failing = `JWKS_CACHE_FAILING The store "jwks.cache" is failing: ${problem}; this process fetches the keys itself.`;
    expect(client.warnings).toEqual([failing]);

    store = memoryStore();
    await at(20 * MINUTE);
    expect(await load()).toEqual(['valid', 3, undefined]);
    expect(client.warnings).toEqual([failing, 'JWKS_CACHE_RECOVERED The store "jwks.cache" answers again.']);
  },
);

it.each(['invalid JSON', 'jwks 1 [', 'jwks 1 null', 'jwks 1 [null,[]]'])(
  'A store for keys that holds "%s" works: the keys are fetched, without a warning',
  async (text) => {
    const cache = memoryStore();
    const client = simulate({ cache: { ...cache, get: async (key) => cache.get(key) ?? text } }, [k1]);
    const outcome = client.outcome(k1.token);
    await pass(3 * SECOND, 10);
    expect([await outcome, client.warnings, client.status().cacheError]).toEqual(['valid', [], undefined]);
  },
);

it('On Cloudflare Workers, a look-up of a cancelled request is given back', async () => {
  vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' });
  const client = await startWithKeys({ cooldown: '1h' });
  client.provider.publish(k1, k2);
  // What a cancelled request waits for is never settled.
  const never = new Promise<Response>(() => {});
  client.provider.fault = () => never;
  vi.stubGlobal('setTimeout', () => 0);
  for (const kid of ['a', 'b']) void client.outcome(unknown(kid));
  await pass(14_999);
  vi.unstubAllGlobals();
  vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' });
  client.provider.fault = undefined;

  expect([await client.outcome(k2.token), client.requests()]).toEqual([NONE, 3]);
  await pass(1);
  expect([await client.outcome(k2.token), client.requests()]).toEqual(['valid', 4]);
});

it.each([
  ['without keys', false, k1.token, [0, 1, 2, 3, 4, 5, 6, 7]],
  ['for an unknown key id', true, k2.token, [0, 1, 3, 7, 15, 31, 61, 91]],
])(
  'After a failure, only the back-off decides when to retry, even with many tokens %s',
  async (_, warm, token, expected) => {
    pinRandom(0);
    const client = warm ? await startWithKeys({ cooldown: '1h' }) : simulate();
    client.provider.fault = status(503);
    const began = now();
    for (let time = 0; time <= 100 * SECOND; time += 500) {
      await at(began + time);
      const outcomes = await client.outcomes(token, token, unknown('same'), unknown());
      expect(new Set(outcomes)).toEqual(new Set([NONE]));
      expect(client.status().retryInSeconds).toBeGreaterThan(0);
    }

    const times = client.provider.requests
      .slice(warm ? 1 : 0)
      .map((request) => (request.began - began) / SECOND);
    expect(times.slice(0, 8)).toEqual(expected);
  },
);

it('After a failure, the client waits for the "Retry-After" of the endpoint, and its errors say how long', async () => {
  pinRandom(0);
  const client = simulate();
  client.provider.fault = status(429, { 'retry-after': '40' });
  expect(await client.errorOf(k1.token)).toMatchObject({ code: NONE, retryAfter: 40 });
  await at(39_001);
  const last = { code: NONE, retryAfter: 1, cause: { name: 'FetchError' } };
  expect(await client.errorOf(k1.token)).toMatchObject(last);
  expect(client.status()).toMatchObject({ retryInSeconds: 1, state: 'none' });

  client.provider.fault = undefined;
  client.provider.publish(k1);
  await at(40_000);
  expect(await client.outcome(k1.token)).toBe('valid');
});

it.each([
  ['a client that has keys', true, ['valid', 0, 3]],
  ['a new client', false, ['valid', 0, 2]],
])('A request of %s is sent a second time if its connection is cut', async (_, warm, expected) => {
  const client = warm ? await startWithKeys() : simulate();
  client.provider.publish(k1, k2);
  client.provider.fault = (signal) => {
    client.provider.fault = undefined;
    return failsWith('UND_ERR_SOCKET')(signal);
  };

  expect([await client.outcome(k2.token), client.warnings.length, client.requests()]).toEqual(expected);
});

// biome-ignore format: one case per line
it.each<[title: string, jwks: JwksOptions, later: number, expected: number]>([
  ['just before one cooldown', {}, 10 * SECOND - 1, 0],
  ['after one cooldown', {}, 10 * SECOND, 1],
  ['just before two cooldowns', {}, 20 * SECOND - 1, 1],
  ['after two cooldowns', {}, 20 * SECOND, 2],
  ['after a long time', {}, 8 * MINUTE, 2],
  ['just before a configured cooldown', { cooldown: '2m' }, 2 * MINUTE - 1, 0],
  ['after a configured cooldown', { cooldown: '2m' }, 2 * MINUTE, 1],
])('Unknown key ids are looked up twice, then once per cooldown; others cannot be verified right now: %s', async (_, jwks, later, expected) => {
  pinRandom(ALMOST_ONE);
  const client = await startWithKeys(jwks);
  const four = async () => {
    const verdicts: string[] = [];
    // A moment apart, because a fetch answers for all tokens that arrived before it began. Long ids are not cached.
    for (let count = 0; count < 4; count += 1, await pass(0.1)) verdicts.push(await client.outcome(unknown('k'.repeat(300))));
    return verdicts;
  };
  expect(await four()).toEqual(['key', 'key', NONE, NONE]);

  await at(later + 1);
  expect((await four()).filter((verdict) => verdict === 'key')).toHaveLength(expected);
  expect(client.requests()).toBe(3 + expected);
});

it('If a key id was not looked up, the error says when to try again, and no outage is reported', async () => {
  const client = await startWithKeys();
  for (const time of [2, 3]) {
    await at(time);
    expect(await client.outcome(unknown())).toBe('key');
  }
  await at(4 * SECOND);

  const message = expect.stringMatching(
    /because its key id is unknown, and .* is spent; try again in 7 s\.$/,
  );
  expect(await client.errorOf(unknown())).toMatchObject({ code: NONE, retryAfter: 7, message });
  expect([client.warnings, client.status().lastError]).toEqual([[], undefined]);
});

it.each([
  ['a key id', unknown('same')],
  ['no key id, for an algorithm that has no key', `${segment({ alg: 'ES384' })}.e30.AAAA`],
  ['an empty key id', unknown('')],
  ['the key id __proto__', unknown('__proto__')],
])('After a fetch without %s, the client remembers that for one cooldown', async (_, token) => {
  const client = await startWithKeys();
  for (const [time, requests] of [
    [1, 2],
    [10 * SECOND, 2],
    [10 * SECOND + 1, 3],
  ] as const) {
    await at(time);
    expect([await client.outcomes(token, token, token), client.requests()]).toEqual([
      ['key', 'key', 'key'],
      requests,
    ]);
  }
});

it('A key that was absent, was published and was removed is looked up again, even within a cooldown', async () => {
  const client = await startWithKeys();
  expect([await client.outcome(k2.token), client.requests()]).toEqual(['key', 2]);
  for (const [time, keys] of [
    [SECOND, [k1, k2]],
    [2 * SECOND, [k1]],
  ] as const) {
    await at(time);
    client.provider.publish(...keys);
    await client.ping();
  }
  await at(2 * SECOND + 1);

  expect([await client.outcome(k2.token), client.requests()]).toEqual(['key', 5]);
});

it('A store whose keys are older than those of a health check causes no look-up', async () => {
  const cache = memoryStore();
  const client = simulate({ cache }, [k1]);
  const first = client.outcome(k1.token);
  await pass(3 * SECOND, 10);
  expect(await first).toBe('valid');
  client.provider.publish(k2);
  expect([await client.ping(), client.status().keyIds]).toEqual([true, ['k2']]);
  for (const [token, expected] of [
    [k1.token, 'key'],
    [k1.token, 'key'],
    [k2.token, 'valid'],
  ] as const) {
    const verified = client.outcome(token);
    await pass(3 * SECOND, 10);
    expect([expected, await verified]).toEqual([expected, expected]);
  }
  expect(client.requests()).toBeLessThanOrEqual(4);
});

it('A key for another algorithm under the same key id is found, as with a key under a new id', async () => {
  const client = await startWithKeys();
  const other = createSigner('k1', 'ES256');
  client.provider.publish(k1, other);
  expect([await client.outcome(other.token), client.requests()]).toEqual(['valid', 2]);
  const third = createSigner('k1', 'ES384');
  expect([await client.outcome(third.token), client.requests()]).toEqual(['key', 3]);
  expect([await client.outcome(third.token), client.requests()]).toEqual(['key', 3]);
  expect(await client.outcomes(k1.token, other.token)).toEqual(['valid', 'valid']);
});

it('A key id that is not text causes no fetch', async () => {
  const client = await startWithKeys();
  const odd = [1, null, {}, ['k1'], true].map((kid) => `${segment({ alg: 'RS256', kid })}.e30.AAAA`);

  expect(new Set(await client.outcomes(...odd))).toEqual(new Set(['key']));
  expect(client.requests()).toBe(1);
});

it('A known key is found synchronously, even during a flood', async () => {
  const fetch = async () => new Response(JSON.stringify({ keys: [k1.jwk] }));
  const {
    remotes: [remote],
  } = parseConfig({ jwksUrl: 'https://idp.example/', jwks: { fetch } });
  if (!remote) throw new Error('no JWKS');
  const source = new RemoteSource(remote, defaultEngine, () => {});
  const good = await source.find({ alg: 'RS256', kid: 'k1' });
  const flood = hundred('').map((_, count) => source.find({ alg: 'RS256', kid: `k-${count}` }));

  expect(source.find({ alg: 'RS256', kid: 'k1' })).toBe(good);
  await Promise.allSettled(flood);
});

it.each<[title: string, jwks: JwksOptions, random: number, due: number]>([
  ['70 % of ten minutes', {}, 0, 7 * MINUTE],
  ['80 % of ten minutes', {}, 0.5, 8 * MINUTE],
  ['90 % of ten minutes', {}, ALMOST_ONE, 9 * MINUTE],
  ['80 % of a day', { cacheMaxAge: '1d' }, 0.5, 19.2 * HOUR],
])(
  'Keys are refreshed in the background at a random point, and no caller waits: %s',
  async (_, jwks, random, due) => {
    pinRandom(random);
    const client = await startWithKeys(jwks);
    client.provider.latency = 100;
    await at(due - 1);
    expect([await client.outcomes(k1.token, kidless), client.requests()]).toEqual([['valid', 'valid'], 1]);
    await at(due);
    // The clock stands still, so the callers do not wait for the fetch.
    expect(await client.outcomes(k1.token, kidless)).toEqual(['valid', 'valid']);
    expect([client.requests(), client.status().ageSeconds]).toEqual([2, due / SECOND]);

    // The next point is chosen again at random.
    pinRandom(1 - random);
    await pass(100);
    const next = Math.round(due + (due * (0.9 - 0.2 * random)) / (0.7 + 0.2 * random));
    for (const [time, requests] of [
      [next - 1, 2],
      [next + 1, 3],
    ] as const) {
      await at(time);
      expect([await client.outcome(k1.token), client.requests()]).toEqual(['valid', requests]);
    }
  },
);

it.each<[staleIfError: string, jwks: JwksOptions, bound: number]>([
  ['the default of one hour', {}, HOUR],
  ['12 hours', { staleIfError: '12h' }, 12 * HOUR],
  ['off', { staleIfError: '0s' }, 10 * MINUTE],
  ['shorter than cacheMaxAge', { staleIfError: '1m' }, 10 * MINUTE],
])(
  'In an outage, cached keys are used for as long as staleIfError (%s) allows, with and without tokens in between',
  async (_, jwks, bound) => {
    for (const steps of [60, 0]) {
      const client = await startWithKeys(jwks);
      const began = now() - 1;
      client.provider.fault = status(500);
      const times = Array.from({ length: steps }, (_, step) => 1 + (step * bound) / steps);
      for (const time of [...times, bound - 1]) {
        await at(began + time);
        expect(await client.outcome(k1.token)).toBe('valid');
      }
      for (const time of [bound, bound + MINUTE, 2 * bound]) {
        await at(began + time);
        expect(await client.outcome(k1.token)).toBe(NONE);
      }
      vi.useRealTimers();
      vi.useFakeTimers({ toFake: ['Date', 'performance', 'setTimeout', 'clearTimeout'] });
    }
  },
);

it('In an outage, the wait for the next attempt becomes shorter when the cached keys expire', async () => {
  pinRandom(0);
  const client = await startWithKeys({ staleIfError: '0s' });
  client.provider.fault = status(500);
  // After the sixth failure, the wait is half a minute while keys can be used, and one second otherwise.
  for (const seconds of [540, 541, 543, 547, 555, 571]) {
    await at(seconds * SECOND);
    await client.outcome(k1.token);
    await pass(1);
  }
  await at(10 * MINUTE - 1);
  expect(client.status().retryInSeconds).toBe(2);
  await at(10 * MINUTE);
  expect(client.status().retryInSeconds).toBe(0);
});

it('In an outage, callers use stale keys without waiting, and staleIfError counts from the last success', async () => {
  const client = await startWithKeys();
  await at(31 * MINUTE);
  expect(await client.outcome(k1.token)).toBe('valid');
  Object.assign(client.provider, { fault: status(500), latency: 100 });
  await at(41 * MINUTE - 1);
  await client.outcome(k1.token);
  await pass(100);
  await at(91 * MINUTE - 1);
  // The clock stands still, so the callers do not wait for the attempt.
  expect([await client.outcomes(k1.token, kidless), client.provider.inFlight]).toEqual([
    ['valid', 'valid'],
    1,
  ]);
  await pass(200);
  expect(await client.outcome(k1.token)).toBe(NONE);
});

// biome-ignore format: one case per line
it.each<[title: string, jwks: JwksOptions, age: number, consequence: string]>([
  ['keys that are due for a refresh', {}, 560 * SECOND, 'the last good keys are used for another 3040 s'],
  ['stale keys', {}, HOUR - 1, 'the last good keys are used for another 1 s'],
  ['expired keys', {}, HOUR, 'its tokens cannot be verified until it answers'],
  ['fresh keys without staleIfError', { staleIfError: '0s' }, 560 * SECOND, 'the last good keys are used for another 40 s'],
  ['expired keys without staleIfError', { staleIfError: '0s' }, 600 * SECOND, 'its tokens cannot be verified until it answers'],
])('The warning of an outage says its consequence: %s', async (_, jwks, age, consequence) => {
  const client = await startWithKeys(jwks);
  client.provider.fault = status(500);
  await at(age);
  await client.outcome(k1.token);
  await pass(1);

  const message = `The JWKS endpoint https://idp.example/jwks is failing: the endpoint answered 500, not 200; ${consequence}.`;
  expect(client.warnings).toEqual([`JWKS_FAILING ${message}`]);
});

it('The client warns once when an outage begins, once when its keys expire, and once when it is over', async () => {
  const client = await startWithKeys();
  const begins = 'JWKS_FAILING the last good keys are used for another';
  const recovered = 'JWKS_RECOVERED JWKS endpoint https://idp.example/jwks answers again.';
  // biome-ignore format: one moment per line
  for (const [minutes, fault, ...expected] of [
    [9.5, status(500), `${begins} 3030 s.`],
    [12, failsWith('ECONNRESET')],
    [59, jwksOf()],
    [61, status(500), 'JWKS_FAILING its tokens cannot be verified until it answers.'],
    [90, status(503)],
    [91, undefined, recovered],
    [101, status(429), `${begins} 3000 s.`],
    [102, undefined, recovered],
  ] as const) {
    client.provider.fault = fault;
    await at(minutes * MINUTE);
    await client.outcome(k1.token);
    await pass(1);
    expect(client.warnings.splice(0).map((warning) => warning.replace(/ The .*; | The /, ' '))).toEqual(expected);
  }
});

it.each<[title: string, handler: () => unknown]>([
  [
    'throws',
    () => {
      throw new Error('disk full');
    },
  ],
  ['rejects', () => Promise.reject(new Error('disk full'))],
  ['hangs', () => new Promise(() => {})],
  [
    'returns a thenable that rejects',
    () => Object.fromEntries([['then', (_: unknown, fail: () => void) => fail()]]),
  ],
])('A warning handler that %s does not affect verification', async (_, handler) => {
  const noRejections = watchRejections();
  const client = simulate({}, [k1], handler);
  client.provider.fault = status(500);
  expect(await client.outcome(k1.token)).toBe(NONE);
  client.provider.fault = undefined;
  await at(SECOND);
  expect(await client.outcome(k1.token)).toBe('valid');
  await noRejections();
});

it('A health check fetches even with cached keys; its keys are used, and its failure changes no verdict', async () => {
  const client = await startWithKeys();
  client.provider.publish(k2);
  expect([await client.ping(), client.requests()]).toEqual([true, 2]);
  expect(await client.outcomes(k2.token, k1.token)).toEqual(['valid', 'key']);

  client.provider.fault = failsWith('ECONNREFUSED');
  await at(SECOND + 1);
  expect([await client.ping(), await client.outcome(k2.token)]).toEqual([false, 'valid']);
  const why = 'The keys behind "jwksUrl" could not be fetched (the request failed (ECONNREFUSED)).';
  expect(client.client.status().pingFailure).toBe(why);
});

it('A health check fetches immediately after a failure, and its success ends the back-off', async () => {
  const client = simulate({}, [k1]);
  client.provider.fault = status(503);
  expect(await client.outcome(k1.token)).toBe(NONE);
  client.provider.fault = undefined;

  expect([await client.outcome(k1.token), await client.ping()]).toEqual([NONE, true]);
  expect([await client.outcome(k1.token), client.requests()]).toEqual(['valid', 2]);
});

it.each([
  ['succeeds', undefined],
  ['fails', status(500)],
])('A health check that %s is shared for a second', async (_, fault) => {
  const client = simulate({}, [k1]);
  client.provider.fault = fault;
  for (const [time, requests] of [
    [0, 1],
    [999, 1],
    [1000, 2],
    [1999, 2],
    [2000, 3],
  ] as const) {
    await at(time);
    await Promise.all(hundred('').map(client.ping));
    expect([time, client.requests()]).toEqual([time, requests]);
  }
});

it('A failed health check is repeated only after a second', async () => {
  pinRandom(ALMOST_ONE);
  const client = simulate({}, [k1]);
  client.provider.fault = status(500);
  expect(await client.ping()).toBe(false);
  client.provider.fault = undefined;
  await at(999);
  expect(await client.ping()).toBe(false);
  await at(1000);
  expect(await client.ping()).toBe(true);
  expect(client.client.status()).not.toHaveProperty('pingFailure');
});
