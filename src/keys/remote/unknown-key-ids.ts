import { BoundedMap } from '../../shared/bounded-map.js';
import type { Header } from '../../token/header.js';
import type { KeySet, KeySetOrigin } from './key-set.js';

const MAX_REMEMBERED = 256;
const MAX_KEY_ID_LENGTH = 256;
const NEVER = Number.NEGATIVE_INFINITY;

/** How long the metadata must name the same URL of keys before its keys prove anything. */
const URL_SETTLES_MS = 60_000;

/** When a token came. */
export interface Arrival {
  readonly at: number;
  /** How many requests of the source had begun. It tells what came first, also while a clock of a test stands still. */
  readonly order: number;
}

interface Seen {
  readonly header: Header;
  /** When a token with this header first came. */
  readonly first: number;
  /** When its key was no longer in the set, if it ever was. */
  readonly vanishedAt: number;
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
  /** Whether the last two sets have the same key ids. While they differ, as with two replicas, no set proves anything. */
  #isSettled = true;
  /** Until then the URL of the keys may change back, and no set proves anything. */
  #urlSettlesAt = NEVER;

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
   * @returns `old copy` when the endpoint was asked after the token came, but a cache answered.
   */
  prove(header: Header, { order, askedAt, madeAt }: KeySetOrigin, arrival: Arrival): boolean | 'old copy' {
    const seen = this.#entry(header, arrival.at);
    if (!this.#isSettled || askedAt < this.#urlSettlesAt) return false;
    // A cache that never asks the endpoint must not leave the question open for ever.
    const isProof = madeAt >= seen.first || askedAt - seen.first >= this.#cooldownMs;
    if (order > arrival.order) {
      seen.isProven ||= isProof;
      return isProof || 'old copy';
    }
    // What is proven is remembered for one cooldown since the last answer, so that a client with a retired key does not
    // use up the look-ups that a rotation needs. A key that was there just now may come back, as with two replicas.
    const isRecent = arrival.at - askedAt < this.#cooldownMs;
    return seen.isProven && isProof && isRecent && askedAt - seen.vanishedAt >= this.#cooldownMs;
  }

  #entry({ alg, kid }: Header, now: number): Seen {
    const name = nameOf({ alg, kid });
    const known = this.#seen.get(name);
    if (known) return known;
    const entry = { header: { alg, kid }, first: now, vanishedAt: NEVER, isProven: false };
    if (name.length <= MAX_KEY_ID_LENGTH) this.#seen.set(name, entry);
    return entry;
  }

  /** Takes note of a new set: forgets the keys that it has, and remembers which of the last set it has not. */
  update(set: KeySet, last: KeySet | undefined, now: number): void {
    this.#isSettled = last?.hasSameKeyIds(set) ?? true;
    if (last && last.origin.url.href !== set.origin.url.href) this.#urlSettlesAt = now + URL_SETTLES_MS;
    for (const [name, { header }] of this.#seen) if (set.knows(header)) this.#seen.delete(name);
    for (const kid of last?.keyIds ?? []) {
      const header = { alg: '', kid };
      if (set.knows(header)) continue;
      this.#seen.set(nameOf(header), { header, first: now, vanishedAt: now, isProven: false });
    }
  }
}

/** A token without a key id is remembered by its algorithm. */
const nameOf = ({ alg, kid }: Header): string => (kid === undefined ? `alg ${alg}` : `kid ${kid}`);
