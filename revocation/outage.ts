import { monotonicNow } from '../src/shared/runtime.js';
import type { WarningHandler } from '../src/shared/warnings.js';

/** A store that fails now and then must not fill the log. */
const INTERVAL_MS = 10_000;

/** Warns once when an outage of the store begins, and once when it ends. */
export class Outage {
  readonly #warn: WarningHandler;
  readonly #consequence: string;
  #isTold = false;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(warn: WarningHandler, consequence: string) {
    this.#warn = warn;
    this.#consequence = consequence;
  }

  failed(problem: string): void {
    if (this.#isTold || monotonicNow() - this.#toldAt < INTERVAL_MS) return;
    this.#isTold = true;
    this.#toldAt = monotonicNow();
    this.#warn(`The revocation store fails: ${problem}; ${this.#consequence}.`, 'REVOCATION_FAILING');
  }

  succeeded(): void {
    if (!this.#isTold) return;
    this.#isTold = false;
    this.#warn('The revocation store answers again.', 'REVOCATION_RECOVERED');
  }
}
