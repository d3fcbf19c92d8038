import type { ClaimRules } from '../claims/check.js';
import type { SecretConfig } from '../config/parse.js';
import { Settled } from '../shared/settled.js';
import type { HmacAlgorithm } from '../signature/algorithms.js';
import type { SignatureEngine, SigningKey } from '../signature/engine.js';
import { HeaderMemory } from '../token/header.js';
import { Malformed, parseToken } from '../token/parse.js';
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

  /** True if a token was signed with the first secret. Its claims are not checked. */
  async hasSigned(compact: string): Promise<boolean> {
    const token = parseToken(compact, new HeaderMemory(1));
    const [key] = await this.find();
    return !(token instanceof Malformed) && (await key?.verify(token)) === 'valid';
  }

  /** Signs claims, given as JSON, with the first secret. */
  sign(claims: string): string | Promise<string> {
    // There is at least one, because the configuration refuses an empty list.
    const first = ([key]: readonly SigningKey[]) => (key as SigningKey).sign(claims);
    const keys = this.#keys.get();
    return keys instanceof Promise ? keys.then(first) : first(keys);
  }
}
