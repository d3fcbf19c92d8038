import type { ClaimRules } from '../claims/check.js';
import type { SecretConfig } from '../config/parse.js';
import { Settled } from '../shared/settled.js';
import type { HmacAlgorithm } from '../signature/algorithms.js';
import type { SignatureEngine, SigningKey } from '../signature/engine.js';
import type { KeySource } from './sources.js';

/** The configured secrets. Each is imported once, because importing it on every call nearly halves the speed. */
export class SecretSource implements KeySource {
  readonly selectedBy = undefined;
  readonly isExternal = false;
  readonly algorithms: readonly [HmacAlgorithm];
  readonly rules: ClaimRules;
  readonly #keys: Settled<readonly SigningKey[]>;

  constructor(config: SecretConfig, engine: SignatureEngine) {
    this.algorithms = [config.algorithm];
    this.rules = config.rules;
    const header = { alg: config.algorithm, typ: config.typ };
    const keys = config.secrets.map((secret) => engine.importSecret(secret, header));
    const isReady = !keys.some((key) => key instanceof Promise);
    this.#keys = new Settled(isReady ? (keys as SigningKey[]) : Promise.all(keys));
  }

  /** Returns all secrets. A token is checked against one after the other until its signature is valid. */
  find(): readonly SigningKey[] | Promise<readonly SigningKey[]> {
    return this.#keys.get();
  }

  /** The first secret. */
  async signingKey(): Promise<SigningKey> {
    return first(await this.#keys.get());
  }

  /** Signs claims, given as JSON, with the first secret. */
  sign(claims: string): string | Promise<string> {
    const keys = this.#keys.get();
    return keys instanceof Promise ? keys.then((all) => first(all).sign(claims)) : first(keys).sign(claims);
  }
}

/** There is at least one secret, because the configuration refuses an empty list. */
const first = ([key]: readonly SigningKey[]): SigningKey => key as SigningKey;
