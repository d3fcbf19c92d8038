import { generateKeyPair } from 'jose';
import { ownKeyEntries } from '../src/config/signing-keys.js';
import { readPrivateKey } from '../src/keys/own/key-form.js';
import type { OwnKey, SignClaims } from '../src/keys/own/own-key.js';
import { importOwnKeys } from '../src/keys/own/own-source.js';
import type { AsymmetricAlgorithm } from '../src/signature/algorithms.js';
import { defaultEngine } from '../src/signature/node.js';
import type { PublicKeySet } from '../src/types.js';

/** A key that can sign. */
type PrivateKey = OwnKey & { readonly sign: SignClaims };

/**
 * The keys of an issuer: the key that signs, the keys in its key set, and all former keys. A new key gets its id at once and
 * is created in the background, so that `rotate` can be synchronous.
 */
export class IssuerKeys {
  readonly #algorithm: AsymmetricAlgorithm;
  readonly #all = new Map<string, Promise<PrivateKey>>();
  #served: readonly string[] = [];

  constructor(algorithm: AsymmetricAlgorithm) {
    this.#algorithm = algorithm;
    this.add(false);
  }

  /** The id of the key that signs. */
  get currentId(): string {
    return this.#served[0] ?? '';
  }

  /** Creates a new key, which signs from now on. Returns its id. */
  add(keepOld: boolean): string {
    const keyId = `test-key-${this.#all.size + 1}`;
    const key = createKey(this.#algorithm, keyId);
    // `get` reports a failure. Until then, it must not count as an unhandled rejection.
    key.catch(() => {});
    this.#all.set(keyId, key);
    this.#served = [keyId, ...(keepOld ? this.#served : [])];
    return keyId;
  }

  /** The key with this id. For an unknown id, the key that signs. */
  async get(keyId: string): Promise<PrivateKey> {
    const key = this.#all.get(keyId) ?? this.#all.get(this.currentId);
    return key ?? createKey(this.#algorithm, keyId);
  }

  /** @see RFC 7517 section 5 */
  async jwks(): Promise<PublicKeySet> {
    const keys = await Promise.all(this.#served.map((keyId) => this.get(keyId)));
    return { keys: keys.map(({ publicJwk }) => ({ ...publicJwk })) };
  }
}

/** Creates a key. It is imported like an entry of `signingKeys`. */
async function createKey(algorithm: AsymmetricAlgorithm, keyId: string): Promise<PrivateKey> {
  const pair = await generateKeyPair(algorithm, { extractable: true });
  const privateKey = readPrivateKey(pair.privateKey);
  if (typeof privateKey === 'string')
    throw new TypeError(`The key of the test issuer must be ${privateKey}.`);
  const entries = ownKeyEntries([{ privateKey, algorithm, keyId }]);
  const [key] = await importOwnKeys(entries, { typ: 'JWT' }, defaultEngine);
  // One entry with a private key gives one key that signs.
  return key as PrivateKey;
}
