import { monotonicNow } from './runtime.js';

/** The work was not done in time. */
export class TooLate extends Error {
  override readonly name = 'TooLate';

  constructor(milliseconds: number) {
    super(`did not answer within ${milliseconds / 1000} s`);
  }
}

const BOUNDED = new WeakSet<object>();

/** Remembers that an object of this package has deadlines of its own, so that its calls need no other. */
export const markBounded = <T extends object>(object: T): T => {
  BOUNDED.add(object);
  return object;
};

export const isBounded = (object: object): boolean => BOUNDED.has(object);

/** Node's timers fire at once when they are set for longer. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A timer this late shows that this process was busy or suspended. The answer may then have arrived unread. */
const LATE_MS = 50;

/** How long a process that was busy or suspended gets to read what has arrived. */
const READING_MS = 50;

/**
 * Settles as the work does, or rejects after a time. It never waits for more than one late timer, so it also fires on an event
 * loop that is always busy. What the work does afterwards has no effect, and its late rejection is handled.
 *
 * @throws {TooLate}
 */
export function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const expired = new Promise<never>((_, reject) => {
    const expire = (): void => reject(new TooLate(milliseconds));
    const delay = Math.min(milliseconds, LONGEST_TIMER_MS);
    const due = monotonicNow() + delay;
    timer = setTimeout(() => {
      if (monotonicNow() - due > LATE_MS) timer = setTimeout(expire, READING_MS);
      else expire();
    }, delay);
  });
  return Promise.race([work, expired]).finally(() => clearTimeout(timer));
}
