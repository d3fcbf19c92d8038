import type { createLocalJWKSet, JWK } from 'jose';
import type { Key, SignatureEngine } from '../../signature/engine.js';
import { decodeBase64url } from '../../token/base64url.js';
import type { Header } from '../../token/header.js';

type Keys = readonly Key[] | Promise<readonly Key[]>;

/**
 * The usable keys of one fetched JWKS. jose chooses among them and imports them; here its answers are kept, so
 * that finding a known key takes the same time among one key and among a thousand.
 */
type Jose = typeof import('jose');

export class KeySet {
  /** When it was fetched, in milliseconds since the epoch. */
  readonly fetchedAt: number;
  /** How many keys may verify a signature, and the ids of those that have one. */
  readonly size: number;
  readonly keyIds: ReadonlySet<string>;
  readonly #engine: SignatureEngine;
  readonly #jose: Jose;
  /** By algorithm, then by key id. Grows only with ids that are in the set. */
  readonly #found = new Map<string, Map<string | undefined, Keys>>();
  readonly #select: ReturnType<typeof createLocalJWKSet>;

  constructor(members: readonly unknown[], fetchedAt: number, engine: SignatureEngine, jose: Jose) {
    const keys = members.flatMap((member) => usableKey(member) ?? []);
    this.#jose = jose;
    this.#select = jose.createLocalJWKSet({ keys });
    this.#engine = engine;
    this.fetchedAt = fetchedAt;
    this.size = keys.length;
    this.keyIds = new Set(keys.flatMap(({ kid }) => kid ?? []));
  }

  /** The keys that may have signed a token with this header: every matching one when it names no key id. */
  find({ alg, kid }: Header): Keys {
    if (kid !== undefined && !(typeof kid === 'string' && this.keyIds.has(kid))) return [];
    const byKeyId = this.#found.get(alg) ?? new Map<string | undefined, Keys>();
    this.#found.set(alg, byKeyId);
    const known = byKeyId.get(kid);
    if (known) return known;
    const found = this.#import(alg, kid);
    byKeyId.set(kid, found);
    found.then(
      (keys) => byKeyId.set(kid, keys),
      () => byKeyId.delete(kid),
    );
    return found;
  }

  /** Whether there is a key for one of these algorithms that can be imported. */
  async hasKeyFor(algorithms: readonly string[]): Promise<boolean> {
    // By key id first: the keys of one are soon imported, those without a key id only all together.
    for (const kid of [...this.keyIds, undefined]) {
      for (const alg of algorithms) {
        if ((await this.find({ alg, kid })).length > 0) return true;
      }
    }
    return false;
  }

  async #import(alg: string, kid: string | undefined): Promise<readonly Key[]> {
    const keys: Key[] = [];
    try {
      keys.push(
        this.#engine.preparePublicKey(await this.#select(kid === undefined ? { alg } : { alg, kid })),
      );
    } catch (error) {
      // Several match: jose hands out those that it can import. Anything else (no match, or parameters that
      // make no key) leaves none.
      if (!(error instanceof this.#jose.errors.JWKSMultipleMatchingKeys)) return keys;
      for await (const key of error) keys.push(this.#engine.preparePublicKey(key));
    }
    return keys;
  }
}

// Every private parameter of RFC 7518 section 6, and `priv` of the AKP keys.
const PRIVATE_PARAMETERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];

/**
 * A member of the set as a public key that may verify signatures, or `undefined`. Members are taken or left one
 * by one, and only what a key consists of is kept, so that an odd one beside the good ones breaks nothing (RFC
 * 7517 section 5). A key published with its private part is in everyone's hands and verifies nothing.
 */
function usableKey(member: unknown): JWK | undefined {
  if (typeof member !== 'object' || member === null) return undefined;
  if (PRIVATE_PARAMETERS.some((parameter) => Object.hasOwn(member, parameter))) return undefined;
  const { kty, kid, alg, use, key_ops, n, e, crv, x, y } = member as Record<string, unknown>;
  if (use !== undefined && use !== 'sig') return undefined;
  if (alg !== undefined && typeof alg !== 'string') return undefined;
  if (key_ops !== undefined && !(isTexts(key_ops) && key_ops.includes('verify'))) return undefined;
  const common = {
    ...(typeof kid === 'string' && { kid }),
    ...(alg !== undefined && { alg }),
    ...(key_ops !== undefined && { key_ops }),
  };
  if (
    kty === 'RSA' &&
    typeof n === 'string' &&
    typeof e === 'string' &&
    bitLength(n) >= 2048 &&
    bitLength(e) > 1
  ) {
    return { kty, n, e, ...common };
  }
  if (kty === 'EC' && typeof crv === 'string' && typeof x === 'string' && typeof y === 'string') {
    return ['P-256', 'P-384', 'P-521'].includes(crv) ? { kty, crv, x, y, ...common } : undefined;
  }
  if (kty === 'OKP' && crv === 'Ed25519' && typeof x === 'string') return { kty, crv, x, ...common };
  return undefined;
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

// RFC 7518 section 3.3 asks for a modulus of 2048 bits; Web Crypto imports shorter ones. With an exponent of one,
// a signature would be what anyone can compute.
function bitLength(integer: string): number {
  const bytes = decodeBase64url(integer);
  if (!bytes) return 0;
  const first = bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? 0 : (bytes.length - first) * 8 - Math.clz32(bytes[first] ?? 0) + 24;
}
