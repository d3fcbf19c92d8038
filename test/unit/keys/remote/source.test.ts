import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { createAuthClient, type JwksOptions } from 'intentkit-auth';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { parseConfig } from '../../../../src/config/parse.js';
import { RemoteSource } from '../../../../src/keys/remote/source.js';
import { defaultEngine } from '../../../../src/signature/choose.js';
import { answer, held, keys, large, reset } from '../../../support/faulty-jwks-server.js';
import {
  createSigner,
  type JwksClient,
  outcome,
  startJwksClient,
  stopClock,
} from '../../../support/jwks-client.js';
import { startJwksServer } from '../../../support/jwks-server.js';
import { mint, segment } from '../../../support/mint.js';
import { until } from '../../../support/until.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const ALMOST_ONE = 1 - 2 ** -53;

const k1 = createSigner('k1');
const k2 = createSigner('k2');
const kidless = mint({ header: { alg: 'ES256' }, payload: {}, key: k1.privateKey });
const unavailable = 'ERR_JWKS_UNAVAILABLE';

/** A token with a key id that no set has: nobody needs to sign it. */
const unknown = (kid: string = randomUUID()): string => `${segment({ alg: 'ES256', kid })}.e30.AAAA`;

interface CountedClient extends JwksClient {
  /** How often the client has begun to fetch. */
  fetches(): number;
  /** Waits for the end of a fetch that has begun since the last call, with the clock where it is. */
  settled(): Promise<void>;
}

/** A client whose fetches are counted when they begin, so that a count of none is not one that comes too early. */
async function start(jwks: JwksOptions = {}, initial: readonly object[] = [k1.jwk]): Promise<CountedClient> {
  let fetches = 0;
  const fetch: typeof globalThis.fetch = (...request) => {
    fetches += 1;
    return globalThis.fetch(...request);
  };
  const client = await startJwksClient({ keys: initial, jwks: { fetch, ...jwks } });
  let settled = 0;
  return {
    ...client,
    fetches: () => fetches,
    async settled() {
      if (fetches === settled) return;
      settled = fetches;
      await until(() => {
        const { ageSeconds, retryInSeconds = 0 } = client.status();
        return ageSeconds === 0 || retryInSeconds > 0;
      });
    },
  };
}

/** The same, with keys that were fetched when the clock stood at 0. */
async function startWithKeys(jwks?: JwksOptions, initial?: readonly object[]) {
  const clock = stopClock();
  const client = await start(jwks, initial);
  expect(await client.outcome(k1.token)).toBe('valid');
  expect(client.fetches()).toBe(1);
  await client.settled();
  return { ...client, clock };
}

const pinRandom = (value: number): void => {
  vi.spyOn(Math, 'random').mockReturnValue(value);
};

/** Fails the test if a promise is rejected and nobody listens. */
function watchRejections(): () => Promise<void> {
  const unhandled = vi.fn();
  process.on('unhandledRejection', unhandled);
  onTestFinished(() => void process.off('unhandledRejection', unhandled));
  return async () => {
    await setImmediate();
    expect(unhandled).not.toHaveBeenCalled();
  };
}

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe('One fetch', () => {
  it('serves a hundred callers who wait for it', async () => {
    const client = await start();
    const response = held(keys(k1.jwk));
    client.server.handler = response;

    const outcomes = Array.from({ length: 100 }, () => client.outcome(k1.token));
    await until(() => client.server.requests === 1);
    response.release();

    expect(new Set(await Promise.all(outcomes))).toEqual(new Set(['valid']));
    expect(client.fetches()).toBe(1);
  });

  it('that fails fails for all who wait for it', async () => {
    const rejections = watchRejections();
    const client = await start();
    const response = held(answer(500));
    client.server.handler = response;

    const outcomes = Array.from({ length: 100 }, () => client.outcome(k1.token));
    await until(() => client.server.requests === 1);
    response.release();

    expect(new Set(await Promise.all(outcomes))).toEqual(new Set([unavailable]));
    expect(client.fetches()).toBe(1);
    expect(client.warnings).toHaveLength(1);
    await rejections();
  });

  it('brings the new key to a hundred callers after a rotation', async () => {
    const client = await startWithKeys();
    const response = held(keys(k2.jwk));
    client.server.handler = response;

    const outcomes = Array.from({ length: 100 }, () => client.outcome(k2.token));
    await until(() => client.server.requests === 2);
    response.release();

    expect(new Set(await Promise.all(outcomes))).toEqual(new Set(['valid']));
    expect(client.fetches()).toBe(2);
    // It took one from the budget, not a hundred.
    expect(await client.outcome(unknown())).toBe('key');
    expect(client.fetches()).toBe(3);
  });

  it('in flight answers an unknown key id too, and takes nothing from its budget', async () => {
    const client = await startWithKeys();
    client.clock.at(8 * MINUTE);
    const response = held(keys(k1.jwk, k2.jwk));
    client.server.handler = response;
    expect(await client.outcome(k1.token)).toBe('valid');

    const waiting = [client.outcome(k2.token), client.outcome(unknown())];
    await until(() => client.server.requests === 2);
    response.release();
    expect(await Promise.all(waiting)).toEqual(['valid', 'key']);
    expect(client.fetches()).toBe(2);

    expect([await client.outcome(unknown()), await client.outcome(unknown())]).toEqual(['key', 'key']);
    expect(client.fetches()).toBe(4);
  });

  it('in flight is what a health check waits for', async () => {
    const { client, server, fetches, outcome } = await start();
    const response = held(keys(k1.jwk));
    server.handler = response;

    const both = [outcome(k1.token), client.ping()];
    await until(() => server.requests === 1);
    response.release();

    expect(await Promise.all(both)).toEqual(['valid', true]);
    expect(fetches()).toBe(1);
  });

  it('is not shared on Cloudflare Workers, where a request must not wait for the I/O of another', async () => {
    vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' });
    const client = await startWithKeys();
    const cold = await start();

    const outcomes = await Promise.all(Array.from({ length: 10 }, () => cold.outcome(k1.token)));
    expect(outcomes).toEqual(Array(10).fill('valid'));
    expect(cold.fetches()).toBe(10);

    // Nothing is started that would be given up with the request: keys that are due wait until they are old.
    client.clock.at(9 * MINUTE);
    await Promise.all(Array.from({ length: 10 }, () => client.outcome(k1.token)));
    await client.settled();
    expect(client.fetches()).toBe(1);
    client.clock.at(10 * MINUTE);
    expect(await client.outcome(k1.token)).toBe('valid');
    expect(client.fetches()).toBe(2);
  });

  it('serves the last good keys on Cloudflare Workers too, though each attempt is waited for', async () => {
    vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' });
    pinRandom(0);
    const client = await startWithKeys();
    client.server.handler = answer(500);
    client.clock.at(10 * MINUTE);
    expect(await client.outcome(k1.token)).toBe('valid');
    expect(await client.outcome(k1.token)).toBe('valid');
    expect(client.fetches()).toBe(2);

    client.server.setKeys([k2.jwk]);
    client.server.handler = undefined;
    client.clock.at(10 * MINUTE + SECOND);
    expect(await client.outcome(k1.token)).toBe('key');
    expect(client.fetches()).toBe(3);
  });

  it('is shared where there is no navigator', async () => {
    vi.stubGlobal('navigator', undefined);
    const client = await start();

    await Promise.all(Array.from({ length: 10 }, () => client.outcome(k1.token)));
    expect(client.fetches()).toBe(1);
  });
});

describe('After a failure', () => {
  it.each([
    ['as long as it can be', 0, '30s', [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]],
    ['as short as it can be', ALMOST_ONE, '30s', [500, 1000, 2000, 4000, 8000, 15_000, 15_000]],
    ['capped at a cooldown of 5 s', 0, '5s', [1000, 2000, 4000, 5000, 5000]],
  ])('the next attempt waits one second, doubling, with jitter: %s', async (_, random, cooldown, delays) => {
    pinRandom(random);
    const clock = stopClock();
    const client = await start({ cooldown });
    client.server.handler = answer(503);
    let now = 0;
    expect(await client.outcome(k1.token)).toBe(unavailable);

    for (const [index, delay] of delays.entries()) {
      clock.at(now + delay - 1);
      expect(await client.outcome(k1.token)).toBe(unavailable);
      expect(client.fetches()).toBe(index + 1);
      now += delay;
      clock.at(now);
      expect(await client.outcome(k1.token)).toBe(unavailable);
      expect(client.fetches()).toBe(index + 2);
    }
  });

  it('the delay begins again at one second once the endpoint has answered', async () => {
    pinRandom(0);
    const clock = stopClock();
    const client = await start();
    client.server.handler = answer(503);
    for (const time of [0, 1, 3, 7]) {
      clock.at(time * SECOND);
      await client.outcome(k1.token);
    }
    client.server.handler = undefined;
    clock.at(15 * SECOND);
    expect(await client.outcome(k1.token)).toBe('valid');
    expect(client.fetches()).toBe(5);

    client.server.handler = answer(503);
    clock.at(15 * SECOND + 8 * MINUTE);
    expect(await client.outcome(k1.token)).toBe('valid');
    await client.settled();
    clock.at(15 * SECOND + 8 * MINUTE + 999);
    await client.outcome(k1.token);
    expect(client.fetches()).toBe(6);
    clock.at(15 * SECOND + 8 * MINUTE + 1000);
    await client.outcome(k1.token);
    expect(client.fetches()).toBe(7);
  });

  it.each([
    ['without keys', 0, false, 24],
    ['without keys', ALMOST_ONE, false, 44],
    ['with keys that are due', 0, true, 24],
    ['with keys that are due', ALMOST_ONE, true, 44],
  ])(
    'ten minutes of outage under load, %s (random %d), cost some tens of requests',
    async (_, random, warm, expected) => {
      pinRandom(random);
      const clock = stopClock();
      const client = await start();
      if (warm) expect(await client.outcome(k1.token)).toBe('valid');
      const before = client.fetches();
      const begin = 8 * MINUTE;
      client.server.handler = reset;

      for (let time = begin; time <= begin + 10 * MINUTE; time += 500) {
        clock.at(time);
        const load = [k1.token, k1.token, k2.token, unknown(), unknown('same')];
        const outcomes = await Promise.all(load.map((token) => client.outcome(token)));
        const known = warm ? 'valid' : unavailable;
        expect(outcomes).toEqual([known, known, unavailable, unavailable, unavailable]);
        await client.settled();
      }

      expect(client.fetches() - before).toBe(expected);
      expect(client.warnings.map(({ code }) => code)).toEqual(['JWKS_FAILING']);
    },
  );

  it('a health check asks at once, and its success ends the wait', async () => {
    const { client, outcome, server, fetches } = await start();
    stopClock();
    server.handler = answer(503);
    expect(await outcome(k1.token)).toBe(unavailable);
    expect(await client.ping()).toBe(false);
    expect(fetches()).toBe(2);

    server.handler = undefined;
    expect(await outcome(k1.token)).toBe(unavailable);
    expect(await client.ping()).toBe(true);
    expect(await outcome(k1.token)).toBe('valid');
    expect(fetches()).toBe(3);
  });

  it('nobody has to listen for what happened in the background', async () => {
    const rejections = watchRejections();
    const client = await startWithKeys();
    client.server.handler = reset;
    client.clock.at(8 * MINUTE);

    expect(await client.outcome(k1.token)).toBe('valid');
    await client.settled();
    expect(client.status().lastError).toMatch(/^the request failed/);
    await rejections();
  });
});

describe('An unknown key id', () => {
  it.each([
    ['just below a cooldown', {}, 30 * SECOND - 1, 0],
    ['at a cooldown', {}, 30 * SECOND, 1],
    ['just below two', {}, 60 * SECOND - 1, 1],
    ['at two', {}, 60 * SECOND, 2],
    ['after a long quiet time', {}, 8 * MINUTE - 1, 2],
    ['just below a configured cooldown', { cooldown: '2m' }, 2 * MINUTE - 1, 0],
    ['at a configured cooldown', { cooldown: '2m' }, 2 * MINUTE, 1],
  ])('has a fetch of its own twice, and then once per cooldown: %s', async (_, jwks, later, expected) => {
    const client = await startWithKeys(jwks);
    const three = async () => {
      for (let count = 0; count < 3; count += 1) expect(await client.outcome(unknown())).toBe('key');
    };
    await three();
    expect(client.fetches()).toBe(3);

    // Each of them renewed the keys, so that they are not due yet.
    client.clock.at(later);
    await three();
    expect(client.fetches()).toBe(3 + expected);
  });

  it.each([
    ['a key id', unknown('same')],
    [
      'no key id',
      mint({ header: { alg: 'ES384' }, payload: {}, key: createSigner('x', 'ES384').privateKey }),
    ],
    ['an empty key id', unknown('')],
    ['__proto__', unknown('__proto__')],
    ['constructor', unknown('constructor')],
  ])('is remembered as absent for one cooldown: %s', async (_, token) => {
    const client = await startWithKeys();
    const threeTimes = async () => {
      for (let count = 0; count < 3; count += 1) expect(await client.outcome(token)).toBe('key');
    };
    await threeTimes();
    expect(client.fetches()).toBe(2);

    client.clock.at(30 * SECOND - 1);
    await threeTimes();
    expect(client.fetches()).toBe(2);

    client.clock.at(30 * SECOND);
    await threeTimes();
    expect(client.fetches()).toBe(3);
  });

  it('of 10,000 characters is not remembered, and still has no more than its budget', async () => {
    const client = await startWithKeys();
    for (let count = 0; count < 5; count += 1) {
      expect(await client.outcome(unknown('k'.repeat(10_000)))).toBe('key');
    }

    expect(client.fetches()).toBe(3);
  });

  it('may be none at all: without a key id, an algorithm that no key is for has a fetch like any other', async () => {
    const next = createSigner('next', 'ES384');
    const token = mint({ header: { alg: 'ES384' }, payload: {}, key: next.privateKey });
    const client = await startWithKeys();
    client.server.handler = answer(500);
    expect(await client.outcome(token)).toBe(unavailable);
    expect(client.fetches()).toBe(2);

    client.server.handler = keys(k1.jwk, next.jwk);
    client.clock.at(SECOND);
    expect(await client.outcome(token)).toBe('valid');
    expect(client.fetches()).toBe(3);
  });

  it('is not remembered as absent when it was found, so that it may go and come again', async () => {
    const client = await startWithKeys();
    client.server.setKeys([k1.jwk, k2.jwk]);
    expect(await client.outcome(k2.token)).toBe('valid');
    client.server.setKeys([k1.jwk]);
    expect(await client.client.ping()).toBe(true);

    client.server.setKeys([k1.jwk, k2.jwk]);
    expect(await client.outcome(k2.token)).toBe('valid');
    expect(client.fetches()).toBe(4);
  });

  it('profits from a fetch in flight at whatever moment it comes', async () => {
    stopClock();
    const next = createSigner('next', 'ES384');
    const token = mint({ header: { alg: 'ES384' }, payload: {}, key: next.privateKey });
    for (let moment = 0; moment < 60; moment += 1) {
      let respond = (_: Response): void => {};
      let fetches = 0;
      const fetch = async (): Promise<Response> => {
        fetches += 1;
        if (fetches <= 3) return Response.json({ keys: [k1.jwk] });
        return new Promise((resolve) => {
          respond = resolve;
        });
      };
      const client = createAuthClient({ jwksUrl: 'https://idp.example/jwks', jwks: { fetch } });
      for (const used of [k1.token, unknown(), unknown()]) await client.verify(used);
      expect(fetches).toBe(3);

      // The budget is used up, so that only this fetch can bring the key.
      const ping = client.ping();
      await until(() => fetches === 4);
      respond(Response.json({ keys: [k1.jwk, next.jwk] }));
      for (let turn = 0; turn < moment; turn += 1) await null;
      expect([moment, await outcome(client, token)]).toEqual([moment, 'valid']);
      await ping;
    }
  });

  it('that one client uses over and over does not hold up a rotation', async () => {
    const client = await startWithKeys();
    for (let time = 0; time < 10 * MINUTE; time += SECOND) {
      client.clock.at(time);
      expect(await client.outcome(unknown('misconfigured'))).toBe('key');
    }
    expect(client.fetches()).toBeLessThanOrEqual(1 + 20);

    client.server.setKeys([k1.jwk, k2.jwk]);
    expect(await client.outcome(k2.token)).toBe('valid');
  });

  it('is found at once when another caller has fetched its key', async () => {
    const client = await startWithKeys();
    expect(await client.outcome(k2.token)).toBe('key');
    client.server.setKeys([k1.jwk, k2.jwk]);
    expect(await client.outcome(k2.token)).toBe('key');

    await client.outcome(unknown());
    expect(await client.outcome(k2.token)).toBe('valid');
  });

  it('is refused without a fetch when its key id is not text', async () => {
    const client = await startWithKeys();
    for (const kid of [1, null, {}, ['k1'], true]) {
      const token = mint({ header: { alg: 'ES256', kid }, payload: {}, key: k1.privateKey });
      expect(await client.outcome(token)).toBe('key');
    }

    expect(client.fetches()).toBe(1);
  });

  it('that comes before any keys are there costs the first fetch alone, with a hundred others', async () => {
    stopClock();
    const client = await start();
    const outcomes = await Promise.all(Array.from({ length: 100 }, () => client.outcome(unknown())));

    expect(new Set(outcomes)).toEqual(new Set(['key']));
    expect(client.fetches()).toBe(1);
  });
});

describe('A flood of 100,000 random key ids', () => {
  const SECONDS = 100;

  it('costs a handful of requests, delays no good token, and evicts no key', async () => {
    const client = await startWithKeys();
    for (let time = 0; time < SECONDS; time += 1) {
      client.clock.at(time * SECOND);
      const flood = Array.from({ length: 1000 }, () => client.outcome(unknown()));
      expect(await client.outcome(k1.token)).toBe('valid');
      expect(new Set(await Promise.all(flood))).toEqual(new Set(['key']));
    }

    expect(client.fetches()).toBeGreaterThan(3);
    expect(client.fetches()).toBeLessThanOrEqual(1 + 2 + 3);
    expect(client.status()).toMatchObject({ keyIds: ['k1'], keyCount: 1 });
    const before = client.fetches();
    expect(await client.outcome(k1.token)).toBe('valid');
    expect(client.fetches()).toBe(before);
  });

  it.each([0, 1, 15, 29, 30, 45])(
    'delays a rotation after %d s by no more than one cooldown',
    async (rotation) => {
      const client = await startWithKeys();
      let seen = Number.NaN;
      for (let time = 0; time < SECONDS && Number.isNaN(seen); time += 1) {
        client.clock.at(time * SECOND);
        if (time === rotation) client.server.setKeys([k1.jwk, k2.jwk]);
        await Promise.all(Array.from({ length: 100 }, () => client.outcome(unknown())));
        if ((await client.outcome(k2.token)) === 'valid') seen = time;
      }

      expect(seen - rotation).toBeGreaterThanOrEqual(0);
      expect(seen - rotation).toBeLessThanOrEqual(31);
      expect(await client.outcome(k1.token)).toBe('valid');
    },
  );

  it('leaves the good key to be found without so much as a promise', async () => {
    stopClock();
    const server = await startJwksServer({ keys: [k1.jwk] });
    onTestFinished(() => server.close());
    const config = parseConfig({ jwksUrl: server.url }).remote;
    if (!config) throw new Error('no JWKS');
    const source = new RemoteSource(config, defaultEngine, () => {});
    const good = await source.find({ alg: 'ES256', kid: 'k1' });
    expect(good).toHaveLength(1);

    const flood: unknown[] = [];
    for (let count = 0; count < 100_000; count += 1) {
      flood.push(source.find({ alg: 'ES256', kid: `random-${count}` }));
      if (count % 1000 === 0) expect(source.find({ alg: 'ES256', kid: 'k1' })).toBe(good);
    }
    await Promise.all(flood);
    expect(server.requests).toBeLessThanOrEqual(3);
  });
});

describe('Keys', () => {
  it.each([
    ['the default of ten minutes', {}, 480 * SECOND],
    ['100 seconds', { cacheMaxAge: '100s' }, 80 * SECOND],
    ['a day', { cacheMaxAge: '1d' }, 19.2 * HOUR],
  ])('are refreshed in the background from 80 % of %s on', async (_, jwks, due) => {
    const client = await startWithKeys(jwks);
    const response = held(keys(k1.jwk));
    client.server.handler = response;

    client.clock.at(due - 1);
    expect(await client.outcome(k1.token)).toBe('valid');
    expect(client.fetches()).toBe(1);

    client.clock.at(due);
    const callers = [k1.token, k1.token, kidless].map((token) => client.outcome(token));
    expect(await Promise.all(callers)).toEqual(['valid', 'valid', 'valid']);
    expect(client.fetches()).toBe(2);
    // Nobody has waited: the endpoint has neither answered nor been given up.
    expect(client.status().ageSeconds).toBe(due / SECOND);
    expect(client.status()).not.toHaveProperty('lastError');

    response.release();
    await client.settled();
    client.clock.at(2 * due - 1);
    expect(await client.outcome(k1.token)).toBe('valid');
    expect(client.fetches()).toBe(2);
  });

  it.each([
    ['the default of ten minutes', {}, 10 * MINUTE],
    ['100 seconds', { cacheMaxAge: '100s' }, 100 * SECOND],
  ])('that nobody asked for are used until %s, and then not before a fetch', async (_, jwks, maxAge) => {
    for (const [age, expected] of [
      [maxAge - 1, 'valid'],
      [maxAge, 'key'],
    ] as const) {
      const client = await startWithKeys(jwks);
      client.server.setKeys([k2.jwk]);

      client.clock.at(age);
      expect(await client.outcome(k1.token)).toBe(expected);
    }
  });

  it('that are too old are waited for', async () => {
    const client = await startWithKeys();
    const response = held(keys(k1.jwk));
    client.server.handler = response;
    client.clock.at(10 * MINUTE);

    let verdict: string | undefined;
    const waiting = client.outcome(k1.token).then((outcome) => {
      verdict = outcome;
    });
    await until(() => client.server.requests === 2);
    expect(verdict).toBeUndefined();
    response.release();
    await waiting;
    expect(verdict).toBe('valid');
    expect(client.fetches()).toBe(2);
  });

  it('cost no caller a wait all day, and the endpoint one request every eight minutes', async () => {
    const client = await startWithKeys();
    for (let time = 0; time <= 24 * HOUR; time += 2 * MINUTE) {
      const response = held(keys(k1.jwk));
      client.server.handler = response;
      client.clock.at(time);
      expect(await client.outcome(k1.token)).toBe('valid');
      response.release();
      await client.settled();
    }

    expect(client.fetches()).toBe(1 + (24 * 60) / 8);
    expect(client.warnings).toEqual([]);
  });

  it('that have left the set stop verifying at the next refresh, and no outage brings them back', async () => {
    pinRandom(0);
    const client = await startWithKeys();
    client.server.setKeys([k2.jwk]);
    client.clock.at(8 * MINUTE);
    expect(await client.outcome(k1.token)).toBe('valid');
    await client.settled();
    expect(await client.outcome(k1.token)).toBe('key');
    expect(await client.outcome(k2.token)).toBe('valid');

    client.server.handler = answer(500);
    for (const time of [16, 17, 18.5, 30, 60]) {
      client.clock.at(time * MINUTE);
      expect(await client.outcome(k2.token)).toBe('valid');
      expect(await client.outcome(k1.token)).toBe(unavailable);
      await client.settled();
    }
  });

  it('may be none: an empty set is an answer, not a failure', async () => {
    const client = await startWithKeys();
    client.server.setKeys([]);
    client.clock.at(10 * MINUTE);

    expect(await client.outcome(k1.token)).toBe('key');
    expect(client.warnings).toEqual([]);
    expect(client.status()).toMatchObject({ state: 'fresh', keyCount: 0 });
  });
});

describe('While the endpoint fails', () => {
  type Row = [staleIfError: string, jwks: JwksOptions, until: number];
  const bounds: Row[] = [
    ['the default of one hour', {}, HOUR],
    ['30 minutes', { staleIfError: '30m' }, 30 * MINUTE],
    ['12 hours', { staleIfError: '12h' }, 12 * HOUR],
    ['off', { staleIfError: '0s' }, 10 * MINUTE],
    ['less than the keys are fresh', { staleIfError: '1m' }, 10 * MINUTE],
  ];

  it.each(bounds)(
    'the last good keys serve within staleIfError (%s), however often they are asked for',
    async (_, jwks, bound) => {
      const client = await startWithKeys(jwks);
      client.server.handler = answer(500);
      for (let time = 0; time < bound; time += bound / 60) {
        client.clock.at(time);
        expect(await client.outcome(k1.token)).toBe('valid');
        await client.settled();
      }
      client.clock.at(bound - 1);
      expect(await client.outcome(k1.token)).toBe('valid');
      await client.settled();

      for (const time of [bound, bound + 1, bound + MINUTE, 2 * bound]) {
        client.clock.at(time);
        expect(await client.outcome(k1.token)).toBe(unavailable);
      }
    },
  );

  it.each(bounds)(
    'the last good keys serve within staleIfError (%s) when nobody asked before',
    async (_, jwks, bound) => {
      for (const [time, expected] of [
        [bound - 1, 'valid'],
        [bound, unavailable],
      ] as const) {
        const client = await startWithKeys(jwks);
        client.server.handler = answer(500);
        client.clock.at(time);

        expect([await client.outcome(k1.token), await client.outcome(k1.token)]).toEqual([
          expected,
          expected,
        ]);
      }
    },
  );

  it('staleIfError counts from the last success, whatever came before it', async () => {
    const client = await startWithKeys();
    client.server.handler = answer(500);
    client.clock.at(30 * MINUTE);
    expect(await client.outcome(k1.token)).toBe('valid');
    client.server.handler = undefined;
    client.clock.at(31 * MINUTE);
    expect(await client.outcome(k1.token)).toBe('valid');
    await client.settled();

    client.server.handler = answer(500);
    client.clock.at(91 * MINUTE - 1);
    expect(await client.outcome(k1.token)).toBe('valid');
    client.clock.at(91 * MINUTE);
    expect(await client.outcome(k1.token)).toBe(unavailable);
  });

  it('no caller of the last good keys waits for an attempt', async () => {
    pinRandom(0);
    const client = await startWithKeys();
    client.server.handler = answer(500);
    client.clock.at(10 * MINUTE);
    expect(await client.outcome(k1.token)).toBe('valid');
    const before = client.fetches();

    const response = held(answer(500));
    client.server.handler = response;
    client.clock.at(10 * MINUTE + SECOND);
    const callers = [k1.token, k1.token, kidless].map((token) => client.outcome(token));
    expect(await Promise.all(callers)).toEqual(['valid', 'valid', 'valid']);
    expect(client.fetches()).toBe(before + 1);
    // The attempt is still on its way: the next one has no time yet.
    expect(client.status().retryInSeconds).toBe(0);
    response.release();
    await client.settled();
  });

  it.each<[title: string, age: number]>([
    ['fresh', MINUTE],
    ['due', 9 * MINUTE],
    ['stale', 30 * MINUTE],
  ])('there is no verdict for a key id that the keys lack, while they are %s', async (_, age) => {
    pinRandom(0);
    const client = await startWithKeys();
    expect(await client.outcome(unknown('absent'))).toBe('key');
    client.server.handler = answer(500);
    client.clock.at(age);

    // By a fetch of its own, during the wait after it, and also if it was known to be absent before.
    expect(await client.outcome(unknown())).toBe(unavailable);
    expect(await client.outcome(unknown())).toBe(unavailable);
    expect(await client.outcome(unknown('absent'))).toBe(unavailable);
    expect(await client.outcome(k2.token)).toBe(unavailable);
    expect(await client.outcome(k1.token)).toBe('valid');
    // That the key is for another algorithm is known all the same.
    const other = createSigner('k1', 'ES384');
    expect(await client.outcome(other.token)).toBe('key');

    client.server.handler = undefined;
    client.server.setKeys([k1.jwk, k2.jwk]);
    client.clock.at(age + MINUTE);
    expect(await client.outcome(k2.token)).toBe('valid');
    expect(await client.outcome(unknown())).toBe('key');
  });

  it('unknown key ids keep to their budget, and use none of it up while they wait', async () => {
    pinRandom(0);
    const client = await startWithKeys({ cooldown: '10m' });
    client.server.handler = answer(500);
    for (let count = 0; count < 5; count += 1) expect(await client.outcome(unknown())).toBe(unavailable);
    expect(client.fetches()).toBe(2);

    client.clock.at(SECOND);
    for (let count = 0; count < 5; count += 1) expect(await client.outcome(unknown())).toBe(unavailable);
    expect(client.fetches()).toBe(3);

    // The wait is over, but so is the budget.
    client.clock.at(3 * SECOND);
    for (let count = 0; count < 5; count += 1) expect(await client.outcome(unknown())).toBe(unavailable);
    expect(client.fetches()).toBe(3);
  });

  it.each<[title: string, jwks: JwksOptions, age: number, consequence: string]>([
    ['keys that are due', {}, 480 * SECOND, 'the last good keys serve for another 3120 s'],
    ['keys that are old', {}, HOUR - 1, 'the last good keys serve for another 1 s'],
    ['keys that are too old', {}, HOUR, 'its tokens cannot be verified until it answers'],
    ['keys that are much too old', {}, 24 * HOUR, 'its tokens cannot be verified until it answers'],
    ['a fraction of a second', {}, 10 * MINUTE + 1, 'the last good keys serve for another 3000 s'],
    ['staleIfError off', { staleIfError: '0s' }, 480 * SECOND, 'the last good keys serve for another 120 s'],
    [
      'staleIfError off',
      { staleIfError: '0s' },
      600 * SECOND,
      'its tokens cannot be verified until it answers',
    ],
    [
      'staleIfError shorter',
      { staleIfError: '9m' },
      480 * SECOND,
      'the last good keys serve for another 120 s',
    ],
  ])('the warning says what follows from it: %s', async (_, jwks, age, consequence) => {
    const client = await startWithKeys(jwks);
    client.server.handler = answer(500);
    client.clock.at(age);
    await client.outcome(k1.token);
    await until(() => client.warnings.length > 0);

    expect(client.warnings).toEqual([
      {
        code: 'JWKS_FAILING',
        message: `The JWKS endpoint fails: the endpoint answered 500, not 200; ${consequence}.`,
      },
    ]);
  });

  it('there is one warning for each outage, and one when it is over', async () => {
    const client = await startWithKeys();
    const codes: string[][] = [];
    for (const [time, handler] of [
      [8, answer(500)],
      [9, reset],
      [20, answer(200, {}, 'no JSON')],
      [21, undefined],
      [29, undefined],
      [37, answer(429)],
      [38, large(2 ** 21)],
      [39, undefined],
    ] as const) {
      client.server.handler = handler;
      client.clock.at(time * MINUTE);
      expect(await client.outcome(k1.token)).toBe('valid');
      await client.settled();
      codes.push(client.warnings.splice(0).map(({ code, message }) => `${code} ${message.split(/[:;]/)[0]}`));
    }

    const failing = 'JWKS_FAILING The JWKS endpoint fails';
    const recovered = 'JWKS_RECOVERED The JWKS endpoint answers again.';
    expect(codes).toEqual([[failing], [], [], [recovered], [], [failing], [], [recovered]]);
  });

  it('a warning handler that throws disturbs nothing', async () => {
    const server = await startJwksServer({ keys: [k1.jwk] });
    onTestFinished(() => server.close());
    const throwing = await startJwksClient({
      config: {
        jwksUrl: server.url,
        onWarning: () => {
          throw new Error('disk full');
        },
      },
    });
    const clock = stopClock();
    server.handler = answer(500);
    expect(await throwing.outcome(k1.token)).toBe(unavailable);
    server.handler = undefined;
    clock.at(SECOND);
    expect(await throwing.outcome(k1.token)).toBe('valid');
  });
});

describe('A clock that was set back', () => {
  it.each([
    ['by less than makes keys due', 480 * SECOND - 1, 1],
    ['by as much as makes keys due', 480 * SECOND, 2],
    ['by as much as makes keys old', 10 * MINUTE, 2],
    ['by a day', 24 * HOUR, 2],
  ])('%s does not make the keys look young', async (_, by, fetches) => {
    const client = await startWithKeys();
    client.clock.at(-by);

    expect(await client.outcome(k1.token)).toBe('valid');
    expect(client.fetches()).toBe(fetches);
  });

  it.each([
    ['by less than staleIfError', HOUR - 1, 'valid'],
    ['by staleIfError', HOUR, unavailable],
  ])('%s does not make old keys serve for longer', async (_, by, expected) => {
    const client = await startWithKeys();
    client.server.handler = answer(500);
    client.clock.at(-by);

    expect(await client.outcome(k1.token)).toBe(expected);
  });

  it('does not keep the client from trying again', async () => {
    const clock = stopClock();
    const client = await start();
    client.server.handler = answer(500);
    expect(await client.outcome(k1.token)).toBe(unavailable);
    client.server.handler = undefined;
    clock.at(-24 * HOUR);

    expect(await client.outcome(k1.token)).toBe('valid');
  });

  it('does not freeze the budget for unknown key ids, nor what is remembered of them', async () => {
    const client = await startWithKeys();
    for (const kid of ['a', 'b', 'k2']) expect(await client.outcome(unknown(kid))).toBe('key');
    client.server.setKeys([k1.jwk, k2.jwk]);
    client.clock.at(-30 * SECOND);

    expect(await client.outcome(k2.token)).toBe('valid');
  });
});

describe('A health check', () => {
  it('fetches now, whatever is cached, and what it brings is used', async () => {
    const { client, clock, fetches, outcome, server } = await startWithKeys();
    server.setKeys([k2.jwk]);
    clock.at(SECOND);

    expect(await client.ping()).toBe(true);
    expect(fetches()).toBe(2);
    expect([await outcome(k2.token), await outcome(k1.token)]).toEqual(['valid', 'key']);
  });

  it('makes no verdict worse: the keys of before go on after it fails', async () => {
    const { client, fetches, outcome, server } = await startWithKeys();
    server.handler = reset;

    expect(await client.ping()).toBe(false);
    expect(await outcome(k1.token)).toBe('valid');
    expect(fetches()).toBe(2);
  });
});
