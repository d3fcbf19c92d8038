import type { HmacAlgorithm } from '../algorithms.js';
import type { ClaimRules } from '../claims.js';
import type { Config } from '../config.js';
import type { JwsEngine, Key } from '../jws.js';
import type { KeySource } from './source.js';

/** The configured secrets. Each is imported once: importing on every call nearly halves the speed. */
export class SecretSource implements KeySource {
  readonly algorithms: readonly [HmacAlgorithm];
  readonly rules: ClaimRules;
  readonly #keys: readonly Key[] | Promise<readonly Key[]>;

  constructor(config: NonNullable<Config['secret']>, engine: JwsEngine) {
    this.algorithms = [config.algorithm];
    this.rules = config.rules;
    const keys = config.secrets.map((secret) => engine.importSecret(secret, config.algorithm));
    this.#keys = keys.some((key) => key instanceof Promise) ? Promise.all(keys) : (keys as Key[]);
  }

  /** The first: it signs. */
  async signingKey(): Promise<Key> {
    const [key] = await this.#keys;
    // The configuration refuses an empty list.
    return key as Key;
  }

  /** All of them: with a list, the later ones are tried when the signature is not by the ones before. */
  find(): readonly Key[] | Promise<readonly Key[]> {
    return this.#keys;
  }
}
