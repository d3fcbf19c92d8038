import type { VerifyResult } from 'intentkit-auth';

/** Returns the verdict in one word: a reason, `valid`, or the error. */
export const verdictOf = (result: VerifyResult | string): string =>
  typeof result === 'string' ? result : (result.reason ?? 'valid');

/** Returns what is wrong with a verdict, or `undefined`. `sub` is the claim of an authentic payload. */
export function problemOf(
  result: VerifyResult | string,
  allowed: readonly string[],
  sub: unknown,
): string | undefined {
  const verdict = verdictOf(result);
  if (!allowed.includes(verdict)) return `${verdict} instead of ${[...new Set(allowed)].join(' or ')}`;
  if (typeof result === 'string') return undefined;
  if (result.valid !== (result.reason === undefined)) return 'valid with a reason';
  if (result.expired !== (result.reason === 'expired')) return '"expired" without expiry';
  const authentic = !['malformed', 'algorithm', 'key', 'signature'].includes(verdict);
  const right = authentic ? result.payload.sub === sub : Object.keys(result.payload).length === 0;
  return right ? undefined : `${verdict} with the wrong payload`;
}
