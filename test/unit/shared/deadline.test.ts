import { expect, it, onTestFinished, vi } from 'vitest';
import { TooLate, within } from '../../../src/shared/deadline.js';
import { flush, pass, stopClocks, watchRejections } from '../../support/jwks-simulation.js';

const never = new Promise<never>(() => {});

/** Returns a function that gives the current state: `pending`, the value or the error. */
function follow(work: Promise<unknown>): () => unknown {
  let state: unknown = 'pending';
  work.then(
    (value) => {
      state = value;
    },
    (error: unknown) => {
      state = error;
    },
  );
  return () => state;
}

/** Simulates an event loop. A turn takes some time; then every timer fires that is due. */
function startLoop() {
  let time = 0;
  let made = 0;
  const timers = new Map<number, { due: number; act: () => void }>();
  vi.stubGlobal('setTimeout', (act: () => void, delay: number) => {
    made += 1;
    timers.set(made, { due: time + delay, act });
    return made;
  });
  vi.stubGlobal('clearTimeout', (id: number) => timers.delete(id));
  vi.spyOn(performance, 'now').mockImplementation(() => time);
  onTestFinished(() => void vi.unstubAllGlobals());
  return async (milliseconds: number): Promise<void> => {
    time += milliseconds;
    for (const [id, { due, act }] of [...timers]) {
      if (due > time) continue;
      timers.delete(id);
      act();
    }
    await flush();
  };
}

it.each([
  [1, '0.001'],
  [250, '0.25'],
  [5000, '5'],
])(
  'A deadline of %d ms rejects at that time and not earlier, and the error says %s s',
  async (milliseconds, said) => {
    stopClocks();
    const state = follow(within(milliseconds, never));
    await pass(milliseconds - 1);
    expect(state()).toBe('pending');
    await pass(1);
    expect(state()).toEqual(new TooLate(milliseconds));
    expect(state()).toMatchObject({ message: `did not answer within ${said} s` });
  },
);

it('A deadline of a century does not fire immediately', async () => {
  stopClocks();
  const state = follow(within(3e12, never));
  await pass(60_000);
  expect(state()).toBe('pending');
});

it.each([
  ['resolves', () => Promise.resolve('done'), 'done'],
  ['rejects', () => Promise.reject('failed'), 'failed'],
])('Work that %s in time settles with its own result, and leaves no timer', async (_, work, expected) => {
  stopClocks();
  const state = follow(within(1000, work()));
  await flush();
  expect(state()).toBe(expected);
  expect(vi.getTimerCount()).toBe(0);
});

it('Work that rejects after its deadline causes no unhandled rejection', async () => {
  stopClocks();
  const noRejections = watchRejections();
  let fail = (): void => {};
  const late = new Promise<never>((_, reject) => {
    fail = () => reject(new Error('late'));
  });
  const state = follow(within(1000, late));
  await pass(1000);
  expect(state()).toBeInstanceOf(TooLate);
  fail();
  await noRejections();
});

it.each(
  [110, 160, 200, 2200].flatMap((turnMs) => [250, 1000, 5000].map((timeoutMs) => ({ turnMs, timeoutMs }))),
)(
  'A deadline of $timeoutMs ms fires on an event loop whose turns all take $turnMs ms',
  async ({ turnMs, timeoutMs }) => {
    const turn = startLoop();
    const state = follow(within(timeoutMs, never));
    const turnsUntilDue = Math.ceil(timeoutMs / turnMs);
    for (let turns = 1; turns < turnsUntilDue; turns += 1) await turn(turnMs);
    expect(state()).toBe('pending');
    await turn(turnMs);
    await turn(turnMs);
    expect(state()).toBeInstanceOf(TooLate);
  },
);

it.each([
  ['an answer that has already arrived is used', true, 'read'],
  ['the deadline does not wait for an answer that has not arrived', false, new TooLate(1000)],
])('After a suspension, %s', async (_, hasArrived, expected) => {
  const turn = startLoop();
  let arrive = (_: string): void => {};
  const work = new Promise<string>((resolve) => {
    arrive = resolve;
  });
  const state = follow(within(1000, work));
  await turn(60_000);
  expect(state()).toBe('pending');
  if (hasArrived) arrive('read');
  await turn(50);
  expect(state()).toEqual(expected);
});
