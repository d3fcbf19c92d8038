/** Makes tokens that are valid except for what a test changes. It uses no code of the package. */
import type { KeyObject } from 'node:crypto';
import type { Algorithm } from 'intentkit-auth';
import { base64url, generateKeys, type Keys, signature } from './mint.js';

/** The time at which forged tokens are valid, in seconds. Tests stop the clock at this time. */
export const NOW = 1_800_000_000;

export const SECRET = 'the-secret-that-the-attacker-has-not-got-0123456789';
export const ISSUER = 'https://issuer.example/';
export const AUDIENCE = 'my-api';

/** The claims of a valid token. */
export const CLAIMS = {
  iss: ISSUER,
  aud: AUDIENCE,
  sub: 'user-1',
  jti: 'token-1',
  iat: NOW - 60,
  nbf: NOW - 60,
  exp: NOW + 3600,
};

const RING = { rsa: 'RS256', p256: 'ES256', p384: 'ES384', p521: 'ES512', ed: 'EdDSA' } as const;
export type KeyName = keyof typeof RING;
type KeyRing = Readonly<Record<KeyName, Keys>>;

/** The identity provider's keys. The name of each key is its `kid`. */
export const KEYS = keyRing();
/** The attacker's keys, of the same types and with the same names. */
export const ATTACKER = keyRing();

/** The JWKS of a key ring. */
export const jwksOf = (ring: KeyRing) => ({ keys: Object.values(ring).map(({ jwk }) => jwk) });

/** Generates each pair when a test first uses it, because generating an RSA key is slow. */
function keyRing(): KeyRing {
  const ring = {} as Record<KeyName, Keys>;
  for (const [name, alg] of Object.entries(RING)) {
    let keys: Keys | undefined;
    const get = (): Keys => {
      keys ??= generateKeys(alg, name);
      return keys;
    };
    Object.defineProperty(ring, name, { enumerable: true, get });
  }
  return ring;
}

/** The name of the key for an algorithm, which is also its `kid`. `undefined` stands for the secret. */
export function keyName(alg: Exclude<Algorithm, `HS${string}`>): KeyName;
export function keyName(alg: Algorithm): KeyName | undefined;
export function keyName(alg: Algorithm): KeyName | undefined {
  if (alg.startsWith('HS')) return undefined;
  if (alg.startsWith('Ed')) return 'ed';
  const isCurve = (name: string): name is KeyName => RING[name as KeyName] === alg;
  return Object.keys(RING).find(isCurve) ?? 'rsa';
}

/** The signing key of a ring for an algorithm. The attacker's ring has a different secret. */
export function signingKey(alg: Algorithm, ring: KeyRing = KEYS): KeyObject | string {
  const name = keyName(alg);
  if (name) return ring[name].privateKey;
  return ring === KEYS ? SECRET : 'not the secret';
}

/** The differences between a forged token and a valid one. An empty object makes a valid token. */
export interface Forgery {
  /** Overrides `alg`, `typ` and `kid`, or adds parameters. `undefined` removes a parameter. */
  header?: Record<string, unknown>;
  /** Replaces the whole header. */
  rawHeader?: string | Uint8Array;
  /** Overrides the valid claims, or adds claims. `undefined` removes a claim. */
  claims?: Record<string, unknown>;
  /** Replaces the whole payload. */
  rawPayload?: string | Uint8Array;
  /** Signs with this key instead of the right one. */
  key?: KeyObject | string | Uint8Array;
  /** Signs with this algorithm instead of the right one. */
  signedBy?: Algorithm;
  /** Changes the signature. A string is the segment itself. */
  signature?: (signature: Buffer, signingInput: string) => Uint8Array | string;
  /** Changes the finished token. */
  token?: (token: string) => string;
}

/** Makes a token with `node:crypto` alone. It is valid except for the differences in `forgery`. */
export function forge(alg: Algorithm, forgery: Forgery = {}): string {
  const kid = keyName(alg);
  const header = forgery.rawHeader ?? JSON.stringify({ alg, typ: 'JWT', kid, ...forgery.header });
  const payload = forgery.rawPayload ?? JSON.stringify({ ...CLAIMS, ...forgery.claims });
  const signingInput = `${base64url(header)}.${base64url(payload)}`;
  const made = signature(forgery.signedBy ?? alg, signingInput, forgery.key ?? signingKey(alg));
  const changed = forgery.signature?.(made, signingInput) ?? made;
  const token = `${signingInput}.${typeof changed === 'string' ? changed : base64url(changed)}`;
  return forgery.token?.(token) ?? token;
}

/**
 * Finds a valid signature that meets a condition, by trying one `jti` after another. For a condition that one signature in
 * 256 meets, the search fails once in 10^17 times.
 */
export function forgeWhere(alg: Algorithm, condition: (signature: Buffer) => boolean): Forgery {
  for (let attempt = 0; attempt < 10_000; attempt += 1) {
    const claims = { jti: `attempt-${attempt}` };
    const signature = bytesOf(forge(alg, { claims }), 2);
    // Keeps this signature, because PSS signatures are random.
    if (condition(signature)) return { claims, signature: () => signature };
  }
  throw new Error(`no ${alg} signature meets the condition`);
}

/** The bytes of one of a token's segments. */
export const bytesOf = (token: string, index: number): Buffer =>
  Buffer.from(token.split('.')[index] ?? '', 'base64url');

/** Copies the bytes and flips one or more bits of one byte. */
export function flipped(bytes: Uint8Array, index: number, mask: number): Buffer {
  const copy = Buffer.from(bytes);
  if (copy.length > 0) copy.writeUInt8(copy.readUInt8(index % copy.length) ^ mask, index % copy.length);
  return copy;
}

/** Flips one bit of one character. */
export const withBitChanged = (text: string, place: number, bit: number): string =>
  text.slice(0, place) + String.fromCharCode(text.charCodeAt(place) ^ (1 << bit)) + text.slice(place + 1);
