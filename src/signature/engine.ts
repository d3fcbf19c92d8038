import type { KeyObject } from 'node:crypto';
import type { AsymmetricAlgorithm } from './algorithms.js';

/** The result of checking a signature. `unsupported`: the `crit` header requires an extension that is not supported. */
export type SignatureVerdict = 'valid' | 'invalid' | 'unsupported';

/** The parts of a token that its signature check needs. The header has no prototype. */
export interface SignedToken {
  readonly compact: string;
  readonly header: { readonly alg: string; readonly crit?: unknown };
  /** The header segment, a dot and the payload segment. @see RFC 7515 section 5.1 */
  readonly signingInput: string;
  readonly signature: Uint8Array;
}

/** A key that an engine has imported for one algorithm. */
export interface Key {
  /** Checks a signature. The caller has already matched the token's `alg` to the key. Synchronous if the engine is. */
  verify(token: SignedToken): SignatureVerdict | Promise<SignatureVerdict>;
}

/** An HMAC secret, which can also sign. */
export interface SigningKey extends Key {
  /** Signs claims, given as JSON, into a compact JWS. */
  sign(claims: string): string | Promise<string>;
}

/** Imports keys. The caller decides which key may verify which token. */
export interface SignatureEngine {
  readonly name: 'node:crypto' | 'jose';
  /** Imports a secret for the `alg` of `header`. `sign` writes `header` into its tokens. */
  importSecret(
    secret: Uint8Array,
    header: { readonly alg: string; readonly typ?: string },
  ): SigningKey | Promise<SigningKey>;
  /** Prepares a public key for the algorithm. Only the engine of `node:crypto` takes a KeyObject. */
  importPublicKey(key: CryptoKey | KeyObject, algorithm: AsymmetricAlgorithm): Key;
}

/** True if the header requires extensions. jose then decides whether they are supported. @see RFC 7515 section 4.1.11 */
export const hasCritical = ({ header }: SignedToken): boolean => header.crit !== undefined;

/**
 * The length of an RSA-PSS signature with a modulus of this many bits, in bytes. `undefined` for other algorithms. OpenSSL, and
 * so jose, accepts an RSA-PSS signature without its leading zero byte, which gives one token in 256 a second spelling. For other
 * algorithms, verification already rejects a wrong length.
 *
 * @see RFC 8017 section 8.1.2 step 1
 */
export const signatureLength = (
  algorithm: AsymmetricAlgorithm,
  modulusLength: number | undefined,
): number | undefined => (algorithm.startsWith('PS') ? Math.ceil((modulusLength ?? 0) / 8) : undefined);
