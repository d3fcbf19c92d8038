import { LONGEST_IN_TIMEOUTS } from '../oauth/pace.js';
import { monotonicNow } from '../src/shared/clock.js';

/**
 * Limits how many questions run at once. A question that never ends gives its slot back: on Cloudflare Workers, work ends
 * without notice when its request is cancelled.
 */
export class Slots {
  readonly #most: number;
  readonly #longestMs: number;
  readonly #taken = new Set<{ readonly endsAt: number }>();

  constructor(most: number, timeoutMs: number) {
    this.#most = most;
    this.#longestMs = LONGEST_IN_TIMEOUTS * timeoutMs;
  }

  /** Takes a slot. Returns a function that gives it back, or `undefined` if all are taken. */
  take(): (() => void) | undefined {
    const now = monotonicNow();
    if (this.#taken.size >= this.#most) {
      for (const slot of this.#taken) if (slot.endsAt <= now) this.#taken.delete(slot);
    }
    if (this.#taken.size >= this.#most) return undefined;
    const slot = { endsAt: now + this.#longestMs };
    this.#taken.add(slot);
    return () => void this.#taken.delete(slot);
  }
}
