import { loadJose } from '../jose.js';
import { encodeUtf8 } from '../runtime.js';
import type { SignatureEngine } from './engine.js';

/** Signatures by jose, which goes through Web Crypto and so works on every runtime. */
export const joseEngine: SignatureEngine = {
  name: 'jose',

  importSecret(secret, algorithm) {
    const hmac = { name: 'HMAC', hash: `SHA-${algorithm.slice(2)}` };
    return crypto.subtle.importKey('raw', new Uint8Array(secret), hmac, false, ['sign', 'verify']);
  },

  preparePublicKey: (key) => key,

  async sign(header, claims, key) {
    const { CompactSign } = await loadJose();
    return new CompactSign(encodeUtf8(claims)).setProtectedHeader(header).sign(key);
  },

  async verify(token, key) {
    const { compactVerify, errors } = await loadJose();
    try {
      await compactVerify(token.compact, key, { algorithms: [token.header.alg] });
      return 'good';
    } catch (error) {
      const isUnsupported = error instanceof errors.JWSInvalid || error instanceof errors.JOSENotSupported;
      return isUnsupported ? 'unsupported' : 'bad';
    }
  },
};
