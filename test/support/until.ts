import { setImmediate } from 'node:timers/promises';

/** Waits until a condition is true, for at most five seconds. Unlike `vi.waitFor`, it does not move a fake clock. */
export async function until(condition: () => boolean): Promise<void> {
  // A test may have stopped the clock of `performance`.
  const deadline = process.hrtime.bigint() + 5_000_000_000n;
  while (!condition()) {
    if (process.hrtime.bigint() > deadline)
      throw new Error(`the condition did not become true: ${condition}`);
    await setImmediate();
  }
}
