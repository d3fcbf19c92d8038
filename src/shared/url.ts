/**
 * Describes how a URL differs from the expected one, such as `it has a slash at the end`. Issuers and resources are compared
 * as text (RFC 8414 section 3.3), so even a difference that is easy to overlook matters.
 */
export function nearMiss(expected: string, found: string): string {
  if (!URL.canParse(expected) || !URL.canParse(found)) return 'one of the two is not a URL';
  const [one, other] = [new URL(expected), new URL(found)];
  const differences: string[] = [];
  if (one.protocol !== other.protocol) {
    differences.push(`it begins with ${other.protocol} instead of ${one.protocol}`);
  }
  if (one.hostname !== other.hostname) differences.push('it is on another host');
  else if (one.port !== other.port) differences.push('it is on another port');

  const [path, otherPath] = [withoutTrailingSlash(one.pathname), withoutTrailingSlash(other.pathname)];
  if (path.toLowerCase() !== otherPath.toLowerCase()) {
    differences.push('its path is different, perhaps that of another tenant or realm');
  } else if (path !== otherPath) {
    differences.push('its path differs in upper and lower case');
  } else if (expected.endsWith('/') !== found.endsWith('/')) {
    differences.push(found.endsWith('/') ? 'it has a slash at the end' : 'it has no slash at the end');
  }
  // The two texts can differ even if the parsed URLs are equal.
  return (
    differences.join(', and ') || 'it is spelled differently, perhaps in upper and lower case or with a port'
  );
}

/**
 * Makes a URL safe to show. It removes credentials, the query and the fragment, replaces control characters that could
 * manipulate a log or a terminal, and cuts the text at 200 characters. Text that is not a URL is treated the same way.
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

/** Removes one slash from the end of a path or a URL. */
export const withoutTrailingSlash = (text: string): string => (text.endsWith('/') ? text.slice(0, -1) : text);

/** Adds a slash to the end of a text, or removes it. This is the most common mistake in an issuer. */
export const withOtherSlash = (text: string): string =>
  text.endsWith('/') ? withoutTrailingSlash(text) : `${text}/`;

/**
 * The spellings of a resource: its text and, if it is a URL without a path, the same text with or without the slash at its end.
 * `https://api.example.com` and `https://api.example.com/` are the same URL. With a path, a slash makes another resource.
 *
 * @see RFC 3986 section 6.2.3
 */
export const spellingsOf = (resource: string): readonly string[] =>
  hasNoPath(resource) ? [resource, withOtherSlash(resource)] : [resource];

/** True if two texts are {@link spellingsOf} the same resource. */
export const sameResource = (one: string, other: string): boolean => spellingsOf(one).includes(other);

// No regular expression, because the text may come from a token, and JavaScript engines keep the last matched input.
function hasNoPath(text: string): boolean {
  if (text.includes('?') || text.includes('#') || !URL.canParse(text)) return false;
  const { protocol, pathname } = new URL(text);
  return pathname === '/' && (protocol === 'https:' || protocol === 'http:');
}

/**
 * Returns the URL of a well-known document about a URL. The name of the document comes before the path.
 *
 * @param name such as `oauth-protected-resource`.
 * @see RFC 8615 section 3, RFC 8414 section 3.1, RFC 9728 section 3.1
 */
export const wellKnownUrl = ({ origin, pathname }: URL, name: string): URL =>
  new URL(`${origin}/.well-known/${name}${withoutTrailingSlash(pathname)}`);

/**
 * True if the host of a URL is this machine, so `http:` does not cross a network. False for `*.localhost`, because DNS may
 * resolve it to another machine. The URL parser has already normalized every spelling of an address.
 *
 * @see RFC 4291 section 2.5.5.2 for IPv4 addresses in IPv6
 */
export const isLoopback = ({ hostname }: URL): boolean =>
  /^(localhost\.?|127(\.\d+){3}|\[::1\]|\[::ffff:7f[\da-f]{2}:[\da-f]{1,4}\])$/.test(hostname);

/**
 * True if a request to a URL may end on this machine. Besides {@link isLoopback}, these are `*.localhost` and the unspecified
 * address, which many systems connect to this machine.
 */
export const mayBeLoopback = (url: URL): boolean =>
  isLoopback(url) || /(^0\.0\.0\.0|^\[::(ffff:0:0)?\]|\.localhost\.?)$/.test(url.hostname);

/** True if a server elsewhere names a URL that may be on this machine. Such a URL must not be requested. */
export const leadsHere = (from: URL, to: URL): boolean => mayBeLoopback(to) && !mayBeLoopback(from);

/** True if requests to the URL cannot be read or changed on the network: `https:`, or `http:` to this machine. */
export const isSafeUrl = (url: URL): boolean =>
  url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url));
