import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { measure } from 'mitata';

/** How long to measure. */
export interface Effort {
  /** How often each contender of a scenario has its turn. */
  readonly rounds: number;
  /** About how long a turn is. */
  readonly turnMs: number;
  readonly warmUpMs: number;
}

/** The middle of what the rounds gave, with the quartiles around it. */
export interface Spread {
  readonly low: number;
  readonly median: number;
  readonly high: number;
}

/** Nanoseconds per operation of each contender, one entry a round. */
export type Timings = ReadonlyMap<string, readonly number[]>;

/**
 * Measures contenders side by side: in every round each has one short turn, and the order changes from round to
 * round. What the machine does besides then falls on all of them, and a ratio is taken within a round.
 *
 * mitata warms each contender up and says how many calls make a turn. The turns are a plain loop: mitata measures
 * one contender to its end before the next, and each of its measurements sets 8 MB aside first, which takes
 * longer than a turn and empties the processor's caches. With a `concurrency`, that many calls are under way at
 * once.
 */
export async function compare(
  contenders: Readonly<Record<string, () => unknown>>,
  { rounds, turnMs, warmUpMs }: Effort,
  concurrency = 1,
): Promise<Timings> {
  const entrants: Entrant[] = [];
  for (const [name, call] of Object.entries(contenders)) {
    const batch = batched(call, concurrency);
    // `batch_samples`: mitata would make thousands of calls a sample, of what takes a microsecond.
    const { p50 } = await measure(batch, { min_cpu_time: warmUpMs * 1e6, batch_samples: 4, gc: false });
    entrants.push({ name, batch, batches: Math.max(1, Math.round((turnMs * 1e6) / p50)), timings: [] });
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const { batch, batches, timings } of inOrderOf(round, entrants)) {
      // None pays for the garbage of the one before. Not a full collection: that throws compiled code away too,
      // and the turn would measure its return.
      collectGarbage({ type: 'minor' });
      timings.push((await turn(batch, batches)) / concurrency);
    }
  }
  return new Map(entrants.map(({ name, timings }) => [name, timings]));
}

interface Entrant {
  readonly name: string;
  readonly batch: () => unknown;
  readonly batches: number;
  readonly timings: number[];
}

/** As many calls as are to be under way at once. What answers without a promise has none under way ever. */
function batched(call: () => unknown, concurrency: number): () => unknown {
  if (concurrency === 1) return call;
  return () => {
    const first = call();
    if (first instanceof Promise) {
      const pending = [first];
      while (pending.length < concurrency) pending.push(call() as Promise<unknown>);
      return Promise.all(pending);
    }
    for (let count = 1; count < concurrency; count += 1) call();
    return first;
  };
}

/** Nanoseconds per batch. */
async function turn(batch: () => unknown, batches: number): Promise<number> {
  const start = performance.now();
  for (let count = 0; count < batches; count += 1) {
    const answer = batch();
    if (answer instanceof Promise) await answer;
  }
  return ((performance.now() - start) * 1e6) / batches;
}

/** Nanoseconds per operation. */
export function time(timings: Timings, name: string): Spread {
  return spread(of(timings, name));
}

/** How many operations of `name` are done in the time of one of `peer`: above 1, `name` is faster. */
export function ratio(timings: Timings, name: string, peer: string): Spread {
  const own = of(timings, name);
  return spread(of(timings, peer).map((nanoseconds, round) => nanoseconds / (own[round] ?? Number.NaN)));
}

export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? Number.NaN;
  return { low: at(0.25), median: at(0.5), high: at(0.75) };
}

/** Starts one further on in each round, and goes backwards in every second one. */
export function inOrderOf<T>(round: number, items: readonly T[]): readonly T[] {
  const start = round % items.length;
  const rotated = [...items.slice(start), ...items.slice(0, start)];
  return round % 2 === 0 ? rotated : rotated.reverse();
}

setFlagsFromString('--expose-gc');
const collectGarbage: (options: { type: 'minor' }) => void = runInNewContext('gc');

function of(timings: Timings, name: string): readonly number[] {
  const found = timings.get(name);
  if (!found) throw new Error(`There is no contender ${name}.`);
  return found;
}
