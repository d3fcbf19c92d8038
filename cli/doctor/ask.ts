import { FetchError, fetchJson } from '../../src/keys/remote/fetch-json.js';
import { type Explanation, explain, type Seen } from './explain.js';

/** What came of a request for JSON. */
export type Asked =
  | { readonly document: unknown }
  | { readonly problem: Explanation; readonly status?: number };

/** Asks for JSON as the package does, within the same bounds, and keeps what tells the cause of a failure. */
export async function askJson(url: URL, timeoutMs: number): Promise<Asked> {
  let seen: Seen = {};
  const watched: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    seen = {
      status: response.status,
      location: response.headers.get('location') ?? undefined,
      contentType: response.headers.get('content-type') ?? undefined,
    };
    return response;
  };
  try {
    const accept = 'application/json, application/jwk-set+json';
    const { document } = await fetchJson({
      url,
      accept,
      timeoutMs,
      headers: undefined,
      fetch: watched,
      isFailing: false,
    });
    return { document };
  } catch (error) {
    const phrase = error instanceof FetchError ? error.message : 'the request failed';
    return { problem: explain(phrase, seen), ...(seen.status !== undefined && { status: seen.status }) };
  }
}
