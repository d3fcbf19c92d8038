import type { ClaimRules } from '../../claims/check.js';
import { AuthError } from '../../errors.js';
import { nodeCrypto } from '../../shared/runtime.js';
import { Settled } from '../../shared/settled.js';
import type { AsymmetricAlgorithm } from '../../signature/algorithms.js';
import type { Key, SignatureEngine } from '../../signature/engine.js';
import type { Header } from '../../token/header.js';
import type { PublicKeySet } from '../../types.js';
import type { KeySource } from '../sources.js';
import { importByNode } from './node-keys.js';
import { checkKeyIds, type OwnKey, type OwnKeyEntry, type SignClaims } from './own-key.js';
import { importByWebCrypto } from './web-keys.js';

type OwnKeys = readonly OwnKey[] | Promise<readonly OwnKey[]>;

/** The keys of a client, and which tokens they may verify. */
export interface OwnKeysConfig {
  readonly keys: OwnKeys;
  readonly algorithms: readonly AsymmetricAlgorithm[];
  /** Whether another party signs, which may be slow, cost money, or fail. */
  readonly isExternal: boolean;
  readonly selectedBy: readonly string[] | undefined;
  readonly rules: ClaimRules;
}

/**
 * Imports the keys: with `node:crypto` at once, otherwise with Web Crypto in the background. Only imported keys are kept, not
 * the texts and JWKs that they were given as.
 *
 * @throws {AuthError} `ERR_AUTH_CONFIG` if a key cannot be used. With Web Crypto, the promise rejects with it.
 */
export function importOwnKeys(
  entries: readonly OwnKeyEntry[],
  header: { readonly typ: string },
  engine: SignatureEngine,
): OwnKeys {
  const checked = (keys: readonly OwnKey[]): readonly OwnKey[] => {
    checkKeyIds(
      keys,
      entries.map(({ place }) => place),
    );
    return keys;
  };
  const crypto = engine.name === 'node:crypto' ? nodeCrypto : undefined;
  return crypto
    ? checked(entries.map((entry) => importByNode(entry, header, crypto, engine)))
    : Promise.all(entries.map((entry) => importByWebCrypto(entry, header, engine))).then(checked);
}

/** The keys of `signingKeys`. The first one signs. All of them verify and are published. */
export class OwnSource implements KeySource {
  readonly selectedBy: readonly string[] | undefined;
  readonly algorithms: readonly AsymmetricAlgorithm[];
  readonly rules: ClaimRules;
  readonly isExternal: boolean;
  readonly #keys: Settled<readonly OwnKey[]>;

  constructor({ keys, algorithms, isExternal, selectedBy, rules }: OwnKeysConfig) {
    this.selectedBy = selectedBy;
    this.algorithms = [...new Set(algorithms)];
    this.rules = rules;
    this.isExternal = isExternal;
    this.#keys = new Settled(keys);
  }

  /** See {@link KeySource.find}. No request is made, so the result is final. */
  find({ alg, kid }: Header): readonly Key[] | Promise<readonly Key[]> {
    const matching = (keys: readonly OwnKey[]): readonly Key[] =>
      keys
        .filter(({ publicJwk }) => publicJwk.alg === alg && (kid === undefined || publicJwk.kid === kid))
        .map(({ key }) => key);
    const keys = this.#keys.get();
    return keys instanceof Promise ? keys.then(matching) : matching(keys);
  }

  /** Signs claims, given as JSON, with the first key. */
  sign(claims: string): string | Promise<string> {
    const keys = this.#keys.get();
    return keys instanceof Promise
      ? keys.then((all) => signerAmong(all).sign(claims))
      : signerAmong(keys).sign(claims);
  }

  /** The public part of the first key. */
  async signingKey(): Promise<Key> {
    return signerAmong(await this.#keys.get()).key;
  }

  /** The ids of the keys. Empty until they have been imported. */
  get keyIds(): string[] {
    const keys = this.#keys.get();
    return keys instanceof Promise ? [] : keys.map(({ publicJwk }) => publicJwk.kid);
  }

  /** @throws {AuthError} `ERR_JWKS_UNAVAILABLE` on runtimes without `node:crypto` until the keys have been imported. */
  jwks(): PublicKeySet {
    const keys = this.#keys.get();
    if (!(keys instanceof Promise)) return { keys: keys.map(({ publicJwk }) => ({ ...publicJwk })) };
    throw new AuthError(
      'ERR_JWKS_UNAVAILABLE',
      'The signing keys are still being imported, or one of them cannot be used: wait for "ping()", then try again.',
      { retryAfter: 1 },
    );
  }
}

/** The first key. The configuration refuses a first entry that cannot sign. */
const signerAmong = ([first]: readonly OwnKey[]) => first as OwnKey & { readonly sign: SignClaims };
