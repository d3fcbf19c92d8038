import { isWorkers } from './runtime.js';

/**
 * Work that concurrent callers share: all who ask under one key while it runs get the same result. On Cloudflare Workers, a
 * request must not wait for the I/O of another request, so each caller does the work itself there.
 */
export class SharedWork<T> {
  readonly #running = new Map<string, Promise<T>>();

  /** Joins the work that runs under this key, or starts it. */
  run(key: string, work: () => Promise<T>): Promise<T> {
    if (isWorkers()) return work();
    const running = this.#running.get(key) ?? work().finally(() => this.#running.delete(key));
    this.#running.set(key, running);
    return running;
  }
}
