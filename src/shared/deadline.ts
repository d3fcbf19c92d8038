import { monotonicNow } from './runtime.js';

/** The work was not done in time. */
export class TooLate extends Error {
  override readonly name = 'TooLate';

  constructor(milliseconds: number) {
    super(`it did not answer within ${milliseconds / 1000} s`);
  }
}

/** A timer this late says that this process was busy or suspended, and not that the other side is slow. */
const BUSY_MS = 50;

/**
 * Settles as a promise does, or rejects after a time. What the promise does later has no effect, and its late rejection
 * is not an unhandled one. After a suspension, what has arrived meanwhile is read before it rejects.
 *
 * @throws {TooLate}
 */
export function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const expired = new Promise<never>((_, reject) => {
    const wait = (delay: number): void => {
      const due = monotonicNow() + delay;
      timer = setTimeout(() => {
        if (monotonicNow() - due > BUSY_MS) wait(BUSY_MS);
        else reject(new TooLate(milliseconds));
      }, delay);
    };
    wait(milliseconds);
  });
  return Promise.race([work, expired]).finally(() => clearTimeout(timer));
}
