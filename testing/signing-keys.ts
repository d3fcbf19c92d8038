import { exportJWK, generateKeyPair, type JWK } from 'jose';
import type { AsymmetricAlgorithm } from '../src/signature/algorithms.js';

/** A key pair and its id. */
export interface SigningKey {
  readonly keyId: string;
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK;
}

/**
 * The keys of an issuer: the key that signs, the keys in its key set, and all former keys. A new key gets its id at once and
 * is created in the background, so that `rotate` can be synchronous.
 */
export class SigningKeys {
  readonly #algorithm: AsymmetricAlgorithm;
  readonly #all = new Map<string, Promise<SigningKey>>();
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
  async get(keyId: string): Promise<SigningKey> {
    const key = this.#all.get(keyId) ?? this.#all.get(this.currentId);
    return key ?? createKey(this.#algorithm, keyId);
  }

  /** @see RFC 7517 section 5 */
  async jwks(): Promise<{ keys: JWK[] }> {
    const keys = await Promise.all(this.#served.map((keyId) => this.get(keyId)));
    return { keys: keys.map(({ publicJwk }) => publicJwk) };
  }
}

async function createKey(alg: AsymmetricAlgorithm, keyId: string): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg);
  return {
    keyId,
    privateKey,
    publicJwk: { ...(await exportJWK(publicKey)), kid: keyId, alg, use: 'sig' },
  };
}
