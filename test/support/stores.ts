import type { Store } from 'intentkit-auth';

/** A store in memory. Its entries are in `map` and never expire. It records each time to live in `ttls`. */
export function memoryStore(): Store & { map: Map<string, string>; ttls: number[]; gets: number } {
  const map = new Map<string, string>();
  const store = {
    map,
    ttls: [] as number[],
    gets: 0,
    get: async (key: string): Promise<string | undefined> => {
      store.gets += 1;
      return map.get(key);
    },
    set: async (key: string, value: string, ttlMs: number): Promise<void> => {
      map.set(key, value);
      store.ttls.push(ttlMs);
    },
  };
  return store;
}

const never = (): Promise<never> => new Promise(() => {});

/** Stores that fail, each in a different way. */
export const BROKEN_STORES: readonly (Store & { what: string; problem: string })[] = [
  {
    what: 'hangs',
    problem: 'it did not answer within 0.05 s',
    get: never,
    set: never,
  },
  {
    what: 'rejects late',
    problem: 'it did not answer within 0.05 s',
    get: () => new Promise((_, reject) => setTimeout(reject, 400, new Error('late'))),
    set: () => new Promise((_, reject) => setTimeout(reject, 400, new Error('late'))),
  },
  {
    what: 'throws',
    problem: 'it failed',
    get: () => {
      throw new Error('redis://user:hush-hush@host');
    },
    set: never,
  },
  {
    what: 'rejects with a code',
    problem: 'it failed (ECONNREFUSED)',
    get: () => Promise.reject(Object.assign(new Error('hush-hush'), { code: 'ECONNREFUSED' })),
    set: never,
  },
  {
    what: 'rejects as Redis does',
    problem: 'it failed (NOAUTH)',
    get: () => Promise.reject(new Error('NOAUTH Authentication required. hush-hush')),
    set: never,
  },
  {
    what: 'rejects with nothing',
    problem: 'it failed',
    get: () => Promise.reject(undefined),
    set: never,
  },
  ...[true, false, 0, '', {}, [], 'revoked', 'revoked 5 another-key', 'revoked -1 x'].map((answer) => ({
    what: `answers ${JSON.stringify(answer)} to everything`,
    problem: 'it returned a value that was never stored under this key',
    get: async () => answer,
    set: async () => undefined,
  })),
];
