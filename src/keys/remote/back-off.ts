const FIRST_DELAY_MS = 1000;

/**
 * When to try again after failures: one second, doubling, at most `maxMs`, each shortened by up to half at
 * random so that the processes of a fleet do not come back in step. Times are in milliseconds since the epoch.
 */
export class BackOff {
  readonly #maxMs: number;
  #failures = 0;
  #retryAt = 0;

  constructor(maxMs: number) {
    this.#maxMs = maxMs;
  }

  /** Whether the last attempt failed. */
  get failing(): boolean {
    return this.#failures > 0;
  }

  /** Milliseconds until the next attempt may be made. */
  remaining(now: number): number {
    const remaining = this.#retryAt - now;
    // More than ever granted: the clock was set back.
    return remaining > this.#maxMs ? 0 : Math.max(0, remaining);
  }

  failed(now: number): void {
    const delay = Math.min(FIRST_DELAY_MS * 2 ** this.#failures, this.#maxMs);
    this.#failures += 1;
    this.#retryAt = now + delay * (1 - Math.random() / 2);
  }

  succeeded(): void {
    this.#failures = 0;
    this.#retryAt = 0;
  }
}
