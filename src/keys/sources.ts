import { BrokenRule, type ClaimRules } from '../claims/check.js';
import { own } from '../shared/own-properties.js';
import { withOtherSlash } from '../shared/url.js';
import type { Key } from '../signature/engine.js';
import type { Header } from '../token/header.js';
import { Malformed, readClaims, type Token } from '../token/parse.js';

/**
 * Holds keys, the algorithms that these keys may verify, and the rules for the claims of their tokens. The secret, the own
 * signing keys and each set of remote keys is a source. No algorithm belongs to both kinds, so a public key is never used as an HMAC secret.
 */
export interface KeySource {
  /** The issuers that select this source. `undefined`: the algorithm alone selects it. */
  readonly selectedBy: readonly string[] | undefined;
  /** The algorithms that the source accepts. Two sources that an issuer selects may accept the same one. */
  readonly algorithms: readonly string[];
  readonly rules: ClaimRules;
  /**
   * Returns the keys that may have signed a token with this header. The list is empty if no key matches.
   *
   * @throws {AuthError} `ERR_JWKS_UNAVAILABLE` if the keys cannot be fetched right now.
   */
  find(header: Header): readonly Key[] | Promise<readonly Key[]>;
}

/** The sources of a client. The `alg` of a token selects its source. Where several sources share it, the `iss` does. */
export class Sources {
  readonly #byAlgorithm = new Map<string, KeySource | 'by issuer'>();
  readonly #byIssuer = new Map<string, KeySource>();

  constructor(sources: readonly KeySource[]) {
    for (const source of sources) {
      for (const issuer of source.selectedBy ?? []) this.#byIssuer.set(issuer, source);
      const selected = source.selectedBy ? 'by issuer' : source;
      for (const algorithm of source.algorithms) this.#byAlgorithm.set(algorithm, selected);
    }
  }

  /** All algorithms that the client accepts. */
  get algorithms(): string[] {
    return [...this.#byAlgorithm.keys()];
  }

  /** Returns the source that may verify a token, or the rule that the token breaks. */
  choose(token: Token): KeySource | BrokenRule {
    // Only an algorithm of a source is accepted, so `none` never is.
    const source = this.#byAlgorithm.get(token.header.alg);
    if (!source) return new BrokenRule('algorithm', 'The "alg" header is not an accepted algorithm.');
    return source === 'by issuer' ? this.#chooseByIssuer(token) : source;
  }

  /**
   * Selects a source by the `iss`, which is not verified yet. This is safe, because the rules of the source then demand the same
   * `iss`. An issuer that is not configured causes no request.
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

  /** Names the configured issuer if only a slash at the end differs, the most common mistake. Issuers are not secret. */
  #hintOfSlash(iss: unknown): string {
    if (typeof iss !== 'string') return '';
    const other = withOtherSlash(iss);
    return this.#byIssuer.has(other) ? `; ${JSON.stringify(other)} is one, and differs by a slash` : '';
  }
}
