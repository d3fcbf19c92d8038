import { ecdsaLength } from './der.js';

/** The HMAC algorithms. Their key is the configured secret. A client accepts one, by default the first. @see RFC 7518 section 3.2 */
export const HMAC_ALGORITHMS = ['HS256', 'HS384', 'HS512'] as const;

/**
 * The algorithms that keys of a JWKS can verify: RSA, RSA-PSS, ECDSA, and EdDSA with Ed25519 under both of its names. A client
 * accepts all of them by default.
 *
 * @see RFC 7518 sections 3.3 to 3.5, RFC 8037 section 3.1, RFC 9864 section 2.2
 */
// biome-ignore format: one family per line
export const ASYMMETRIC_ALGORITHMS = [
  'RS256', 'RS384', 'RS512',
  'PS256', 'PS384', 'PS512',
  'ES256', 'ES384', 'ES512',
  'EdDSA', 'Ed25519',
] as const;

/** An `alg` that uses the secret. @useDeclaredType */
export type HmacAlgorithm = (typeof HMAC_ALGORITHMS)[number];
/** An `alg` that uses the public keys of an identity provider. @useDeclaredType */
export type AsymmetricAlgorithm = (typeof ASYMMETRIC_ALGORITHMS)[number];
/** An `alg` that a client can be configured to accept. */
export type Algorithm = HmacAlgorithm | AsymmetricAlgorithm;

/**
 * The size of the hash in bytes. An HMAC secret must be at least as long. @see RFC 7518 section 3.2
 *
 * @internal
 */
export const hashBytes = (algorithm: HmacAlgorithm): number => Number(algorithm.slice(2)) / 8;

/**
 * The fewest bytes that a signature can have.
 *
 * @see RFC 7518 sections 3.2 to 3.5, RFC 8037 section 3.1
 * @internal
 */
export const SHORTEST_SIGNATURE: ReadonlyMap<unknown, number> = new Map<Algorithm, number>([
  ...HMAC_ALGORITHMS.map((algorithm) => [algorithm, hashBytes(algorithm)] as const),
  // RSA keys have at least 2048 bits.
  ...ASYMMETRIC_ALGORITHMS.map(
    (algorithm) => [algorithm, ecdsaLength(algorithm) ?? (algorithm.startsWith('Ed') ? 64 : 256)] as const,
  ),
]);

/** @internal */
export const isHmacAlgorithm = (algorithm: Algorithm): algorithm is HmacAlgorithm =>
  algorithm.startsWith('HS');
