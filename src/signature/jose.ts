import type { KeyObject } from 'node:crypto';
import { withoutPrototype } from '../shared/own-properties.js';
import { encodeUtf8 } from '../shared/runtime.js';
import {
  hasCritical,
  type SignatureEngine,
  type SignatureVerdict,
  type SignedToken,
  signatureLength,
} from './engine.js';
import { loadSign, loadVerify } from './load-jose.js';

/** Signatures by jose, which goes through Web Crypto and so works on every runtime. */
export const joseEngine: SignatureEngine = {
  name: 'jose',

  async importSecret(secret, header) {
    const hmac = { name: 'HMAC', hash: `SHA-${header.alg.slice(2)}` };
    const usages: KeyUsage[] = ['sign', 'verify'];
    const key = await crypto.subtle.importKey('raw', new Uint8Array(secret), hmac, false, usages);
    return {
      verify: (token) => verifyByJose(token, key),
      async sign(claims) {
        const { CompactSign } = await loadSign();
        return new CompactSign(encodeUtf8(claims)).setProtectedHeader({ ...header }).sign(key);
      },
    };
  },

  importPublicKey(key) {
    const length = signatureLength(key);
    const hasRightLength = ({ signature }: SignedToken): boolean =>
      length === undefined || signature.length === length;
    return {
      // What a `crit` header asks for is judged before the signature.
      verify: (token) => (hasCritical(token) || hasRightLength(token) ? verifyByJose(token, key) : 'bad'),
    };
  },
};

/** The verdict of jose, which also knows what to do with a `crit` header. */
export async function verifyByJose(
  token: SignedToken,
  key: CryptoKey | KeyObject,
): Promise<SignatureVerdict> {
  const { compactVerify, errors } = await loadVerify();
  try {
    await compactVerify(token.compact, key, withoutPrototype({ algorithms: [token.header.alg] }));
    return 'good';
  } catch (error) {
    const isUnsupported = error instanceof errors.JWSInvalid || error instanceof errors.JOSENotSupported;
    return isUnsupported ? 'unsupported' : 'bad';
  }
}
