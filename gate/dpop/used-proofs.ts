import { CLOCK_MARGIN } from '../../src/shared/clock.js';
import { PatientStore } from '../../src/shared/patient-store.js';
import type { Store } from '../../src/shared/store.js';
import { decodeBase64url } from '../../src/token/base64url.js';
import type { Proof } from './proof.js';

/** The time limit for reading and writing one proof. */
const STORE_DEADLINE_MS = 1000;

/**
 * How many proofs are remembered for each second, at least. A server answers fewer requests on one core: each takes a tenth of a
 * millisecond for its proof, and more for HTTP. A proof is remembered for up to twice the maximum age, because its `iat` may be
 * in the future, and the margin. With the default of a minute, that is 720,000 proofs. Each takes at most 90 bytes, so all take
 * 65 MB.
 */
export const PROOFS_PER_SECOND = 4000;

/** Proofs whose times end within the same ten seconds are forgotten together, when the last of them has ended. */
const GROUP_MS = 10_000;

/** Remembers proofs for as long as they would be accepted again. */
export class UsedProofs {
  readonly #store: PatientStore | undefined;
  readonly #capacity: number;
  /**
   * The ids by the time at which their group ends. A set for each group needs no time for each id, and no id is ever removed
   * from a set, because a set of V8 does not reuse the space. There are few groups: one for each ten seconds to remember.
   */
  readonly #groups = new Map<number, Set<string>>();
  #size = 0;

  constructor(store: Store | undefined, capacity: number) {
    this.#store = store && new PatientStore(store, STORE_DEADLINE_MS);
    this.#capacity = capacity;
  }

  /**
   * Remembers a proof, and tells whether this is its first use.
   *
   * It is `unknown` when the store does not answer, and when the memory is full: evicting a proof would allow replay.
   */
  async use({ id, acceptedUntil }: Proof): Promise<'first' | 'again' | 'unknown'> {
    const now = Date.now();
    // It is kept for longer than this process accepts it, because the clock of another one may be behind, or this one set back.
    const keptUntil = acceptedUntil + CLOCK_MARGIN * 1000;
    // This comes before any wait, so only one of two concurrent uses is the first.
    const use = this.#remember(packed(id), keptUntil, now);
    if (use !== 'first' || !this.#store) return use;
    try {
      return await this.#store.ask((store) => useInStore(store, `dpop:${id}`, keptUntil - now));
    } catch {
      return 'unknown';
    }
  }

  #remember(id: string, keptUntil: number, now: number): 'first' | 'again' | 'unknown' {
    for (const [end, ids] of this.#groups) {
      if (end < now) {
        this.#groups.delete(end);
        this.#size -= ids.size;
      } else if (ids.has(id)) {
        return 'again';
      }
    }
    if (this.#size >= this.#capacity) return 'unknown';
    const end = Math.ceil(keptUntil / GROUP_MS) * GROUP_MS;
    const group = this.#groups.get(end) ?? new Set();
    this.#groups.set(end, group.add(id));
    this.#size += 1;
    return 'first';
  }
}

/** A hash in base64url as a text with one character for each byte. It takes 48 bytes instead of 64. */
function packed(hash: string): string {
  const bytes = decodeBase64url(hash);
  return bytes ? String.fromCharCode(...bytes) : hash;
}

async function useInStore(store: Store, key: string, ttlMs: number): Promise<'first' | 'again'> {
  if (((await store.get(key)) ?? undefined) !== undefined) return 'again';
  await store.set(key, '1', Math.ceil(ttlMs));
  return 'first';
}
