import { type BrokenRule, broken } from '../claims/check.js';
import { own } from '../shared/own-properties.js';
import { Malformed, readClaims, type Token } from '../token/parse.js';
import type { RemoteSource } from './remote/remote-source.js';
import type { SecretSource } from './secret.js';
import type { KeySource } from './source.js';

/**
 * The sources of a client. The algorithm of a token leads to the one source that may verify it, or to those among which
 * its issuer chooses. That keeps a key of one kind away from a token of the other.
 */
export class Sources {
  readonly #byAlgorithm = new Map<string, KeySource | 'by issuer'>();
  readonly #byIssuer = new Map<string, KeySource>();

  constructor(secret: SecretSource | undefined, remotes: readonly RemoteSource[]) {
    if (secret) for (const algorithm of secret.algorithms) this.#byAlgorithm.set(algorithm, secret);
    for (const remote of remotes) {
      if (remote.issuer !== undefined) this.#byIssuer.set(remote.issuer, remote);
      const source = remote.issuer === undefined ? remote : 'by issuer';
      for (const algorithm of remote.algorithms) this.#byAlgorithm.set(algorithm, source);
    }
  }

  /** Every algorithm that some source accepts. */
  get algorithms(): string[] {
    return [...this.#byAlgorithm.keys()];
  }

  /** The source that may verify a token, or why there is none. */
  choose(token: Token): KeySource | BrokenRule {
    const source = this.#byAlgorithm.get(token.header.alg);
    if (!source) return broken('algorithm', 'The "alg" header is not an accepted algorithm.');
    return source === 'by issuer' ? this.#chooseByIssuer(token) : source;
  }

  /**
   * The `iss`, which nothing has verified yet, only selects a source: its own rules then demand that very `iss`. An
   * issuer that is not listed costs no request.
   */
  #chooseByIssuer(token: Token): KeySource | BrokenRule {
    const claims = readClaims(token);
    if (claims instanceof Malformed) return broken('malformed', claims.message);
    const iss = own(claims, 'iss');
    const source = typeof iss === 'string' ? this.#byIssuer.get(iss) : undefined;
    if (source?.algorithms.includes(token.header.alg)) return source;
    if (source) return broken('algorithm', 'The "alg" header is not an accepted algorithm of its issuer.');
    return broken('issuer', `The "iss" claim is not a configured issuer${this.#hintOfSlash(iss)}.`);
  }

  /** A slash at the end is the usual mistake. What is configured is no secret. */
  #hintOfSlash(iss: unknown): string {
    if (typeof iss !== 'string') return '';
    const other = iss.endsWith('/') ? iss.slice(0, -1) : `${iss}/`;
    return this.#byIssuer.has(other) ? `; ${JSON.stringify(other)} is one, and differs by a slash` : '';
  }
}
