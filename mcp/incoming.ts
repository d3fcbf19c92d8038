/** A request as the gate sees it, from whatever server it comes. */
export interface Incoming {
  readonly method: string;
  /** Path and query, or the whole URL. */
  readonly url: string;
  /** The header's values, joined by commas where there are several. `undefined` when there is none. */
  header(name: 'authorization' | 'dpop'): string | undefined;
}

/** The path of the request, whose host is not looked at: a proxy may have changed it. */
export function pathOf(url: string): string {
  const path = url.startsWith('/') ? `http://localhost${url}` : url;
  return URL.canParse(path) ? new URL(path).pathname : '/';
}
