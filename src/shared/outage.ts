import { monotonicNow } from './runtime.js';
import type { AuthWarningCode, WarningHandler } from './warnings.js';

/** What may fail, and the codes of its warnings. */
export interface OutageOptions {
  /** What fails, as the first words of a sentence. */
  readonly subject: string;
  readonly failing: AuthWarningCode;
  readonly recovered: AuthWarningCode;
  /** The shortest time between two warnings that an outage begins. Default: none. */
  readonly quietMs?: number;
}

/** Warns once when something begins to fail, once more when the consequence changes, and once when it works again. */
export class Outage {
  readonly #warn: WarningHandler;
  readonly #options: OutageOptions;
  #consequence: string | undefined;
  #beganAt = Number.NEGATIVE_INFINITY;

  constructor(warn: WarningHandler, options: OutageOptions) {
    this.#warn = warn;
    this.#options = options;
  }

  /**
   * @param problem why it fails, as a phrase.
   * @param consequence what that means, as the rest of the sentence.
   * @param details what follows the consequence, and may differ from one failure to the next.
   */
  failed(problem: string, consequence: string, details = ''): void {
    if (consequence === this.#consequence) return;
    const { subject, failing, quietMs = 0 } = this.#options;
    if (this.#consequence === undefined) {
      if (monotonicNow() - this.#beganAt < quietMs) return;
      this.#beganAt = monotonicNow();
    }
    this.#consequence = consequence;
    this.#warn(`${subject} fails: ${problem}; ${consequence}${details}.`, failing);
  }

  succeeded(): void {
    if (this.#consequence === undefined) return;
    this.#consequence = undefined;
    this.#warn(`${this.#options.subject} answers again.`, this.#options.recovered);
  }
}
