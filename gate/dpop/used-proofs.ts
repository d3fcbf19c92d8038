import { CLOCK_MARGIN } from '../../src/shared/clock.js';
import { PatientStore } from '../../src/shared/patient-store.js';
import type { Store } from '../../src/shared/store.js';
import type { Proof } from './proof.js';

/** The store's time for one look and one entry. */
const STORE_DEADLINE_MS = 1000;

/**
 * How many proofs are remembered for each second. It is more than a process checks, since each takes some 0.4 ms. For two
 * minutes of them the memory takes about 80 MB.
 */
export const PROOFS_PER_SECOND = 5000;

/** Remembers proofs for as long as they would be accepted again. */
export class UsedProofs {
  readonly #store: PatientStore | undefined;
  readonly #capacity: number;
  /** Until when each is remembered, by id, in the order of arrival. */
  readonly #memory = new Map<string, number>();

  constructor(store: Store | undefined, capacity: number) {
    this.#store = store && new PatientStore(store, STORE_DEADLINE_MS);
    this.#capacity = capacity;
  }

  /**
   * Takes note of a proof, and tells whether this is its first use.
   *
   * `unknown` when the store does not answer. Also when the memory is full: to forget a proof would be to accept it
   * again, so whoever fills the memory must not get that for it.
   */
  async use({ id, acceptedUntil }: Proof): Promise<'first' | 'again' | 'unknown'> {
    const now = Date.now();
    this.#forget(now);
    // Before any wait, so that of two at the same time only one is the first.
    if (this.#memory.has(id)) return 'again';
    if (this.#memory.size >= this.#capacity) return 'unknown';
    // Longer than it is accepted here: the clock of another process may be behind, and this one may be set back.
    const keptUntil = acceptedUntil + CLOCK_MARGIN * 1000;
    this.#memory.set(id, keptUntil);
    if (!this.#store) return 'first';
    try {
      return await this.#store.ask((store) => useInStore(store, `dpop:${id}`, keptUntil - now));
    } catch {
      return 'unknown';
    }
  }

  // Entries are in the order of arrival, not of expiry, so an expired one may wait for those before it: at most twice the
  // maximum age, and the margin.
  #forget(now: number): void {
    for (const [id, until] of this.#memory) {
      if (until >= now) return;
      this.#memory.delete(id);
    }
  }
}

async function useInStore(store: Store, key: string, ttlMs: number): Promise<'first' | 'again'> {
  if (((await store.get(key)) ?? undefined) !== undefined) return 'again';
  await store.set(key, '1', Math.ceil(ttlMs));
  return 'first';
}
