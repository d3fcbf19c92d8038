import type { RemoteConfig } from '../../config/remote.js';

const BURST = 2;

/** How long a fetch may take in addition to its two requests, for the metadata and the keys. */
const SHARING_MS = 5000;

/**
 * Rate-limits fetches for unknown key ids, because anyone can send tokens with made-up ids: two at once, then one per cooldown.
 * A fetch that never ends is returned to the budget: on Cloudflare Workers, work ends without notice when its request is
 * cancelled. Times are in milliseconds on a monotonic clock.
 */
export class LookUpBudget {
  readonly #cooldownMs: number;
  /** A fetch that takes longer than this is taken for one that never ends. */
  readonly #longestMs: number;
  /** The fetches that have not ended. */
  readonly #underWay = new Set<{ readonly givenBackAt: number }>();
  #left = BURST;
  #refilledAt = 0;

  constructor({ cooldownMs, timeoutMs }: Pick<RemoteConfig, 'cooldownMs' | 'timeoutMs'>) {
    this.#cooldownMs = cooldownMs;
    this.#longestMs = 2 * timeoutMs + SHARING_MS;
  }

  /**
   * Takes one fetch from the budget.
   *
   * @returns a function to call when the fetch has ended, or `undefined` if the budget is spent.
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

  /** Milliseconds until a fetch is allowed. */
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
