import { memberOf, methodOf } from './own-properties.js';

/**
 * A key-value store that several processes share, such as keyv. `get` must reject if the store cannot answer, because
 * `undefined` and `null` mean that the key does not exist.
 */
export interface Store {
  /** Returns the value of a key, or `undefined` or `null` if the key does not exist. May return a promise. */
  get(key: string): unknown;
  /** Stores a text under a key. The entry expires after `ttlMs` milliseconds. May return a promise. */
  set(key: string, value: string, ttlMs: number): unknown;
}

/**
 * Returns the store with its methods bound, or a phrase that says what it must be. It rejects stores that report a failed
 * `get` as a missing key, because a revoked token or a used proof would then be accepted.
 *
 * @internal
 */
export function storeThatFailsLoudly(input: unknown): Store | string {
  const isObject = typeof input === 'object' && input !== null;
  const [get, set] = isObject ? [methodOf(input, 'get'), methodOf(input, 'set')] : [];
  if (!isObject || !get || !set) return 'an object with "get" and "set", such as keyv';
  if (swallowsErrors(input)) {
    return 'a store that reports its failures: give "throwOnErrors: true" to Keyv and to its adapter, such as KeyvRedis';
  }
  return { get, set } as Store;
}

/** Without `throwOnErrors`, keyv and its Redis adapter answer a failed `get` as if the key did not exist. */
function swallowsErrors(store: object): boolean {
  const adapter: unknown = memberOf(store, 'store');
  if (adapter instanceof Map) return false;
  return [store, adapter].some(
    (layer) => typeof layer === 'object' && layer !== null && memberOf(layer, 'throwOnErrors') === false,
  );
}
