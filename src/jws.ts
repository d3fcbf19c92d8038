import type { KeyObject } from 'node:crypto';
import type { HmacAlgorithm } from './algorithms.js';
import { jose } from './jose.js';
import type { Header, Token } from './token.js';

/** A key that an engine has made ready. jose takes both forms too. */
export type Key = CryptoKey | KeyObject;

/** What is known of a token's signature. `malformed` is a `crit` header that asks for more than we do. */
export type SignatureVerdict = 'good' | 'signature' | 'malformed';

/**
 * Makes and checks signatures, and nothing else: which key may check which algorithm is settled before.
 * Answers without a promise where it can.
 */
export interface JwsEngine {
  importSecret(secret: Uint8Array, algorithm: HmacAlgorithm): Key | Promise<Key>;
  /** Makes ready a public key that jose has imported from a JWKS. */
  preparePublicKey(key: CryptoKey): Key;
  /** The compact JWS of the claims. */
  sign(header: Header, claims: string, key: Key): string | Promise<string>;
  /** The key is known to be one for the token's own `alg`. */
  verify(token: Token, key: Key): SignatureVerdict | Promise<SignatureVerdict>;
}

/** Every step by jose, which goes through Web Crypto. */
export const joseEngine: JwsEngine = {
  importSecret(secret, algorithm) {
    const hmac = { name: 'HMAC', hash: `SHA-${algorithm.slice(2)}` };
    return crypto.subtle.importKey('raw', new Uint8Array(secret), hmac, false, ['sign', 'verify']);
  },

  preparePublicKey: (key) => key,

  async sign(header, claims, key) {
    const { CompactSign } = await jose();
    return new CompactSign(new TextEncoder().encode(claims)).setProtectedHeader(header).sign(key);
  },

  async verify(token, key) {
    const { compactVerify, errors } = await jose();
    try {
      await compactVerify(token.compact, key, { algorithms: [token.header.alg] });
      return 'good';
    } catch (error) {
      const unsupported = error instanceof errors.JWSInvalid || error instanceof errors.JOSENotSupported;
      return unsupported ? 'malformed' : 'signature';
    }
  },
};
