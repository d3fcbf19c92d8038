/** Tokens that are good but for what a test changes about them, made without any code of the package. */
import type { KeyObject } from 'node:crypto';
import type { Algorithm } from 'intentkit-auth';
import { base64url, generateKeys, type Keys, signature } from './mint.js';

/** The frozen now of every forged token, in seconds. */
export const NOW = 1_800_000_000;

export const SECRET = 'the-secret-that-the-attacker-has-not-got-0123456789';
export const ISSUER = 'https://issuer.example/';
export const AUDIENCE = 'my-api';

/** The claims of a token that is good in every respect. */
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

/** The identity provider's keys, each under its name as `kid`, and the attacker's own of the same kinds. */
export const KEYS = keyRing();
export const ATTACKER = keyRing();

/** The JWKS of a ring. */
export const jwksOf = (ring: KeyRing) => ({ keys: Object.values(ring).map(({ jwk }) => jwk) });

/** Each pair is made when it is first asked for, as an RSA key takes its time. */
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

/** The name of the key that signs by an algorithm, which is its `kid` too; `undefined` is the secret. */
export function keyName(alg: Exclude<Algorithm, `HS${string}`>): KeyName;
export function keyName(alg: Algorithm): KeyName | undefined;
export function keyName(alg: Algorithm): KeyName | undefined {
  if (alg.startsWith('HS')) return undefined;
  if (alg.startsWith('Ed')) return 'ed';
  const isCurve = (name: string): name is KeyName => RING[name as KeyName] === alg;
  return Object.keys(RING).find(isCurve) ?? 'rsa';
}

/** The key of a ring that signs by an algorithm; of the attacker's ring, a secret that is not ours. */
export function signingKey(alg: Algorithm, ring: KeyRing = KEYS): KeyObject | string {
  const name = keyName(alg);
  if (name) return ring[name].privateKey;
  return ring === KEYS ? SECRET : 'not the secret';
}

/** What about a token differs from a good one. An empty object makes a good one. */
export interface Forgery {
  /** Merged over `alg`, `typ` and `kid`; `undefined` removes a parameter. */
  header?: Record<string, unknown>;
  /** Stands for the whole header. */
  rawHeader?: string | Uint8Array;
  /** Merged over the good claims; `undefined` removes one. */
  claims?: Record<string, unknown>;
  /** Stands for the whole payload. */
  rawPayload?: string | Uint8Array;
  /** Signs instead of the right key. */
  key?: KeyObject | string | Uint8Array;
  /** Signs instead of the right algorithm. */
  signedBy?: Algorithm;
  /** Changes the signature. A string is the segment itself. */
  signature?: (signature: Buffer, signingInput: string) => Uint8Array | string;
  /** Changes the finished token. */
  token?: (token: string) => string;
}

/** A token by `node:crypto` alone: good where the forgery does not say otherwise. */
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
 * A token whose good signature meets a condition, found by trying one `jti` after the other. One that is met by one
 * signature in 256 is missed once in 10^17 times.
 */
export function forgeWhere(alg: Algorithm, condition: (signature: Buffer) => boolean): Forgery {
  for (let attempt = 0; attempt < 10_000; attempt += 1) {
    const claims = { jti: `attempt-${attempt}` };
    const signature = bytesOf(forge(alg, { claims }), 2);
    // PSS would sign otherwise the next time.
    if (condition(signature)) return { claims, signature: () => signature };
  }
  throw new Error(`no ${alg} signature meets the condition`);
}

/** The bytes of one of a token's segments. */
export const bytesOf = (token: string, index: number): Buffer =>
  Buffer.from(token.split('.')[index] ?? '', 'base64url');

/** A copy of the bytes with one bit, or several in one byte, the other way. */
export function flipped(bytes: Uint8Array, index: number, mask: number): Buffer {
  const copy = Buffer.from(bytes);
  if (copy.length > 0) copy.writeUInt8(copy.readUInt8(index % copy.length) ^ mask, index % copy.length);
  return copy;
}

/** The text with one bit of one character the other way. */
export const withBitChanged = (text: string, place: number, bit: number): string =>
  text.slice(0, place) + String.fromCharCode(text.charCodeAt(place) ^ (1 << bit)) + text.slice(place + 1);
