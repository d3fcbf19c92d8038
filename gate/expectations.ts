import type { AuthClient, TokenPayload } from 'intentkit-auth';
import { decodeProtectedHeader } from 'jose';
import { own } from '../src/shared/own-properties.js';
import { rulesOf, type SourceRules } from '../src/source-rules.js';

/** What the client has checked of a token that it found good. */
export interface Expectations {
  /** Whether the token's audience is one that is configured. */
  readonly checksAudience: boolean;
  /** In seconds. */
  readonly clockTolerance: number;
}

/** Tells of each good token what the client has checked. Of a client that is not ours, nothing is taken for checked. */
export function expectationsOf(auth: AuthClient): (token: string, payload: TokenPayload) => Expectations {
  const sources = rulesOf(auth);
  const alike = expectationsOfAll(sources);
  const differ = sources.some(({ rules }) => (rules.audience !== undefined) !== alike.checksAudience);
  // Only where the sources differ is it worth to ask which of them has verified the token.
  return differ
    ? (token, payload) =>
        expectationsOfAll(sources.filter((source) => mayHaveVerified(source, token, payload)))
    : () => alike;
}

/** What all of them check. */
const expectationsOfAll = (sources: readonly SourceRules[]): Expectations => ({
  checksAudience: sources.length > 0 && sources.every(({ rules }) => rules.audience !== undefined),
  clockTolerance: sources.length > 0 ? Math.min(...sources.map(({ rules }) => rules.clockTolerance)) : 0,
});

function mayHaveVerified({ algorithms, rules }: SourceRules, token: string, payload: TokenPayload): boolean {
  const { alg } = decodeProtectedHeader(token);
  const issuer = own(payload, 'iss');
  return (
    algorithms.includes(`${alg}`) &&
    (rules.issuer === undefined || (typeof issuer === 'string' && rules.issuer.includes(issuer)))
  );
}
