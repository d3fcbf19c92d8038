import { isBoundToKey } from '../src/claims/bound.js';
import { AuthError } from '../src/errors.js';
import { memberOf, own } from '../src/shared/own-properties.js';
import { HeaderMemory } from '../src/token/header.js';
import { Malformed, parseToken, readClaims } from '../src/token/parse.js';
import { isBearerToken } from './token.js';

/**
 * The caller: the `AuthInfo` of a gate, or the token as text. A token given as text counts until the `exp` that it says itself,
 * which is not verified.
 */
export type Caller =
  | string
  | {
      /** The access token of the caller. */
      readonly token: string;
      /** When the token expires, in seconds since the epoch. */
      readonly expiresAt?: number | undefined;
      /** The claims of the token. */
      readonly extra?: Readonly<Record<string, unknown>> | undefined;
    };

/**
 * The token of a caller, checked.
 *
 * @internal
 */
export interface Subject {
  readonly token: string;
  /** In seconds since the epoch. `Infinity` if it is not known. */
  readonly end: number;
}

/**
 * @throws {AuthError} `ERR_EXCHANGE_REFUSED` if the caller has no token, or if the token is bound to a key.
 * @internal
 */
export function subjectOf(caller: Caller): Subject {
  const info: object = typeof caller === 'string' ? { token: caller } : Object(caller);
  const [token, expiresAt, extra] = ['token', 'expiresAt', 'extra'].map((name) => memberOf(info, name));
  if (!isBearerToken(token)) {
    throw new AuthError(
      'ERR_EXCHANGE_REFUSED',
      'The caller has no access token: give the AuthInfo of the gate, or the token as text.',
    );
  }
  // The verifier of another library may put something else into `extra` than the claims.
  const claims = [extra, memberOf(info, 'claims'), claimsIn(token)].map(Object);
  if (claims.some(isBoundToKey)) {
    throw new AuthError(
      'ERR_EXCHANGE_REFUSED',
      "The caller's token is bound to a key of the caller, so it cannot be exchanged by this server: have the caller use a bearer token.",
    );
  }
  // The gate accepts the token until `expiresAt`, which may be later than its `exp` by the tolerance of the client.
  const ends = isTime(expiresAt) ? [expiresAt] : claims.map((one) => own(one, 'exp')).filter(isTime);
  return { token, end: Math.min(...ends) };
}

const isTime = (value: unknown): value is number => typeof value === 'number' && !Number.isNaN(value);

/**
 * The claims of a JWT, which are not verified. An opaque token has none.
 *
 * @internal
 */
export function claimsIn(token: string): object {
  const parsed = parseToken(token, new HeaderMemory(1));
  const claims = parsed instanceof Malformed ? parsed : readClaims(parsed);
  return claims instanceof Malformed ? {} : claims;
}
