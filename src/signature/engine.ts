import type { Header } from '../token/header.js';
import type { Token } from '../token/parse.js';
import type { AsymmetricAlgorithm } from './algorithms.js';

/** What a key says of a signature. `unsupported`: a `crit` header asks for an extension that we do not have. */
export type SignatureVerdict = 'good' | 'bad' | 'unsupported';

/** A key that an engine has made ready for one algorithm. It answers without a promise where it can. */
export interface Key {
  /** The token's `alg` is known to be the algorithm of the key. */
  verify(token: Token): SignatureVerdict | Promise<SignatureVerdict>;
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
  importSecret(secret: Uint8Array, header: Header): SigningKey | Promise<SigningKey>;
  /** Makes ready a public key that jose has imported for the algorithm. */
  importPublicKey(key: CryptoKey, algorithm: AsymmetricAlgorithm): Key;
}

/** Whether a header asks for extensions, about which jose decides. @see RFC 7515 section 4.1.11 */
export const hasCritical = ({ header }: Token): boolean => Object.hasOwn(header, 'crit');
