import { TooLate } from '../../shared/deadline.js';
import { HeadersFailed } from '../../shared/headers.js';
import { withoutPrototype } from '../../shared/own-properties.js';

/**
 * How a request failed.
 *
 * - `network`: no response arrived; `code` is the error code of the runtime, if known
 * - `timeout`: the response did not arrive in time
 * - `redirect`: the response is a redirect, which is not followed
 * - `status`: the status is not that of an answer; see `status`
 * - `too_large`: the body has more than 1 MiB
 * - `not_json`: the body is not JSON
 * - `fetch`: the configured `fetch` did not return a valid `Response`
 * - `headers`: the configured function for headers failed, so the request was not sent
 * - `unusable`: the JSON is not a usable key set or metadata document
 */
export type FetchFailure =
  | 'network'
  | 'timeout'
  | 'redirect'
  | 'status'
  | 'too_large'
  | 'not_json'
  | 'fetch'
  | 'headers'
  | 'unusable';

/**
 * A failed request. The message is safe to log: errors of some runtimes contain the whole URL with its query, so it repeats
 * only their code.
 */
export class FetchError extends Error {
  override readonly name = 'FetchError';
  readonly kind: FetchFailure;
  readonly code: string | undefined;
  readonly status: number | undefined;
  /** How long to wait, by the `Retry-After` header. 0 without that header. */
  readonly retryAfterMs: number;

  constructor(
    kind: FetchFailure,
    message: string,
    options: { code?: string; status?: number; retryAfterMs?: number } = {},
  ) {
    super(message);
    const { code, status, retryAfterMs = 0 } = withoutPrototype<typeof options>(options);
    this.kind = kind;
    this.code = code;
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

// Node reports `TypeError: fetch failed` and puts the code on its cause. Bun and Deno put the code on the error itself. A
// configured fetch may throw anything, even an object whose getters throw.
export function asFetchError(error: unknown): FetchError {
  try {
    if (error instanceof FetchError) return error;
    if (error instanceof HeadersFailed) return new FetchError('headers', error.message);
    if (error instanceof TooLate) return new FetchError('timeout', `the endpoint ${error.message}`);
    const { code, cause } = error as { code?: unknown; cause?: { code?: unknown; message?: unknown } };
    const found = cause?.code ?? code;
    if (typeof found === 'string' && /^\w{1,40}$/.test(found)) {
      return new FetchError('network', `the request failed (${found})`, { code: found });
    }
    // `fetch` refuses some ports, without an error code.
    if (cause?.message === 'bad port')
      return new FetchError('network', 'the request failed (fetch blocks its port)');
  } catch {
    // Reading the error failed, so its cause is unknown.
  }
  return new FetchError('network', 'the request failed');
}
