import { BoundedMap } from '../../shared/bounded-map.js';
import type { Header } from '../../token/header.js';

const MAX_REMEMBERED = 256;
const MAX_KEY_ID_LENGTH = 256;

/**
 * Remembers for one cooldown which keys a fetch did not bring, so that a client with a retired key does not use up
 * the look-ups that a rotation needs. A fetch answers for every remembered key, so many retired keys cost as much as
 * one. Times are in milliseconds on a monotonic clock.
 */
export class AbsentKeyIds {
  readonly #cooldownMs: number;
  readonly #absent = new BoundedMap<string, { header: Header; since: number }>(MAX_REMEMBERED);

  constructor(cooldownMs: number) {
    this.#cooldownMs = cooldownMs;
  }

  /** Whether a fetch that began within the last cooldown did not bring the key of this header. */
  has(header: Header, now: number): boolean {
    const entry = this.#absent.get(nameOf(header));
    return entry !== undefined && now - entry.since < this.#cooldownMs;
  }

  remember({ alg, kid }: Header, fetchBegan: number): void {
    const name = nameOf({ alg, kid });
    if (name.length > MAX_KEY_ID_LENGTH) return;
    this.#absent.set(name, { header: { alg, kid }, since: fetchBegan });
  }

  /** Takes the answer of a fetch: a remembered key that is there is forgotten, and every other is absent anew. */
  answeredBy(isThere: (header: Header) => boolean, fetchBegan: number): void {
    for (const [name, entry] of this.#absent) {
      if (isThere(entry.header)) this.#absent.delete(name);
      else entry.since = fetchBegan;
    }
  }
}

/** A token without a key id is known by its algorithm. */
const nameOf = ({ alg, kid }: Header): string => (kid === undefined ? `alg ${alg}` : `kid ${kid}`);
