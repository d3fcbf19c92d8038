/**
 * How one URL text misses another, as a phrase that follows a colon: `it has a slash at the end`. Issuers and resources
 * are compared as text (RFC 8414 section 3.3), so the usual mistakes are ones that a reader overlooks.
 */
export function nearMiss(expected: string, found: string): string {
  if (!URL.canParse(expected) || !URL.canParse(found)) return 'it is not a URL like that one';
  const [one, other] = [new URL(expected), new URL(found)];
  const differences: string[] = [];
  if (one.protocol !== other.protocol) {
    differences.push(`it begins with ${other.protocol} instead of ${one.protocol}`);
  }
  if (one.hostname !== other.hostname) differences.push('it is on another host');
  else if (one.port !== other.port) differences.push('it is on another port');

  const [path, otherPath] = [withoutTrailingSlash(one.pathname), withoutTrailingSlash(other.pathname)];
  if (path.toLowerCase() !== otherPath.toLowerCase()) {
    differences.push('its path is another one, as of another tenant or realm');
  } else if (path !== otherPath) {
    differences.push('its path differs in upper and lower case');
  } else if (expected.endsWith('/') !== found.endsWith('/')) {
    differences.push(found.endsWith('/') ? 'it has a slash at the end' : 'it has no slash at the end');
  }
  // The texts differ, and the URLs do not.
  return differences.join(', and ') || 'it is spelled differently, as in upper and lower case or with a port';
}

/**
 * A URL as it may be shown: as it is spelled, but without credentials, query and fragment, without characters that would
 * change a log or a terminal, and at most 200 characters long. Text that is not a URL is treated alike.
 */
export function shownUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // Without a host, what looks like a scheme may be the name of a user.
  const hasCredentials = url?.host ? url.username !== '' || url.password !== '' : text.includes('@');
  const harmless = url?.host
    ? `${url.protocol}//${url.host}${url.pathname}`
    : text.slice(text.lastIndexOf('@') + 1);
  return (hasCredentials ? harmless : text)
    .replace(/[?#].*/s, '')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '�')
    .slice(0, 200);
}

/** A path or a URL without one slash at its end. */
export const withoutTrailingSlash = (text: string): string => (text.endsWith('/') ? text.slice(0, -1) : text);

/** The same text with a slash at its end, or without it: the usual mistake in the name of an issuer. */
export const withOtherSlash = (text: string): string =>
  text.endsWith('/') ? withoutTrailingSlash(text) : `${text}/`;

/**
 * Where a well-known document about a URL is: its name comes before the path.
 *
 * @param name such as `oauth-protected-resource`.
 * @see RFC 8615 section 3, RFC 8414 section 3.1, RFC 9728 section 3.1
 */
export const wellKnownUrl = ({ origin, pathname }: URL, name: string): URL =>
  new URL(`${origin}/.well-known/${name}${withoutTrailingSlash(pathname)}`);

/**
 * Whether the host of a parsed URL is this machine, so that `http:` crosses no network. `*.localhost` is not, because the
 * resolver decides where it leads. The URL parser has already turned every spelling of an address into one.
 *
 * @see RFC 4291 section 2.5.5.2 for IPv4 addresses in IPv6
 */
export const isLoopback = ({ hostname }: URL): boolean =>
  /^(localhost\.?|127(\.\d+){3}|0\.0\.0\.0|\[::1?\]|\[::ffff:(7f[\da-f]{2}:[\da-f]{1,4}|0:0)\])$/.test(
    hostname,
  );

/** Whether requests to a URL may end on this machine, although no one has configured them to. */
export const mayBeLoopback = (url: URL): boolean => isLoopback(url) || /\.localhost\.?$/.test(url.hostname);

/** Whether nobody on the way can read or change what is sent: `https:`, or `http:` on this machine. */
export const isSafeUrl = (url: URL): boolean =>
  url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url));
