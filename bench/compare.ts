import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { inRounds, type Results } from './rounds.js';

/** Long enough for V8 to compile the code. With a tenth of it, the first rounds would still warm up. */
const WARM_UP_MS = 400;
const TURN_MS = 8;

/** One call of a contender. If it returns a promise, the promise is awaited. */
export type Call = () => unknown;
export type Calls = Readonly<Record<string, Call>>;

setFlagsFromString('--expose-gc');
export const collectGarbage: (options?: { type: 'minor' }) => void = runInNewContext('gc');

/** Measures microseconds per call, with `atOnce` concurrent calls. */
export async function compare(calls: Calls, rounds: number, atOnce = 1): Promise<Results> {
  const entrants: Record<string, { batch: Call; count: number }> = {};
  for (const [name, call] of Object.entries(calls)) {
    const batch = batchOf(call, atOnce);
    entrants[name] = { batch, count: await warmUp(batch) };
  }
  return inRounds(rounds, entrants, async ({ batch, count }) => {
    // Collects the garbage of the contender before. A full collection would also discard compiled code.
    collectGarbage({ type: 'minor' });
    return ((await run(batch, count)) * 1000) / atOnce;
  });
}

/** Runs until the code is compiled, and returns how many batches fit into a turn. */
async function warmUp(batch: Call): Promise<number> {
  const end = performance.now() + WARM_UP_MS;
  let count = 1;
  while (performance.now() < end) count = Math.ceil(TURN_MS / (await run(batch, count)));
  return count;
}

/** Returns milliseconds per batch. */
async function run(batch: Call, count: number): Promise<number> {
  const start = performance.now();
  for (let done = 0; done < count; done += 1) {
    const answer = batch();
    if (answer instanceof Promise) await answer;
  }
  return (performance.now() - start) / count;
}

/** One batch is `atOnce` concurrent calls. Synchronous calls run one after another. */
function batchOf(call: Call, atOnce: number): Call {
  if (atOnce === 1) return call;
  return () => {
    const answers = Array.from({ length: atOnce }, call);
    return answers[0] instanceof Promise ? Promise.all(answers) : undefined;
  };
}
