import type { RemoteConfig } from '../../config/parse.js';

/** 1 MiB: a thousand RSA keys are about half of it. */
export const MAX_JWKS_BYTES = 1_048_576;

/** Node's timers fire at once when they are set for longer. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Why a JWKS could not be had, in words that are safe to log: the errors of some runtimes hold the whole URL
 * and its query, so only their codes are taken over.
 */
export class JwksFetchError extends Error {
  override readonly name = 'JwksFetchError';
}

/**
 * One GET of a JWKS. jose's own has no limit on the body, and fails with the same `TypeError` that a wrong key
 * gives; here each way to fail is told apart where it happens. Redirects are refused, as the keys would be
 * taken from a host that nobody configured.
 *
 * @throws {JwksFetchError} and nothing else.
 */
export async function fetchJwks(config: RemoteConfig): Promise<{ keys: unknown[] }> {
  // Not `AbortSignal.timeout`, whose timer keeps a Deno process alive after the answer.
  const abort = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  // A configured fetch may ignore the signal; the caller must not wait longer all the same.
  const timeout = new Promise<never>((_, reject) => {
    const expire = (): void => {
      reject(new JwksFetchError(`the endpoint did not answer within ${config.timeoutMs / 1000} s`));
      abort.abort();
    };
    timer = setTimeout(expire, Math.min(config.timeoutMs, MAX_TIMER_MS));
  });
  return Promise.race([timeout, get(config, abort.signal)]).finally(() => clearTimeout(timer));
}

async function get(config: RemoteConfig, signal: AbortSignal): Promise<{ keys: unknown[] }> {
  let response: Response;
  let body: string;
  try {
    const headers = new Headers(config.headers);
    if (!headers.has('accept')) headers.set('accept', 'application/jwk-set+json, application/json');
    // The global one is looked up now, as instrumentation replaces it after start-up.
    const fetch = config.fetch ?? globalThis.fetch;
    response = await fetch(config.url.href, { headers, redirect: 'manual', signal });
    body = await readBody(response, signal);
  } catch (error) {
    throw asFetchError(error);
  }
  return parse(body);
}

async function readBody(response: Response, signal: AbortSignal): Promise<string> {
  const reader = response.body?.getReader();
  // Gives the connection back, at once and even if the fetch ignores the signal. A no-op after the end.
  const cancel = (): void => void reader?.cancel().catch(() => {});
  signal.addEventListener('abort', cancel);
  try {
    // A configured fetch may have followed one all the same; browsers hide the status of those they did not.
    if (response.redirected || response.type === 'opaqueredirect') {
      throw new JwksFetchError('the endpoint answered with a redirect, not 200');
    }
    if (response.status !== 200)
      throw new JwksFetchError(`the endpoint answered ${response.status}, not 200`);
    const utf8 = new TextDecoder('utf-8', { fatal: true });
    let text = '';
    let bytes = 0;
    for (let chunk = await reader?.read(); chunk && !chunk.done; chunk = await reader?.read()) {
      bytes += chunk.value.byteLength;
      if (bytes > MAX_JWKS_BYTES) throw new JwksFetchError('the endpoint answered with more than 1 MiB');
      text += utf8.decode(chunk.value, { stream: true });
    }
    return text + utf8.decode();
  } finally {
    // Node's fetch holds on to the signal of a body that broke off, and with it to all that listens.
    signal.removeEventListener('abort', cancel);
    cancel();
  }
}

function parse(body: string): { keys: unknown[] } {
  let jwks: unknown;
  try {
    jwks = JSON.parse(body);
  } catch {
    throw new JwksFetchError('the endpoint did not answer with JSON');
  }
  const keys = typeof jwks === 'object' && jwks !== null && 'keys' in jwks ? jwks.keys : undefined;
  if (!Array.isArray(keys)) throw new JwksFetchError('the endpoint did not answer with a JSON Web Key Set');
  return { keys };
}

// Node reports `TypeError: fetch failed` with the code on the cause; Bun and Deno put it on the error. A
// configured fetch may throw anything, even what throws when it is looked at.
function asFetchError(error: unknown): JwksFetchError {
  try {
    if (error instanceof JwksFetchError) return error;
    const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } };
    const found = cause?.code ?? code;
    if (typeof found === 'string' && /^\w{1,40}$/.test(found))
      return new JwksFetchError(`the request failed (${found})`);
  } catch {
    // Nothing to tell.
  }
  return new JwksFetchError('the request failed');
}
