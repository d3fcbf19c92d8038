import type { KeyObject, VerifyKeyObjectInput } from 'node:crypto';
import { monotonicNow, nodeCrypto } from '../shared/runtime.js';
import type { AsymmetricAlgorithm } from './algorithms.js';
import { ecdsaLength, ecdsaToDer } from './der.js';
import { hasCritical, type SignatureEngine, type SignatureVerdict, signatureLength } from './engine.js';
import { joseEngine, verifyByJose } from './jose.js';

/** A verification that takes longer moves to the thread pool, so that one token does not make the others wait. */
const BLOCKING_MS = 1;

/** So many verifications are timed before a key counts as slow: one alone may have met a garbage collection. */
const TIMED = 3;

const verdictOf = (isGood: boolean): SignatureVerdict => (isGood ? 'good' : 'bad');

/** Signatures by `node:crypto`, where there is one: on Node 20.16 or later, Bun and Deno. */
export const nodeEngine: SignatureEngine | undefined = nodeCrypto && createNodeEngine(nodeCrypto);

/** The engine that clients use: `node:crypto` where there is one, otherwise jose. */
export const defaultEngine: SignatureEngine = nodeEngine ?? joseEngine;

/**
 * Signatures by `node:crypto`, which answers on the spot, where Web Crypto goes through a thread pool for every
 * call. A header with `crit` goes to jose. The differential test holds the verdicts of both equal.
 */
function createNodeEngine({
  constants,
  createHmac,
  createSecretKey,
  KeyObject,
  timingSafeEqual,
  verify,
}: typeof import('node:crypto')): SignatureEngine {
  return {
    name: 'node:crypto',

    importSecret(secret, header) {
      const key = createSecretKey(secret);
      const hash = `sha${header.alg.slice(2)}`;
      const headerSegment = encode(JSON.stringify(header));
      return {
        verify(token) {
          if (hasCritical(token)) return verifyByJose(token, key);
          const expected = createHmac(hash, key).update(token.signingInput).digest();
          const { signature } = token;
          return verdictOf(signature.length === expected.length && timingSafeEqual(signature, expected));
        },
        sign(claims) {
          const signingInput = `${headerSegment}.${encode(claims)}`;
          return `${signingInput}.${createHmac(hash, key).update(signingInput).digest('base64url')}`;
        },
      };
    },

    importPublicKey(cryptoKey, algorithm) {
      const key = KeyObject.from(cryptoKey);
      const input = inputFor(algorithm, key);
      const length = signatureLength(cryptoKey) ?? ecdsaLength(algorithm);
      // Ed25519 hashes by itself.
      const hash = algorithm.startsWith('Ed') ? null : `sha${algorithm.slice(2)}`;
      let timesToMeasure = TIMED;
      let fastestMs = Number.POSITIVE_INFINITY;

      return {
        verify(token) {
          if (hasCritical(token)) return verifyByJose(token, key);
          if (length !== undefined && token.signature.length !== length) return 'bad';
          const data = Buffer.from(token.signingInput, 'latin1');
          const signature = algorithm.startsWith('ES') ? ecdsaToDer(token.signature) : token.signature;
          if (timesToMeasure === 0) {
            if (fastestMs < BLOCKING_MS) return verdictOf(verify(hash, data, input, signature));
            return new Promise((resolve, reject) => {
              verify(hash, data, input, signature, (error, isGood) =>
                error ? reject(error) : resolve(verdictOf(isGood)),
              );
            });
          }
          const began = monotonicNow();
          const verdict = verdictOf(verify(hash, data, input, signature));
          fastestMs = Math.min(fastestMs, monotonicNow() - began);
          timesToMeasure -= 1;
          return verdict;
        },
      };
    },
  };

  /** A key with parameters only where they are needed: Node 24 takes nearly twice as long with them. */
  function inputFor(algorithm: AsymmetricAlgorithm, key: KeyObject): KeyObject | VerifyKeyObjectInput {
    if (!algorithm.startsWith('PS')) return key;
    // As Web Crypto has it, the salt is as long as the hash.
    const saltLength = constants.RSA_PSS_SALTLEN_DIGEST;
    return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
  }
}

const encode = (text: string): string => Buffer.from(text).toString('base64url');
