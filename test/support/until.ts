import { setImmediate } from 'node:timers/promises';

/** Waits until something is so, for at most five seconds. Unlike `vi.waitFor`, it does not move a faked clock. */
export async function until(condition: () => boolean): Promise<void> {
  // Not by `performance`, whose clock a test may have stopped.
  const deadline = process.hrtime.bigint() + 5_000_000_000n;
  while (!condition()) {
    if (process.hrtime.bigint() > deadline) throw new Error(`it did not come to be: ${condition}`);
    await setImmediate();
  }
}
