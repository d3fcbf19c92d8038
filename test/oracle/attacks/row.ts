import type { Algorithm, VerifyFailure } from 'intentkit-auth';
import type { Kind, Options } from '../../support/clients.js';
import { type Forgery, forge } from '../../support/forge.js';

export type Verdict = VerifyFailure | 'valid';

/** One token, and what each kind of client must say of it. */
export interface Attack {
  /** A sentence: what the token is, and what becomes of it. */
  readonly title: string;
  /** Made when first asked for, and the same from then on. */
  readonly token: string;
  /** The same without the attack: valid. */
  readonly control: string;
  readonly verdicts: Readonly<Record<Kind, Verdict>>;
  /** Options beyond the key sources. Default: issuer and audience. */
  readonly options: Options | undefined;
  /** What of the claims must be handed out. */
  readonly claims: object;
}

/**
 * `shape` is `malformed` before any key is looked at, so for every kind of client. Other reasons are those of a
 * client that accepts the algorithm; one that does not says `algorithm`.
 */
export type Expected = Verdict | 'shape';

export interface Extra {
  options?: Options | undefined;
  /** What the control needs beyond a good token, where the attack cannot do without. */
  control?: Forgery;
  claims?: object;
}

/** `what` follows the words "a token with". */
export type Row = readonly [what: string, alg: Algorithm, by: Forgery, expected: Expected, extra?: Extra];

/** Rows that have the algorithm and the outcome in common. */
export const rows = (
  alg: Algorithm,
  expected: Expected,
  table: ReadonlyArray<readonly [what: string, forgery: Forgery, extra?: Extra]>,
): Row[] => table.map(([what, forgery, extra = {}]) => [what, alg, forgery, expected, extra]);

export function attack([what, alg, forgery, expected, extra = {}]: Row): Attack {
  const made: { token?: string; control?: string } = {};
  const reason = expected === 'shape' ? 'malformed' : expected;
  const isHmac = alg.startsWith('HS');
  const unaccepted = expected === 'shape' ? reason : 'algorithm';
  return {
    title: `a token with ${what} is ${reason === 'valid' ? 'accepted' : `refused as ${reason}`}`,
    get token() {
      made.token ??= forge(alg, forgery);
      return made.token;
    },
    get control() {
      made.control ??= forge(alg, extra.control);
      return made.control;
    },
    verdicts: { secret: isHmac ? reason : unaccepted, jwks: isHmac ? unaccepted : reason, both: reason },
    options: extra.options,
    claims: extra.claims ?? {},
  };
}
