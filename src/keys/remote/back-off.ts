/** While keys serve: the wait after the first failure, which doubles, and the longest wait. */
const FIRST_DELAY_MS = 1000;
const MAX_DELAY_MS = 30_000;

/** While no key serves: the wait for each request of the last attempt, so that there is at most one request a second. */
const DELAY_A_REQUEST_MS = 1000;

/** The longest wait that an endpoint may ask for with `Retry-After`. */
const MAX_RETRY_AFTER_MS = 60_000;

/**
 * The wait after a failure, but never less than `Retry-After`, itself at most a minute. While keys serve it doubles, shortened
 * by up to half at random, so that the processes of a fleet do not retry in step. While no key serves it does not double,
 * because every token waits for the recovery. Times are in milliseconds on a monotonic clock.
 */
export class BackOff {
  #failures = 0;
  #requests = 0;
  #failedAt = 0;
  #random = 0;
  #retryAfterMs = 0;

  /** Whether the last attempt failed. */
  get failing(): boolean {
    return this.#failures > 0;
  }

  /** Milliseconds until the next attempt may be made. */
  remaining(now: number, isServing: boolean): number {
    if (!this.failing) return 0;
    const delay = isServing
      ? Math.min(FIRST_DELAY_MS * 2 ** (this.#failures - 1), MAX_DELAY_MS) * (1 - this.#random / 2)
      : DELAY_A_REQUEST_MS * this.#requests;
    // Times are fractions, whose sums are a little off: a second must not become more than one.
    return Math.max(0, Math.round(this.#failedAt + Math.max(delay, this.#retryAfterMs) - now));
  }

  /** @param requests how many requests the attempt has made. */
  failed(now: number, requests: number, retryAfterMs = 0): void {
    this.#failures += 1;
    this.#requests = requests;
    this.#failedAt = now;
    this.#random = Math.random();
    this.#retryAfterMs = Math.min(retryAfterMs, MAX_RETRY_AFTER_MS);
  }

  succeeded(): void {
    this.#failures = 0;
  }
}
