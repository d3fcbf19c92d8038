import type { KeyObject } from 'node:crypto';
import type { Header } from '../token/header.js';
import type { Token } from '../token/parse.js';
import type { SignatureEngine } from './engine.js';

/**
 * Signatures by `node:crypto`, which answers on the spot, where Web Crypto goes through a thread pool for every
 * call. A header with `crit` goes to `others`. The differential test holds the verdicts of both equal.
 */
export function createNodeEngine(
  nodeCrypto: typeof import('node:crypto'),
  others: SignatureEngine,
): SignatureEngine {
  const { constants, createHmac, createSecretKey, KeyObject, timingSafeEqual, verify } = nodeCrypto;

  // Web Crypto's RSA-PSS has a salt as long as the hash, and its ECDSA signatures are r and s side by side.
  const parameters: Readonly<Record<string, object>> = {
    PS: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
    ES: { dsaEncoding: 'ieee-p1363' },
  };

  const hmac = (signingInput: string, { alg }: Header, key: KeyObject) =>
    createHmac(`sha${alg.slice(2)}`, key).update(signingInput);

  const isGood = ({ header, signingInput, signature }: Token, key: KeyObject): boolean => {
    if (key.type === 'secret') {
      const expected = hmac(signingInput, header, key).digest();
      return signature.length === expected.length && timingSafeEqual(signature, expected);
    }
    const family = header.alg.slice(0, 2);
    // Ed25519 hashes by itself.
    const hash = family === 'Ed' ? null : `sha${header.alg.slice(2)}`;
    return verify(hash, Buffer.from(signingInput, 'latin1'), { key, ...parameters[family] }, signature);
  };

  const encode = (text: string): string => Buffer.from(text).toString('base64url');

  return {
    name: 'node:crypto',
    importSecret: (secret) => createSecretKey(secret),
    preparePublicKey: (key) => KeyObject.from(key),
    sign(header, claims, key) {
      const signingInput = `${encode(JSON.stringify(header))}.${encode(claims)}`;
      return `${signingInput}.${hmac(signingInput, header, key as KeyObject).digest('base64url')}`;
    },
    verify(token, key) {
      if (Object.hasOwn(token.header, 'crit')) return others.verify(token, key);
      return isGood(token, key as KeyObject) ? 'good' : 'bad';
    },
  };
}
