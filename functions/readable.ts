import { own } from '../src/shared/own-properties.js';
import { isoTime, readTime } from '../src/shared/readable-time.js';
import type { TokenPayload, VerifyFailure, VerifyResult } from '../src/types.js';

/*
 * Results for readers that have no clock and read the first lines best.
 */

/** The time at which a token expires. */
interface Expiry {
  /** ISO 8601, in UTC. Absent if a date cannot hold the time. */
  readonly expires?: string;
  /** Negative for a token that has expired. `null` for a token that never expires. */
  readonly expires_in_seconds: number | null;
}

/** Says when a token expires, for a result of `verify`. Nothing is known about a token whose signature is invalid. */
export function expiryOf({ valid, payload }: VerifyResult, now: number): Partial<Expiry> {
  const exp = own(payload, 'exp');
  if (exp === undefined) return valid || Object.keys(payload).length > 0 ? { expires_in_seconds: null } : {};
  // A claim of a refused token may have any type.
  if (typeof exp !== 'number' || !Number.isFinite(exp)) return {};
  const expires = isoTime(exp);
  return { ...(expires !== undefined && { expires }), expires_in_seconds: Math.floor(exp) - now };
}

/** What to do about a refused token. The sentence of `malformed` says so itself. */
const NEXT_STEPS = {
  malformed: undefined,
  // `explain` names the algorithms.
  algorithm: undefined,
  key: 'Get a new token from its issuer. If it is refused too, its issuer is not the one that this server trusts.',
  signature: 'Do not trust it. If you copied all of it, get a new token from its issuer.',
  expired: 'Get a new token.',
  not_yet_valid: 'Use it later.',
  issuer: 'Get a token from that issuer.',
  audience: 'Get a token for that audience.',
  client: 'Get a token that is issued to that client.',
  claim: 'Ask its issuer for a token that meets this rule.',
  revoked: 'Get a new token, if its subject is still allowed to have one.',
  inactive: 'Get a new token.',
} as const satisfies Record<VerifyFailure, string | undefined>;

/** Says in a few sentences why a token is refused, and what to do. */
export function explain(
  { valid, reason, message, payload }: VerifyResult,
  now: number,
  algorithms: readonly string[],
): string | undefined {
  if (valid) return undefined;
  const time = timeOf(reason, payload, now);
  const next = reason === 'algorithm' ? `This server accepts ${algorithms.join(', ')}.` : NEXT_STEPS[reason];
  return [time ?? message, next].filter((sentence) => sentence !== undefined).join(' ');
}

function timeOf(reason: VerifyFailure, payload: TokenPayload, now: number): string | undefined {
  const claim = own(payload, reason === 'expired' ? 'exp' : 'nbf');
  const time = readTime(claim, now * 1000);
  if (!time) return undefined;
  // A token can also be refused because it was issued too long ago, before its `exp`.
  if (reason === 'expired' && Number(claim) <= now)
    return `The token expired at ${time.iso}, ${time.relative}.`;
  return reason === 'not_yet_valid'
    ? `The token is not valid before ${time.iso}, ${time.relative}.`
    : undefined;
}
