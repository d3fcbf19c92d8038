/**
 * A value that may still be on its way. Once it has come, the value is kept and not the promise, because a promise keeps the
 * `AsyncLocalStorage` context in which it was made: that of the request that needed the value first.
 */
export class Settled<T> {
  #value: T | undefined;
  #pending: Promise<T> | undefined;

  /** @param value what does not reject, or whose rejection the caller handles. */
  constructor(value: T | Promise<T>) {
    if (!(value instanceof Promise)) {
      this.#value = value;
      return;
    }
    this.#pending = value;
    value.then(
      (settled) => {
        this.#value = settled;
        this.#pending = undefined;
      },
      () => {},
    );
  }

  /** The value, or a promise of it while it is on its way. */
  get(): T | Promise<T> {
    return this.#pending ?? (this.#value as T);
  }
}
