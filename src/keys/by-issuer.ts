import { type BrokenRule, broken } from '../claims/check.js';
import { own } from '../own-properties.js';
import { Malformed, readClaims, type Token } from '../token/parse.js';
import type { KeySource } from './source.js';

/**
 * The sources of `issuers`. The `iss` of a token, which nothing has verified yet, only selects one of them: its own
 * rules then demand that very `iss`. An issuer that is not listed costs no request.
 */
export class SourcesByIssuer {
  readonly #sources = new Map<string, KeySource>();

  add(issuer: string, source: KeySource): void {
    this.#sources.set(issuer, source);
  }

  /** The source that may verify a token, or why there is none. */
  choose(token: Token): KeySource | BrokenRule {
    const claims = readClaims(token);
    if (claims instanceof Malformed) return broken('malformed', claims.message);
    const iss = own(claims, 'iss');
    const source = typeof iss === 'string' ? this.#sources.get(iss) : undefined;
    if (source?.algorithms.includes(token.header.alg)) return source;
    if (source) return broken('algorithm', 'The "alg" header is not an accepted algorithm of its issuer.');
    return broken('issuer', `The "iss" claim is not a configured issuer${this.#nearMiss(iss)}.`);
  }

  /** A slash at the end is the usual mistake. What is configured is no secret. */
  #nearMiss(iss: unknown): string {
    if (typeof iss !== 'string') return '';
    const other = iss.endsWith('/') ? iss.slice(0, -1) : `${iss}/`;
    return this.#sources.has(other) ? `; ${JSON.stringify(other)} is one, and differs by a slash` : '';
  }
}
