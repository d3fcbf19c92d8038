import { TooLate, within } from './deadline.js';
import { monotonicNow } from './runtime.js';
import type { Store } from './store.js';

/** Why the store gave no answer, in words that are safe to log. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
}

/**
 * With so many late answers outstanding, the store is asked only once a second to see whether it is back. Its first
 * answer in time ends that, because the late ones may never come.
 */
const MAX_LATE = 100;
const PROBE_INTERVAL_MS = 1000;

/**
 * A store with a deadline. Client libraries wait for seconds, or for ever, for a server that is gone, and keep each
 * question in memory meanwhile. So after a number of questions that were not answered in time, the next ones fail at
 * once.
 */
export class PatientStore {
  readonly #store: Store;
  readonly #timeoutMs: number;
  /** How many late answers are outstanding since the last one in time. */
  #late = { count: 0 };
  #probeAt = 0;

  constructor(store: Store, timeoutMs: number) {
    this.#store = store;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Asks the store. One question may read and write several times within the one deadline.
   *
   * @throws {StoreError} and nothing else.
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

/** A store may also throw instead of rejecting. */
async function answerTo<T>(question: (store: Store) => T | Promise<T>, store: Store): Promise<T> {
  return question(store);
}

/** A code, or the word by which a Redis error begins. The rest may hold a password or what was asked. */
function asStoreError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  if (error instanceof TooLate) return new StoreError(`it ${error.message}`);
  try {
    const { code, message } = error as { code?: unknown; message?: unknown };
    const found = [code, String(message).split(' ', 1)[0]].find(isCode);
    if (found !== undefined) return new StoreError(`it failed (${found})`);
  } catch {
    // There is nothing to tell.
  }
  return new StoreError('it failed');
}

const isCode = (value: unknown): boolean => typeof value === 'string' && /^[A-Z][A-Z_]{1,30}$/.test(value);
