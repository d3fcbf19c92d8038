import type { JWK } from 'jose';
import { Settled } from '../../shared/settled.js';
import type { AsymmetricAlgorithm } from '../../signature/algorithms.js';
import type { Key, SignatureEngine } from '../../signature/engine.js';
import { loadKeyImport } from '../../signature/load-jose.js';
import type { Header } from '../../token/header.js';
import { countIgnored, type IgnoredKeys } from './ignored-keys.js';
import { usableKey } from './usable-key.js';

/** A token that more keys than this may have signed is refused untried, so that one token cannot block the process. */
export const MAX_CANDIDATES = 16;

type Keys = readonly Key[] | Promise<readonly Key[]>;

/** Where a set comes from. Times are in milliseconds on a monotonic clock. */
export interface KeySetOrigin {
  /** Where it was fetched. */
  readonly url: URL;
  /** When its fetch began, by which it grows old. For a set out of a store, the clock of the writer has said so. */
  readonly fetchBegan: number;
  /** Which of this process's requests to the endpoint it is, counted from 1: 0 for a set out of a store. */
  readonly order: number;
  /** When this process asked the endpoint: `-Infinity` for a set out of a store. */
  readonly askedAt: number;
  /** Since when the answer may have been out of date. It is earlier than `askedAt` for a copy out of a cache. */
  readonly madeAt: number;
}

/**
 * The usable keys of one fetched JWKS. jose imports a key when the first token needs it. The answers are kept, so that
 * finding a known key takes the same time among one key and among a thousand.
 */
export class KeySet {
  readonly origin: KeySetOrigin;
  /** How many keys may verify a signature. */
  readonly size: number;
  /** How many members were left out, by reason. */
  readonly ignored: IgnoredKeys;
  /** The keys, as what they consist of. */
  readonly keys: readonly JWK[];
  readonly #engine: SignatureEngine;
  readonly #byKeyId = new Map<string, JWK[]>();
  readonly #imports = new Map<string, Map<JWK, Settled<Key | undefined>>>();
  /** By algorithm, then by key id. It grows only with ids that are in the set. */
  readonly #found = new Map<string, Map<unknown, Keys>>();

  constructor(members: readonly unknown[], origin: KeySetOrigin, engine: SignatureEngine) {
    const judged = members.map(usableKey);
    const keys = judged.filter((key) => typeof key !== 'string');
    for (const key of keys) {
      if (key.kid === undefined) continue;
      const sameId = this.#byKeyId.get(key.kid);
      if (sameId) sameId.push(key);
      else this.#byKeyId.set(key.kid, [key]);
    }
    this.keys = keys;
    this.#engine = engine;
    this.origin = origin;
    this.size = keys.length;
    this.ignored = countIgnored(judged.filter((key) => typeof key === 'string'));
  }

  /** The ids of the keys that have one. */
  get keyIds(): string[] {
    return [...this.#byKeyId.keys()];
  }

  hasSameKeyIds(other: KeySet): boolean {
    return sorted(this.keyIds) === sorted(other.keyIds);
  }

  /** The keys that may have signed a token with this header. Without a key id, every key for its algorithm may. */
  find({ alg, kid }: Header): Keys {
    const found = this.#found.get(alg)?.get(kid);
    if (found) return found;
    const candidates = this.#candidates(alg, kid);
    if (candidates.length === 0 || candidates.length > MAX_CANDIDATES) return [];
    const byKeyId = this.#found.get(alg) ?? new Map<unknown, Keys>();
    this.#found.set(alg, byKeyId);
    const imported = this.#importAll(candidates, alg);
    byKeyId.set(kid, imported);
    imported.then((keys) => byKeyId.set(kid, keys));
    return imported;
  }

  /** Whether another fetch could tell nothing new: the key id is there, or without one, a key for the algorithm. */
  knows({ alg, kid }: Header): boolean {
    return kid === undefined ? this.#candidates(alg, kid).length > 0 : this.#byKeyId.has(String(kid));
  }

  /** Whether some key for one of these algorithms can be imported. It stops at the first. */
  async isUsableFor(algorithms: readonly string[]): Promise<boolean> {
    let tried = 0;
    for (const alg of algorithms) {
      for (const key of this.#candidates(alg, undefined)) {
        if (await this.#import(key, alg)) return true;
        tried += 1;
        // Importing a key takes time even if it fails. With so many left, the set is taken for what it says it is.
        if (tried === MAX_CANDIDATES) return true;
      }
    }
    return false;
  }

  // As RFC 7517 section 4 has it. A member says with `alg` that it is for that algorithm only.
  #candidates(alg: string, kid: unknown): readonly JWK[] {
    const sameId = kid === undefined ? this.keys : (this.#byKeyId.get(String(kid)) ?? []);
    return sameId.filter((key) => fits(key, alg));
  }

  async #importAll(candidates: readonly JWK[], alg: string): Promise<readonly Key[]> {
    const keys = await Promise.all(candidates.map((jwk) => this.#import(jwk, alg)));
    return keys.filter((key) => key !== undefined);
  }

  /** Imports each key once for an algorithm. `undefined`: its parameters make no key, as of a point off the curve. */
  #import(jwk: JWK, alg: string): Key | undefined | Promise<Key | undefined> {
    const imports = this.#imports.get(alg) ?? new Map<JWK, Settled<Key | undefined>>();
    this.#imports.set(alg, imports);
    const known = imports.get(jwk);
    if (known) return known.get();
    const imported = loadKeyImport()
      .then(({ importJWK }) => importJWK(jwk, alg))
      .then((key) => this.#engine.importPublicKey(key as CryptoKey, alg as AsymmetricAlgorithm))
      // After both steps, because nobody may be waiting for the second when it fails.
      .catch(() => undefined);
    imports.set(jwk, new Settled(imported));
    return imported;
  }
}

const sorted = (texts: readonly string[]): string => JSON.stringify(texts.toSorted());

/** The curve or type of key that each family of algorithms needs. @see RFC 7518 section 3.1, RFC 8037 section 3.1 */
function fits({ kty, crv, alg: only }: JWK, alg: string): boolean {
  if (only !== undefined && only !== alg) return false;
  if (alg.startsWith('RS') || alg.startsWith('PS')) return kty === 'RSA';
  if (alg === 'ES256') return crv === 'P-256';
  if (alg === 'ES384') return crv === 'P-384';
  if (alg === 'ES512') return crv === 'P-521';
  return (alg === 'EdDSA' || alg === 'Ed25519') && crv === 'Ed25519';
}
