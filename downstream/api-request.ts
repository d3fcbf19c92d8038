import { configError } from '../src/shared/options.js';
import { inheritedName, withoutPrototype } from '../src/shared/own-properties.js';
import { safely } from '../src/shared/warnings.js';
import type { Target } from './options.js';

/**
 * Returns the URL of a request to an API. The messages do not show the URL, because it may contain credentials.
 *
 * @param base the `resource`. Requests go only to its origin.
 * @throws {AuthError} `ERR_AUTH_CONFIG`
 */
export function apiUrl(input: string | URL, base: URL | undefined): URL {
  if (!base) throw configError('"fetch" needs a "resource" that is an https: URL, given to "for".');
  const text = isUrl(input) ? input.href : input;
  if (typeof text !== 'string')
    throw configError(
      '"fetch" needs a path or a URL. Instead of a Request, give its "url" and then the options.',
    );
  const url = URL.canParse(text, base.href) ? new URL(text, base.href) : undefined;
  // The origin of a `blob:` URL is that of the URL inside it.
  if (url?.origin !== base.origin || url.protocol !== base.protocol)
    throw configError('"fetch" sends requests only to the origin of the "resource" given to "for".');
  if (url.username || url.password)
    throw configError('"fetch" sends the token of the caller, so its URL must not contain credentials.');
  return url;
}

/** True also for a URL of another realm, as test runners create them. */
const isUrl = (input: unknown): input is URL => Object.prototype.toString.call(input) === '[object URL]';

/**
 * Copies the options of a request. The members of a `Request` are inherited, so its method and its body would be lost.
 *
 * @throws {AuthError} `ERR_AUTH_CONFIG` for anything but a plain object.
 */
export function ownInit(init: RequestInit): RequestInit {
  if (inheritedName(Object(init)) === undefined) return withoutPrototype(init);
  throw configError(
    'The options of "fetch" must be a plain object: instead of a Request, give its "method", "headers" and "body".',
  );
}

/**
 * Sends a request with a token. Redirects are not followed, because they could lead to another host.
 *
 * @throws {AuthError} `ERR_AUTH_CONFIG` if the configured `fetch` has followed a redirect.
 */
export async function sendTo(
  url: URL,
  token: string,
  { headers: given, redirect, ...others }: RequestInit,
  fetch: Target['fetch'],
): Promise<Response> {
  const headers = new Headers(given);
  headers.set('authorization', `Bearer ${token}`);
  // Not every `fetch` ignores it. It could lead the token to another host behind the same proxy.
  headers.delete('host');
  const mode: RequestRedirect = redirect === 'error' ? 'error' : 'manual';
  const init = withoutPrototype<RequestInit>({ ...others, headers, redirect: mode });
  const response = await (fetch ?? globalThis.fetch)(url.href, init);
  if (response.redirected) {
    safely(() => response.body?.cancel())();
    throw configError(
      'The "fetch" given to "for" has followed a redirect: it must return the redirect itself.',
    );
  }
  return response;
}
