import type { KeyObject, VerifyKeyObjectInput } from 'node:crypto';
import { monotonicNow } from '../shared/clock.js';
import { nodeCrypto } from '../shared/runtime.js';
import type { AsymmetricAlgorithm } from './algorithms.js';
import { ecdsaLength, ecdsaToDer } from './der.js';
import { hasCritical, type SignatureEngine, type SignatureVerdict, signatureLength } from './engine.js';
import { joseEngine, verifyByJose } from './jose.js';

/** If one verification takes at least this long, the key's verifications run in the thread pool, off the event loop. */
const BLOCKING_MS = 1;

/** How many verifications are timed for each key. A garbage collection could slow down a single one. */
const TIMED = 3;

const verdictOf = (isValid: boolean): SignatureVerdict => (isValid ? 'valid' : 'invalid');

/** Signs and verifies with `node:crypto`. `undefined` on runtimes other than Node 20.16 or later, Bun and Deno. */
export const nodeEngine: SignatureEngine | undefined = nodeCrypto && createNodeEngine(nodeCrypto);

/** The engine that clients use: `node:crypto` if available, otherwise jose. */
export const defaultEngine: SignatureEngine = nodeEngine ?? joseEngine;

/**
 * `node:crypto` is synchronous, while Web Crypto uses the thread pool for every call. jose handles headers with `crit`. A
 * differential test checks that both engines give the same verdicts.
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
      // Ed25519 includes its own hash.
      const hash = algorithm.startsWith('Ed') ? null : `sha${algorithm.slice(2)}`;
      let timesToMeasure = TIMED;
      let fastestMs = Number.POSITIVE_INFINITY;

      return {
        verify(token) {
          if (hasCritical(token)) return verifyByJose(token, key);
          if (length !== undefined && token.signature.length !== length) return 'invalid';
          const data = Buffer.from(token.signingInput, 'latin1');
          const signature = algorithm.startsWith('ES') ? ecdsaToDer(token.signature) : token.signature;
          if (timesToMeasure === 0) {
            if (fastestMs < BLOCKING_MS) return verdictOf(verify(hash, data, input, signature));
            return new Promise((resolve, reject) => {
              verify(hash, data, input, signature, (error, isValid) =>
                error ? reject(error) : resolve(verdictOf(isValid)),
              );
            });
          }
          const began = monotonicNow();
          const verdict = verdictOf(verify(hash, data, input, signature));
          const took = monotonicNow() - began;
          // Some invalid signatures are refused early, which says nothing about the key.
          if (verdict === 'valid' || took >= BLOCKING_MS) {
            fastestMs = Math.min(fastestMs, took);
            timesToMeasure -= 1;
          }
          return verdict;
        },
      };
    },
  };

  /** Adds parameters only for RSA-PSS, because verifying with them takes nearly twice as long on Node 24. */
  function inputFor(algorithm: AsymmetricAlgorithm, key: KeyObject): KeyObject | VerifyKeyObjectInput {
    if (!algorithm.startsWith('PS')) return key;
    // RFC 7518 section 3.5: the salt is as long as the hash.
    const saltLength = constants.RSA_PSS_SALTLEN_DIGEST;
    return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
  }
}

const encode = (text: string): string => Buffer.from(text).toString('base64url');
