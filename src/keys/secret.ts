import type { HmacAlgorithm } from '../algorithms.js';
import type { ClaimRules } from '../claims.js';
import type { SecretConfig } from '../config.js';
import type { JwsEngine, Key } from '../jws.js';
import type { Header } from '../token.js';
import type { KeySource } from './source.js';

/** The configured secrets. Each is imported once: importing on every call nearly halves the speed. */
export class SecretSource implements KeySource {
  readonly algorithms: readonly [HmacAlgorithm];
  readonly rules: ClaimRules;
  readonly #engine: JwsEngine;
  readonly #header: Header;
  readonly #keys: readonly Key[] | Promise<readonly Key[]>;

  constructor(config: SecretConfig, engine: JwsEngine) {
    this.algorithms = [config.algorithm];
    this.rules = config.rules;
    this.#engine = engine;
    this.#header = { alg: config.algorithm, typ: config.rules.typ ?? 'JWT' };
    const keys = config.secrets.map((secret) => engine.importSecret(secret, config.algorithm));
    this.#keys = keys.some((key) => key instanceof Promise) ? Promise.all(keys) : (keys as Key[]);
  }

  /** All of them: with a list, the later ones are tried when the signature is not by the ones before. */
  find(): readonly Key[] | Promise<readonly Key[]> {
    return this.#keys;
  }

  /** Signs claims, given as JSON, with the first secret. */
  async sign(claims: string): Promise<string> {
    const keys = this.#keys instanceof Promise ? await this.#keys : this.#keys;
    // The configuration refuses an empty list.
    return this.#engine.sign(this.#header, claims, keys[0] as Key);
  }
}
