import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** In MiB. It leaves room for compiled code. In a million tokens, a leak of a dozen bytes per token would exceed it. */
const MAX_HEAP_GROWTH = 8;

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');
const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** Watches the heap and the event loop of this process. */
export function watchHealth() {
  const heap: number[] = [];
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  return {
    /** Call it rarely, so that its pauses do not affect the 99th percentile. */
    async sample(): Promise<void> {
      // Twice, because the second collection frees what the first one finalized.
      for (let times = 0; times < 2; times += 1, await setImmediate()) collectGarbage();
      heap.push(process.memoryUsage().heapUsed / 2 ** 20);
    },
    report() {
      const quarter = Math.ceil(heap.length / 4);
      const [first, last] = [median(heap.slice(0, quarter)), median(heap.slice(-quarter))];
      const [p50, p99] = [50, 99].map((share) => (delay.percentile(share) / 1e6).toFixed(1));
      const text = `heap ${first.toFixed(1)} MiB at first, ${last.toFixed(1)} at last; event loop p50 ${p50} ms, p99 ${p99}`;
      return { text, heapGrew: last - first > MAX_HEAP_GROWTH };
    },
  };
}
