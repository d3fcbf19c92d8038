import type { RemoteConfig } from '../../config/remote.js';
import type { AuthError } from '../../errors.js';
import { monotonicNow } from '../../shared/clock.js';
import type { Outage } from '../../shared/outage.js';
import { isWorkers } from '../../shared/runtime.js';
import { shownUrl } from '../../shared/url.js';
import type { WarningHandler } from '../../shared/warnings.js';
import type { Key, SignatureEngine } from '../../signature/engine.js';
import { loadKeyImport } from '../../signature/load-jose.js';
import type { Header } from '../../token/header.js';
import type { JwksStatus } from '../../types.js';
import type { KeySource } from '../sources.js';
import { BackOff } from './back-off.js';
import type { FetchError } from './fetch-json.js';
import { IgnoredKeysMonitor } from './ignored-keys.js';
import type { KeySet } from './key-set.js';
import { type Lifetime, lifetimeOf, OVER } from './lifetime.js';
import { loadKeySet, UselessKeySet } from './load-key-set.js';
import { LookUpBudget } from './look-up-budget.js';
import { SharedKeys } from './shared-keys.js';
import { consequenceOf, noVerdict, outageOf, subjectOf, unfetched } from './unavailable.js';
import { UnknownKeyIds } from './unknown-key-ids.js';

/**
 * The keys behind a JWKS URL. The first token that needs them fetches them, and they are kept. They are refreshed in
 * the background before they grow old. While the endpoint fails they serve on, within a bound that counts from the
 * last success.
 */
export class RemoteSource implements KeySource {
  readonly issuer;
  readonly algorithms;
  readonly rules;
  readonly #config: RemoteConfig;
  readonly #engine: SignatureEngine;
  readonly #outage: Outage;
  readonly #ignored: IgnoredKeysMonitor;
  readonly #shared: SharedKeys | undefined;
  readonly #backOff = new BackOff();
  readonly #lookUps: LookUpBudget;
  readonly #unknown: UnknownKeyIds;
  #set: KeySet | undefined;
  /** How many requests have begun. */
  #order = 0;
  #lifetime: Lifetime = OVER;
  #pending: Promise<KeySet> | undefined;
  #lastError: FetchError | undefined;

  constructor(config: RemoteConfig, engine: SignatureEngine, warn: WarningHandler) {
    this.#config = config;
    this.#engine = engine;
    this.#outage = outageOf(config, warn);
    this.#ignored = new IgnoredKeysMonitor(subjectOf(config), warn);
    this.issuer = config.issuer;
    this.#shared = config.cache && new SharedKeys(config, config.cache, engine, warn);
    this.algorithms = config.algorithms;
    this.rules = config.rules;
    this.#lookUps = new LookUpBudget(config);
    this.#unknown = new UnknownKeyIds(config.cooldownMs);
    // The first fetch loads it again if this fails.
    loadKeyImport().catch(() => {});
  }

  /** See {@link KeySource.find}. */
  find(header: Header): readonly Key[] | Promise<readonly Key[]> {
    const { kid } = header;
    // No key of a set has an id that is not text (RFC 7517 section 4.5).
    if (kid !== undefined && typeof kid !== 'string') return [];
    if (this.#set && monotonicNow() < this.#lifetime.refreshAt) {
      const keys = this.#set.find(header);
      if (!(keys instanceof Promise) && keys.length > 0) return keys;
    }
    return this.#find(header);
  }

  /**
   * Fetches the keys, even when keys are cached and however recently a fetch failed. It joins a fetch in flight.
   *
   * @returns why the keys could not be fetched, or `undefined` when they could.
   */
  async check(): Promise<string | undefined> {
    try {
      await (this.#sharedFetch ?? this.#fetch({ skipStore: true }));
      return undefined;
    } catch {
      // Another fetch may have succeeded since, as on Workers, where requests do not share one.
      const problem = this.#lastError && unfetched(this.#config, this.#lastError);
      return problem && `${problem.charAt(0).toUpperCase()}${problem.slice(1)}.`;
    }
  }

  status(): JwksStatus {
    const set = this.#set;
    return {
      url: shownUrl((this.#config.url ?? set?.origin.url)?.href ?? ''),
      state: this.#state(),
      keyCount: set?.size ?? 0,
      keyIds: set?.keyIds ?? [],
      ignoredKeys: { ...this.#ignored.counts },
      ...(set && { ageSeconds: Math.round((monotonicNow() - set.origin.fetchBegan) / 1000) }),
      ...(this.#lastError && {
        lastError: this.#lastError.message,
        retryInSeconds: Math.ceil(this.#retryInMs() / 1000),
      }),
      ...(this.#shared?.lastError && { cacheError: this.#shared.lastError }),
    };
  }

  #state(): JwksStatus['state'] {
    if (!this.#set) return 'none';
    if (monotonicNow() < this.#lifetime.freshUntil) return 'fresh';
    return this.#backOff.failing && this.#mayServeStale ? 'stale' : 'expired';
  }

  async #find(header: Header): Promise<readonly Key[]> {
    const arrival = { at: monotonicNow(), order: this.#order };
    for (let set = await this.#currentSet(); ; set = await this.#lookUp(header)) {
      const keys = await set.find(header);
      if (set.knows(header)) return keys;
      const isAbsent = this.#unknown.prove(header, set.origin, arrival);
      if (isAbsent === 'old copy') {
        const waitMs = this.#unknown.firstSeen(header, arrival.at) + this.#config.cooldownMs - monotonicNow();
        throw noVerdict(
          'its key id is unknown, and the endpoint answered with a copy that may be old',
          waitMs,
        );
      }
      // While the endpoint fails, an earlier answer proves nothing about a new key.
      if (isAbsent && (set.origin.order > arrival.order || !this.#backOff.failing)) return [];
    }
  }

  async #currentSet(): Promise<KeySet> {
    const set = this.#set;
    if (!set) return this.#refresh();
    if (monotonicNow() < this.#lifetime.freshUntil) {
      if (monotonicNow() >= this.#lifetime.refreshAt) this.#refreshInBackground();
      return set;
    }
    if (this.#backOff.failing && this.#mayServeStale && !isWorkers()) {
      this.#refreshInBackground();
      return set;
    }
    try {
      return await this.#refresh();
    } catch (error) {
      if (this.#set && this.#mayServeStale) return this.#set;
      throw error;
    }
  }

  /** Looks for a key that the current set does not have. */
  #lookUp(header: Header): Promise<KeySet> {
    // While the endpoint fails, only the back-off paces. The budget is for what tokens can cause.
    if (this.#sharedFetch || this.#backOff.failing) return this.#refresh();
    const now = monotonicNow();
    const ended = this.#lookUps.spend(now);
    if (ended) return this.#fetch({ wanted: header }).finally(ended);
    const waitMs = this.#lookUps.remaining(now);
    throw noVerdict('its key id is unknown, and the budget for looking up such ids is spent', waitMs);
  }

  #refreshInBackground(): void {
    // #failed records the error. No caller awaits this.
    if (!this.#pending && !isWorkers()) this.#refresh().catch(() => {});
  }

  async #refresh(): Promise<KeySet> {
    if (this.#sharedFetch) return this.#sharedFetch;
    if (this.#retryInMs() > 0) throw this.#unavailable();
    return this.#fetch();
  }

  /**
   * The fetch in flight, for everyone to wait on. Cloudflare Workers forbid one request to wait for the I/O of another
   * and give up what a request leaves behind: there each request fetches for itself, and nothing happens in the
   * background.
   */
  get #sharedFetch(): Promise<KeySet> | undefined {
    return isWorkers() ? undefined : this.#pending;
  }

  /**
   * Gets a set: from the store that processes share, if there is one, or by a request.
   *
   * @param wanted of the token whose key is looked up.
   * @param skipStore whether only the endpoint is asked.
   */
  #fetch({ wanted, skipStore = false }: { wanted?: Header; skipStore?: boolean } = {}): Promise<KeySet> {
    let requests = 0;
    const request = () => {
      this.#order += 1;
      return loadKeySet(this.#config, this.#engine, {
        last: this.#set,
        order: this.#order,
        isFailing: this.#backOff.failing,
        noCache: wanted !== undefined,
        onRequest: () => {
          requests += 1;
        },
      });
    };
    const loading = this.#shared && !skipStore ? this.#shared.load(this.#set, request, wanted) : request();
    const set = loading.then(
      (loaded) => this.#succeeded(loaded),
      (error: FetchError) => this.#failed(error, requests),
    );
    this.#pending = set;
    const done = (): void => {
      this.#pending = undefined;
    };
    set.then(done, done);
    return set;
  }

  #succeeded(set: KeySet): KeySet {
    this.#outage.succeeded();
    this.#backOff.succeeded();
    this.#lastError = undefined;
    // On Workers an earlier fetch can end later.
    if (this.#set && this.#set.origin.fetchBegan > set.origin.fetchBegan) return this.#set;
    this.#unknown.update(set, this.#set, monotonicNow());
    this.#set = set;
    this.#ignored.update(set.ignored);
    this.#lifetime = lifetimeOf(set.origin, this.#config);
    return set;
  }

  #failed(error: FetchError, requests: number): never {
    const now = monotonicNow();
    this.#backOff.failed(now, requests, error.retryAfterMs);
    this.#lastError = error;
    if (error instanceof UselessKeySet) this.#ignored.counts = error.ignored;
    this.#outage.failed(error.message, ...consequenceOf(this.#lifetime.servesUntil - now));
    throw this.#unavailable();
  }

  #unavailable(): AuthError {
    // Only called after a failure, so #lastError is set.
    const cause = this.#lastError as FetchError;
    return noVerdict(unfetched(this.#config, cause), this.#retryInMs(), cause);
  }

  get #mayServeStale(): boolean {
    return monotonicNow() < this.#lifetime.staleUntil;
  }

  #retryInMs(): number {
    const now = monotonicNow();
    return this.#backOff.remaining(now, now < this.#lifetime.servesUntil);
  }
}
