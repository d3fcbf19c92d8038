import { own } from '../own-properties.js';
import type { Header } from '../token/header.js';
import type { TokenPayload, VerifyFailure } from '../types.js';

/** What a token must claim. Times are in seconds. A list is satisfied by any one of its members. */
export interface ClaimRules {
  readonly issuer: readonly string[] | undefined;
  readonly audience: readonly string[] | undefined;
  readonly typ: string | undefined;
  readonly requiredClaims: readonly string[];
  readonly maxTokenAge: number | undefined;
  readonly clockTolerance: number;
}

/** The rule that a token breaks, as the verdict tells it. */
export interface BrokenRule {
  readonly reason: VerifyFailure;
  readonly message: string;
}

/**
 * The first rule that a token with a good signature breaks, or `undefined`. Expiry comes last, so that
 * `expired` means that nothing else is wrong. The rules and their order are those of jose's `jwtVerify`.
 * Unlike jose, a registered claim of the wrong JSON type is refused even where no rule is set for it.
 *
 * @see RFC 7519 section 4.1
 */
export function checkClaims(
  payload: TokenPayload,
  header: Header,
  rules: ClaimRules,
  now: number,
): BrokenRule | undefined {
  const { issuer, audience, typ, maxTokenAge, clockTolerance } = rules;
  if (typ !== undefined && mediaType(header.typ) !== mediaType(typ)) {
    return broken('claim', `The "typ" header is not ${JSON.stringify(typ)}.`);
  }
  const iss = own(payload, 'iss');
  if (issuer && !(typeof iss === 'string' && issuer.includes(iss))) {
    return broken('issuer', `The "iss" claim is not the expected issuer, ${oneOf(issuer)}.`);
  }
  const aud = own(payload, 'aud');
  if (audience && !audience.some((expected) => hasAudience(aud, expected))) {
    return broken('audience', `The "aud" claim does not have the expected audience, ${oneOf(audience)}.`);
  }
  for (const claim of rules.requiredClaims) {
    if (!Object.hasOwn(payload, claim))
      return broken('claim', `The ${JSON.stringify(claim)} claim is missing.`);
  }
  const mistyped = mistypedClaim(payload);
  if (mistyped) return broken('claim', `The "${mistyped}" claim is of the wrong type.`);

  const nbf = time(payload, 'nbf');
  const exp = time(payload, 'exp');
  // `maxTokenAge` makes `iat` required.
  const iat = time(payload, 'iat') ?? now;
  if (nbf !== undefined && nbf > now + clockTolerance) {
    return broken('not_yet_valid', 'The "nbf" claim is in the future.');
  }
  if (maxTokenAge !== undefined && iat > now + clockTolerance) {
    return broken('claim', 'The "iat" claim is in the future.');
  }
  if (exp !== undefined && exp <= now - clockTolerance) return broken('expired', 'The token has expired.');
  if (maxTokenAge !== undefined && now - iat - clockTolerance > maxTokenAge) {
    return broken('expired', 'The token was issued too long ago.');
  }
  return undefined;
}

/**
 * The first registered claim whose JSON type is not RFC 7519's, or `undefined`. `1e999` is valid JSON and
 * reads as infinity: an `exp` of it would never expire.
 */
export function mistypedClaim(claims: Readonly<Record<string, unknown>>): string | undefined {
  for (const claim of TEXTS) {
    const value = own(claims, claim);
    if (value !== undefined && !isText(value)) return claim;
  }
  for (const claim of TIMES) {
    const value = own(claims, claim);
    if (value !== undefined && !Number.isFinite(value)) return claim;
  }
  const aud = own(claims, 'aud');
  const isAudience = aud === undefined || isText(aud) || (Array.isArray(aud) && aud.every(isText));
  return isAudience ? undefined : 'aud';
}

const TEXTS = ['iss', 'sub', 'jti'] as const;
const TIMES = ['exp', 'nbf', 'iat'] as const;
const isText = (value: unknown): boolean => typeof value === 'string';

// Only called once the types of the registered claims are known to be right.
const time = (payload: TokenPayload, claim: 'nbf' | 'exp' | 'iat'): number | undefined =>
  own(payload, claim) as number | undefined;

const hasAudience = (aud: unknown, expected: string): boolean =>
  aud === expected || (Array.isArray(aud) && aud.includes(expected));

// RFC 7515 section 4.1.9: `application/` may be left out, and media types are compared without case.
const mediaType = (typ: unknown): string | undefined =>
  typeof typ === 'string' ? typ.toLowerCase().replace(/^application\/(?=[^/]*$)/, '') : undefined;

/** Expected values are no secrets, and a missing slash is seen only beside them. */
const oneOf = (expected: readonly string[]): string =>
  expected.map((value) => JSON.stringify(value)).join(' or ');

/** Whether a choice ended in a refusal. */
export const isBroken = (choice: object): choice is BrokenRule => Object.hasOwn(choice, 'reason');

/** A broken rule, in the words of a verdict. */
export const broken = (reason: VerifyFailure, message: string): BrokenRule => ({ reason, message });
