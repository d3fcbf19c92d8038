import { monotonicNow } from './clock.js';
import { TooLate, within } from './deadline.js';
import type { Store } from './store.js';

/** Says why the store gave no answer. The message is safe to log. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
}

/**
 * With this many late answers outstanding, only one question a second reaches the store. The first answer in time ends
 * this, because the late answers may never arrive.
 */
const MAX_LATE = 100;
const PROBE_INTERVAL_MS = 1000;

/**
 * Adds a deadline and a circuit breaker to a store. When the server is down, client libraries may wait for seconds or
 * forever, and queue every question in memory. So after too many late answers, further questions fail immediately.
 */
export class PatientStore {
  readonly #store: Store;
  readonly #timeoutMs: number;
  /** The late answers still outstanding. An answer in time replaces the object, so that older late answers no longer count. */
  #late = { count: 0 };
  #probeAt = 0;

  constructor(store: Store, timeoutMs: number) {
    this.#store = store;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Asks the store. One question may read and write several times; all of it shares one deadline.
   *
   * @throws {StoreError} for every failure.
   */
  async ask<T>(question: (store: Store) => T | Promise<T>): Promise<Awaited<T>> {
    const now = monotonicNow();
    if (this.#late.count >= MAX_LATE && now < this.#probeAt)
      throw new StoreError('it has not answered for a while');
    this.#probeAt = now + PROBE_INTERVAL_MS;
    const answer = answerTo(question, this.#store);
    try {
      const inTime = await within(this.#timeoutMs, answer);
      this.#late = { count: 0 };
      return inTime;
    } catch (error) {
      if (error instanceof TooLate) this.#countLate(answer);
      throw asStoreError(error);
    }
  }

  #countLate(answer: Promise<unknown>): void {
    const late = this.#late;
    late.count += 1;
    const settled = (): void => {
      late.count -= 1;
    };
    answer.then(settled, settled);
  }
}

/** Turns a synchronous throw of the store into a rejection. */
async function answerTo<T>(question: (store: Store) => T | Promise<T>, store: Store): Promise<T> {
  return question(store);
}

/** Keeps only the error's code, or the first word of a Redis error. The rest may contain a password or the key. */
function asStoreError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  if (error instanceof TooLate) return new StoreError(`it ${error.message}`);
  try {
    const { code, message } = error as { code?: unknown; message?: unknown };
    const found = [code, String(message).split(' ', 1)[0]].find(isCode);
    if (found !== undefined) return new StoreError(`it failed (${found})`);
  } catch {
    // Reading the error failed, so its code is unknown.
  }
  return new StoreError('it failed');
}

const isCode = (value: unknown): boolean => typeof value === 'string' && /^[A-Z][A-Z_]{1,30}$/.test(value);
