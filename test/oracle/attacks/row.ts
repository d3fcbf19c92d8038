import type { Algorithm, VerifyFailure } from 'intentkit-auth';
import type { Kind, Options } from '../../support/clients.js';
import { type Forgery, forge } from '../../support/forge.js';

export type Verdict = VerifyFailure | 'valid';

/** One token, and the verdict that each kind of client must give. */
export interface Attack {
  /** A sentence that says what the token is, and whether it is accepted or refused. */
  readonly title: string;
  /** The token. It is made on first use. */
  readonly token: string;
  /** A valid token that differs only by the attack. */
  readonly control: string;
  readonly verdicts: Readonly<Record<Kind, Verdict>>;
  /** Options beyond the key sources. Default: issuer and audience. */
  readonly options: Options | undefined;
  /** The claims that the verdict must contain. */
  readonly claims: object;
}

/**
 * The expected verdict. `shape` means `malformed` for every kind of client, because the token is refused before its key is
 * looked up. Other verdicts are those of a client that accepts the algorithm; other clients give `algorithm`.
 */
export type Expected = Verdict | 'shape';

export interface Extra {
  options?: Options | undefined;
  /** Changes that the control needs, if the attack needs them too. */
  control?: Forgery;
  claims?: object;
}

/** `what` follows the words "a token with". */
export type Row = readonly [what: string, alg: Algorithm, by: Forgery, expected: Expected, extra?: Extra];

/** Makes rows with the same algorithm and verdict. */
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
    title: `a token with ${what} is ${reason === 'valid' ? 'accepted' : `refused with the reason "${reason}"`}`,
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
