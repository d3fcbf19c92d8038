import type { KeyObject, VerifyKeyObjectInput } from 'node:crypto';
import { nodeCrypto } from '../shared/runtime.js';
import type { AsymmetricAlgorithm } from './algorithms.js';
import { ecdsaLength, ecdsaToDer } from './der.js';
import { hasCritical, type SignatureEngine, type SignatureVerdict, signatureLength } from './engine.js';
import { joseEngine, verifyByJose } from './jose.js';
import { ThreadPool } from './thread-pool.js';

type NodeCrypto = typeof import('node:crypto');

const verdictOf = (isValid: boolean): SignatureVerdict => (isValid ? 'valid' : 'invalid');

/** Signs and verifies with `node:crypto`. `undefined` on runtimes other than Node 20.16 or later, Bun and Deno. */
export const nodeEngine: SignatureEngine | undefined = nodeCrypto && createNodeEngine(nodeCrypto);

/** The engine that clients use: `node:crypto` if available, otherwise jose. */
export const defaultEngine: SignatureEngine = nodeEngine ?? joseEngine;

/**
 * Creates an engine that works synchronously, and moves expensive verifications into the thread pool when several are waiting. Web
 * Crypto uses the thread pool for every call. jose handles headers with `crit`. A differential test checks that both engines, and
 * both ways of this one, give the same verdicts.
 */
export function createNodeEngine(
  { constants, createHmac, createSecretKey, KeyObject, timingSafeEqual, verify }: NodeCrypto,
  pool = new ThreadPool(),
): SignatureEngine {
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

    importPublicKey(given, algorithm) {
      const key = given instanceof KeyObject ? given : KeyObject.from(given);
      const input = inputFor(algorithm, key);
      const length =
        signatureLength(algorithm, key.asymmetricKeyDetails?.modulusLength) ?? ecdsaLength(algorithm);
      // Ed25519 includes its own hash.
      const hash = algorithm.startsWith('Ed') ? null : `sha${algorithm.slice(2)}`;
      const staysSynchronous = isCheap(key);

      return {
        verify(token) {
          if (hasCritical(token)) return verifyByJose(token, key);
          if (length !== undefined && token.signature.length !== length) return 'invalid';
          const data = Buffer.from(token.signingInput, 'latin1');
          const signature = algorithm.startsWith('ES') ? ecdsaToDer(token.signature) : token.signature;
          if (staysSynchronous || !pool.takes(token)) return verdictOf(verify(hash, data, input, signature));
          return pool.run((done) => verify(hash, data, input, signature, done));
        },
      };
    },
  };

  /**
   * RSA-PSS needs options. Given next to a key object, they cost 12 µs per call on Node 24, more than half of a verification. So
   * they become properties of the key object where `verify` reads them there.
   */
  function inputFor(algorithm: AsymmetricAlgorithm, key: KeyObject): KeyObject | VerifyKeyObjectInput {
    if (!algorithm.startsWith('PS')) return key;
    // RFC 7518 section 3.5: the salt is as long as the hash.
    const options = {
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
    };
    const areRead = Object.keys(options).every((name) => readsOption(key, name));
    return areRead ? Object.assign(key, options) : { key, ...options };
  }

  /** True if `verify` reads an option from the key object. If it does, it refuses a value that is not a number. */
  function readsOption(key: KeyObject, name: string): boolean {
    const nothing = Buffer.alloc(0);
    try {
      verify('sha256', nothing, Object.assign(key, { [name]: 'none' }), nothing);
      return false;
    } catch (error) {
      return (error as { code?: unknown }).code === 'ERR_INVALID_ARG_VALUE';
    } finally {
      Reflect.deleteProperty(key, name);
    }
  }
}

/** True if verifying takes less than about 50 µs, which is not worth the way to the thread pool and back. */
function isCheap({ asymmetricKeyDetails }: KeyObject): boolean {
  const { modulusLength = Number.POSITIVE_INFINITY, publicExponent } = asymmetricKeyDetails ?? {};
  // Nearly all RSA keys have the exponent 65,537, of three bytes. With a long one, verifying takes as long as signing.
  return modulusLength <= 3072 && publicExponent !== undefined && publicExponent < 2 ** 24;
}

const encode = (text: string): string => Buffer.from(text).toString('base64url');
