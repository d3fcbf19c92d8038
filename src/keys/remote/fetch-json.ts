import type { Fetch } from '../../config/options.js';
import { TooLate, within } from '../../shared/deadline.js';

/** 1 MiB: a thousand RSA keys are about half of it. */
export const MAX_BODY_BYTES = 1_048_576;

/** What is fetched, and how. */
export interface JsonRequest {
  readonly url: URL;
  readonly accept: string;
  /** The longest the request may take, body included. */
  readonly timeoutMs: number;
  readonly headers: Headers | undefined;
  /** `undefined`: the global `fetch`, looked up at each request, because instrumentation replaces it. */
  readonly fetch: Fetch | undefined;
  /**
   * Whether the endpoint is known to fail. The connection is then closed after the request, because it may lead to a
   * broken replica, and a request that is cut is left to the next attempt.
   */
  readonly isFailing: boolean;
  /** Whether caches on the way must ask the endpoint itself. */
  readonly noCache?: boolean;
  /** Called when the request is sent. A repetition is not told. */
  readonly onRequest?: () => void;
}

/** The JSON that an endpoint answered with. */
export interface FetchedJson {
  readonly document: unknown;
  /** How long ago the answer was made, by its `Age` header. It is more than 0 for a copy out of a cache. */
  readonly ageMs: number;
}

/**
 * In which way a request failed.
 *
 * - `network`: no answer; `code` is that of the runtime, if there is one
 * - `timeout`: no complete answer in time
 * - `redirect`: a redirect, which is not followed
 * - `status`: another status than 200, which is `status`
 * - `too_large`: a body of more than {@link MAX_BODY_BYTES}
 * - `not_json`: a body that is not JSON
 * - `fetch`: the configured `fetch` does not answer as a `fetch` does
 * - `unusable`: JSON that is not what was asked for
 */
export type FetchFailure =
  | 'network'
  | 'timeout'
  | 'redirect'
  | 'status'
  | 'too_large'
  | 'not_json'
  | 'fetch'
  | 'unusable';

/**
 * Why there is no JSON, in words that are safe to log. The errors of some runtimes hold the whole URL with its query, so
 * only their codes are taken over.
 */
export class FetchError extends Error {
  override readonly name = 'FetchError';
  readonly kind: FetchFailure;
  readonly code: string | undefined;
  readonly status: number | undefined;
  /** The wait that the endpoint's `Retry-After` asks for. */
  readonly retryAfterMs: number;

  constructor(
    kind: FetchFailure,
    message: string,
    { code, status, retryAfterMs = 0 }: { code?: string; status?: number; retryAfterMs?: number } = {},
  ) {
    super(message);
    this.kind = kind;
    this.code = code;
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The codes of a cut connection in Node, Deno and Bun. */
const CUT: readonly (string | undefined)[] = ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE', 'ConnectionClosed'];

/**
 * One GET of a JSON document, within bounds on time and size. jose's own fetch of a JWKS has no limit on the body, and
 * fails with the same `TypeError` that a wrong key gives. Here each way to fail is told apart where it happens.
 * Redirects are refused, because the keys would be taken from a host that nobody configured.
 *
 * @throws {FetchError} and nothing else.
 */
export async function fetchJson(request: JsonRequest): Promise<FetchedJson> {
  // Not `AbortSignal.timeout`, whose timer keeps a Deno process alive after the answer.
  const abort = new AbortController();
  const answer = get(request, abort.signal);
  try {
    // A configured fetch may ignore the signal. The caller must not wait longer all the same.
    return await within(request.timeoutMs, answer);
  } catch (error) {
    throw asFetchError(error);
  } finally {
    abort.abort();
  }
}

async function get(request: JsonRequest, signal: AbortSignal): Promise<FetchedJson> {
  let body: string;
  let ageMs: number;
  try {
    const headers = new Headers(request.headers);
    if (!headers.has('accept')) headers.set('accept', request.accept);
    if (request.noCache && !headers.has('cache-control')) headers.set('cache-control', 'no-cache');
    request.onRequest?.();
    const response = await send(request, headers, signal);
    body = await readBody(response, signal);
    ageMs = ageOf(response);
  } catch (error) {
    throw asFetchError(error);
  }
  try {
    return { document: JSON.parse(body), ageMs };
  } catch {
    throw new FetchError('not_json', 'the endpoint did not answer with JSON');
  }
}

/** Sends the request, and once more if it is cut before an answer, on whatever socket: all clients share those of `fetch`. */
async function send(request: JsonRequest, headers: Headers, signal: AbortSignal): Promise<Response> {
  const once = (isFailing: boolean): Promise<Response> => {
    if (isFailing) headers.set('connection', 'close');
    const fetch = request.fetch ?? globalThis.fetch;
    return fetch(request.url.href, { headers, redirect: 'manual', signal });
  };
  try {
    return await once(request.isFailing);
  } catch (error) {
    const isCut = CUT.includes(asFetchError(error).code);
    if (request.isFailing || signal.aborted || !isCut) throw error;
    return once(true);
  }
}

async function readBody(response: Response, signal: AbortSignal): Promise<string> {
  if (typeof response?.status !== 'number')
    throw new FetchError('fetch', '"fetch" did not answer with a Response');
  const reader = response.body?.getReader?.();
  // Gives the connection back, at once and even if the fetch ignores the signal. After the end it does nothing.
  const cancel = (): void => void reader?.cancel().catch(() => {});
  signal.addEventListener('abort', cancel);
  try {
    // A late answer of a fetch that ignores the signal: nobody waits for it, so nobody reads it.
    if (signal.aborted) throw new FetchError('timeout', 'the answer came too late');
    // A configured fetch may have followed one all the same. Browsers hide the status of those they did not follow.
    if (response.redirected || response.type === 'opaqueredirect') {
      throw new FetchError('redirect', 'the endpoint answered with a redirect, not 200');
    }
    if (response.status !== 200) {
      const { status } = response;
      throw new FetchError('status', `the endpoint answered ${status}, not 200`, {
        status,
        retryAfterMs: retryAfterMs(response),
      });
    }
    if (response.body && !reader)
      throw new FetchError('fetch', '"fetch" answered with a body that is not a web stream');
    return reader ? await readText(reader) : '';
  } finally {
    // Node's fetch holds on to the signal of a body that broke off, and with it to all that listens.
    signal.removeEventListener('abort', cancel);
    cancel();
  }
}

async function readText(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  let bytes = 0;
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    bytes += chunk.value.byteLength;
    if (bytes > MAX_BODY_BYTES)
      throw new FetchError('too_large', 'the endpoint answered with more than 1 MiB');
    text += utf8.decode(chunk.value, { stream: true });
  }
  return text + utf8.decode();
}

/** How old an answer is that comes out of a cache. @see RFC 9111 section 5.1 */
function ageOf({ headers }: Response): number {
  const age = headers?.get('age') ?? '';
  return /^\d{1,9}$/.test(age) ? Number(age) * 1000 : 0;
}

/** The wait of a `Retry-After` header, which holds seconds or a date. @see RFC 9110 section 10.2.3 */
function retryAfterMs({ headers }: Response): number {
  const value = headers?.get('retry-after') ?? '';
  const wait = /^\d{1,9}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  // NaN where there is no such header.
  return Math.max(0, wait || 0);
}

// Node reports `TypeError: fetch failed` with the code on the cause. Bun and Deno put the code on the error. A
// configured fetch may throw anything, even what throws when it is looked at.
export function asFetchError(error: unknown): FetchError {
  try {
    if (error instanceof FetchError) return error;
    if (error instanceof TooLate) return new FetchError('timeout', `the endpoint ${error.message}`);
    const { code, cause } = error as { code?: unknown; cause?: { code?: unknown; message?: unknown } };
    const found = cause?.code ?? code;
    if (typeof found === 'string' && /^\w{1,40}$/.test(found)) {
      return new FetchError('network', `the request failed (${found})`, { code: found });
    }
    // Fetch has a list of blocked ports, and no code for them.
    if (cause?.message === 'bad port')
      return new FetchError('network', 'the request failed (fetch blocks its port)');
  } catch {
    // There is nothing to tell.
  }
  return new FetchError('network', 'the request failed');
}
