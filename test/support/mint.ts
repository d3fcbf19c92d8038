import {
  constants,
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto';

/** Encodes bytes or text as base64url without padding. */
export const base64url = (data: string | Uint8Array): string => Buffer.from(data).toString('base64url');

/** Encodes a value as JSON in a token's segment. */
export const segment = (value: unknown): string => base64url(JSON.stringify(value));

export interface Minted {
  /** An object becomes JSON. A string is used as the segment itself. Bytes are only encoded. */
  header: object | string | Uint8Array;
  /** The payload, in the same forms as `header`. */
  payload: object | string | Uint8Array;
  /** The private key. For HMAC, the secret. */
  key: KeyObject | string | Uint8Array;
  /** The algorithm to sign with. Default: the header's `alg`. */
  alg?: string;
}

/** Makes a compact JWS with `node:crypto` alone, so that tests of `verify` do not depend on our `sign`. */
export function mint({ header, payload, key, alg = algorithmOf(header) }: Minted): string {
  const signingInput = `${toSegment(header)}.${toSegment(payload)}`;
  return `${signingInput}.${base64url(signature(alg, signingInput, key))}`;
}

/** Signs any text. @see RFC 7518 section 3, RFC 8037 section 3.1 */
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
      throw new Error(`mint cannot sign with ${alg}`);
  }
}

export interface Keys {
  privateKey: KeyObject;
  publicKey: KeyObject;
  /** The public key, with the requested `kid`, but without `alg` and `use`. */
  jwk: Record<string, unknown>;
}

/** Generates a key pair for the algorithm. */
export function generateKeys(alg: string, kid?: string): Keys {
  const pair = generatePair(alg);
  const publicKey = createPublicKey(pair.publicKey);
  return {
    privateKey: createPrivateKey(pair.privateKey),
    publicKey,
    jwk: { ...publicKey.export({ format: 'jwk' }), ...(kid && { kid }) },
  };
}

/** A key pair, and a token that it signed. The token does not expire. */
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

// PEM avoids a bug: Node 20 may hang if it collects garbage while it exports a newly generated key.
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
  if (typeof alg !== 'string') throw new Error('mint needs "alg", because the header has none');
  return alg;
}
