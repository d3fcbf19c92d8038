import { isSafeUrl, wellKnownUrl, withoutTrailingSlash } from '../src/shared/url.js';

/** The protected server as it is known to the public. */
export interface Resource {
  /** As it was configured: clients compare it with the URL that they were given. */
  readonly text: string;
  readonly href: string;
  readonly origin: string;
  /** Where its metadata is. */
  readonly metadataUrl: string;
  readonly metadataPath: string;
  /** The two ways in which `aud` may write it: a URL parser adds a slash to one without a path. */
  readonly spellings: ReadonlySet<unknown>;
}

/** `undefined` for what cannot be a resource. @see RFC 9728 sections 1.2 and 3.1 */
export function createResource(text: unknown): Resource | undefined {
  const url = typeof text === 'string' && URL.canParse(text) ? new URL(text) : undefined;
  if (!url || /[?#]/.test(text as string) || url.username || url.password) return undefined;
  if (!isSafeUrl(url)) return undefined;
  const metadata = wellKnownUrl(url, 'oauth-protected-resource');
  return {
    text: text as string,
    href: url.href,
    origin: url.origin,
    metadataUrl: metadata.href,
    metadataPath: metadata.pathname,
    spellings: new Set([text, url.href]),
  };
}

/** Whether a request for this path asks for the metadata of the resource. */
export const isMetadataPath = (resource: Resource, path: string): boolean =>
  withoutTrailingSlash(path) === resource.metadataPath;
