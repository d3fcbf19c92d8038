import { own } from '../src/shared/own-properties.js';
import type { NodeRequest } from './types.js';

/** A request as the gate sees it, from whatever server it comes. */
export interface Incoming {
  readonly method: string;
  /** Path and query, or the whole URL. */
  readonly url: string;
  /** The header's values, joined by commas where there are several. `undefined` when there is none. */
  header(name: 'authorization' | 'dpop'): string | undefined;
}

/** Reads a request of `fetch`. */
export const fromFetch = (request: Request): Incoming => ({
  method: request.method,
  url: request.url,
  header: (name) => request.headers.get(name) ?? undefined,
});

/** Reads a request of `node:http`, also where express has cut the URL. */
export function fromNode(request: NodeRequest): Incoming {
  const original = own(request, 'originalUrl');
  return {
    method: request.method ?? '',
    url: typeof original === 'string' ? original : (request.url ?? ''),
    header: (name) => {
      // `headers` is no use: Node drops a second `Authorization` from it without a word.
      const values = request.rawHeaders.filter(
        (_, index, all) => index % 2 === 1 && all[index - 1]?.toLowerCase() === name,
      );
      return values.length > 0 ? values.join(', ') : undefined;
    },
  };
}

/**
 * The path of the request, whose host is not looked at: a proxy may have changed it. `undefined` for a path that a router
 * may read in another way, such as one with `..`: what is checked must be what is served.
 */
export function pathOf(url: string): string | undefined {
  const path = url.startsWith('/') ? `http://localhost${url}` : url;
  if (!URL.canParse(path)) return undefined;
  const { pathname } = new URL(path);
  const [, asSent = ''] = /^[a-z][a-z\d+.-]*:\/\/[^/?#]*([^?#]*)/i.exec(path) ?? [];
  return pathname === (asSent || '/') ? pathname : undefined;
}
