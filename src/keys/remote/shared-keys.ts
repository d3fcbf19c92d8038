import type { RemoteConfig } from '../../config/remote.js';
import { CLOCK_MARGIN, monotonicNow } from '../../shared/clock.js';
import { Outage } from '../../shared/outage.js';
import { PatientStore, StoreError } from '../../shared/patient-store.js';
import { randomId, sha256 } from '../../shared/runtime.js';
import { Settled } from '../../shared/settled.js';
import type { Store } from '../../shared/store.js';
import type { WarningHandler } from '../../shared/warnings.js';
import type { SignatureEngine } from '../../signature/engine.js';
import type { Header } from '../../token/header.js';
import { checkedEndpoint } from './discovery.js';
import { MAX_BODY_BYTES } from './fetch-json.js';
import type { KeySet, KeySetOrigin } from './key-set.js';
import { keySetOf } from './load-key-set.js';

/** The time limit of each call to the store. */
const STORE_TIMEOUT_MS = 250;

/** Each process waits for a random time of up to this, so that processes that start together do not all fetch. */
const SPREAD_MS = 100;

/** How long the other processes wait for the one that fetches, and how often they read the store. */
const TURN_MS = 2000;
const LOOK_EVERY_MS = 50;

/** The shortest time between two warnings about the store. */
const QUIET_MS = 60_000;

/** Each read computes the time of a set again from its age, so two reads of the same set may differ by this much. */
const SAME_MS = 1000;

/** For a set that this process did not fetch. */
const NEVER = Number.NEGATIVE_INFINITY;

/** A set whose time is further in the future than the clocks of two processes may differ is ignored. */
const CLOCKS_MS = CLOCK_MARGIN * 1000;

/**
 * Shares key sets between processes through a store. A process that finds no keys in the store takes the turn to fetch them,
 * and the other processes wait until it has stored them. If the store fails or hangs, the process fetches the keys itself.
 * Anyone who can write to the store can make this process accept forged tokens.
 */
export class SharedKeys {
  readonly #config: RemoteConfig;
  readonly #engine: SignatureEngine;
  readonly #store: PatientStore;
  readonly #outage: Outage;
  readonly #names: Settled<{ keys: string; turn: string }>;

  /** Why the store failed. `undefined` once it works again. */
  lastError: string | undefined;

  constructor(config: RemoteConfig, store: Store, engine: SignatureEngine, warn: WarningHandler) {
    this.#config = config;
    this.#engine = engine;
    this.#store = new PatientStore(store, STORE_TIMEOUT_MS);
    this.#outage = new Outage(warn, {
      subject: 'The store "jwks.cache"',
      failing: 'JWKS_CACHE_FAILING',
      recovered: 'JWKS_CACHE_RECOVERED',
      quietMs: QUIET_MS,
    });
    this.#names = new Settled(namesFor(config));
  }

  /**
   * Returns a newer set than the known one: from the store if it has one, otherwise from `fetch`. A fetched set is stored.
   *
   * @param wanted the header of a token whose key is missing. A set from the store is then used only if it has this key.
   * @throws {FetchError} if `fetch` does. Failures of the store are not thrown.
   */
  async load(known: KeySet | undefined, fetch: () => Promise<KeySet>, wanted?: Header): Promise<KeySet> {
    let isFailing = false;
    const failed = (error: unknown): undefined => {
      isFailing ||= this.#failed(error);
    };
    const found = await this.#find(known, wanted).catch(failed);
    const set = found ?? (await fetch());
    const kept = found ? Promise.resolve() : this.#keep(set).catch(failed);
    kept.then(() => {
      if (!isFailing) this.#succeeded();
    });
    return set;
  }

  /** Waits for a new set in the store. Returns `undefined` if this process must fetch. */
  async #find(known: KeySet | undefined, wanted: Header | undefined): Promise<KeySet | undefined> {
    // With a wanted key, the set differs from the known one, so it need not be newer by more than two readings differ.
    const isNewer = ({ fetchBegan }: KeySetOrigin): boolean =>
      !known || fetchBegan >= known.origin.fetchBegan + (wanted ? 0 : SAME_MS);
    const noNews = new Set<string>();
    const look = async (): Promise<KeySet | undefined> => {
      const stored = await this.#read();
      if (!stored || noNews.has(stored.text)) return undefined;
      if (isNewer(stored.origin)) {
        const set = await keySetOf(stored.members, stored.origin, this.#engine, this.#config.algorithms);
        if (!wanted || set.knows(wanted)) return set;
      }
      noNews.add(stored.text);
      return undefined;
    };

    const found = await look();
    if (found) return found;
    const before = noNews.size;
    await sleep(Math.random() * SPREAD_MS);
    const until = monotonicNow() + Math.min(TURN_MS, this.#config.timeoutMs);
    while (monotonicNow() < until) {
      const brought = await look();
      if (brought) return brought;
      // Another process has fetched in the meantime, and its set lacks the key. Only a fetch by this process can prove that
      // the key does not exist.
      if (wanted && noNews.size > before) return undefined;
      if (await this.#takeTurn()) return undefined;
      await sleep(LOOK_EVERY_MS * (0.5 + Math.random()));
    }
    return undefined;
  }

  async #read(): Promise<{ text: string; members: unknown; origin: KeySetOrigin } | undefined> {
    const { keys } = await this.#names.get();
    const answer = await this.#get(keys);
    const [, fetchedAt, json] = parts(answer, 'jwks');
    if (json === undefined) return undefined;
    const age = Date.now() - Number(fetchedAt);
    if (!(age > -CLOCKS_MS && age < this.#config.cacheMaxAgeMs)) return undefined;
    const [href, members]: unknown[] = JSON.parse(json);
    const { issuer = '', allowHttp } = this.#config;
    const url = this.#config.url ?? checkedEndpoint(href, 'jwks_uri', issuer, allowHttp);
    if (typeof url === 'string') return undefined;
    const fetchBegan = monotonicNow() - Math.max(age, 0);
    return {
      text: String(answer),
      members,
      origin: { url, fetchBegan, order: 0, askedAt: NEVER, madeAt: NEVER },
    };
  }

  /**
   * True if this process gets the turn to fetch. The store has no compare-and-set, so if several processes write at the same
   * time, the last one gets the turn.
   */
  async #takeTurn(): Promise<boolean> {
    const { turn } = await this.#names.get();
    const [, takenAt] = parts(await this.#get(turn), 'turn');
    if (Math.abs(Date.now() - Number(takenAt)) < TURN_MS) return false;
    const mine = `turn ${Date.now()} ${randomId()}`;
    await this.#set(turn, mine, TURN_MS);
    const kept = await this.#get(turn);
    if (parts(kept, 'turn').length === 0) throw new StoreError('it did not keep what was stored');
    return kept === mine;
  }

  async #keep(set: KeySet): Promise<void> {
    const { keys } = await this.#names.get();
    const age = monotonicNow() - set.origin.fetchBegan;
    // A configured URL may contain a secret, and every process knows it, so it is not stored. A discovered URL is public.
    const content = JSON.stringify([this.#config.url ? null : set.origin.url.href, set.keys]);
    // Some stores parse text that looks like JSON, so it begins with a word.
    const text = `jwks ${Math.round(Date.now() - age)} ${content}`;
    await this.#set(keys, text, Math.ceil(this.#config.cacheMaxAgeMs - age));
  }

  #succeeded(): void {
    this.lastError = undefined;
    this.#outage.succeeded();
  }

  /** Records a failure of the store. Returns false for other errors, which mean that the stored text is not a key set. */
  #failed(error: unknown): boolean {
    if (!(error instanceof StoreError)) return false;
    this.lastError = error.message;
    this.#outage.failed(error.message, 'this process fetches the keys itself');
    return true;
  }

  #get(key: string): Promise<unknown> {
    return this.#store.ask((store) => store.get(key));
  }

  #set(key: string, value: string, ttlMs: number): Promise<unknown> {
    return this.#store.ask((store) => store.set(key, value, ttlMs));
  }
}

/**
 * The names of the two entries in the store. They contain a hash, because the URL may contain a secret. Headers are part of the
 * hash, because an endpoint may answer other headers with other keys.
 */
async function namesFor({
  url,
  issuer,
  headers,
  allowHttp,
}: RemoteConfig): Promise<{ keys: string; turn: string }> {
  // A process that does not allow http: must not use keys that were fetched over it.
  const place = url ? `url ${url.href}` : `issuer${allowHttp ? ' over http' : ''} ${issuer}`;
  // A function cannot be combined with a store.
  const fixed = typeof headers === 'function' ? [] : (headers ?? []);
  const lines = [place, ...Array.from(fixed, ([name, value]) => `${name}: ${value}`)];
  const hash = await sha256(lines.join('\n'));
  return { keys: `intentkit-auth:jwks:${hash}`, turn: `intentkit-auth:jwks-turn:${hash}` };
}

/** Splits a stored text into its parts: a word, a time in milliseconds since the epoch, and the content. */
function parts(answer: unknown, word: 'jwks' | 'turn'): readonly (string | undefined)[] {
  if (typeof answer !== 'string' || answer.length > MAX_BODY_BYTES) return [];
  const match = /^(jwks|turn) (\d{1,15}) /.exec(answer);
  return match?.[1] === word ? [word, match[2], answer.slice(match[0].length)] : [];
}

const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));
