import { own } from '../shared/own-properties.js';
import type { TokenPayload, VerifyFailure } from '../types.js';

/** What a token must claim. Times are in seconds. A list is satisfied by any one of its members. */
export interface ClaimRules {
  readonly issuer?: readonly string[] | undefined;
  readonly audience?: readonly string[] | undefined;
  readonly typ?: string | undefined;
  readonly requiredClaims: readonly string[];
  readonly maxTokenAge?: number | undefined;
  readonly clockTolerance: number;
}

/** The rule that a token breaks, as the verdict tells it. */
export class BrokenRule {
  readonly reason: VerifyFailure;
  readonly message: string;

  constructor(reason: VerifyFailure, message: string) {
    this.reason = reason;
    this.message = message;
  }
}

/**
 * The first rule that a token with a good signature breaks, or `undefined`. Expiry comes last, so that
 * `expired` means that no other claim is wrong. The revocation list is not asked about it. The rules are those of jose's
 * `jwtVerify`, in an order of our own.
 * Unlike jose, a registered claim of the wrong JSON type is refused even where no rule is set for it.
 *
 * @see RFC 7519 section 4.1
 */
export function checkClaims(
  payload: TokenPayload,
  typ: unknown,
  rules: ClaimRules,
  now: number,
): BrokenRule | undefined {
  const { issuer, audience, maxTokenAge, clockTolerance } = rules;
  if (rules.typ !== undefined && mediaType(typ) !== mediaType(rules.typ)) {
    return new BrokenRule('claim', `The "typ" header is not ${JSON.stringify(rules.typ)}.`);
  }
  const claims = registered(payload);
  const { iss, aud } = claims;
  if (issuer && !(typeof iss === 'string' && issuer.includes(iss))) {
    return new BrokenRule('issuer', `The "iss" claim is not the expected issuer, ${oneOf(issuer)}.`);
  }
  if (audience && !audience.some((expected) => hasAudience(aud, expected))) {
    return new BrokenRule(
      'audience',
      `The "aud" claim does not have the expected audience, ${oneOf(audience)}.`,
    );
  }
  for (const claim of rules.requiredClaims) {
    if (!Object.hasOwn(payload, claim))
      return new BrokenRule('claim', `The ${JSON.stringify(claim)} claim is missing.`);
  }
  const mistyped = mistypedOf(claims);
  if (mistyped) return new BrokenRule('claim', `The "${mistyped}" claim is of the wrong type.`);

  // `maxTokenAge` makes `iat` required.
  const { nbf, exp, iat = now } = claims as Times;
  if (nbf !== undefined && nbf > now + clockTolerance) {
    return new BrokenRule('not_yet_valid', 'The "nbf" claim is in the future.');
  }
  if (maxTokenAge !== undefined && iat > now + clockTolerance) {
    return new BrokenRule('claim', 'The "iat" claim is in the future.');
  }
  if (exp !== undefined && exp <= now - clockTolerance)
    return new BrokenRule('expired', 'The token has expired.');
  if (maxTokenAge !== undefined && now - iat - clockTolerance > maxTokenAge) {
    return new BrokenRule('expired', 'The token was issued too long ago.');
  }
  return undefined;
}

/**
 * The first registered claim whose JSON type is not RFC 7519's, or `undefined`. `1e999` is valid JSON and
 * reads as infinity: an `exp` of it would never expire.
 */
export const mistypedClaim = (claims: Readonly<Record<string, unknown>>): string | undefined =>
  mistypedOf(registered(claims));

function mistypedOf({ iss, sub, jti, exp, nbf, iat, aud }: Registered): string | undefined {
  if (!isAbsentOr(isText, iss)) return 'iss';
  if (!isAbsentOr(isText, sub)) return 'sub';
  if (!isAbsentOr(isText, jti)) return 'jti';
  if (!isAbsentOr(Number.isFinite, exp)) return 'exp';
  if (!isAbsentOr(Number.isFinite, nbf)) return 'nbf';
  if (!isAbsentOr(Number.isFinite, iat)) return 'iat';
  return isAbsentOr(isText, aud) || (Array.isArray(aud) && aud.every(isText)) ? undefined : 'aud';
}

const isText = (value: unknown): boolean => typeof value === 'string';
const isAbsentOr = (isRight: (value: unknown) => boolean, value: unknown): boolean =>
  value === undefined || isRight(value);

/** The claims that RFC 7519 registers, of whatever type. */
interface Registered {
  readonly iss: unknown;
  readonly sub: unknown;
  readonly aud: unknown;
  readonly jti: unknown;
  readonly exp: unknown;
  readonly nbf: unknown;
  readonly iat: unknown;
}

/** The times, once their types are known to be right. */
interface Times {
  readonly exp?: number;
  readonly nbf?: number;
  readonly iat?: number;
}

/** Each registered claim, read once. */
const registered = (claims: object): Registered => ({
  iss: own(claims, 'iss'),
  sub: own(claims, 'sub'),
  aud: own(claims, 'aud'),
  jti: own(claims, 'jti'),
  exp: own(claims, 'exp'),
  nbf: own(claims, 'nbf'),
  iat: own(claims, 'iat'),
});

/** The client that a token was issued to: the first of these claims that is text. */
export const clientIdOf = (payload: TokenPayload): string | undefined =>
  ['client_id', 'azp', 'cid', 'appid'].map((name) => own(payload, name)).find((id) => typeof id === 'string');

const hasAudience = (aud: unknown, expected: string): boolean =>
  aud === expected || (Array.isArray(aud) && aud.includes(expected));

// RFC 7515 section 4.1.9: `application/` may be left out, and media types are compared without case.
const mediaType = (typ: unknown): string | undefined =>
  typeof typ === 'string' ? typ.toLowerCase().replace(/^application\/(?=[^/]*$)/, '') : undefined;

/** Expected values are no secrets, and a missing slash is seen only beside them. */
const oneOf = (expected: readonly string[]): string =>
  expected.map((value) => JSON.stringify(value)).join(' or ');
