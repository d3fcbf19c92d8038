import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { inRounds, type Results } from './rounds.js';

/** Long enough for V8 to have compiled what it will compile: with a tenth of it, the first rounds still warm up. */
const WARM_UP_MS = 400;
const TURN_MS = 8;

/** One call of a contender: a promise is awaited, any other answer is not. */
export type Call = () => unknown;
export type Calls = Readonly<Record<string, Call>>;

setFlagsFromString('--expose-gc');
export const collectGarbage: (options?: { type: 'minor' }) => void = runInNewContext('gc');

/** Measures microseconds a call, with `atOnce` calls under way at any time. */
export async function compare(calls: Calls, rounds: number, atOnce = 1): Promise<Results> {
  const entrants: Record<string, { batch: Call; count: number }> = {};
  for (const [name, call] of Object.entries(calls)) {
    const batch = batchOf(call, atOnce);
    entrants[name] = { batch, count: await warmUp(batch) };
  }
  return inRounds(rounds, entrants, async ({ batch, count }) => {
    // None pays for the garbage of the one before. A full collection would throw compiled code away too.
    collectGarbage({ type: 'minor' });
    return ((await run(batch, count)) * 1000) / atOnce;
  });
}

/** Returns how many batches make a turn, once the code is compiled. */
async function warmUp(batch: Call): Promise<number> {
  const end = performance.now() + WARM_UP_MS;
  let count = 1;
  while (performance.now() < end) count = Math.ceil(TURN_MS / (await run(batch, count)));
  return count;
}

/** Milliseconds a batch. */
async function run(batch: Call, count: number): Promise<number> {
  const start = performance.now();
  for (let done = 0; done < count; done += 1) {
    const answer = batch();
    if (answer instanceof Promise) await answer;
  }
  return (performance.now() - start) / count;
}

/** A call that answers without a promise never has another one under way, so its batch is a loop. */
function batchOf(call: Call, atOnce: number): Call {
  if (atOnce === 1) return call;
  return () => {
    const answers = Array.from({ length: atOnce }, call);
    return answers[0] instanceof Promise ? Promise.all(answers) : undefined;
  };
}
