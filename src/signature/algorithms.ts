/** HMAC with SHA-2. The key is the configured secret. @see RFC 7518 section 3.2 */
export const HMAC_ALGORITHMS = ['HS256', 'HS384', 'HS512'] as const;

/**
 * The signature algorithms that a JWKS may verify: RSA, RSA-PSS, ECDSA, and EdDSA over Ed25519 under both its
 * names.
 * @see RFC 7518 sections 3.3 to 3.5, RFC 8037 section 3.1, RFC 9864 section 2.2
 */
// biome-ignore format: one family a line
export const ASYMMETRIC_ALGORITHMS = [
  'RS256', 'RS384', 'RS512',
  'PS256', 'PS384', 'PS512',
  'ES256', 'ES384', 'ES512',
  'EdDSA', 'Ed25519',
] as const;

/** An `alg` of a secret. @useDeclaredType */
export type HmacAlgorithm = (typeof HMAC_ALGORITHMS)[number];
/** An `alg` of the keys of an identity provider. @useDeclaredType */
export type AsymmetricAlgorithm = (typeof ASYMMETRIC_ALGORITHMS)[number];
/** An `alg` that a client can be configured for. */
export type Algorithm = HmacAlgorithm | AsymmetricAlgorithm;

/**
 * Bytes in the hash, and so the least length of an HMAC secret. @see RFC 7518 section 3.2
 *
 * @internal
 */
export const hashBytes = (algorithm: HmacAlgorithm): number => Number(algorithm.slice(2)) / 8;

/** @internal */
export const isHmacAlgorithm = (algorithm: Algorithm): algorithm is HmacAlgorithm =>
  algorithm.startsWith('HS');
