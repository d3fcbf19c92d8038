import { BoundedMap } from '../../shared/bounded-map.js';
import type { Header } from '../../token/header.js';
import type { KeySetOrigin } from './key-set.js';

const MAX_REMEMBERED = 256;
const MAX_KEY_ID_LENGTH = 256;

interface Seen {
  readonly header: Header;
  /** When a token with this header first came. */
  readonly first: number;
  /** Whether a set has proven that its key does not exist. */
  isProven: boolean;
}

/**
 * Decides whether a key set proves that a key does not exist. The key of a token was published before the token was
 * signed, so an answer of the endpoint that was made after a key id first came proves that its key does not exist. Times
 * are in milliseconds on a monotonic clock.
 */
export class UnknownKeyIds {
  readonly #cooldownMs: number;
  readonly #seen = new BoundedMap<string, Seen>(MAX_REMEMBERED);

  constructor(cooldownMs: number) {
    this.#cooldownMs = cooldownMs;
  }

  /** When a token with this header first came, which is now if it was not remembered. */
  firstSeen(header: Header, now: number): number {
    return this.#entry(header, now).first;
  }

  /**
   * Whether a key set that lacks the key of a token proves that the key does not exist.
   *
   * @param arrived when the token came.
   * @returns `old copy` when the endpoint was asked after the token came, but a cache answered.
   */
  prove(header: Header, { askedAt, madeAt }: KeySetOrigin, arrived: number): boolean | 'old copy' {
    const seen = this.#entry(header, arrived);
    // A cache that never asks the endpoint must not leave the question open for ever.
    const isProof = madeAt >= seen.first || askedAt - seen.first >= this.#cooldownMs;
    if (askedAt >= arrived) {
      seen.isProven ||= isProof;
      return isProof || 'old copy';
    }
    // What is proven is remembered for one cooldown since the last answer, so that a client with a retired key does not
    // use up the look-ups that a rotation needs.
    return seen.isProven && isProof && arrived - askedAt < this.#cooldownMs;
  }

  #entry({ alg, kid }: Header, now: number): Seen {
    const name = nameOf({ alg, kid });
    const entry = this.#seen.get(name) ?? { header: { alg, kid }, first: now, isProven: false };
    if (entry.first === now && name.length <= MAX_KEY_ID_LENGTH) this.#seen.set(name, entry);
    return entry;
  }

  /** Forgets the keys that a set has. */
  forget(isThere: (header: Header) => boolean): void {
    for (const [name, { header }] of this.#seen) if (isThere(header)) this.#seen.delete(name);
  }
}

/** A token without a key id is remembered by its algorithm. */
const nameOf = ({ alg, kid }: Header): string => (kid === undefined ? `alg ${alg}` : `kid ${kid}`);
