import type { KeyObject } from 'node:crypto';
import type { Header } from '../token/header.js';
import type { Token } from '../token/parse.js';
import type { HmacAlgorithm } from './algorithms.js';

/** A key that an engine has made ready. jose takes both forms too. */
export type Key = CryptoKey | KeyObject;

/** What an engine says of a signature. `unsupported`: a `crit` header asks for an extension that we do not have. */
export type SignatureVerdict = 'good' | 'bad' | 'unsupported';

/**
 * Makes and checks signatures, and nothing else: which key may check which algorithm is settled before.
 * It answers without a promise where it can.
 */
export interface SignatureEngine {
  readonly name: 'node:crypto' | 'jose';
  importSecret(secret: Uint8Array, algorithm: HmacAlgorithm): Key | Promise<Key>;
  /** Makes ready a public key that jose has imported from a JWKS. */
  preparePublicKey(key: CryptoKey): Key;
  /** The compact JWS of the claims, which are given as JSON. */
  sign(header: Header, claims: string, key: Key): string | Promise<string>;
  /** The key is known to be one for the token's own `alg`. */
  verify(token: Token, key: Key): SignatureVerdict | Promise<SignatureVerdict>;
}
