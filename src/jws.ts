import type { KeyObject } from 'node:crypto';
import type { Algorithm, AsymmetricAlgorithm, HmacAlgorithm } from './algorithms.js';
import { decodeBase64url, encodeBase64url } from './base64url.js';
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

type NodeCrypto = typeof import('node:crypto');

// By `getBuiltinModule` and not by an import, so that this file loads where there is no `node:crypto`. Bun and
// Deno have it, but its verdicts are only proven equal to jose's on Node.
const isNode = globalThis.navigator === undefined || /^Node\.js\//.test(globalThis.navigator.userAgent);
const nodeCrypto: NodeCrypto | undefined = isNode
  ? globalThis.process?.getBuiltinModule?.('node:crypto')
  : undefined;

/**
 * The same by `node:crypto`, which answers on the spot, where Web Crypto goes through a thread pool for every
 * call. `undefined` where the runtime has no such module. A header with `crit` goes to jose.
 */
export const nodeEngine: JwsEngine | undefined = nodeCrypto && createNodeEngine(nodeCrypto);

/** The engine that clients use. */
export const defaultEngine: JwsEngine = nodeEngine ?? joseEngine;

function createNodeEngine({
  constants,
  createHmac,
  createSecretKey,
  KeyObject,
  timingSafeEqual,
  verify,
}: NodeCrypto): JwsEngine {
  const pss = (saltLength: number) => ({ padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
  const p1363 = { dsaEncoding: 'ieee-p1363' } as const;
  // The key decides what `null` means: Ed25519 hashes by itself.
  const asymmetric: Readonly<
    Record<AsymmetricAlgorithm, readonly [hash: string | null, parameters?: object]>
  > = {
    RS256: ['sha256'],
    RS384: ['sha384'],
    RS512: ['sha512'],
    PS256: ['sha256', pss(32)],
    PS384: ['sha384', pss(48)],
    PS512: ['sha512', pss(64)],
    ES256: ['sha256', p1363],
    ES384: ['sha384', p1363],
    ES512: ['sha512', p1363],
    EdDSA: [null],
    Ed25519: [null],
  };
  const hmacHash: Readonly<Record<HmacAlgorithm, string>> = {
    HS256: 'sha256',
    HS384: 'sha384',
    HS512: 'sha512',
  };

  // A client signs with one header for life.
  const headerSegments = new WeakMap<Header, string>();
  const segmentOf = (header: Header): string => {
    const segment = headerSegments.get(header) ?? encodeBase64url(JSON.stringify(header));
    headerSegments.set(header, segment);
    return segment;
  };

  const isGood = ({ header, signingInput, signatureSegment }: Token, key: KeyObject): boolean => {
    const signature = decodeBase64url(signatureSegment);
    const algorithm = header.alg as Algorithm;
    if (key.type === 'secret') {
      const expected = createHmac(hmacHash[algorithm as HmacAlgorithm], key)
        .update(signingInput)
        .digest();
      return signature.length === expected.length && timingSafeEqual(signature, expected);
    }
    const [hash, parameters] = asymmetric[algorithm as AsymmetricAlgorithm];
    return verify(hash, Buffer.from(signingInput, 'latin1'), { key, ...parameters }, signature);
  };

  return {
    importSecret: (secret) => createSecretKey(secret),
    preparePublicKey: (key) => KeyObject.from(key),
    sign(header, claims, key) {
      const signingInput = `${segmentOf(header)}.${encodeBase64url(claims)}`;
      const hmac = createHmac(hmacHash[header.alg as HmacAlgorithm], key as KeyObject);
      return `${signingInput}.${hmac.update(signingInput).digest('base64url')}`;
    },
    verify(token, key) {
      if (Object.hasOwn(token.header, 'crit')) return joseEngine.verify(token, key);
      return isGood(token, key as KeyObject) ? 'good' : 'signature';
    },
  };
}
