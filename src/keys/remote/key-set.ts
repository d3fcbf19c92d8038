import type { JWK } from 'jose';
import { Settled } from '../../shared/settled.js';
import type { AsymmetricAlgorithm } from '../../signature/algorithms.js';
import type { Key, SignatureEngine } from '../../signature/engine.js';
import { loadKeyImport } from '../../signature/load-jose.js';
import type { Header } from '../../token/header.js';
import { countIgnored, type IgnoredKeys } from './ignored-keys.js';
import { fits, usableKey } from './usable-key.js';

/** If more keys than this match a token, it is refused without trying any, so that one token cannot block the process. */
export const MAX_CANDIDATES = 16;

type Keys = readonly Key[] | Promise<readonly Key[]>;

/** Where and when a set was fetched. Times are in milliseconds on a monotonic clock. */
export interface KeySetOrigin {
  /** The URL of the key set. */
  readonly url: URL;
  /** When the fetch began. The age of the set counts from here. For a set from a shared store, by the clock of its writer. */
  readonly fetchBegan: number;
  /** The number of the request among those of this process, counted from 1. 0 for a set from a shared store. */
  readonly order: number;
  /** When this process sent the request. `-Infinity` for a set from a shared store. */
  readonly askedAt: number;
  /** When the response was made. This is before `askedAt` if an HTTP cache answered. */
  readonly madeAt: number;
}

/**
 * The usable keys of one JWKS. A key is imported when the first token needs it. Results of `find` are cached, so finding a
 * key takes the same time in a large set as in a small one.
 */
export class KeySet {
  readonly origin: KeySetOrigin;
  /** The number of usable keys. */
  readonly size: number;
  /** The number of ignored keys, by reason. */
  readonly ignored: IgnoredKeys;
  /** The usable keys. */
  readonly keys: readonly JWK[];
  readonly #engine: SignatureEngine;
  readonly #byKeyId = new Map<string, JWK[]>();
  readonly #imports = new Map<string, Map<JWK, Settled<Key | undefined>>>();
  /** The results of `find`, by algorithm and key id. Unknown ids are not cached, so tokens cannot make it grow. */
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

  /** Returns the keys that may have signed a token with this header. If it has no `kid`, these are all keys for its `alg`. */
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

  /** True if the set has a key with this `kid` or, without a `kid`, for this `alg`. Then no other fetch is needed. */
  knows({ alg, kid }: Header): boolean {
    return this.#candidates(alg, kid).length > 0;
  }

  /** True if at least one key for these algorithms can be imported. */
  async isUsableFor(algorithms: readonly string[]): Promise<boolean> {
    let tried = 0;
    for (const alg of algorithms) {
      for (const key of this.#candidates(alg, undefined)) {
        if (await this.#import(key, alg)) return true;
        tried += 1;
        // Failed imports take time too. After so many, the set is accepted without trying the rest.
        if (tried === MAX_CANDIDATES) return true;
      }
    }
    return false;
  }

  /** The keys that match a `kid` and an `alg`. */
  #candidates(alg: string, kid: unknown): readonly JWK[] {
    const sameId = kid === undefined ? this.keys : (this.#byKeyId.get(String(kid)) ?? []);
    return sameId.filter((key) => fits(key, alg));
  }

  async #importAll(candidates: readonly JWK[], alg: string): Promise<readonly Key[]> {
    const keys = await Promise.all(candidates.map((jwk) => this.#import(jwk, alg)));
    return keys.filter((key) => key !== undefined);
  }

  /** Imports a key for an algorithm, once. The result is `undefined` if the runtime rejects the key. */
  #import(jwk: JWK, alg: string): Key | undefined | Promise<Key | undefined> {
    const imports = this.#imports.get(alg) ?? new Map<JWK, Settled<Key | undefined>>();
    this.#imports.set(alg, imports);
    const known = imports.get(jwk);
    if (known) return known.get();
    const imported = loadKeyImport()
      .then(({ importJWK }) => importJWK(jwk, alg))
      .then((key) => this.#engine.importPublicKey(key as CryptoKey, alg as AsymmetricAlgorithm))
      // Handles failures of both steps here, because they could otherwise become unhandled rejections.
      .catch(() => undefined);
    imports.set(jwk, new Settled(imported));
    return imported;
  }
}

const sorted = (texts: readonly string[]): string => JSON.stringify(texts.toSorted());
