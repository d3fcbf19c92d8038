import { BrokenRule, type ClaimRules } from '../claims/check.js';
import { own } from '../shared/own-properties.js';
import { withOtherSlash } from '../shared/url.js';
import type { Key } from '../signature/engine.js';
import type { Header } from '../token/header.js';
import { Malformed, readClaims, type Token } from '../token/parse.js';

/**
 * Holds the keys that may verify certain algorithms, and the rules for the claims of its tokens. A token's `alg` leads
 * to the secret or to remote sources, never to both, so that no key of one kind ever meets an algorithm of the other.
 */
export interface KeySource {
  /** The issuer that selects this source. `undefined`: the algorithm alone selects it. */
  readonly issuer: string | undefined;
  /**
   * The algorithms that the source accepts. The secret shares none with a remote source; remote sources of `issuers` may
   * share theirs, and `iss` then selects one.
   */
  readonly algorithms: readonly string[];
  readonly rules: ClaimRules;
  /**
   * The keys that may have made this token's signature, none when there is no such key.
   * @throws {AuthError} `ERR_JWKS_UNAVAILABLE` when that cannot be known.
   */
  find(header: Header): readonly Key[] | Promise<readonly Key[]>;
}

/**
 * The sources of a client. The algorithm of a token leads to the one source that may verify it, or to those among which
 * its issuer chooses. That keeps a key of one kind away from a token of the other.
 */
export class Sources {
  readonly #byAlgorithm = new Map<string, KeySource | 'by issuer'>();
  readonly #byIssuer = new Map<string, KeySource>();

  constructor(sources: readonly KeySource[]) {
    for (const source of sources) {
      if (source.issuer !== undefined) this.#byIssuer.set(source.issuer, source);
      const selected = source.issuer === undefined ? source : 'by issuer';
      for (const algorithm of source.algorithms) this.#byAlgorithm.set(algorithm, selected);
    }
  }

  /** Every algorithm that some source accepts. */
  get algorithms(): string[] {
    return [...this.#byAlgorithm.keys()];
  }

  /** The source that may verify a token, or why there is none. */
  choose(token: Token): KeySource | BrokenRule {
    const source = this.#byAlgorithm.get(token.header.alg);
    if (!source) return new BrokenRule('algorithm', 'The "alg" header is not an accepted algorithm.');
    return source === 'by issuer' ? this.#chooseByIssuer(token) : source;
  }

  /**
   * The `iss`, which nothing has verified yet, only selects a source: its own rules then demand that very `iss`. An
   * issuer that is not listed costs no request.
   */
  #chooseByIssuer(token: Token): KeySource | BrokenRule {
    const claims = readClaims(token);
    if (claims instanceof Malformed) return new BrokenRule('malformed', claims.message);
    const iss = own(claims, 'iss');
    const source = typeof iss === 'string' ? this.#byIssuer.get(iss) : undefined;
    if (source?.algorithms.includes(token.header.alg)) return source;
    if (source)
      return new BrokenRule('algorithm', 'The "alg" header is not an accepted algorithm of its issuer.');
    return new BrokenRule('issuer', `The "iss" claim is not a configured issuer${this.#hintOfSlash(iss)}.`);
  }

  /** A slash at the end is the usual mistake. What is configured is no secret. */
  #hintOfSlash(iss: unknown): string {
    if (typeof iss !== 'string') return '';
    const other = withOtherSlash(iss);
    return this.#byIssuer.has(other) ? `; ${JSON.stringify(other)} is one, and differs by a slash` : '';
  }
}
