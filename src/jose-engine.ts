import { CompactSign, compactVerify, errors } from 'jose';
import type { JwsEngine } from './jws.js';

/** Signatures by jose, which goes through Web Crypto and so works on every runtime. */
export const joseEngine: JwsEngine = {
  importSecret(secret, algorithm) {
    const hmac = { name: 'HMAC', hash: `SHA-${algorithm.slice(2)}` };
    return crypto.subtle.importKey('raw', new Uint8Array(secret), hmac, false, ['sign', 'verify']);
  },

  preparePublicKey: (key) => key,

  sign: (header, claims, key) =>
    new CompactSign(new TextEncoder().encode(claims)).setProtectedHeader(header).sign(key),

  async verify(token, key) {
    try {
      await compactVerify(token.compact, key, { algorithms: [token.header.alg] });
      return 'good';
    } catch (error) {
      const unsupported = error instanceof errors.JWSInvalid || error instanceof errors.JOSENotSupported;
      return unsupported ? 'malformed' : 'signature';
    }
  },
};
