import { BackOff } from '../src/keys/remote/back-off.js';
import { FetchError } from '../src/keys/remote/fetch-error.js';
import { BoundedMap } from '../src/shared/bounded-map.js';
import { monotonicNow } from '../src/shared/clock.js';
import { SharedWork } from '../src/shared/shared-work.js';

/** The most questions that are held back. If a question is dropped, it may be sent again. */
const MAX_HELD = 1000;
/** A question waits a second longer after each of its failures, up to this many seconds. */
const MAX_HELD_SECONDS = 10;
const WARN_AFTER = 3;
/** During an outage, a question that has failed waits for this much longer than others. */
const LETS_OTHERS_FIRST_MS = 1000;
/** An answer to the control question counts for this long, so that many failures cause few control questions. */
const CONTROL_MAX_AGE_MS = 1000;

/**
 * How many time limits a question may take: two for the metadata, one for itself and three for the keys of its answer. The control
 * question may take as many.
 */
export const LONGEST_IN_TIMEOUTS = 12;

/** One question on its way. */
export interface Attempt {
  /** Whether the last question failed. */
  readonly isFailing: boolean;
  /** The number of requests so far. */
  requests: number;
  /** Whether the question itself was sent. Before that, its text cannot be the cause of a failure. */
  isSent: boolean;
}

interface Held {
  readonly backOff: BackOff;
  readonly failures: number;
  readonly error: FetchError;
}

/**
 * Decides which questions are sent while an endpoint fails. Some of the texts come from strangers, and an endpoint or a firewall
 * may fail on one text alone. So one text must not stop the questions of others:
 *
 * 1. After a failure, the same question is held back: for 1 s, and a second longer after each further failure, up to 10 s.
 * 2. An outage begins when two different questions fail without an answer in between. A question that keeps failing counts only the
 *    first time. If there is a control question, whose text nobody can choose, it is the second one. It is asked right after a
 *    failure, at most once a second while it is answered. So an outage begins only if the control question fails too. A timeout
 *    begins it at once, so that nobody waits for a second timeout. It ends as soon as the control question is answered.
 * 3. A failure that cannot depend on the text begins an outage at once: no discovery, no client assertion, or 429.
 * 4. During an outage, no question is sent for a second for each request of the last one, or for as long as `Retry-After` says.
 *    Then one question at a time is sent; one that has failed before waits a second longer. An answer ends the outage.
 */
export class Pace {
  readonly #longestMs: number;
  readonly #control: ((attempt: Attempt) => Promise<unknown>) | undefined;
  readonly #held = new BoundedMap<string, Held>(MAX_HELD);
  readonly #backOff = new BackOff();
  #lastError: FetchError | undefined;
  /** The number of questions, to tell which of two began first. */
  #order = 0;
  #lastSuccess = 0;
  #lastFailure = 0;
  /** The number of failures since the last answer, and the latest of them. */
  #failures = 0;
  #latest: FetchError | undefined;
  /** A question that has failed for the first time, since the last answer. */
  #suspect: string | undefined;
  /** During an outage: the one question that is sent counts as lost at this time. On Workers, work may never end. */
  #probeEndsAt = 0;
  readonly #controlling = new SharedWork<FetchError | undefined>();
  #controlAnsweredAt = Number.NEGATIVE_INFINITY;

  /**
   * @param timeoutMs the time limit of a request.
   * @param control asks the control question.
   */
  constructor(timeoutMs: number, control?: (attempt: Attempt) => Promise<unknown>) {
    this.#longestMs = LONGEST_IN_TIMEOUTS * timeoutMs;
    this.#control = control;
  }

  /** Why the outage began or lasts. `undefined` if there is none. */
  get lastError(): FetchError | undefined {
    return this.#lastError;
  }

  /** Why there is something to warn of: an outage, or several failures without an answer in between, even if all are of one question. */
  get problem(): FetchError | undefined {
    return this.#lastError ?? (this.#failures >= WARN_AFTER ? this.#latest : undefined);
  }

  /**
   * In how many whole seconds a question may be sent, at least one.
   *
   * @param key the question. Default: one that has not failed.
   */
  retryAfter(key?: string): number {
    const now = monotonicNow();
    const heldMs = this.#held.get(key ?? '')?.backOff.remaining(now, false) ?? 0;
    return Math.max(1, Math.ceil(Math.max(heldMs, this.#outageRemaining(key, now)) / 1000));
  }

  /** A question that has failed lets others go first. Otherwise, who has many of them could send each one during an outage. */
  #outageRemaining(key: string | undefined, now: number): number {
    const since = this.#held.has(key ?? '') ? now - LETS_OTHERS_FIRST_MS : now;
    return this.#backOff.remaining(since, false);
  }

  /**
   * Sends a question, unless it is held back or there is an outage.
   *
   * @param key tells questions apart. It is kept for a while, so it must be a hash.
   * @param send a {@link FetchError} that it throws is a failure. After any other error, the endpoint counts as working.
   * @throws {FetchError} also if the question is not sent.
   */
  async ask<T>(key: string, send: (attempt: Attempt) => Promise<T>): Promise<T> {
    const now = monotonicNow();
    const held = this.#held.get(key);
    if (held && held.backOff.remaining(now, false) > 0) throw held.error;
    if (this.#lastError && (this.#outageRemaining(key, now) > 0 || now < this.#probeEndsAt))
      throw this.#lastError;
    const { order, attempt } = this.#begin(this.#backOff.failing);
    if (attempt.isFailing) this.#probeEndsAt = now + this.#longestMs;
    try {
      const answer = await send(attempt);
      this.#answered(order);
      this.#held.delete(key);
      return answer;
    } catch (error) {
      if (error instanceof FetchError) {
        await this.#failed(key, order, attempt, error);
      } else {
        this.#answered(order);
        this.#held.delete(key);
      }
      throw error;
    } finally {
      if (attempt.isFailing) this.#probeEndsAt = 0;
    }
  }

  #begin(isFailing: boolean): { order: number; attempt: Attempt } {
    this.#order += 1;
    return { order: this.#order, attempt: { isFailing, requests: 0, isSent: false } };
  }

  #hold(key: string, error: FetchError): void {
    const { backOff, failures } = this.#held.get(key) ?? { backOff: new BackOff(), failures: 0 };
    // The back-off waits a second for each request. In an outage, the question is not the cause, so it need not wait for longer.
    const seconds = Math.max(1, Math.min(this.#lastError ? failures : failures + 1, MAX_HELD_SECONDS));
    backOff.failed(monotonicNow(), seconds, error.retryAfterMs);
    this.#held.set(key, { backOff, failures: seconds, error });
  }

  #answered(order: number): void {
    // A later question has failed since.
    if (order < this.#lastFailure) return;
    this.#lastSuccess = Math.max(this.#lastSuccess, order);
    this.#suspect = undefined;
    this.#failures = 0;
    this.#backOff.succeeded();
    this.#lastError = undefined;
  }

  async #failed(key: string, order: number, attempt: Attempt, error: FetchError): Promise<void> {
    // V8 keeps the functions of a stack that nobody has read, and what they close over, such as the token of a caller.
    error.stack = `${error.name}: ${error.message}`;
    const suspect = this.#held.has(key) ? undefined : key;
    this.#hold(key, error);
    this.#failures += 1;
    this.#latest = error;
    const concernsAll = error.status === 429 || (!attempt.isSent && order > this.#lastSuccess);
    const cause = concernsAll ? error : await this.#outageAfter(order, error, suspect);
    if (!cause) return;
    this.#lastFailure = Math.max(this.#lastFailure, order);
    this.#lastError = cause;
    const retryAfterMs = Math.max(error.retryAfterMs, cause.retryAfterMs);
    // A question that waited for the discovery of another one has made no request.
    this.#backOff.failed(monotonicNow(), Math.max(1, attempt.requests), retryAfterMs);
    if (concernsAll) this.#held.clear();
  }

  /**
   * Returns why the endpoint fails, if the failure does not concern one question alone.
   *
   * @param suspect the question, if this is its first failure.
   */
  async #outageAfter(
    order: number,
    error: FetchError,
    suspect: string | undefined,
  ): Promise<FetchError | undefined> {
    // The endpoint has answered a later question.
    if (order < this.#lastSuccess) return undefined;
    // This question began before the outage, which is known.
    if (this.#backOff.remaining(monotonicNow(), false) > 0) return undefined;
    if (this.#control) {
      const asked = this.#askControl(this.#control);
      // The caller has waited long enough. The answer to the control question ends the outage.
      if (asked && error.kind === 'timeout') return error;
      const cause = await asked;
      return order < this.#lastSuccess ? undefined : cause;
    }
    if (this.#backOff.failing) return error;
    if (suspect === undefined) return undefined;
    const isSecond = this.#suspect !== undefined && this.#suspect !== suspect;
    this.#suspect = suspect;
    return isSecond ? error : undefined;
  }

  /** Returns why the control question failed. `undefined` if it is answered, or was a moment ago. */
  #askControl(control: (attempt: Attempt) => Promise<unknown>): Promise<FetchError | undefined> | undefined {
    if (monotonicNow() - this.#controlAnsweredAt < CONTROL_MAX_AGE_MS) return undefined;
    return this.#controlling.run('control', () => this.#controlled(control));
  }

  async #controlled(control: (attempt: Attempt) => Promise<unknown>): Promise<FetchError | undefined> {
    const { order, attempt } = this.#begin(true);
    try {
      await control(attempt);
    } catch (error) {
      if (error instanceof FetchError) {
        // The endpoint fails for certain, so the failures say nothing about the questions.
        this.#held.clear();
        return error;
      }
    }
    this.#controlAnsweredAt = monotonicNow();
    this.#answered(order);
    return undefined;
  }
}
