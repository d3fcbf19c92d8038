import { own } from '../shared/own-properties.js';
import type { TokenPayload, VerifyFailure } from '../types.js';
import { clientIdOf } from './client-id.js';

/**
 * The rules for a token's claims. Times are in seconds. One matching member of `issuer`, `audience` or `clientIds` is enough. Every
 * member is required, because a polluted `Object.prototype` could fill one that is left out.
 */
export interface ClaimRules {
  readonly issuer: readonly string[] | undefined;
  /** With all spellings of each audience. */
  readonly audience: readonly string[] | undefined;
  readonly clientIds: readonly string[] | undefined;
  readonly typ: string | undefined;
  readonly requiredClaims: readonly string[];
  readonly maxTokenAge: number | undefined;
  readonly clockTolerance: number;
}

/** The rule that a token breaks, with the reason and message for the verdict. */
export class BrokenRule {
  readonly reason: VerifyFailure;
  readonly message: string;

  constructor(reason: VerifyFailure, message: string) {
    this.reason = reason;
    this.message = message;
  }
}

/**
 * Returns the first rule that a token breaks, or `undefined`. The caller has already verified the signature. Expiry is the
 * last claim checked, so `expired` means that all other claims are valid.
 *
 * The rules are those of jose's `jwtVerify`, with one more: a registered claim of the wrong JSON type is always refused,
 * even without a rule for that claim.
 *
 * @see RFC 7519 section 4.1
 */
export function checkClaims(
  payload: TokenPayload,
  typ: unknown,
  rules: ClaimRules,
  now: number,
): BrokenRule | undefined {
  const { issuer, audience, clientIds, maxTokenAge, clockTolerance } = rules;
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
  if (clientIds && !clientIds.includes(clientIdOf(payload) ?? '')) {
    return new BrokenRule('client', `The token was not issued to the expected client, ${oneOf(clientIds)}.`);
  }
  for (const claim of rules.requiredClaims) {
    if (!Object.hasOwn(payload, claim))
      return new BrokenRule('claim', `The ${JSON.stringify(claim)} claim is missing.`);
  }
  const mistyped = mistypedOf(claims);
  if (mistyped) return new BrokenRule('claim', `The "${mistyped}" claim has the wrong type.`);

  // `iat` is used only with `maxTokenAge`, and `claimRules` then requires it. If it were absent all the same, the token would be too old.
  const { nbf, exp, iat = Number.NEGATIVE_INFINITY } = claims as Times;
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
 * Returns the name of the first registered claim with the wrong JSON type (RFC 7519), or `undefined`. Times must be finite:
 * `JSON.parse` reads `1e999` as `Infinity`, and a token with such an `exp` would never expire.
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

/** The names of the claims that RFC 7519 registers. */
export const REGISTERED_CLAIMS: readonly string[] = ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti'];

/** The claims that RFC 7519 registers. Their types are not checked yet. */
interface Registered {
  readonly iss: unknown;
  readonly sub: unknown;
  readonly aud: unknown;
  readonly jti: unknown;
  readonly exp: unknown;
  readonly nbf: unknown;
  readonly iat: unknown;
}

/** The times, after their types were checked. */
interface Times {
  readonly exp?: number;
  readonly nbf?: number;
  readonly iat?: number;
}

/** Reads each registered claim once. */
const registered = (claims: object): Registered => ({
  iss: own(claims, 'iss'),
  sub: own(claims, 'sub'),
  aud: own(claims, 'aud'),
  jti: own(claims, 'jti'),
  exp: own(claims, 'exp'),
  nbf: own(claims, 'nbf'),
  iat: own(claims, 'iat'),
});

const hasAudience = (aud: unknown, expected: string): boolean =>
  aud === expected || (Array.isArray(aud) && aud.includes(expected));

// RFC 7515 section 4.1.9: `application/` is optional, and media types are case-insensitive.
const mediaType = (typ: unknown): string | undefined =>
  typeof typ === 'string' ? typ.toLowerCase().replace(/^application\/(?=[^/]*$)/, '') : undefined;

/** Lists the expected values. They are not secret, and seeing them is the only way to notice a missing slash. */
const oneOf = (expected: readonly string[]): string =>
  expected.map((value) => JSON.stringify(value)).join(' or ');
