import { memberOf, methodOf } from './own-properties.js';

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

/**
 * Binds the methods of a store, or returns what it must be instead, as a phrase. It is for uses where a failed `get` must
 * not look like a missing key.
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

/** Without `throwOnErrors`, keyv and its Redis adapter answer a failed `get` as if the key were not there. */
function swallowsErrors(store: object): boolean {
  const adapter: unknown = memberOf(store, 'store');
  if (adapter instanceof Map) return false;
  return [store, adapter].some(
    (layer) => typeof layer === 'object' && layer !== null && memberOf(layer, 'throwOnErrors') === false,
  );
}
