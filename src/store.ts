/**
 * A key-value store that processes share. keyv fits as it is. `get` must reject when the store cannot answer: what it
 * resolves to as `undefined` or `null` is taken for a key that is not there.
 */
export interface Store {
  /** The value of a key, or `undefined` or `null` when there is none. */
  get(key: string): unknown;
  /** Keeps a text under a key for a time in milliseconds. */
  set(key: string, value: string, ttlMs: number): unknown;
}
