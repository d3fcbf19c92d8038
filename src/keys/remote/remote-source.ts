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
import { WrongMetadata } from './discover.js';
import type { FetchError } from './fetch-error.js';
import { IgnoredKeysMonitor } from './ignored-keys.js';
import type { KeySet, KeySetOrigin } from './key-set.js';
import { type Lifetime, lifetimeOf, OVER } from './key-set-lifetime.js';
import { loadKeySet, UselessKeySet } from './load-key-set.js';
import { LookUpBudget } from './look-up-budget.js';
import { SharedKeys } from './shared-keys.js';
import { consequenceOf, noVerdict, outageOf, sentenceOf, subjectOf, unfetched } from './unavailable.js';
import { UnknownKeyIds } from './unknown-key-ids.js';

/**
 * The keys of a JWKS URL. They are fetched for the first token that needs them, cached, and refreshed in the background. If the
 * endpoint fails, cached keys are used for up to `staleIfError` after the last success.
 */
export class RemoteSource implements KeySource {
  readonly issuer;
  readonly selectedBy;
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
  /** The number of requests that have begun. */
  #order = 0;
  #lifetime: Lifetime = OVER;
  /** Where this process found the keys last. It has no time limit, so it is never from the shared store, which could be forged. */
  #found: KeySetOrigin | undefined;
  #pending: Promise<KeySet> | undefined;
  #lastError: FetchError | undefined;

  constructor(config: RemoteConfig, engine: SignatureEngine, warn: WarningHandler) {
    this.#config = config;
    this.#engine = engine;
    this.#outage = outageOf(config, warn);
    this.#ignored = new IgnoredKeysMonitor(subjectOf(config), warn);
    this.issuer = config.issuer;
    this.selectedBy = config.selectedBy;
    this.#shared = config.cache && new SharedKeys(config, config.cache, engine, warn);
    this.algorithms = config.algorithms;
    this.rules = config.rules;
    this.#lookUps = new LookUpBudget(config);
    this.#unknown = new UnknownKeyIds(config.cooldownMs);
    // If this fails, the first fetch retries it.
    loadKeyImport().catch(() => {});
  }

  /** See {@link KeySource.find}. */
  find(header: Header): readonly Key[] | Promise<readonly Key[]> {
    const { kid } = header;
    // RFC 7517 section 4.5: a key id is text.
    if (kid !== undefined && typeof kid !== 'string') return [];
    if (this.#set && monotonicNow() < this.#lifetime.refreshAt) {
      const keys = this.#set.find(header);
      if (!(keys instanceof Promise) && keys.length > 0) return keys;
    }
    return this.#find(header);
  }

  /**
   * Fetches the keys, even if keys are cached or a fetch has just failed. If a fetch is already running, it waits for that one.
   *
   * @returns why the fetch failed, or `undefined` if it succeeded.
   */
  async check(): Promise<string | undefined> {
    try {
      await (this.#sharedFetch ?? this.#fetch(undefined, true));
      return undefined;
    } catch {
      // On Workers, requests do not share a fetch, so another one may have succeeded in the meantime.
      return this.#lastError && sentenceOf(unfetched(this.#config, this.#lastError));
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
    // It ends at the latest when `#lookUp` throws, because the budget or the back-off allows no further fetch.
    for (let set = await this.#currentSet(); ; set = await this.#lookUp(header)) {
      const keys = await set.find(header);
      if (set.knows(header)) return keys;
      const absence = this.#unknown.prove(header, set.origin, arrival);
      if (absence === 'old copy') {
        const waitMs = this.#unknown.firstSeen(header, arrival.at) + this.#config.cooldownMs - monotonicNow();
        throw noVerdict(
          'its key id is unknown, and the endpoint answered with cached keys that may be out of date',
          waitMs,
        );
      }
      // While the endpoint fails, a response from before this token proves nothing, because the key may be new.
      if (absence === 'absent' && (set.origin.order > arrival.order || !this.#backOff.failing)) return [];
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

  /** Fetches again, for a key that the current set does not have. */
  #lookUp(header: Header): Promise<KeySet> {
    // While the endpoint fails, the back-off already limits fetches, so they do not use up the budget.
    if (this.#sharedFetch || this.#backOff.failing) return this.#refresh();
    const now = monotonicNow();
    const ended = this.#lookUps.spend(now);
    if (ended) return this.#fetch(header).finally(ended);
    const waitMs = this.#lookUps.remaining(now);
    throw noVerdict('its key id is unknown, and the budget for looking up such ids is spent', waitMs);
  }

  #refreshInBackground(): void {
    // No caller waits for this. `#failed` has already recorded the error.
    if (!this.#pending && !isWorkers()) this.#refresh().catch(() => {});
  }

  async #refresh(): Promise<KeySet> {
    if (this.#sharedFetch) return this.#sharedFetch;
    if (this.#retryInMs() > 0) throw this.#unavailable();
    return this.#fetch();
  }

  /**
   * The running fetch, shared by all callers. On Cloudflare Workers, a request must not wait for the I/O of another request, and
   * work ends with its request. So each request fetches for itself there, and keys are not refreshed in the background.
   */
  get #sharedFetch(): Promise<KeySet> | undefined {
    return isWorkers() ? undefined : this.#pending;
  }

  /**
   * Gets a set from the shared store if one is configured, otherwise from the endpoint.
   *
   * @param wanted the header of a token whose key is missing.
   * @param skipStore whether to ask the endpoint even if there is a store.
   */
  #fetch(wanted?: Header, skipStore = false): Promise<KeySet> {
    let requests = 0;
    const request = () => {
      this.#order += 1;
      return loadKeySet(this.#config, this.#engine, {
        found: this.#found,
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
    // On Workers, fetches can overlap, and an older one may end last.
    if (this.#set && this.#set.origin.fetchBegan > set.origin.fetchBegan) return this.#set;
    this.#unknown.update(set, this.#set, monotonicNow());
    this.#set = set;
    if (set.origin.order > 0) this.#found = set.origin;
    this.#ignored.update(set.ignored);
    this.#lifetime = lifetimeOf(set.origin, this.#config);
    return set;
  }

  #failed(error: FetchError, requests: number): never {
    const now = monotonicNow();
    this.#backOff.failed(now, requests, error.retryAfterMs);
    this.#lastError = error;
    if (error instanceof WrongMetadata) this.#found = undefined;
    if (error instanceof UselessKeySet) this.#ignored.counts = error.ignored;
    this.#outage.failed(error.message, ...consequenceOf(this.#lifetime.servesUntil - now));
    throw this.#unavailable();
  }

  #unavailable(): AuthError {
    // This is only called after a failure, so `#lastError` is set.
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
