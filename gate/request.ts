import { memberOf, own } from '../src/shared/own-properties.js';
import { readJson } from './json-body.js';
import type { NodeRequest } from './middleware.js';

/** The parts of a request that the gate reads, from every kind of server. */
export interface Incoming {
  readonly method: string;
  /** The path and the query, or the whole URL. */
  readonly url: string;
  /** The values of a header, joined by commas, or `undefined` if the request does not have the header. */
  header(name: 'authorization' | 'dpop' | 'mcp-method' | 'mcp-name'): string | undefined;
  /** Parses the body as JSON. It is `undefined` if that is not possible. The application behind the gate can still read it. */
  readBody(): Promise<unknown>;
}

/** Reads a `Request` of the web standard. */
export const fromFetch = (request: Request): Incoming => ({
  method: request.method,
  url: request.url,
  header: (name) => request.headers.get(name) ?? undefined,
  readBody: () => readJson(request),
});

/** Reads a request of `node:http`. A router such as express keeps the full path in `originalUrl`. */
export function fromNode(request: NodeRequest): Incoming {
  const originalUrl = own(request, 'originalUrl');
  return {
    method: request.method ?? '',
    url: typeof originalUrl === 'string' ? originalUrl : (request.url ?? ''),
    header: (name) => {
      const values = valuesOf(request, name);
      return values.length > 0 ? values.join(', ') : undefined;
    },
    // A stream of Node can be read only once, so it is left to the parser of the application.
    readBody: async () => bodyOf(request),
  };
}

/** Some platforms parse the body when it is first read, and throw if it is not JSON. */
function bodyOf(request: NodeRequest): unknown {
  try {
    return memberOf(request, 'body');
  } catch {
    return undefined;
  }
}

/**
 * All values of a header. They come from `rawHeaders`, because Node silently drops a second `Authorization` from `headers`.
 * Adapters of functions as a service and mocks have only `headers`.
 */
function valuesOf(request: NodeRequest, name: string): readonly string[] {
  const rawHeaders = memberOf(request, 'rawHeaders') as NodeRequest['rawHeaders'];
  if (rawHeaders && rawHeaders.length > 0) {
    return rawHeaders.filter((_, index, all) => index % 2 === 1 && all[index - 1]?.toLowerCase() === name);
  }
  const headers = memberOf(request, 'headers') as NodeRequest['headers'];
  return Object.entries(headers ?? {}).flatMap(([key, value]) =>
    key.toLowerCase() === name ? (value ?? []) : [],
  );
}

/**
 * The path of a URL, without its host, which a proxy may have changed. It is `undefined` for a path that a router may
 * resolve differently, such as one with `..`, because the path that is checked must be the path that is served.
 */
export function pathOf(url: string): string | undefined {
  const absolute = url.startsWith('/') ? `http://localhost${url}` : url;
  if (!URL.canParse(absolute)) return undefined;
  const { pathname } = new URL(absolute);
  const [, asSent = ''] = /^[a-z][a-z\d+.-]*:\/\/[^/?#]*([^?#]*)/i.exec(absolute) ?? [];
  return pathname === (asSent || '/') ? pathname : undefined;
}
