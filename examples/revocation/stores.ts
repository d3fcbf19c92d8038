import type { Store } from 'intentkit-auth/revocation';
import type { RedisClientType } from 'redis';
import type { Storage } from 'unstorage';

/** unstorage. Its memory driver never removes entries. */
export const fromUnstorage = (storage: Storage): Store => ({
  get: (key) => storage.getItem(key),
  set: (key, value, ttlMs) => storage.setItem(key, value, { ttl: Math.ceil(ttlMs / 1000) }),
});

/** The client `redis`. Set `disableOfflineQueue: true`, so that it does not queue requests while it is disconnected. */
export const fromRedis = (redis: Pick<RedisClientType, 'get' | 'set'>): Store => ({
  get: (key) => redis.get(key),
  set: (key, value, ttlMs) => redis.set(key, value, { expiration: { type: 'PX', value: ttlMs } }),
});

interface KV {
  get(key: string): Promise<string | null>;
  put(key: string, value: string, options: { expirationTtl: number }): Promise<void>;
}

/** Workers KV. A write, and so a revocation, takes up to a minute to become visible everywhere. */
export const fromWorkersKv = (kv: KV): Store => ({
  get: (key) => kv.get(key),
  set: (key, value, ttlMs) => kv.put(key, value, { expirationTtl: Math.max(60, Math.ceil(ttlMs / 1000)) }),
});
