import { isSafeUrl, spellingsOf, wellKnownUrl, withoutTrailingSlash } from '../src/shared/url.js';

/** The protected server, as its clients know it. */
export interface Resource {
  /** The configured text. The metadata repeats it, because clients compare it with the URL that they were given. */
  readonly text: string;
  readonly href: string;
  readonly origin: string;
  readonly metadataUrl: string;
  readonly metadataPath: string;
  /** The values of `aud` that name the resource. A URL without a path may end with a slash or not. */
  readonly audiences: ReadonlySet<unknown>;
}

/** Reads the option `resource`, or returns `undefined` if it cannot be used. @see RFC 9728 sections 1.2 and 3.1 */
export function createResource(text: unknown): Resource | undefined {
  if (typeof text !== 'string' || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (!isSafeUrl(url) || !isOriginAndPath(text, url)) return undefined;
  const metadata = wellKnownUrl(url, 'oauth-protected-resource');
  return {
    text,
    href: url.href,
    origin: url.origin,
    metadataUrl: metadata.href,
    metadataPath: metadata.pathname,
    audiences: new Set([text, url.href].flatMap(spellingsOf)),
  };
}

/**
 * Whether a text is nothing but the origin and the path of its URL. Clients compare the text, so it must not have anything
 * that a URL parser removes or repairs, such as a line break. The case of the host and a default port do not matter.
 */
function isOriginAndPath(text: string, { origin, protocol, hostname, pathname }: URL): boolean {
  const [, prefix = '', path = ''] = /^([!-.0-~]+\/\/[!-.0-~]+)(.*)$/.exec(text) ?? [];
  const withPort = `${protocol}//${hostname}:${protocol === 'https:' ? 443 : 80}`;
  return (
    [origin, withPort].includes(prefix.toLowerCase()) && (path || '/') === pathname && !path.endsWith('//')
  );
}

/** The path of the metadata of a resource at the root of its host. Clients look there if they do not find another. */
export const ROOT_METADATA_PATH = '/.well-known/oauth-protected-resource';

/** Whether a path is one of the metadata. A slash at its end is ignored. */
export const isMetadataPath = (resource: Resource, path: string): boolean =>
  [resource.metadataPath, ROOT_METADATA_PATH].includes(withoutTrailingSlash(path));
