import { monotonicNow } from '../src/shared/runtime.js';

const MAX_REMEMBERED = 10_000;

/** A short memory of tokens that were not revoked. The oldest is forgotten when there are too many. */
export class Misses {
  readonly #durationMs: number;
  readonly #until = new Map<string, number>();
  #revocations = 0;

  constructor(durationMs: number) {
    this.#durationMs = durationMs;
  }

  has(name: string): boolean {
    const until = this.#until.get(name);
    return until !== undefined && monotonicNow() < until;
  }

  /** Begins a question. Its answer is remembered by what this returns, unless this process has revoked meanwhile. */
  asking(name: string): () => void {
    const [revocations, began] = [this.#revocations, monotonicNow()];
    return () => {
      if (this.#durationMs === 0 || this.#revocations !== revocations) return;
      this.#until.delete(name);
      this.#until.set(name, began + this.#durationMs);
      const [oldest = ''] = this.#until.keys();
      if (this.#until.size > MAX_REMEMBERED) this.#until.delete(oldest);
    };
  }

  /** Forgets everything, so that this process refuses at once what it has revoked. */
  clear(): void {
    this.#revocations += 1;
    this.#until.clear();
  }
}
