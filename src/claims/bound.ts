import { own } from '../shared/own-properties.js';

/**
 * True if the claims bind the token to a key or a certificate, by `cnf`. An introspection may say so by `token_type` alone. Such a
 * token must not be used as a bearer token.
 *
 * @see RFC 7800 section 3.1, RFC 9449 section 6.2
 */
export const isBoundToKey = (claims: object): boolean =>
  Object.hasOwn(claims, 'cnf') || String(own(claims, 'token_type')).toLowerCase() === 'dpop';
