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

/** Signs and verifies with jose. jose uses Web Crypto, so this engine works on every runtime. */
export const joseEngine: SignatureEngine = {
  name: 'jose',

  async importSecret(secret, header) {
    const hmac = { name: 'HMAC', hash: `SHA-${header.alg.slice(2)}` };
    const usages: KeyUsage[] = ['sign', 'verify'];
    const key = await crypto.subtle.importKey('raw', new Uint8Array(secret), hmac, false, usages);
    return {
      verify: (token) => verifyByJose(token, key),
      sign: (claims) => signByJose(claims, header, key),
    };
  },

  importPublicKey(key, algorithm) {
    const { modulusLength } = (key as CryptoKey).algorithm as Partial<RsaKeyAlgorithm>;
    const length = signatureLength(algorithm, modulusLength);
    const hasRightLength = ({ signature }: SignedToken): boolean =>
      length === undefined || signature.length === length;
    return {
      // An unsupported `crit` is reported even if the signature is invalid.
      verify: (token) => (hasCritical(token) || hasRightLength(token) ? verifyByJose(token, key) : 'invalid'),
    };
  },
};

/** Verifies a token with jose, including its `crit` header. */
export async function verifyByJose(
  token: SignedToken,
  key: CryptoKey | KeyObject,
): Promise<SignatureVerdict> {
  const { compactVerify, errors } = await loadVerify();
  try {
    await compactVerify(token.compact, key, withoutPrototype({ algorithms: [token.header.alg] }));
    return 'valid';
  } catch (error) {
    const isUnsupported = error instanceof errors.JWSInvalid || error instanceof errors.JOSENotSupported;
    return isUnsupported ? 'unsupported' : 'invalid';
  }
}

/** Signs claims, given as JSON, with jose. The extensions in `crit` are only for their readers, so jose need not know them. */
export async function signByJose(
  claims: string,
  header: { readonly alg: string; readonly crit?: unknown },
  key: CryptoKey,
): Promise<string> {
  const { CompactSign } = await loadSign();
  const critical = Array.isArray(header.crit) ? header.crit : [];
  return new CompactSign(encodeUtf8(claims))
    .setProtectedHeader({ ...header } as { alg: string })
    .sign(key, { crit: Object.fromEntries(critical.map((name) => [name, false])) });
}
