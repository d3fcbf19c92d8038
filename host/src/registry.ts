import type { IntentFunction } from './define-function.js';

/** The functions of one server, in the order they were registered. */
export class IntentRegistry implements Iterable<IntentFunction> {
  readonly #functions = new Map<string, IntentFunction>();

  /**
   * Adds functions, and returns the registry, so that calls can be chained.
   *
   * @throws {Error} if a name is taken.
   */
  register(...functions: readonly IntentFunction[]): this {
    for (const fn of functions) {
      if (this.#functions.has(fn.name)) throw new Error(`The function "${fn.name}" is registered twice.`);
      this.#functions.set(fn.name, fn);
    }
    return this;
  }

  [Symbol.iterator](): Iterator<IntentFunction> {
    return this.#functions.values();
  }
}
