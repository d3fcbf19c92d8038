import {
  constants,
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto';

/** Bytes or text as base64url without padding. */
export const base64url = (data: string | Uint8Array): string => Buffer.from(data).toString('base64url');

/** JSON as a token's segment. */
export const segment = (value: unknown): string => base64url(JSON.stringify(value));

export interface Minted {
  /** An object becomes JSON. A string is taken as the segment itself; bytes are encoded as they are. */
  header: object | string | Uint8Array;
  /** As `header`. */
  payload: object | string | Uint8Array;
  /** A private key, or for HMAC the secret. */
  key: KeyObject | string | Uint8Array;
  /** The algorithm to sign by, where it is not the header's `alg`. */
  alg?: string;
}

/** A compact JWS made with `node:crypto` alone, so that tests do not check our signing by our verifying. */
export function mint({ header, payload, key, alg = algorithmOf(header) }: Minted): string {
  const signingInput = `${toSegment(header)}.${toSegment(payload)}`;
  return `${signingInput}.${base64url(signature(alg, signingInput, key))}`;
}

/** The signature of RFC 7518 section 3 or RFC 8037 section 3.1 over any text. */
export function signature(alg: string, signingInput: string, key: Minted['key']): Buffer {
  const data = Buffer.from(signingInput);
  const hash = `sha${alg.slice(2)}`;
  if (alg.startsWith('HS')) return createHmac(hash, key).update(data).digest();
  const privateKey = key as KeyObject;
  switch (alg.slice(0, 2)) {
    case 'RS':
      return sign(hash, data, privateKey);
    case 'PS':
      return sign(hash, data, {
        key: privateKey,
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
      });
    case 'ES':
      return sign(hash, data, { key: privateKey, dsaEncoding: 'ieee-p1363' });
    case 'Ed':
      return sign(null, data, privateKey);
    default:
      throw new Error(`mint cannot sign by ${alg}`);
  }
}

export interface Keys {
  privateKey: KeyObject;
  publicKey: KeyObject;
  /** The public key, with `kid` when one was asked for. Neither `alg` nor `use`. */
  jwk: Record<string, unknown>;
}

/** A new key pair that fits the algorithm. */
export function generateKeys(alg: string, kid?: string): Keys {
  const pair = generatePair(alg);
  const publicKey = createPublicKey(pair.publicKey);
  return {
    privateKey: createPrivateKey(pair.privateKey),
    publicKey,
    jwk: { ...publicKey.export({ format: 'jwk' }), ...(kid && { kid }) },
  };
}

/** A key pair of the kind that signs fastest, with a token that it has signed and that does not expire. */
export interface Signer extends Keys {
  readonly kid: string;
  readonly token: string;
}

export function createSigner(kid: string, alg = 'ES256'): Signer {
  const pair = generateKeys(alg, kid);
  return {
    ...pair,
    kid,
    token: mint({ header: { alg, kid }, payload: { sub: 'alice' }, key: pair.privateKey }),
  };
}

// As text, because Node 20 may hang for ever when it collects garbage while a key that it has just made is exported.
const publicKeyEncoding = { type: 'spki', format: 'pem' } as const;
const privateKeyEncoding = { type: 'pkcs8', format: 'pem' } as const;

function generatePair(alg: string): { privateKey: string; publicKey: string } {
  switch (alg.slice(0, 2)) {
    case 'RS':
    case 'PS':
      return generateKeyPairSync('rsa', { modulusLength: 2048, publicKeyEncoding, privateKeyEncoding });
    case 'ES':
      return generateKeyPairSync('ec', {
        namedCurve: alg === 'ES512' ? 'P-521' : `P-${alg.slice(2)}`,
        publicKeyEncoding,
        privateKeyEncoding,
      });
    case 'Ed':
      return generateKeyPairSync('ed25519', { publicKeyEncoding, privateKeyEncoding });
    default:
      throw new Error(`${alg} has no key pair`);
  }
}

const toSegment = (part: object | string | Uint8Array): string => {
  if (typeof part === 'string') return part;
  return part instanceof Uint8Array ? base64url(part) : segment(part);
};

function algorithmOf(header: Minted['header']): string {
  const alg = (header as { alg?: unknown }).alg;
  if (typeof alg !== 'string') throw new Error('mint needs "alg": the header does not say how to sign');
  return alg;
}
