import { own } from '../../shared/own-properties.js';
import {
  isLoopback,
  mayBeLoopback,
  nearMiss,
  shownUrl,
  wellKnownUrl,
  withoutTrailingSlash,
} from '../../shared/url.js';

/*
 * From an issuer to the URL of its keys, without the requests, which `fetchJson` makes. Whoever answers says for whom
 * the answer is, and it counts for nobody else: otherwise one tenant of an identity provider could name the keys of
 * another.
 */

/** The media type to ask for. */
export const DISCOVERY_ACCEPT = 'application/json';

/**
 * Where the metadata of an issuer may be, in the order in which to look: the place of OAuth, where the path of the
 * issuer follows the well-known one, then the place of OpenID Connect, where it precedes it.
 *
 * @param issuer the text of an `https:` URL, or an `http:` one on a loopback host.
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
 * The URL of the keys that a document of {@link discoveryUrls} names, or why it must not be used: a phrase that is safe
 * to log, as a `FetchError` has it. The `issuer` of the document must be the configured one to the letter.
 *
 * @param document what was fetched, as JSON gave it.
 * @param issuer the configured issuer.
 * @param allowHttp whether the keys may come over `http:` from beyond this machine.
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
  // An issuer elsewhere must not lead requests to what listens on this machine.
  const isIssuerHere = mayBeLoopback(new URL(issuer));
  if (mayBeLoopback(url) && !isIssuerHere)
    return 'the "jwks_uri" of the discovery document is on this machine';
  const mayBeHttp = allowHttp || (isLoopback(url) && isIssuerHere);
  if (url.protocol === 'https:' || (mayBeHttp && url.protocol === 'http:')) return url;
  return 'the "jwks_uri" of the discovery document is not an https: URL';
}
