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
 * Finds the URL of an issuer's keys. `fetchJson` makes the requests. A document is used only for the issuer that it names;
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

/**
 * Returns the `jwks_uri` of a metadata document, or a phrase that says why it must not be used. The phrase is safe to log. The
 * `issuer` of the document must be exactly the configured one.
 *
 * @param document the parsed JSON.
 * @param issuer the configured issuer.
 * @param allowHttp whether keys may be fetched over `http:` from other machines.
 * @see RFC 8414 section 3.3
 * @see OpenID Connect Discovery 1.0 section 4.3
 */
export function jwksUrlOf(document: unknown, issuer: string, allowHttp = false): URL | string {
  if (typeof document !== 'object' || document === null) return 'the discovery document is not a JSON object';
  const metadata = document as Record<string, unknown>;
  const found = own(metadata, 'issuer');
  if (typeof found !== 'string') return 'the discovery document names no issuer';
  if (found !== issuer) {
    const both = `of the issuer "${shownUrl(found)}", not of the configured "${shownUrl(issuer)}"`;
    return `the discovery document is ${both}: ${nearMiss(issuer, found)}`;
  }
  return checkedJwksUri(own(metadata, 'jwks_uri'), issuer, allowHttp);
}

/** A `jwks_uri` as a URL, or why it must not be used. */
export function checkedJwksUri(jwksUri: unknown, issuer: string, allowHttp: boolean): URL | string {
  if (typeof jwksUri !== 'string') return 'the discovery document names no "jwks_uri"';
  if (!URL.canParse(jwksUri)) return 'the "jwks_uri" of the discovery document is not a URL';
  const url = new URL(jwksUri);
  if (url.username || url.password) return 'the "jwks_uri" of the discovery document holds credentials';
  // An issuer on another machine must not make this process send requests to local services (SSRF).
  if (leadsHere(new URL(issuer), url))
    return 'the "jwks_uri" of the discovery document is on this machine, but the issuer is not';
  if (isSafeUrl(url) || (allowHttp && url.protocol === 'http:')) return url;
  return 'the "jwks_uri" of the discovery document is not an https: URL';
}
