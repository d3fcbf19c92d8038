import type { JWK } from 'jose';
import { own, withoutPrototype } from '../../shared/own-properties.js';
import { ASYMMETRIC_ALGORITHMS } from '../../signature/algorithms.js';
import type { IgnoredKeyReason } from '../../types.js';
import { publicKey } from './public-key.js';

/** The private parameters of RFC 7518 section 6, and `priv` of AKP keys. */
const PRIVATE_PARAMETERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];

/** The values of `use` for keys that sign tokens. @see RFC 7517 section 4.2, SPIFFE JWT-SVID section 6.1 */
const SIGNATURE_USES: readonly unknown[] = ['sig', 'jwt-svid'];

/**
 * Returns a member of a key set as a public key that can verify signatures, or why it is ignored. Each member is checked alone,
 * so a bad key does not affect the good keys. The result has only the parameters that verifying needs, in their canonical
 * encoding, so equal keys give equal JSON.
 *
 * @see RFC 7517 section 5
 */
export function usableKey(member: unknown): JWK | IgnoredKeyReason {
  if (typeof member !== 'object' || member === null) return 'malformed';
  const get = (name: string): unknown => valueIn(own(member, name));
  // Anyone can sign with a key whose private part is published.
  if (PRIVATE_PARAMETERS.some((name) => get(name) !== undefined)) return 'private';
  const [alg, use, keyOps] = ['alg', 'use', 'key_ops'].map(get);
  if (use !== undefined && !SIGNATURE_USES.includes(use)) return 'other_use';
  if (keyOps !== undefined && !(Array.isArray(keyOps) && keyOps.includes('verify'))) return 'other_use';
  if (alg !== undefined && !isSupported(alg)) return 'unsupported';
  const key = publicKey(member);
  if (typeof key === 'string') return key;
  if (alg !== undefined && !fits(key, alg)) return 'malformed';
  const kid = own(member, 'kid');
  return withoutPrototype({
    ...key,
    ...(typeof kid === 'string' && { kid }),
    ...(alg !== undefined && { alg }),
  });
}

/**
 * True if a key can be used with an algorithm, by its type or curve. A key with an `alg` is only for that algorithm.
 *
 * @see RFC 7517 section 4.4, RFC 7518 section 3.1, RFC 8037 section 3.1
 */
export function fits({ kty, crv, alg: only }: JWK, alg: string): boolean {
  if (only !== undefined && only !== alg) return false;
  if (alg.startsWith('RS') || alg.startsWith('PS')) return kty === 'RSA';
  if (alg === 'ES256') return crv === 'P-256';
  if (alg === 'ES384') return crv === 'P-384';
  if (alg === 'ES512') return crv === 'P-521';
  return (alg === 'EdDSA' || alg === 'Ed25519') && crv === 'Ed25519';
}

const isSupported = (alg: unknown): alg is string =>
  (ASYMMETRIC_ALGORITHMS as readonly unknown[]).includes(alg);

/** Treats `null`, an empty text and an empty list as absent, because some serializers write them for a missing member. */
const valueIn = (value: unknown): unknown =>
  value === null || value === '' || (Array.isArray(value) && value.length === 0) ? undefined : value;
