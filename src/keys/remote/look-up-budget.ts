const BURST = 2;

/**
 * Decides whether an unknown key id is worth a fetch. Anyone can make up key ids, so fetches for them come from a
 * budget: two at once, then one a cooldown. Times are in milliseconds on a monotonic clock.
 */
export class LookUpBudget {
  readonly #cooldownMs: number;
  #left = BURST;
  #refilledAt = 0;

  constructor(cooldownMs: number) {
    this.#cooldownMs = cooldownMs;
  }

  /** Takes one fetch from the budget if there is one. */
  spend(now: number): boolean {
    this.#refill(now);
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }

  /** Milliseconds until the budget holds a fetch. */
  remaining(now: number): number {
    this.#refill(now);
    return Math.max(0, (1 - this.#left) * this.#cooldownMs);
  }

  #refill(now: number): void {
    this.#left = Math.min(BURST, this.#left + (now - this.#refilledAt) / this.#cooldownMs);
    this.#refilledAt = now;
  }
}
