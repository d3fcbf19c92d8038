import { own } from '../shared/own-properties.js';

/**
 * True if the claims bind the token to a key or a certificate, by `cnf`. An introspection may say so by `token_type` alone. Such a
 * token must not be used as a bearer token, nor one whose `token_type` is a list or an object.
 *
 * @see RFC 7800 section 3.1, RFC 9449 section 6.2
 */
export function isBoundToKey(claims: object): boolean {
  const type = own(claims, 'token_type');
  if (typeof type === 'string' && type.toLowerCase() === 'dpop') return true;
  return Object.hasOwn(claims, 'cnf') || Object(type) === type;
}
