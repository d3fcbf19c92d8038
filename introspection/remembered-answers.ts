import { BoundedMap } from '../src/shared/bounded-map.js';
import { monotonicNow } from '../src/shared/clock.js';
import { copyOfJson } from '../src/shared/json-copy.js';
import { own } from '../src/shared/own-properties.js';
import type { TokenPayload } from '../src/types.js';

const MAX_ANSWERS = 10_000;
const MAX_LENGTH = 16_384;

interface Remembered {
  readonly claims: TokenPayload;
  /** On the monotonic clock. */
  readonly until: number;
}

/** Remembers the claims of active tokens for a short time, by the SHA-256 of the token. */
export class RememberedAnswers {
  readonly #maxAgeMs: number;
  readonly #answers = new BoundedMap<string, Remembered>(MAX_ANSWERS);

  /** @param maxAgeMs 0: nothing is remembered. */
  constructor(maxAgeMs: number) {
    this.#maxAgeMs = maxAgeMs;
  }

  /**
   * Returns a copy of the claims, or `undefined` without an answer that is new enough.
   *
   * @param key the SHA-256 of the token.
   */
  get(key: string): TokenPayload | undefined {
    const known = this.#answers.get(key);
    return known && monotonicNow() < known.until ? copyOfJson(known.claims) : undefined;
  }

  /** @param length the length of the answer. Large answers are not remembered. */
  add(key: string, claims: TokenPayload, length: number): void {
    if (this.#maxAgeMs === 0 || length > MAX_LENGTH) return;
    const exp = own(claims, 'exp');
    const restMs = typeof exp === 'number' ? exp * 1000 - Date.now() : Number.POSITIVE_INFINITY;
    const now = monotonicNow();
    // The oldest entries come first. An entry that has ended is not kept, because it holds claims of a caller.
    for (const [old, { until }] of this.#answers) {
      if (now < until) break;
      this.#answers.delete(old);
    }
    if (restMs <= 0) return;
    this.#answers.set(key, { claims: copyOfJson(claims), until: now + Math.min(this.#maxAgeMs, restMs) });
  }
}
