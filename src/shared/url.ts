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

  const [path, otherPath] = [withoutSlash(one.pathname), withoutSlash(other.pathname)];
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
 * A URL as it may be shown: as it is spelled, but without what may be secret, without characters that would change the
 * log or the terminal, and not without end.
 */
export const shownUrl = (url: string): string =>
  url
    .replace(/[?#].*/s, '')
    .replace(/^([a-z]+:)[/\\]*[^/\\]*@/i, '$1//')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '�')
    .slice(0, 200);

const withoutSlash = (path: string): string => path.replace(/\/$/, '');
