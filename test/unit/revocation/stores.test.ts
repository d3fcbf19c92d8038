/** Runs the adapters that docs/revocation.md shows. */
import type { Store } from 'intentkit-auth';
import { createRevocationList } from 'intentkit-auth/revocation';
import { createStorage } from 'unstorage';
import { describe, expect, it } from 'vitest';
import { fromUnstorage, fromWorkersKv } from '../../../examples/revocation/stores.js';

/** Workers KV as documented: values are text, missing keys are `null`, and the time to live is at least a minute. */
function workersKv() {
  const entries = new Map<string, string>();
  return {
    get: async (key: string) => entries.get(key) ?? null,
    put: async (key: string, value: unknown, { expirationTtl }: { expirationTtl: number }) => {
      if (typeof value !== 'string')
        throw new TypeError('KV put() accepts only strings, streams and buffers.');
      if (!Number.isInteger(expirationTtl) || expirationTtl < 60) throw new Error('Invalid expiration_ttl');
      if (new TextEncoder().encode(key).length > 512)
        throw new Error('UTF-8 encoded length of key exceeds 512');
      entries.set(key, value);
    },
  };
}

describe('docs/revocation.md', () => {
  it.each<[string, Store]>([
    ['unstorage', fromUnstorage(createStorage())],
    ['Workers KV', fromWorkersKv(workersKv())],
  ])('has an adapter for %s that works with a revocation list', async (_, store) => {
    const [one, other] = [createRevocationList(store), createRevocationList(store)];
    const now = Math.floor(Date.now() / 1000);
    const token = { iss: 'my-service', sub: 'user-1', jti: 'a', iat: now - 1, exp: now + 60 };
    expect(await other.isRevoked(token)).toBe(false);
    await one.revoke(token);
    expect(await other.isRevoked(token)).toBe(true);
    expect(await other.isRevoked({ ...token, jti: 'b' })).toBe(false);
    await one.revokeSubject('user-1', { issuer: 'my-service' });
    expect(await other.isRevoked({ ...token, jti: 'b' })).toBe(true);
  });
});
