/**
 * Simulates outages and floods with a stopped clock and a provider in memory. Each test checks what an operator relies on:
 * no valid token is refused, a new key works soon, and the provider receives few requests.
 */
import { expect, it, vi } from 'vitest';
import {
  at,
  createRsaSigner,
  FAULTS,
  HOUR,
  MemoryProvider,
  MINUTE,
  now,
  pass,
  SECOND,
  type Simulation,
  simulate,
  simulateEachTest,
  status,
  unknown,
} from '../../../support/jwks-simulation.js';

const NONE = 'ERR_JWKS_UNAVAILABLE';
const STEP = 50;
const k1 = createRsaSigner('k1');
const k2 = createRsaSigner('k2');

simulateEachTest();

/** Advances the clock until `end` and calls `load` at each step. */
async function run(end: number, load: (time: number) => void): Promise<void> {
  for (; now() < end; await pass(STEP)) load(Math.round(now()));
}

/** Sends tokens repeatedly and records the outcome of each. */
function sender(client: Simulation) {
  const sent: { token: string; at: number; outcome?: string; ended?: number }[] = [];
  return {
    send(token: string): void {
      const entry: (typeof sent)[number] = { token, at: now() };
      sent.push(entry);
      void client.outcome(token).then((outcome) => Object.assign(entry, { outcome, ended: now() }));
    },
    /** The different outcomes of this token. */
    outcomesOf: (token: string): (string | undefined)[] =>
      [...new Set(sent.flatMap((one) => (one.token === token ? [one.outcome] : [])))].sort(),
    /** When this token was first valid. */
    firstVerdict: (token: string): number =>
      Math.min(
        ...sent.flatMap((one) => (one.token === token && one.outcome === 'valid' ? [one.ended ?? 0] : [])),
      ),
  };
}

/** A client that fetched its keys at time 0. From now on, its provider answers after `latency`. */
async function startWithKeys(latency = 0): Promise<Simulation> {
  const client = simulate({}, [k1]);
  expect(await client.outcome(k1.token)).toBe('valid');
  client.provider.latency = latency;
  await pass(STEP);
  return client;
}

/** The additional tokens that arrive at a time. */
type Load = (time: number) => readonly string[];

const flood: Load = () => [1, 2, 3, 4, 5].map(() => unknown());
const retired: Load = () => ['r1', 'r2', 'r3'].map((kid) => unknown(kid));
/** At different times, because a single fetch would answer for tokens that arrive together. */
const onceASecond: Load = (time) => retired(time).filter((_, index) => time % SECOND === 100 + 350 * index);
const both: Load = (time) => [...flood(time), ...retired(time)];

it.each<[load: string, swap: number, load: Load]>([
  ...[0, 3, 9.9, 10, 15, 29].map((swap): [string, number, Load] => ['made-up key ids', swap, flood]),
  ['three retired key ids, each once a second', 33, onceASecond],
  ['made-up and retired key ids', 33, both],
])(
  'During a flood of %s for %d s, no valid token is refused, a new key works within 12 s, and the client makes few requests',
  async (_, seconds, load) => {
    const client = await startWithKeys(100);
    const { send, outcomesOf, firstVerdict } = sender(client);
    const swap = now() + seconds * SECOND;
    await run(swap + 40 * SECOND, (time) => {
      if (time >= swap) {
        client.provider.publish(k1, k2);
        send(k2.token);
      }
      send(k1.token);
      for (const token of load(time)) send(token);
    });
    await pass(MINUTE, SECOND);

    expect(outcomesOf(k1.token)).toEqual(['valid']);
    expect(outcomesOf(k2.token)).not.toContain('key');
    expect(firstVerdict(k2.token) - swap).toBeLessThanOrEqual(12 * SECOND);
    expect(client.provider.peak(30 * SECOND)).toBeLessThanOrEqual(5);
  },
);

it('A valid token is not refused when it waits for a fetch that began before its key was published', async () => {
  const client = await startWithKeys(4 * SECOND);
  const { send, outcomesOf } = sender(client);
  await run(20 * SECOND, (time) => {
    if (time === SECOND) send(unknown());
    if (time === 2 * SECOND) client.provider.publish(k1, k2);
    if (time >= 2 * SECOND) send(k2.token);
  });
  await pass(10 * SECOND, SECOND);

  expect(outcomesOf(k2.token)).toEqual(['valid']);
  expect(client.provider.requests).toHaveLength(3);
});

it('After a rotation during an outage of four seconds, the new tokens are valid within eight seconds', async () => {
  const client = await startWithKeys(100);
  const { send, outcomesOf, firstVerdict } = sender(client);
  const began = now();
  client.provider.publish(k1, k2);
  client.provider.fault = status(503);
  await run(began + 20 * SECOND, (time) => {
    if (time >= began + 4 * SECOND) client.provider.fault = undefined;
    send(k1.token);
    send(k2.token);
  });

  expect([outcomesOf(k1.token), outcomesOf(k2.token)]).toEqual([['valid'], [NONE, 'valid']]);
  expect(firstVerdict(k2.token) - began).toBeLessThanOrEqual(8 * SECOND);
});

it('Clients that fetched their keys at the same time refresh them at different times', async () => {
  const provider = new MemoryProvider();
  provider.publish(k1);
  const fleet = Array.from({ length: 60 }, () => simulate({}, provider));
  for (let time = 0; time <= 10 * MINUTE; time += 5 * SECOND, await pass(5 * SECOND)) {
    if (time === 0 || time > 6.5 * MINUTE) await Promise.all(fleet.map((client) => client.outcome(k1.token)));
  }

  const [first = 0, ...rest] = provider.requests.slice(60).map(({ began }) => began);
  expect(provider.requests.slice(60, 120)).toHaveLength(60);
  expect((rest[58] ?? 0) - first).toBeGreaterThan(MINUTE);
  // Sixty fetches in two minutes are two or three in five seconds. Ten together are very unlikely.
  const together = rest.map((time) => rest.filter((other) => Math.abs(other - time) < SECOND).length);
  expect(Math.max(...together)).toBeLessThan(15);
});

it.each(Object.entries(FAULTS))(
  'In an outage, tokens stay valid while stale keys are used, and the client warns once: the endpoint %s',
  async (_, fault) => {
    const client = await startWithKeys();
    client.provider.fault = fault;
    for (let minute = 1; minute < 60; minute += 1) {
      await at(minute * MINUTE);
      expect(await client.outcome(k1.token)).toBe('valid');
    }
    expect(client.warnings.map((warning) => warning.slice(0, 12))).toEqual(['JWKS_FAILING']);
    expect(client.status()).toMatchObject({ state: 'stale', keyIds: ['k1'] });

    client.provider.fault = undefined;
    client.provider.publish(k2);
    await pass(90 * SECOND, SECOND);
    expect(await client.outcome(k2.token)).toBe('valid');
    expect(await client.outcome(k1.token)).toBe('key');
  },
);

it.each([5, 20, 95])(
  'A client that starts during an outage of %d s accepts tokens within 5 s of the recovery',
  async (seconds) => {
    for (let round = 0; round < 5; round += 1) {
      const client = simulate();
      const { send, outcomesOf, firstVerdict } = sender(client);
      client.provider.fault = status(503);
      const recovery = now() + seconds * SECOND;
      await run(recovery + 10 * SECOND, (time) => {
        if (time >= recovery) {
          client.provider.fault = undefined;
          client.provider.publish(k1);
        }
        if (time % 250 < STEP) send(k1.token);
      });

      expect(firstVerdict(k1.token) - recovery).toBeLessThanOrEqual(5.5 * SECOND);
      expect(outcomesOf(k1.token)).toEqual([NONE, 'valid']);
    }
  },
);

it.each([
  ['back by 59 minutes', -59 * MINUTE],
  ['back by a day', -24 * HOUR],
  ['forward by a day', 24 * HOUR],
])(
  'A system clock set %s changes neither how long keys are used nor when they are fetched',
  async (_, by) => {
    const client = await startWithKeys();
    vi.setSystemTime(Date.now() + by);
    await at(7 * MINUTE - 1);
    expect([await client.outcome(k1.token), client.requests()]).toEqual(['valid', 1]);

    client.provider.fault = status(500);
    for (const [time, expected] of [
      [10 * MINUTE, 'valid'],
      [HOUR - 1, 'valid'],
      [HOUR, NONE],
    ] as const) {
      await at(time);
      expect(await client.outcome(k1.token)).toBe(expected);
      vi.setSystemTime(Date.now() - by);
    }
  },
);

it('A health route that is called 200 times a second causes one request a second', async () => {
  const client = await startWithKeys();
  const before = client.requests();
  const answers = new Set<boolean>();
  for (let time = 0; time < 10 * SECOND; time += STEP, await pass(STEP)) {
    for (let count = 0; count < 10; count += 1) answers.add(await client.ping());
  }

  expect([...answers]).toEqual([true]);
  expect(client.requests() - before).toBe(10);
});
