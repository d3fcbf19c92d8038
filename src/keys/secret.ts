import type { ClaimRules } from '../claims/check.js';
import type { SecretConfig } from '../config/parse.js';
import type { HmacAlgorithm } from '../signature/algorithms.js';
import type { Key, SignatureEngine } from '../signature/engine.js';
import type { Header } from '../token/header.js';
import type { KeySource } from './source.js';

/** The configured secrets. Each is imported once: importing on every call nearly halves the speed. */
export class SecretSource implements KeySource {
  readonly algorithms: readonly [HmacAlgorithm];
  readonly rules: ClaimRules;
  readonly #engine: SignatureEngine;
  readonly #header: Header;
  readonly #keys: readonly Key[] | Promise<readonly Key[]>;

  constructor(config: SecretConfig, engine: SignatureEngine) {
    this.algorithms = [config.algorithm];
    this.rules = config.rules;
    this.#engine = engine;
    this.#header = { alg: config.algorithm, typ: config.typ };
    const keys = config.secrets.map((secret) => engine.importSecret(secret, config.algorithm));
    this.#keys = keys.some((key) => key instanceof Promise) ? Promise.all(keys) : (keys as Key[]);
  }

  /** All secrets. A later one is tried when the signature is not by those before it. */
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
