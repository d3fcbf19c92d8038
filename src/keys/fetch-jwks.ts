import type { JwksConfig } from '../config.js';

/** 1 MiB: a thousand RSA keys are about half of it. */
export const MAX_JWKS_BYTES = 1_048_576;

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
export async function fetchJwks(config: JwksConfig): Promise<{ keys: unknown[] }> {
  const signal = AbortSignal.timeout(config.timeoutMs);
  // A configured fetch may ignore the signal; the caller must not wait longer all the same.
  const timeout = new Promise<never>((_, reject) => {
    const seconds = config.timeoutMs / 1000;
    const expire = () => reject(new JwksFetchError(`the endpoint did not answer within ${seconds} s`));
    signal.addEventListener('abort', expire, { once: true });
  });
  return Promise.race([timeout, get(config, signal)]);
}

async function get(config: JwksConfig, signal: AbortSignal): Promise<{ keys: unknown[] }> {
  let response: Response;
  let body: string;
  try {
    response = await config.fetch(config.url.href, { headers: config.headers, redirect: 'manual', signal });
    body = await readBody(response);
  } catch (error) {
    throw error instanceof JwksFetchError ? error : new JwksFetchError(describe(error));
  }
  return parse(body);
}

async function readBody(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  try {
    if (response.status !== 200) {
      const what = response.type === 'opaqueredirect' ? 'with a redirect' : String(response.status);
      throw new JwksFetchError(`the endpoint answered ${what}, not 200`);
    }
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
    // Gives the connection back; a no-op on a body that has been read to its end.
    reader?.cancel().catch(() => {});
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

// Node reports `TypeError: fetch failed` with the code on the cause; Bun and Deno put it on the error.
function describe(error: unknown): string {
  const candidates = [(error as { cause?: unknown } | null)?.cause, error];
  for (const candidate of candidates) {
    const code = (candidate as { code?: unknown } | null | undefined)?.code;
    if (typeof code === 'string' && /^[A-Za-z0-9_]{1,40}$/.test(code)) return `the request failed (${code})`;
  }
  return 'the request failed';
}
