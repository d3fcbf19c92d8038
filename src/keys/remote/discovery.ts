import { own } from '../../shared/own-properties.js';
import {
  isSafeUrl,
  leadsHere,
  nearMiss,
  shownUrl,
  wellKnownUrl,
  withoutTrailingSlash,
} from '../../shared/url.js';

/*
 * Finds the URLs of an issuer's keys and endpoints. `fetchJson` makes the requests. A document is used only for the issuer that it names;
 * otherwise, one tenant of an identity provider could replace the keys of another.
 */

/** The `Accept` header for metadata. */
export const DISCOVERY_ACCEPT = 'application/json';

/**
 * The two URLs where an issuer may publish its metadata. They are tried in this order. For `https://id.example/tenant`:
 *
 * - OAuth: `https://id.example/.well-known/oauth-authorization-server/tenant`
 * - OpenID Connect: `https://id.example/tenant/.well-known/openid-configuration`
 *
 * @param issuer an `https:` URL, or an `http:` URL of this machine.
 * @see RFC 8414 section 3.1
 * @see OpenID Connect Discovery 1.0 section 4
 */
export function discoveryUrls(issuer: string): [oauth: URL, openId: URL] {
  const url = new URL(issuer);
  return [
    wellKnownUrl(url, 'oauth-authorization-server'),
    new URL(`${url.origin}${withoutTrailingSlash(url.pathname)}/.well-known/openid-configuration`),
  ];
}

/** {@link endpointOf} for the keys. */
export const jwksUrlOf = (document: unknown, issuer: string, allowHttp = false): URL | string =>
  endpointOf(document, 'jwks_uri', issuer, allowHttp);

/**
 * Returns a URL of a metadata document, or a phrase that says why it must not be used. The phrase is safe to log. The
 * `issuer` of the document must be exactly the configured one.
 *
 * @param document the parsed JSON.
 * @param member the member that has the URL, such as `token_endpoint`.
 * @param issuer the configured issuer.
 * @param allowHttp whether requests may be made over `http:` to other machines.
 * @see RFC 8414 section 3.3
 * @see OpenID Connect Discovery 1.0 section 4.3
 */
export function endpointOf(
  document: unknown,
  member: string,
  issuer: string,
  allowHttp: boolean,
): URL | string {
  if (typeof document !== 'object' || document === null) return 'the discovery document is not a JSON object';
  const metadata = document as Record<string, unknown>;
  const found = own(metadata, 'issuer');
  if (typeof found !== 'string') return 'the discovery document names no issuer';
  if (found !== issuer) {
    const both = `of the issuer "${shownUrl(found)}", not of the configured "${shownUrl(issuer)}"`;
    return `the discovery document is ${both}: ${nearMiss(issuer, found)}`;
  }
  return checkedEndpoint(own(metadata, member), member, issuer, allowHttp);
}

/** A member of a metadata document as a URL, or why it must not be used. */
export function checkedEndpoint(
  value: unknown,
  member: string,
  issuer: string,
  allowHttp: boolean,
): URL | string {
  if (typeof value !== 'string') return `the discovery document names no "${member}"`;
  const name = `the "${member}" of the discovery document`;
  if (!URL.canParse(value)) return `${name} is not a URL`;
  const url = new URL(value);
  if (url.username || url.password) return `${name} holds credentials`;
  // An issuer on another machine must not make this process send requests to local services (SSRF).
  if (leadsHere(new URL(issuer), url)) return `${name} is on this machine, but the issuer is not`;
  if (isSafeUrl(url) || (allowHttp && url.protocol === 'http:')) return url;
  return `${name} is not an https: URL`;
}
