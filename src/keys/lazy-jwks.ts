import type { JwksConfig } from '../config.js';
import type { JwsEngine, Key } from '../jws.js';
import type { Header } from '../token.js';
import type { WarningHandler } from '../warnings.js';
import type { JwksSource, JwksStatus } from './jwks.js';
import type { KeySource } from './source.js';

/**
 * Stands for the JWKS source until the first token needs it. Loading it, and jose with it, takes longer than all
 * else that starting does, and a server that only verifies its own tokens never needs to.
 */
export class LazyJwksSource implements KeySource {
  readonly algorithms;
  readonly rules;
  readonly #construct: ConstructorParameters<typeof JwksSource>;
  #source: JwksSource | undefined;

  constructor(config: JwksConfig, engine: JwsEngine, warn: WarningHandler) {
    this.algorithms = config.algorithms;
    this.rules = config.rules;
    this.#construct = [config, engine, warn];
  }

  find(header: Header): readonly Key[] | Promise<readonly Key[]> {
    return this.#source ? this.#source.find(header) : this.#load().then((source) => source.find(header));
  }

  /** See {@link JwksSource.check}. */
  async check(): Promise<string | undefined> {
    return (await this.#load()).check();
  }

  status(): JwksStatus {
    const [{ url }] = this.#construct;
    return (
      this.#source?.status() ?? { url: url.origin + url.pathname, state: 'none', keyCount: 0, keyIds: [] }
    );
  }

  async #load(): Promise<JwksSource> {
    const { JwksSource } = await import('./jwks.js');
    // Two callers may come here at once; there must be one source, as it is what they share.
    this.#source ??= new JwksSource(...this.#construct);
    return this.#source;
  }
}
