import { asFetchError } from '../../src/keys/remote/fetch-error.js';
import { fetchJson } from '../../src/keys/remote/fetch-json.js';
import { within } from '../../src/shared/deadline.js';
import { own } from '../../src/shared/own-properties.js';
import { type Explanation, explainFailure, explainRedirect, type ResponseHead } from './explain-failure.js';

/** A JSON document, or the explanation of the failure. */
export type Fetched =
  | { readonly document: unknown }
  | { readonly problem: Explanation; readonly status: number | undefined };

/** Fetches a JSON document as the package does, within the same limits. */
export async function fetchDocument(url: URL, timeoutMs: number): Promise<Fetched> {
  let answer: ResponseHead | undefined;
  const watched: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    answer = response;
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
      noCache: false,
      onRequest: undefined,
    });
    return { document };
  } catch (error) {
    const failure = asFetchError(error);
    return { problem: explainFailure(failure, answer), status: failure.status };
  }
}

/** A member of a fetched document. `undefined` if it is missing or the document is not an object. */
export const memberOf = (document: unknown, name: string): unknown =>
  typeof document === 'object' && document !== null ? own(document, name) : undefined;

/** The same, for a member that is text. */
export function textMember(document: unknown, name: string): string | undefined {
  const value = memberOf(document, name);
  return typeof value === 'string' ? value : undefined;
}

/** The answer of an MCP server, or the explanation of the failure. */
export type Answered = { readonly answer: ResponseHead } | { readonly problem: Explanation };

/** Sends a JSON-RPC ping, which changes nothing, without a token. Any status is an answer, except a redirect. */
export async function ping(url: URL, timeoutMs: number): Promise<Answered> {
  const abort = new AbortController();
  const request = fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }),
    redirect: 'manual',
    signal: abort.signal,
  });
  try {
    const answer = await within(timeoutMs, request);
    const problem = explainRedirect(answer);
    return problem ? { problem } : { answer };
  } catch (error) {
    return { problem: explainFailure(asFetchError(error)) };
  } finally {
    // The body is not read, and may never end.
    abort.abort();
  }
}
