import { poolTools } from '../shared/runtime.js';
import type { SignatureVerdict, SignedToken } from './engine.js';

/**
 * Decides which verifications run in the thread pool, and runs them there. A single verification is faster in the calling thread.
 * Several at once are faster in the pool, and there they do not block the event loop. The pool has `UV_THREADPOOL_SIZE` threads.
 */
export class ThreadPool {
  readonly #tools: typeof poolTools;
  #inFlight = 0;
  /** The token that the current synchronous block has verified in the calling thread. */
  #token: SignedToken | undefined;
  /** Which callback in this turn of the event loop has verified in the calling thread. */
  #usedBy: 'this callback' | 'an earlier callback' | undefined;

  /** `null`: takes nothing. */
  constructor(tools = poolTools) {
    this.#tools = tools;
  }

  /**
   * True if the token should be verified in the pool: a verification is in flight there, or this synchronous block or an earlier
   * callback in this turn has verified another token. Requests that arrive together are such callbacks. False for a loop that
   * awaits each verification, and for the second key that a token is tried with.
   */
  takes(token: SignedToken): boolean {
    const tools = this.#tools;
    if (!tools) return false;
    if (this.#inFlight > 0 || this.#usedBy === 'an earlier callback') return true;
    if (this.#token) return this.#token !== token;
    this.#token = token;
    // This microtask runs before the caller can continue after its `await`.
    const endOfBlock = Promise.resolve().then(() => {
      this.#token = undefined;
    });
    if (!this.#usedBy) {
      this.#usedBy = 'this callback';
      // Node runs a tick that a microtask adds after the last microtask, and so after a loop of `await`.
      void endOfBlock.then(() => tools.nextTick(() => (this.#usedBy &&= 'an earlier callback')));
      tools.setImmediate(() => {
        this.#usedBy = undefined;
      });
    }
    return false;
  }

  /** Runs `work`, which verifies in the pool and then calls `done`. */
  run(work: (done: (error: Error | null, isValid: boolean) => void) => void): Promise<SignatureVerdict> {
    return new Promise((resolve, reject) => {
      work((error, isValid) => {
        this.#inFlight -= 1;
        if (error) reject(error);
        else resolve(isValid ? 'valid' : 'invalid');
      });
      this.#inFlight += 1;
    });
  }
}
