import type { Fetch, HeadersFunction } from '../../config/options.js';
import { within } from '../../shared/deadline.js';
import { headersFrom } from '../../shared/headers.js';
import { withoutPrototype } from '../../shared/own-properties.js';
import { utf8Decoder } from '../../shared/runtime.js';
import { safely } from '../../shared/warnings.js';
import { asFetchError, FetchError } from './fetch-error.js';

/** 1 MiB: a thousand RSA keys are about half of it. */
export const MAX_BODY_BYTES = 1_048_576;

/** A request for a document. */
export interface DocumentRequest {
  readonly url: URL;
  readonly accept: string;
  /** The time limit of the request, including its body. */
  readonly timeoutMs: number;
  readonly headers: Headers | HeadersFunction | undefined;
  /** `undefined`: the global `fetch`. It is read at each request, because monitoring tools replace it. */
  readonly fetch: Fetch | undefined;
  /**
   * Whether the last request failed. If so, the connection is closed afterwards, because it may lead to a broken replica. A
   * cut connection is not retried here either: the caller retries later.
   */
  readonly isFailing: boolean;
  /** Whether to send `Cache-Control: no-cache`, so that a cache on the way asks the endpoint. */
  readonly noCache: boolean;
  /** Called before the request is sent, but not when it is repeated on a new connection. */
  readonly onRequest: (() => void) | undefined;
}

/** Makes a request a POST of a form. */
export interface Post {
  /** It is called again for a repeated request, because the assertion of a client may be used only once. */
  readonly form: () => Form | Promise<Form>;
  /** Which statuses have an answer in their body. Without a form, only 200. */
  readonly isAnswer: (status: number) => boolean;
}

/** The form of a POST, and the headers that belong to it, such as credentials. */
export interface Form {
  readonly headers: Readonly<Record<string, string>>;
  readonly fields: URLSearchParams;
}

/** The text of a response. */
export interface FetchedText {
  readonly status: number;
  readonly text: string;
  /** The age of the response by its `Age` header. It is more than 0 if the response comes from a cache. */
  readonly ageMs: number;
}

/** The error codes of a cut connection in Node, Deno and Bun. */
const CUT: readonly (string | undefined)[] = ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE', 'ConnectionClosed'];

/** Fetches a JSON document, as {@link fetchText} does. */
export async function fetchJson(request: DocumentRequest): Promise<{ document: unknown; ageMs: number }> {
  const { text, ageMs } = await fetchText(request);
  return { document: parseJson(text), ageMs };
}

/** @throws {FetchError} if the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new FetchError('not_json', 'the endpoint did not answer with JSON');
  }
}

/**
 * Fetches a document, with limits on time and size. Redirects are refused, because they could lead to a host that is not
 * configured. jose can fetch a JWKS too, but does not limit its size, and its errors do not tell the cause.
 *
 * @throws {FetchError} for every failure.
 */
export async function fetchText(request: DocumentRequest, post?: Post): Promise<FetchedText> {
  // `AbortSignal.timeout` would keep a Deno process alive after the response.
  const abort = new AbortController();
  const answer = get(request, post, abort.signal);
  try {
    // A configured fetch may ignore the signal, so the time limit does not depend on it.
    return await within(request.timeoutMs, answer);
  } catch (error) {
    throw asFetchError(error);
  } finally {
    abort.abort();
  }
}

async function get(
  request: DocumentRequest,
  post: Post | undefined,
  signal: AbortSignal,
): Promise<FetchedText> {
  try {
    // Counts before the headers: if they fail, the back-off still paces the next attempt.
    request.onRequest?.();
    const { headers: given, timeoutMs } = request;
    const headers = typeof given === 'function' ? await headersFrom(given, timeoutMs) : new Headers(given);
    if (!headers.has('accept')) headers.set('accept', request.accept);
    if (request.noCache && !headers.has('cache-control')) headers.set('cache-control', 'no-cache');
    const response = await send(request, post, headers, signal);
    const text = await readBody(response, signal, post?.isAnswer);
    return { status: response.status, text, ageMs: ageOf(response) };
  } catch (error) {
    throw asFetchError(error);
  }
}

/**
 * Sends the request. If the connection is cut before a response, it repeats the request once: `fetch` reuses connections that
 * other code opened, and the server may have just closed one.
 */
async function send(
  request: DocumentRequest,
  post: Post | undefined,
  headers: Headers,
  signal: AbortSignal,
): Promise<Response> {
  const once = async (isFailing: boolean): Promise<Response> => {
    if (isFailing) headers.set('connection', 'close');
    const form = await post?.form();
    for (const [name, value] of Object.entries(form?.headers ?? {})) headers.set(name, value);
    const fetch = request.fetch ?? globalThis.fetch;
    const posted = form && { method: 'POST', body: form.fields };
    const init = withoutPrototype<RequestInit>({ ...posted, headers, redirect: 'manual', signal });
    return fetch(request.url.href, init);
  };
  try {
    return await once(request.isFailing);
  } catch (error) {
    const isCut = CUT.includes(asFetchError(error).code);
    if (request.isFailing || signal.aborted || !isCut) throw error;
    return once(true);
  }
}

async function readBody(
  response: Response,
  signal: AbortSignal,
  isAnswer: Post['isAnswer'] = (status) => status === 200,
): Promise<string> {
  if (typeof response?.status !== 'number')
    throw new FetchError('fetch', '"fetch" did not answer with a Response');
  const reader = response.body?.getReader?.();
  // Frees the connection, even if the fetch ignores the signal. It does nothing if the whole body has been read.
  const cancel = safely(() => reader?.cancel());
  signal.addEventListener('abort', cancel);
  try {
    // A fetch that ignores the signal may return after the deadline. The caller no longer waits for the body.
    if (signal.aborted) throw new FetchError('timeout', 'the answer came too late');
    // A configured fetch may follow redirects despite `redirect: 'manual'`. Browsers hide the status of a redirect.
    if (response.redirected || response.type === 'opaqueredirect') {
      throw new FetchError('redirect', 'the endpoint answered with a redirect, not 200');
    }
    const { status } = response;
    if (!isAnswer(status)) {
      throw new FetchError('status', `the endpoint answered ${status}, not 200`, {
        status,
        retryAfterMs: retryAfterMs(response),
      });
    }
    if (response.body && !reader)
      throw new FetchError('fetch', '"fetch" answered with a body that is not a web stream');
    return reader ? await readText(reader) : '';
  } finally {
    // Node's fetch keeps the signal of a body that broke off in memory, together with its listeners.
    signal.removeEventListener('abort', cancel);
    cancel();
  }
}

async function readText(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
  const utf8 = utf8Decoder({ fatal: true });
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

/** The `Age` header, in milliseconds. 0 if it is missing. @see RFC 9111 section 5.1 */
function ageOf({ headers }: Response): number {
  const age = headers?.get('age') ?? '';
  return /^\d{1,9}$/.test(age) ? Number(age) * 1000 : 0;
}

/** The `Retry-After` header, which has seconds or a date, in milliseconds from now. @see RFC 9110 section 10.2.3 */
function retryAfterMs({ headers }: Response): number {
  const value = headers?.get('retry-after') ?? '';
  const wait = /^\d{1,9}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  // Without the header, the date is NaN.
  return Math.max(0, wait || 0);
}
