/**
 * A value that may still be pending. When the promise resolves, only its value is kept. A promise keeps the `AsyncLocalStorage`
 * context of the request that created it, so all later requests would see that context.
 */
export class Settled<T> {
  #value: T | undefined;
  #pending: Promise<T> | undefined;

  /** @param value the value or a promise. The caller must handle a rejection of the promise. */
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

  /** Returns the value, or its promise while it is pending. */
  get(): T | Promise<T> {
    return this.#pending ?? (this.#value as T);
  }
}
