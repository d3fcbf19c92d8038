import type { ClaimRules } from '../claims/check.js';
import type { Key } from '../signature/engine.js';
import type { Header } from '../token/header.js';

/**
 * Holds the keys that may verify certain algorithms, and the claims that its tokens must make. A token goes by
 * its `alg` to the one source that accepts it, so that no key of one kind ever meets an algorithm of the other.
 */
export interface KeySource {
  /** The algorithms accepted. No two sources of a client share one. */
  readonly algorithms: readonly string[];
  readonly rules: ClaimRules;
  /**
   * The keys that may have made this token's signature, none when there is no such key.
   * @throws {AuthError} `ERR_JWKS_UNAVAILABLE` when that cannot be known.
   */
  find(header: Header): readonly Key[] | Promise<readonly Key[]>;
}
