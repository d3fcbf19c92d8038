import type { RemoteConfig } from '../../config/parse.js';
import { AuthError } from '../../errors.js';
import { loadJose } from '../../jose.js';
import { isWorkers } from '../../runtime.js';
import type { Key, SignatureEngine } from '../../signature/engine.js';
import type { Header } from '../../token/header.js';
import type { JwksStatus } from '../../types.js';
import type { WarningHandler } from '../../warnings.js';
import type { KeySource } from '../source.js';
import { BackOff } from './back-off.js';
import { fetchJwks } from './fetch-json.js';
import { KeySet } from './key-set.js';
import { LookUpBudget } from './look-up-budget.js';

/** The share of `cacheMaxAge` after which keys are refreshed in the background. */
const REFRESH_AT = 0.8;

/**
 * The keys behind a JWKS URL. Fetched by the first token that needs them and kept; refreshed in the background
 * before they grow old; kept on while the endpoint fails, within a bound that counts from the last success.
 */
export class RemoteSource implements KeySource {
  readonly algorithms;
  readonly rules;
  readonly #config: RemoteConfig;
  readonly #engine: SignatureEngine;
  readonly #warn: WarningHandler;
  readonly #cacheMaxAgeMs: number;
  readonly #staleIfErrorMs: number;
  readonly #backOff: BackOff;
  readonly #lookUps: LookUpBudget;
  #set: KeySet | undefined;
  #pending: Promise<KeySet> | undefined;
  #lastError: Error | undefined;

  constructor(config: RemoteConfig, engine: SignatureEngine, warn: WarningHandler) {
    this.#config = config;
    this.#engine = engine;
    this.#warn = warn;
    this.algorithms = config.algorithms;
    this.rules = config.rules;
    this.#cacheMaxAgeMs = config.cacheMaxAgeMs;
    this.#staleIfErrorMs = config.staleIfErrorMs;
    this.#backOff = new BackOff(config.cooldownMs);
    this.#lookUps = new LookUpBudget(config.cooldownMs);
    loadJose().catch(() => {});
  }

  /** See {@link KeySource.find}. */
  find(header: Header): readonly Key[] | Promise<readonly Key[]> {
    const { kid } = header;
    // No key of a set has an id that is not text (RFC 7517 section 4.5).
    if (kid !== undefined && typeof kid !== 'string') return [];
    const set = this.#set;
    if (set && this.#age(set) < this.#cacheMaxAgeMs * REFRESH_AT) {
      const keys = set.find(header);
      if (!(keys instanceof Promise) && keys.length > 0) return keys;
    }
    return this.#find(header, kid);
  }

  /**
   * Fetches the keys now, whatever is cached and however recently a fetch failed.
   * @returns why no token could be verified with them, or `undefined` when all is well.
   * @throws {AuthError} `ERR_JWKS_UNAVAILABLE`
   */
  async check(): Promise<string | undefined> {
    const set = await (this.#sharedFetch ?? this.#fetch());
    if (await set.hasKeyFor(this.#config.algorithms)) return undefined;
    return 'The JWKS has no key for an accepted algorithm.';
  }

  status(): JwksStatus {
    const now = Date.now();
    const { origin, pathname } = this.#config.url;
    return {
      url: origin + pathname,
      state: this.#state(),
      keyCount: this.#set?.size ?? 0,
      keyIds: [...(this.#set?.keyIds ?? [])],
      ...(this.#set && { ageSeconds: Math.round(this.#age(this.#set) / 1000) }),
      ...(this.#lastError && {
        lastError: this.#lastError.message,
        retryInSeconds: Math.ceil(this.#backOff.remaining(now) / 1000),
      }),
    };
  }

  #state(): JwksStatus['state'] {
    if (!this.#set) return 'none';
    if (this.#age(this.#set) < this.#cacheMaxAgeMs) return 'fresh';
    return this.#backOff.failing && this.#mayServeStale(this.#set) ? 'stale' : 'expired';
  }

  // The absolute value: a clock that was set back would make the keys look younger than they are.
  #age(set: KeySet): number {
    return Math.abs(Date.now() - set.fetchedAt);
  }

  #mayServeStale(set: KeySet): boolean {
    return this.#age(set) < this.#staleIfErrorMs;
  }

  async #find(header: Header, kid: string | undefined): Promise<readonly Key[]> {
    const before = this.#set;
    const set = await this.#currentSet();
    const keys = await set.find(header);
    // A key id that is there, but for another algorithm, needs no fetch; nor does one that is not in a set which
    // was fetched for this very token.
    if (keys.length > 0 || (kid !== undefined && set.keyIds.has(kid)) || set !== before) return keys;
    return this.#findUnknown(header, kid, set);
  }

  async #currentSet(): Promise<KeySet> {
    const set = this.#set;
    if (!set) return this.#refresh();
    if (this.#age(set) < this.#cacheMaxAgeMs) {
      if (this.#age(set) >= this.#cacheMaxAgeMs * REFRESH_AT) this.#refreshInBackground();
      return set;
    }
    if (this.#backOff.failing && this.#mayServeStale(set) && !isWorkers()) {
      this.#refreshInBackground();
      return set;
    }
    try {
      return await this.#refresh();
    } catch (error) {
      if (this.#mayServeStale(set)) return set;
      throw error;
    }
  }

  async #findUnknown(header: Header, kid: string | undefined, set: KeySet): Promise<readonly Key[]> {
    const now = Date.now();
    let next = this.#set === set ? this.#sharedFetch : this.#set;
    if (!next) {
      // While the endpoint fails, the key may be there for all we know: no verdict, with or without a fetch.
      if (!this.#backOff.failing && this.#lookUps.isAbsent(kid, now)) return [];
      if (this.#backOff.remaining(now) > 0) throw this.#unavailable();
      if (!this.#lookUps.spend(now)) {
        if (this.#backOff.failing) throw this.#unavailable();
        return [];
      }
      next = this.#refresh();
    }
    const keys = await (await next).find(header);
    if (keys.length === 0) this.#lookUps.rememberAbsent(kid, now);
    return keys;
  }

  #refreshInBackground(): void {
    // #failed records the error; no caller awaits this.
    if (!this.#pending && !isWorkers()) this.#refresh().catch(() => {});
  }

  async #refresh(): Promise<KeySet> {
    if (this.#sharedFetch) return this.#sharedFetch;
    if (this.#backOff.remaining(Date.now()) > 0) throw this.#unavailable();
    return this.#fetch();
  }

  /** The fetch in flight, for everyone to wait on. */
  get #sharedFetch(): Promise<KeySet> | undefined {
    return isWorkers() ? undefined : this.#pending;
  }

  #fetch(): Promise<KeySet> {
    this.#pending = Promise.all([fetchJwks(this.#config), loadJose()])
      .then(
        ([{ keys }, jose]) => this.#succeeded(new KeySet(keys, Date.now(), this.#engine, jose)),
        (error: Error) => this.#failed(error),
      )
      .finally(() => {
        this.#pending = undefined;
      });
    return this.#pending;
  }

  #succeeded(set: KeySet): KeySet {
    if (this.#backOff.failing) this.#warn('The JWKS endpoint answers again.', 'JWKS_RECOVERED');
    this.#backOff.succeeded();
    this.#lastError = undefined;
    this.#set = set;
    return set;
  }

  #failed(error: Error): never {
    const firstOfOutage = !this.#backOff.failing;
    this.#backOff.failed(Date.now());
    this.#lastError = error;
    if (firstOfOutage) {
      const left = this.#set ? Math.max(this.#cacheMaxAgeMs, this.#staleIfErrorMs) - this.#age(this.#set) : 0;
      const consequence =
        left > 0
          ? `the last good keys serve for another ${Math.ceil(left / 1000)} s`
          : 'its tokens cannot be verified until it answers';
      this.#warn(`The JWKS endpoint fails: ${error.message}; ${consequence}.`, 'JWKS_FAILING');
    }
    throw this.#unavailable();
  }

  #unavailable(): AuthError {
    // Only called after a failure, so #lastError is set.
    const cause = this.#lastError as Error;
    return new AuthError(
      'ERR_JWKS_UNAVAILABLE',
      `The token was neither accepted nor refused, because the keys behind "jwksUrl" could not be fetched (${cause.message}); try again later.`,
      { cause },
    );
  }
}
