import { BoundedMap } from '../../shared/bounded-map.js';
import type { Header } from '../../token/header.js';
import type { KeySet, KeySetOrigin } from './key-set.js';

const MAX_REMEMBERED = 256;
const MAX_KEY_ID_LENGTH = 256;
const NEVER = Number.NEGATIVE_INFINITY;

/** After the metadata names another URL of the keys, no set proves anything for this long. */
const URL_SETTLES_MS = 60_000;

/** When a token arrived. */
export interface Arrival {
  readonly at: number;
  /** How many requests had begun by then. Unlike a time, this orders events even with the stopped clock of a test. */
  readonly order: number;
}

/**
 * What a key set without the key of a token says about the key.
 *
 * - `absent`: the key does not exist
 * - `unproven`: it may exist, so another fetch is needed
 * - `old copy`: it may exist, and the endpoint was asked after the token arrived, but an HTTP cache answered with an older
 *   response
 */
export type Absence = 'absent' | 'unproven' | 'old copy';

interface Seen {
  readonly header: Header;
  /** When the first token with this header arrived. */
  readonly first: number;
  /** Whether a set has proven that its key does not exist. */
  isProven: boolean;
}

/**
 * Decides whether a key set without a key proves that the key does not exist. An issuer publishes a key before it signs with
 * it. So if the endpoint's response was made after a token arrived and lacks its key, that is a proof, and the token is
 * refused. Without a proof, `verify` fetches again or throws. Times are in milliseconds on a monotonic clock.
 */
export class UnknownKeyIds {
  readonly #cooldownMs: number;
  readonly #seen = new BoundedMap<string, Seen>(MAX_REMEMBERED);
  /** When the last set no longer had a key id of the set before it. */
  readonly #vanishedAt = new BoundedMap<string, number>(MAX_REMEMBERED);
  /** False if the last two sets have different key ids, for example from two replicas. No set proves anything then. */
  #isSettled = true;
  /** Until this time, the URL of the keys may change back, and no set proves anything. */
  #urlSettlesAt = NEVER;

  constructor(cooldownMs: number) {
    this.#cooldownMs = cooldownMs;
  }

  /** When the first token with this header arrived. `now` if none is remembered. */
  firstSeen(header: Header, now: number): number {
    return this.#entry(header, now).first;
  }

  /** Judges a key set that lacks the key of a token. */
  prove(header: Header, { order, askedAt, madeAt }: KeySetOrigin, arrival: Arrival): Absence {
    const seen = this.#entry(header, arrival.at);
    if (!this.#isSettled || askedAt < this.#urlSettlesAt) return 'unproven';
    // A cache may never ask the endpoint, so after one cooldown its response counts as a proof too.
    const isProof = madeAt >= seen.first || askedAt - seen.first >= this.#cooldownMs;
    if (order > arrival.order) {
      seen.isProven ||= isProof;
      return isProof ? 'absent' : 'old copy';
    }
    // The set was fetched before this token arrived. An earlier proof holds for one cooldown after the last response, so a
    // client with a retired key does not use up the fetches that a rotation needs. A key that was removed less than a
    // cooldown ago may come back, for example with two replicas.
    const isRecent = arrival.at - askedAt < this.#cooldownMs;
    const mayComeBack = askedAt - (this.#vanishedAt.get(String(header.kid)) ?? NEVER) < this.#cooldownMs;
    return seen.isProven && isProof && isRecent && !mayComeBack ? 'absent' : 'unproven';
  }

  #entry({ alg, kid }: Header, now: number): Seen {
    const name = nameOf({ alg, kid });
    const known = this.#seen.get(name);
    if (known) return known;
    const entry = { header: { alg, kid }, first: now, isProven: false };
    if (name.length <= MAX_KEY_ID_LENGTH) this.#seen.set(name, entry);
    return entry;
  }

  /** Records a new set. Forgets the ids of its keys, and remembers the ids that only the last set had. */
  update(set: KeySet, last: KeySet | undefined, now: number): void {
    this.#isSettled = last?.hasSameKeyIds(set) ?? true;
    if (last && last.origin.url.href !== set.origin.url.href) this.#urlSettlesAt = now + URL_SETTLES_MS;
    for (const [name, { header }] of this.#seen) if (set.knows(header)) this.#seen.delete(name);
    for (const kid of last?.keyIds ?? []) this.#vanishedAt.set(kid, now);
    for (const kid of set.keyIds) this.#vanishedAt.delete(kid);
  }
}

/** The name under which a header is remembered. A provider can publish keys for several algorithms under one `kid`. */
const nameOf = ({ alg, kid }: Header): string => (kid === undefined ? alg : `${alg} ${kid}`);
