/** While cached keys are used: the wait after the first failure, and the longest wait. */
const FIRST_DELAY_MS = 1000;
const MAX_DELAY_MS = 30_000;

/** Without cached keys: the wait for each request of the last attempt, so that there is at most one request a second. */
const DELAY_A_REQUEST_MS = 1000;

/** A longer `Retry-After` is cut to this. */
const MAX_RETRY_AFTER_MS = 60_000;

/**
 * Decides how long to wait after a failure. While cached keys are used, the wait doubles with each failure, and is shortened
 * at random by up to half, so that processes do not retry at the same time. Without cached keys it does not double, because no
 * token can be verified until the endpoint recovers. It is never shorter than `Retry-After`, up to a minute. Times are in
 * milliseconds on a monotonic clock.
 */
export class BackOff {
  #failures = 0;
  #requests = 0;
  #failedAt = 0;
  #random = 0;
  #retryAfterMs = 0;

  /** True if the last attempt failed. */
  get failing(): boolean {
    return this.#failures > 0;
  }

  /** Milliseconds until the next attempt is allowed. */
  remaining(now: number, isServing: boolean): number {
    if (!this.failing) return 0;
    const delay = isServing
      ? Math.min(FIRST_DELAY_MS * 2 ** (this.#failures - 1), MAX_DELAY_MS) * (1 - this.#random / 2)
      : DELAY_A_REQUEST_MS * this.#requests;
    // Rounded, because sums of fractions are slightly inexact, and callers round up to whole seconds.
    return Math.max(0, Math.round(this.#failedAt + Math.max(delay, this.#retryAfterMs) - now));
  }

  /** @param requests the number of requests that the attempt made. */
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
