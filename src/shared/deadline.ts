import { monotonicNow } from './clock.js';

/** The work missed its deadline. */
export class TooLate extends Error {
  override readonly name = 'TooLate';

  constructor(milliseconds: number) {
    super(`did not answer within ${milliseconds / 1000} s`);
  }
}

const BOUNDED = new WeakSet<object>();

/** Records that a function of this package has its own deadline, so its calls need no other. */
export const markBounded = <T extends object>(method: T): T => {
  BOUNDED.add(method);
  return method;
};

/** True for functions that {@link markBounded} has recorded. */
export const isBounded = (method: object): boolean => BOUNDED.has(method);

/** The longest delay of a Node timer. A timer with a longer delay fires immediately. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** If a timer fires this late, the process was busy or suspended. It may not have read an answer that has arrived. */
const LATE_MS = 50;

/** The extra time that such a process gets to read the answer. */
const READING_MS = 50;

/**
 * Settles with the work, or rejects when the time is up. It grants the extra time only once, so the deadline also fires on an
 * event loop that is always busy. A result after the deadline is ignored, and a late rejection is handled.
 *
 * @throws {TooLate} if the work takes longer than `milliseconds`.
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
