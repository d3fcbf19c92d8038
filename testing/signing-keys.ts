import { exportJWK, generateKeyPair, type JWK } from 'jose';
import type { AsymmetricAlgorithm } from '../src/signature/algorithms.js';

/** A key pair with its id. */
export interface SigningKey {
  readonly keyId: string;
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK;
}

/**
 * The keys of an issuer: the one that signs, those in its key set, and all that there ever were. A new key is there
 * under its id at once, and made meanwhile, so that rotating needs no waiting.
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

  /** Makes a new key the one that signs. */
  add(keepOld: boolean): string {
    const keyId = `test-key-${this.#all.size + 1}`;
    const key = createKey(this.#algorithm, keyId);
    // Whoever needs the key is told. Until then nobody waits for it.
    key.catch(() => {});
    this.#all.set(keyId, key);
    this.#served = [keyId, ...(keepOld ? this.#served : [])];
    return keyId;
  }

  /** The key of this id, or the one that signs if there never was one. */
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
