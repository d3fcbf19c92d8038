import { monotonicNow } from './clock.js';
import type { AuthWarningCode, WarningHandler } from './warnings.js';

/** A dependency that fails now and then must not fill the log. */
const QUIET_MS = 10_000;

/** Describes the dependency that may fail, and its warnings. */
export interface OutageOptions {
  /** The name of the dependency. Each warning begins with it. */
  readonly subject: string;
  readonly failing: AuthWarningCode;
  readonly recovered: AuthWarningCode;
  /** The shortest time between the first warnings of two outages. Default: 10 s. */
  readonly quietMs?: number;
}

/** Warns when an outage begins, when its consequence changes, and when it is over. Repeated failures cause no more warnings. */
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
   * Reports a failure.
   *
   * @param problem why the dependency fails.
   * @param consequence what the failure means. A new value causes another warning.
   * @param details text after the consequence, which may differ with each failure.
   */
  failed(problem: string, consequence: string, details = ''): void {
    if (consequence === this.#consequence) return;
    const { subject, failing, quietMs = QUIET_MS } = this.#options;
    if (this.#consequence === undefined) {
      if (monotonicNow() - this.#beganAt < quietMs) return;
      this.#beganAt = monotonicNow();
    }
    this.#consequence = consequence;
    this.#warn(`${subject} is failing: ${problem}; ${consequence}${details}.`, failing);
  }

  succeeded(): void {
    if (this.#consequence === undefined) return;
    this.#consequence = undefined;
    this.#warn(`${this.#options.subject} answers again.`, this.#options.recovered);
  }
}
