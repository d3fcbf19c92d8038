import type { ClaimRules } from '../claims/check.js';
import type { Key } from '../signature/engine.js';
import type { Header } from '../token/header.js';

/**
 * Holds the keys that may verify certain algorithms, and the rules for the claims of its tokens. A token's `alg` leads
 * to the secret or to remote sources, never to both, so that no key of one kind ever meets an algorithm of the other.
 */
export interface KeySource {
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
