import type { AuthError, JwksOptions } from 'intentkit-auth';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseConfig } from '../../../../src/config/parse.js';
import { RemoteSource } from '../../../../src/keys/remote/source.js';
import { defaultEngine } from '../../../../src/signature/choose.js';
import { createSigner } from '../../../support/jwks-client.js';
import {
  ALMOST_ONE,
  createRsaSigner,
  failsWith,
  HOUR,
  jwksOf,
  keepInMemory,
  MemoryProvider,
  MINUTE,
  now,
  pass,
  pinRandom,
  SECOND,
  type Simulation,
  simulate,
  status,
  stopClocks,
  unknown,
  watchRejections,
} from '../../../support/jwks-simulation.js';
import { mint, segment } from '../../../support/mint.js';

const NONE = 'ERR_JWKS_UNAVAILABLE';
const k1 = createRsaSigner('k1');
const k2 = createRsaSigner('k2');
const kidless = mint({ header: { alg: 'RS256' }, payload: {}, key: k1.privateKey });

beforeEach(async () => {
  stopClocks();
  await keepInMemory();
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** Moves the clock to a time since the test began. */
const at = (time: number): Promise<void> => pass(time - now());

/** A client whose keys were fetched when the clock stood at 0. It stands at 1 now. */
async function startWithKeys(jwks?: JwksOptions): Promise<Simulation> {
  const client = simulate(jwks, [k1]);
  expect([await client.outcome(k1.token), client.provider.requests.length]).toEqual(['valid', 1]);
  await at(1);
  return client;
}

const outcomes = (client: Simulation, ...tokens: readonly string[]) =>
  Promise.all(tokens.map(client.outcome));
const hundred = (token: string): string[] => Array.from({ length: 100 }, () => token);
/** How many requests there were for what is done. */
async function requestsFor({ provider }: Simulation, act: () => Promise<unknown>): Promise<number> {
  const before = provider.requests.length;
  await act();
  return provider.requests.length - before;
}
const errorOf = ({ client }: Simulation, token: string): Promise<AuthError> =>
  client.verify(token).then(
    () => {
      throw new Error('a verdict');
    },
    (error) => error,
  );

describe('One fetch', () => {
  it('serves a hundred callers who wait for it, a health check among them', async () => {
    const client = simulate({}, [k1]);
    client.provider.latency = 100;
    const waiting = [outcomes(client, ...hundred(k1.token)), client.client.ping()];
    await pass(100);

    expect(await Promise.all(waiting)).toEqual([hundred('valid'), true]);
    expect(client.provider.requests).toHaveLength(1);
  });

  it('that fails fails for all who wait for it, with one warning', async () => {
    const noRejections = watchRejections();
    const client = simulate();
    Object.assign(client.provider, { latency: 100, fault: status(500) });
    const waiting = outcomes(client, ...hundred(k1.token));
    await pass(100);

    expect(await waiting).toEqual(hundred(NONE));
    expect([client.provider.requests.length, client.warnings.length]).toEqual([1, 1]);
    await noRejections();
  });

  it('brings a new key to a hundred callers, and takes one from the budget', async () => {
    const client = await startWithKeys();
    client.provider.publish(k1, k2);
    expect(await outcomes(client, ...hundred(k2.token))).toEqual(hundred('valid'));
    expect(client.provider.requests).toHaveLength(2);

    await at(2);
    expect(await client.outcome(unknown())).toBe('key');
    await at(3);
    expect(await client.outcome(unknown())).toBe(NONE);
  });

  it('proves nothing to a token that came after it began, for which another one is made', async () => {
    const client = await startWithKeys();
    client.provider.latency = 100;
    const retired = client.outcome(unknown());
    await pass(50);
    client.provider.publish(k1, k2);
    const rotated = client.outcome(k2.token);
    await pass(50);
    expect(await retired).toBe('key');

    await pass(100);
    expect(await rotated).toBe('valid');
    expect(client.provider.requests.map(({ began }) => began)).toEqual([0, 1, 101]);
  });

  it('is not shared on Cloudflare Workers, where a request must not wait for the I/O of another', async () => {
    vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' });
    const client = simulate({}, [k1]);
    expect(await requestsFor(client, () => outcomes(client, ...hundred(k1.token)))).toBe(100);
    expect(await requestsFor(client, () => client.client.ping())).toBe(1);

    // Nothing is started that would be given up with the request: keys that are due wait until they are old.
    await at(10 * MINUTE - 1);
    expect(await requestsFor(client, () => client.outcome(k1.token))).toBe(0);
    client.provider.fault = status(500);
    await at(10 * MINUTE);
    expect(await outcomes(client, k1.token, k1.token)).toEqual(['valid', 'valid']);
    expect(client.provider.requests.length).toBe(103);
  });
});

describe('After a failure', () => {
  it.each([
    ['without keys', false, k1.token, [0, 1, 3, 7, 12, 17, 22, 27]],
    ['for an unknown key id, while keys serve', true, k2.token, [0, 1, 3, 7, 15, 31, 61, 91]],
  ])(
    'only the back-off paces the attempts, however many tokens come: %s',
    async (_, warm, token, expected) => {
      pinRandom(0);
      const client = warm ? await startWithKeys({ cooldown: '1h' }) : simulate();
      client.provider.fault = status(503);
      const began = now();
      for (let time = 0; time <= 100 * SECOND; time += 500) {
        await at(began + time);
        expect(await outcomes(client, token, token, unknown('same'), unknown())).toEqual([
          NONE,
          NONE,
          NONE,
          NONE,
        ]);
        const { retryInSeconds = 0, lastError } = client.status();
        expect([retryInSeconds > 0, lastError]).toEqual([true, 'the endpoint answered 503, not 200']);
      }

      const times = client.provider.requests
        .map((request) => (request.began - began) / SECOND)
        .filter((time) => time >= 0);
      expect(times.slice(0, 8)).toEqual(expected);
    },
  );

  it('a wait that the endpoint asks for is kept, and said', async () => {
    pinRandom(0);
    const client = simulate();
    client.provider.fault = status(429, { 'retry-after': '40' });
    expect(await errorOf(client, k1.token)).toMatchObject({ code: NONE, retryAfter: 40 });
    await at(39_001);
    expect(await errorOf(client, k1.token)).toMatchObject({
      code: NONE,
      retryAfter: 1,
      cause: { name: 'FetchError' },
    });
    expect(client.status()).toMatchObject({ retryInSeconds: 1, state: 'none' });

    client.provider.fault = undefined;
    client.provider.publish(k1);
    await at(40_000);
    expect(await client.outcome(k1.token)).toBe('valid');
  });

  it('each attempt asks for a new connection, and the first after a success does not', async () => {
    const client = await startWithKeys();
    client.provider.fault = status(500);
    for (const time of [1, 2 * MINUTE, 4 * MINUTE, 6 * MINUTE]) {
      await at(time);
      if (time > 2 * MINUTE) client.provider.fault = undefined;
      await client.client.ping();
    }

    expect(client.provider.requests.map(({ connection }) => connection)).toEqual([
      null,
      null,
      'close',
      'close',
      null,
    ]);
  });

  it.each([
    ['is tried once more when there was a success before', true, ['valid', 0, 3]],
    ['is a failure when there was none', false, [NONE, 1, 1]],
  ])('a connection that was cut %s', async (_, warm, expected) => {
    const client = warm ? await startWithKeys() : simulate();
    client.provider.fault = () => {
      client.provider.fault = undefined;
      return failsWith('UND_ERR_SOCKET')(new AbortController().signal);
    };
    client.provider.publish(k1, k2);

    const verdict = await client.outcome(k2.token);
    expect([verdict, client.warnings.length, client.provider.requests.length]).toEqual(expected);
  });

  it('a health check asks at once, and its success ends the wait', async () => {
    const client = simulate();
    client.provider.fault = status(503);
    expect(await client.outcome(k1.token)).toBe(NONE);
    client.provider.fault = undefined;
    client.provider.publish(k1);

    expect([await client.outcome(k1.token), await client.client.ping()]).toEqual([NONE, true]);
    expect([await client.outcome(k1.token), client.provider.requests.length]).toEqual(['valid', 2]);
  });
});

describe('An unknown key id', () => {
  it.each<[title: string, jwks: JwksOptions, later: number, expected: number]>([
    ['just below a cooldown', {}, 10 * SECOND - 1, 0],
    ['at a cooldown', {}, 10 * SECOND, 1],
    ['just below two', {}, 20 * SECOND - 1, 1],
    ['at two', {}, 20 * SECOND, 2],
    ['after a long quiet time', {}, 8 * MINUTE, 2],
    ['just below a configured cooldown', { cooldown: '2m' }, 2 * MINUTE - 1, 0],
    ['at a configured cooldown', { cooldown: '2m' }, 2 * MINUTE, 1],
  ])(
    'is looked up twice at once, then once a cooldown, and has no verdict without: %s',
    async (_, jwks, later, expected) => {
      pinRandom(ALMOST_ONE);
      const client = await startWithKeys(jwks);
      const four = async () => {
        const verdicts: string[] = [];
        // A moment apart, because a fetch answers for all who came before it began.
        for (let count = 0; count < 4; count += 1, await pass(0.1))
          verdicts.push(await client.outcome(unknown()));
        return verdicts;
      };
      expect(await four()).toEqual(['key', 'key', NONE, NONE]);

      // The budget refills from when it was spent.
      await at(later + 1);
      expect((await four()).filter((verdict) => verdict === 'key')).toHaveLength(expected);
      expect(client.provider.requests).toHaveLength(3 + expected);
    },
  );

  it('that was not looked up is told when to come again', async () => {
    const client = await startWithKeys();
    for (const time of [2, 3]) {
      await at(time);
      expect(await client.outcome(unknown())).toBe('key');
    }
    await at(4 * SECOND);

    const error = await errorOf(client, unknown());
    expect(error).toMatchObject({ code: NONE, retryAfter: 7 });
    expect(error).not.toHaveProperty('cause');
    expect(error.message).toMatch(/its key id is unknown, and the budget .* is spent; try again in 7 s\.$/);
    expect([client.warnings, client.status().lastError]).toEqual([[], undefined]);
  });

  it.each([
    ['a key id', unknown('same')],
    ['no key id, for an algorithm that has no key', `${segment({ alg: 'ES384' })}.e30.AAAA`],
    ['an empty key id', unknown('')],
    ['__proto__', unknown('__proto__')],
    ['constructor', unknown('constructor')],
  ])('that a fetch did not bring is remembered for one cooldown: %s', async (_, token) => {
    const client = await startWithKeys();
    const thrice = () => outcomes(client, token, token, token);
    expect([await thrice(), client.provider.requests.length]).toEqual([['key', 'key', 'key'], 2]);
    await at(10 * SECOND);
    expect([await thrice(), client.provider.requests.length]).toEqual([['key', 'key', 'key'], 2]);

    await at(10 * SECOND + 1);
    expect([await thrice(), client.provider.requests.length]).toEqual([['key', 'key', 'key'], 3]);
  });

  it('of 10,000 characters is not remembered, and has the same budget', async () => {
    const client = await startWithKeys();
    for (const expected of ['key', 'key', NONE]) {
      await pass(1);
      expect(await client.outcome(unknown('k'.repeat(10_000)))).toBe(expected);
    }
  });

  it.each([1, null, {}, ['k1'], true])('that is %j and not text is refused without a fetch', async (kid) => {
    const client = simulate();
    const token = mint({ header: { alg: 'RS256', kid }, payload: {}, key: k1.privateKey });

    expect([await client.outcome(token), client.provider.requests.length]).toEqual(['key', 0]);
  });

  it('is found as soon as any fetch has brought its key, and may go and come again', async () => {
    const client = await startWithKeys();
    expect(await client.outcome(k2.token)).toBe('key');
    client.provider.publish(k1, k2);
    await at(2);
    expect(await outcomes(client, k2.token, unknown(), k2.token)).toEqual(['key', 'key', 'key']);
    expect(await client.outcome(k2.token)).toBe('valid');

    for (const keys of [[k1], [k1, k2]]) {
      client.provider.publish(...keys);
      await at(now() + 20 * SECOND);
      expect(await client.client.ping()).toBe(true);
    }
    expect(await client.outcome(k2.token)).toBe('valid');
  });

  it('whose key is there for another algorithm costs no fetch', async () => {
    const client = await startWithKeys();

    expect([await client.outcome(createSigner('k1').token), client.provider.requests.length]).toEqual([
      'key',
      1,
    ]);
  });

  it('leaves a known key to be found without so much as a promise', async () => {
    const { remote } = parseConfig({
      jwksUrl: 'https://idp.example/',
      jwks: { fetch: async () => new Response(JSON.stringify({ keys: [k1.jwk] })) },
    });
    if (!remote) throw new Error('no JWKS');
    const source = new RemoteSource(remote, defaultEngine, () => {});
    const good = await source.find({ alg: 'RS256', kid: 'k1' });
    const flood = Array.from({ length: 10_000 }, (_, count) =>
      source.find({ alg: 'RS256', kid: `k-${count}` }),
    );

    expect(source.find({ alg: 'RS256', kid: 'k1' })).toBe(good);
    await Promise.allSettled(flood);
    expect(source.find({ alg: 'RS256', kid: 'k1' })).toBe(good);
  });
});

describe('Keys', () => {
  it.each<[title: string, jwks: JwksOptions, random: number, due: number]>([
    ['ten minutes, at the earliest', {}, 0, 7 * MINUTE],
    ['ten minutes, in between', {}, 0.5, 8 * MINUTE],
    ['ten minutes, at the latest', {}, ALMOST_ONE, 9 * MINUTE],
    ['a day, in between', { cacheMaxAge: '1d' }, 0.5, 19.2 * HOUR],
  ])('of %s are refreshed in the background, while nobody waits', async (_, jwks, random, due) => {
    pinRandom(random);
    const client = await startWithKeys(jwks);
    client.provider.latency = 100;
    await at(due - 1);
    expect([await client.outcome(k1.token), client.provider.inFlight]).toEqual(['valid', 0]);

    await at(due);
    expect([await outcomes(client, k1.token, k1.token, kidless), client.provider.inFlight]).toEqual([
      ['valid', 'valid', 'valid'],
      1,
    ]);
    // Nobody has waited, because no time has passed.
    expect(client.status()).toMatchObject({ state: 'fresh', ageSeconds: due / SECOND });
    pinRandom(1 - random);
    await pass(100);
    expect(client.status()).toMatchObject({ ageSeconds: 0 });

    // The next point was drawn anew.
    const next = Math.round(due + (due * (0.9 - 0.2 * random)) / (0.7 + 0.2 * random));
    await at(next - 1);
    expect([await client.outcome(k1.token), client.provider.inFlight]).toEqual(['valid', 0]);
    await at(next + 1);
    expect([await client.outcome(k1.token), client.provider.inFlight]).toEqual(['valid', 1]);
  });

  it.each([
    ['until they are old', 10 * MINUTE - 1, ['valid', 0]],
    ['and then not before a fetch', 10 * MINUTE, ['key', 1]],
  ])('that nobody asked for are used %s', async (_, age, expected) => {
    const client = await startWithKeys();
    client.provider.publish(k2);
    client.provider.latency = 100;
    await at(age);
    const verdict = client.outcome(k1.token);
    await pass(1);
    expect(client.provider.inFlight).toBe(1);
    await pass(99);

    expect(await verdict).toBe(expected[0]);
  });

  it('that have left the set stop verifying at the next fetch, and no outage brings them back', async () => {
    const client = await startWithKeys();
    client.provider.publish(k2);
    expect([await client.client.ping(), await client.outcome(k1.token)]).toEqual([true, 'key']);

    client.provider.fault = status(500);
    for (const minutes of [9.5, 12, 30, 59]) {
      await at(minutes * MINUTE);
      expect(await outcomes(client, k2.token, k1.token)).toEqual(['valid', NONE]);
    }
  });
});

describe('While the endpoint fails', () => {
  const bounds: [staleIfError: string, jwks: JwksOptions, until: number][] = [
    ['the default of one hour', {}, HOUR],
    ['12 hours', { staleIfError: '12h' }, 12 * HOUR],
    ['off', { staleIfError: '0s' }, 10 * MINUTE],
    ['less than the keys are fresh', { staleIfError: '1m' }, 10 * MINUTE],
  ];

  it.each(bounds)(
    'the last good keys serve within staleIfError (%s), however often they are asked for',
    async (_, jwks, bound) => {
      const client = await startWithKeys(jwks);
      client.provider.fault = status(500);
      for (let time = 1; time < bound; time += bound / 60) {
        await at(time);
        expect(await client.outcome(k1.token)).toBe('valid');
      }
      for (const [time, expected] of [
        [bound - 1, 'valid'],
        [bound, NONE],
        [bound + MINUTE, NONE],
        [2 * bound, NONE],
      ] as const) {
        await at(time);
        expect(await client.outcome(k1.token)).toBe(expected);
      }
    },
  );

  it.each(
    bounds.flatMap(
      ([title, jwks, bound]) =>
        [
          [title, jwks, bound - 1, 'valid'],
          [title, jwks, bound, NONE],
        ] as const,
    ),
  )(
    'the last good keys serve within staleIfError (%s, %o) when nobody asked before: %d ms, %s',
    async (_, jwks, time, expected) => {
      const client = await startWithKeys(jwks);
      client.provider.fault = status(500);
      await at(time);

      expect(await outcomes(client, k1.token, k1.token)).toEqual([expected, expected]);
    },
  );

  it('staleIfError counts from the last success, and no caller waits for an attempt', async () => {
    const client = await startWithKeys();
    await at(31 * MINUTE);
    expect(await client.outcome(k1.token)).toBe('valid');
    client.provider.fault = status(500);
    await at(50 * MINUTE);
    expect(await client.outcome(k1.token)).toBe('valid');
    client.provider.latency = 100;
    await at(91 * MINUTE - 1);
    expect([await outcomes(client, k1.token, kidless), client.provider.inFlight]).toEqual([
      ['valid', 'valid'],
      1,
    ]);

    await pass(200);
    expect(await client.outcome(k1.token)).toBe(NONE);
  });

  it.each<[title: string, age: number]>([
    ['fresh', MINUTE],
    ['due', 9.5 * MINUTE],
    ['stale', 30 * MINUTE],
  ])('there is no verdict for a key id that the keys lack, while they are %s', async (_, age) => {
    pinRandom(ALMOST_ONE);
    const client = await startWithKeys();
    await at(age - 1);
    if (age === MINUTE) expect(await client.outcome(unknown('absent'))).toBe('key');
    client.provider.fault = status(500);
    await at(age);

    expect(await outcomes(client, unknown(), k2.token)).toEqual([NONE, NONE]);
    // That was a fetch. Now it waits for the next, also for what was remembered as absent.
    expect(await outcomes(client, unknown('absent'), k1.token)).toEqual([NONE, 'valid']);
    client.provider.fault = undefined;
    client.provider.publish(k1, k2);
    await pass(MINUTE);
    expect(await outcomes(client, k2.token, unknown())).toEqual(['valid', 'key']);
  });

  // biome-ignore format: one case a line
  it.each<[title: string, jwks: JwksOptions, age: number, consequence: string]>([
    ['keys that are due', {}, 560 * SECOND, 'the last good keys serve for another 3040 s'],
    ['keys that are old', {}, HOUR - 1, 'the last good keys serve for another 1 s'],
    ['keys that are too old', {}, HOUR, 'its tokens cannot be verified until it answers'],
    ['staleIfError off', { staleIfError: '0s' }, 560 * SECOND, 'the last good keys serve for another 40 s'],
    ['staleIfError off and old keys', { staleIfError: '0s' }, 600 * SECOND, 'its tokens cannot be verified until it answers'],
  ])('the warning says what follows from it: %s', async (_, jwks, age, consequence) => {
    const client = await startWithKeys(jwks);
    client.provider.fault = status(500);
    await at(age);
    await client.outcome(k1.token);
    await pass(1);

    expect(client.warnings).toEqual([`JWKS_FAILING The JWKS endpoint fails: the endpoint answered 500, not 200; ${consequence}.`]);
  });

  it('there is one warning when an outage begins, one when its keys run out, and one when it is over', async () => {
    const client = await startWithKeys();
    const codes: string[][] = [];
    for (const [minutes, fault] of [
      [9.5, status(500)],
      [12, failsWith('ECONNRESET')],
      [59, jwksOf()],
      [61, status(500)],
      [90, status(503)],
      [91, undefined],
      [101, status(429)],
      [102, undefined],
    ] as const) {
      client.provider.fault = fault;
      await at(minutes * MINUTE);
      await client.outcome(k1.token);
      await pass(1);
      codes.push(client.warnings.splice(0).map((warning) => warning.replace(/ The .*; | The /, ' ')));
    }

    const begins = 'JWKS_FAILING the last good keys serve for another ';
    const recovered = 'JWKS_RECOVERED JWKS endpoint answers again.';
    expect(codes).toEqual([
      [`${begins}3030 s.`],
      [],
      [],
      ['JWKS_FAILING its tokens cannot be verified until it answers.'],
      [],
      [recovered],
      [`${begins}3000 s.`],
      [recovered],
    ]);
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
      'is waited for and fails',
      () => Object.fromEntries([['then', (_: unknown, fail: () => void) => fail()]]),
    ],
  ])('a warning handler that %s disturbs nothing', async (_, handler) => {
    const noRejections = watchRejections();
    const provider = new MemoryProvider();
    const client = simulate({}, provider, handler);
    provider.fault = status(500);
    expect(await client.outcome(k1.token)).toBe(NONE);
    provider.fault = undefined;
    provider.publish(k1);
    await at(SECOND);
    expect(await client.outcome(k1.token)).toBe('valid');
    await noRejections();
  });
});

describe('A health check', () => {
  it('fetches whatever is cached, and what it brings is used', async () => {
    const client = await startWithKeys();
    client.provider.publish(k2);

    expect(await client.client.ping()).toBe(true);
    expect(await outcomes(client, k2.token, k1.token)).toEqual(['valid', 'key']);
    expect(client.provider.requests).toHaveLength(2);
  });

  it('makes no verdict worse: the keys of before go on after it fails', async () => {
    const client = await startWithKeys();
    client.provider.fault = failsWith('ECONNRESET');

    expect([await client.client.ping(), await client.outcome(k1.token)]).toEqual([false, 'valid']);
    expect(client.client.status().pingFailure).toBe(
      'The keys behind "jwksUrl" could not be fetched (the request failed (ECONNRESET)).',
    );
  });

  it('is shared for a second, whether it succeeds or fails', async () => {
    for (const fault of [undefined, status(500)]) {
      const client = await startWithKeys();
      const began = now();
      client.provider.fault = fault;
      const pings = () => Promise.all(hundred('').map(() => client.client.ping()));
      expect(await requestsFor(client, pings)).toBe(1);
      await at(began + 999);
      expect(await requestsFor(client, pings)).toBe(0);
      await at(began + 1000);
      expect(await requestsFor(client, pings)).toBe(1);
      vi.useRealTimers();
      stopClocks();
    }
  });

  it('that failed is outdone by a fetch that succeeds within the second', async () => {
    pinRandom(ALMOST_ONE);
    const client = simulate();
    client.provider.fault = status(500);
    expect(await client.client.ping()).toBe(false);
    client.provider.fault = undefined;
    client.provider.publish(k1);
    await at(600);

    expect([await client.outcome(k1.token), await client.client.ping()]).toEqual(['valid', true]);
    expect(client.client.status()).not.toHaveProperty('pingFailure');
  });
});
