import type { AsymmetricAlgorithm } from './algorithms.js';

/** What a key says of a signature. `unsupported`: a `crit` header asks for an extension that we do not have. */
export type SignatureVerdict = 'good' | 'bad' | 'unsupported';

/** A token, as far as its signature is concerned. The header has no prototype. */
export interface SignedToken {
  readonly compact: string;
  readonly header: { readonly alg: string; readonly crit?: unknown };
  /** The header segment, a dot and the payload segment. @see RFC 7515 section 5.1 */
  readonly signingInput: string;
  readonly signature: Uint8Array;
}

/** A key that an engine has made ready for one algorithm. It answers without a promise where it can. */
export interface Key {
  /** The token's `alg` is known to be the algorithm of the key. */
  verify(token: SignedToken): SignatureVerdict | Promise<SignatureVerdict>;
}

/** A secret, which also signs. */
export interface SigningKey extends Key {
  /** The compact JWS of claims that are given as JSON. */
  sign(claims: string): string | Promise<string>;
}

/** Makes keys ready, and nothing else: which key may check which token is settled before. */
export interface SignatureEngine {
  readonly name: 'node:crypto' | 'jose';
  /** `header` is what `sign` writes. Its `alg` is the one algorithm of the key. */
  importSecret(
    secret: Uint8Array,
    header: { readonly alg: string; readonly typ?: string },
  ): SigningKey | Promise<SigningKey>;
  /** Makes ready a public key that jose has imported for the algorithm. */
  importPublicKey(key: CryptoKey, algorithm: AsymmetricAlgorithm): Key;
}

/** Whether a header asks for extensions, about which jose decides. @see RFC 7515 section 4.1.11 */
export const hasCritical = ({ header }: SignedToken): boolean => header.crit !== undefined;

/**
 * How many bytes an RSA-PSS signature by this key has, or `undefined` for other keys. OpenSSL, and so jose too, accepts
 * an RSA-PSS signature whose leading zero byte was cut off, which would give one token in 256 a second spelling. The
 * lengths of the other signatures are checked with them.
 *
 * @see RFC 8017 section 8.1.2 step 1
 */
export function signatureLength(key: CryptoKey): number | undefined {
  if (key.algorithm.name !== 'RSA-PSS') return undefined;
  return Math.ceil((key.algorithm as RsaKeyAlgorithm).modulusLength / 8);
}
