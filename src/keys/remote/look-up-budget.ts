import type { RemoteConfig } from '../../config/remote.js';

const BURST = 2;

/** What a fetch may take besides its requests for the metadata and for the keys. */
const SHARING_MS = 5000;

/**
 * Decides whether an unknown key id is worth a fetch. Anyone can make up key ids, so fetches for them come from a
 * budget: two at once, then one per cooldown. A fetch that never ends is given back: Cloudflare Workers drop what a cancelled
 * request was waiting for. Times are in milliseconds on a monotonic clock.
 */
export class LookUpBudget {
  readonly #cooldownMs: number;
  /** After this long, a fetch that has not ended never will. */
  readonly #longestMs: number;
  /** The fetches that have not ended, by the time at which each is given back. */
  readonly #underWay = new Set<{ readonly givenBackAt: number }>();
  #left = BURST;
  #refilledAt = 0;

  constructor({ cooldownMs, timeoutMs }: Pick<RemoteConfig, 'cooldownMs' | 'timeoutMs'>) {
    this.#cooldownMs = cooldownMs;
    this.#longestMs = 2 * timeoutMs + SHARING_MS;
  }

  /**
   * Takes one fetch from the budget if there is one.
   *
   * @returns a function to call when the fetch has ended.
   */
  spend(now: number): (() => void) | undefined {
    this.#refill(now);
    if (this.#left < 1) return undefined;
    this.#left -= 1;
    const fetch = { givenBackAt: now + this.#longestMs };
    this.#underWay.add(fetch);
    return () => {
      this.#underWay.delete(fetch);
    };
  }

  /** Milliseconds until the budget holds a fetch. */
  remaining(now: number): number {
    this.#refill(now);
    const refilledIn = (1 - this.#left) * this.#cooldownMs;
    const givenBackIn = Array.from(this.#underWay, ({ givenBackAt }) => givenBackAt - now);
    return Math.max(0, Math.min(refilledIn, ...givenBackIn));
  }

  #refill(now: number): void {
    this.#left += (now - this.#refilledAt) / this.#cooldownMs;
    for (const fetch of this.#underWay) {
      if (now < fetch.givenBackAt) continue;
      this.#underWay.delete(fetch);
      this.#left += 1;
    }
    this.#left = Math.min(BURST, this.#left);
    this.#refilledAt = now;
  }
}
