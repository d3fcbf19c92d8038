const FIRST_DELAY_MS = 1000;

/** The longest wait while keys still serve, and while none can, when every token waits for the recovery. */
const MAX_DELAY_MS = { serving: 30_000, empty: 5000 } as const;

/** The longest wait that an endpoint may ask for with `Retry-After`. */
const MAX_RETRY_AFTER_MS = 60_000;

/**
 * The wait after a failure: one second, doubling, shortened by up to half at random, but never less than
 * `Retry-After`, itself at most a minute. Random, so that the processes of a fleet do not come back in step. Times are
 * in milliseconds on a monotonic clock.
 */
export class BackOff {
  #failures = 0;
  #failedAt = 0;
  #jitter = 1;
  #retryAfterMs = 0;

  /** Whether the last attempt failed. */
  get failing(): boolean {
    return this.#failures > 0;
  }

  /** Milliseconds until the next attempt may be made. */
  remaining(now: number, isServing: boolean): number {
    if (!this.failing) return 0;
    const most = isServing ? MAX_DELAY_MS.serving : MAX_DELAY_MS.empty;
    const delay = Math.min(FIRST_DELAY_MS * 2 ** (this.#failures - 1), most) * this.#jitter;
    return Math.max(0, this.#failedAt + Math.max(delay, this.#retryAfterMs) - now);
  }

  failed(now: number, retryAfterMs = 0): void {
    this.#failures += 1;
    this.#failedAt = now;
    this.#jitter = 1 - Math.random() / 2;
    this.#retryAfterMs = Math.min(retryAfterMs, MAX_RETRY_AFTER_MS);
  }

  succeeded(): void {
    this.#failures = 0;
  }
}
