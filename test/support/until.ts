import { setImmediate } from 'node:timers/promises';

/** Waits until something is so, for at most five seconds. Unlike `vi.waitFor`, it does not move a faked clock. */
export async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 5000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`it did not come to be: ${condition}`);
    await setImmediate();
  }
}
