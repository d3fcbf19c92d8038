const BURST = 2;
const MAX_REMEMBERED = 256;
const MAX_KEY_ID_LENGTH = 256;

/**
 * Decides which tokens with an unknown key id are worth a fetch. Anyone can make up key ids, so fetches for
 * them come from a budget: two at once, then one per cooldown. A key id that a fetch did not bring is
 * remembered for one cooldown, so that one misconfigured client does not use up what a rotation needs. Times
 * are in milliseconds since the epoch.
 */
export class LookUpBudget {
  readonly #cooldownMs: number;
  readonly #absentSince = new Map<string | undefined, number>();
  #budget = BURST;
  #budgetAt = 0;

  constructor(cooldownMs: number) {
    this.#cooldownMs = cooldownMs;
  }

  /** Whether a fetch within the last cooldown did not bring this key id; `undefined` is a token without one. */
  isAbsent(kid: string | undefined, now: number): boolean {
    const since = this.#absentSince.get(kid);
    return since !== undefined && Math.abs(now - since) < this.#cooldownMs;
  }

  rememberAbsent(kid: string | undefined, now: number): void {
    if (kid !== undefined && kid.length > MAX_KEY_ID_LENGTH) return;
    this.#absentSince.delete(kid);
    this.#absentSince.set(kid, now);
    const [oldest] = this.#absentSince.keys();
    if (this.#absentSince.size > MAX_REMEMBERED) this.#absentSince.delete(oldest);
  }

  /** Takes one fetch from the budget, if there is one. */
  spend(now: number): boolean {
    // The absolute value, here and above: a clock that was set back must not freeze the budget.
    const refill = Math.abs(now - this.#budgetAt) / this.#cooldownMs;
    this.#budget = Math.min(BURST, this.#budget + refill);
    this.#budgetAt = now;
    if (this.#budget < 1) return false;
    this.#budget -= 1;
    return true;
  }
}
