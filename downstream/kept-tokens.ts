import { BoundedMap } from '../src/shared/bounded-map.js';
import { monotonicNow } from '../src/shared/clock.js';
import { Outage } from '../src/shared/outage.js';
import { PatientStore, type StoreError } from '../src/shared/patient-store.js';
import type { Store } from '../src/shared/store.js';
import type { WarningHandler } from '../src/shared/warnings.js';
import { decodeBase64url, encodeBase64url } from '../src/token/base64url.js';
import type { Subject } from './caller.js';
import { opened, type Seal, sealed } from './seal.js';
import { type DownstreamToken, tokenIn } from './token.js';

/** A store that takes longer than this is slower than an exchange. */
const STORE_TIMEOUT_MS = 250;

/** A token is not used in its last seconds, so that it does not expire on its way. */
const MARGIN_MS = 30_000;

/** Where a token is kept, and what it must meet to be used. */
export interface Place {
  readonly seal: Seal;
  readonly caller: Subject;
  /** The scopes that the token must have. */
  readonly required: readonly string[];
}

/** Longer texts in the store are not ours. */
const MAX_STORED = 262_144;

/** A token that is newer is not dropped, so that an API that refuses every token causes few exchanges. */
const DROP_AFTER_MS = 10_000;

interface Kept {
  readonly sealed: Uint8Array;
  /** When this process has kept it, on the monotonic clock. */
  readonly at: number;
  /** In milliseconds since the epoch. */
  readonly until: number;
}

/** Keeps tokens for a while, sealed: in this process, and in a store if there is one. */
export class KeptTokens {
  readonly #memory: BoundedMap<string, Kept>;
  readonly #store: PatientStore | undefined;
  readonly #outage: Outage;

  constructor(maxEntries: number, store: Store | undefined, warn: WarningHandler) {
    this.#memory = new BoundedMap(maxEntries);
    this.#store = store && new PatientStore(store, STORE_TIMEOUT_MS);
    this.#outage = new Outage(warn, {
      subject: 'The "cache" of createDownstream',
      failing: 'EXCHANGE_CACHE_FAILING',
      recovered: 'EXCHANGE_CACHE_RECOVERED',
    });
  }

  /** Returns a token that this process keeps. */
  async get(place: Place): Promise<DownstreamToken | undefined> {
    const { seal, caller } = place;
    const kept = this.#memory.get(seal.name);
    if (!kept) return undefined;
    // The caller's token may end earlier than it did last time.
    if (Date.now() >= caller.end * 1000 - MARGIN_MS) return undefined;
    if (Date.now() < kept.until) return tokenAt(place, kept.sealed);
    this.#memory.delete(seal.name);
    return undefined;
  }

  /** Returns a token that another process has stored, and keeps it here too. */
  async load(place: Place): Promise<DownstreamToken | undefined> {
    const value = await this.#ask((store) => store.get(keyOf(place)));
    const bytes =
      typeof value === 'string' && value.length <= MAX_STORED ? decodeBase64url(value) : undefined;
    const token = bytes && (await tokenAt(place, bytes));
    const until = token && untilOf(token, place);
    if (!bytes || until === undefined || until <= Date.now()) return undefined;
    this.#memory.set(place.seal.name, { sealed: bytes, at: monotonicNow(), until });
    return token;
  }

  /** Keeps a token until shortly before it or the caller's token expires. */
  async add(place: Place, token: DownstreamToken): Promise<void> {
    const until = untilOf(token, place);
    const ttlMs = until - Date.now();
    if (ttlMs <= 0) return;
    const bytes = await sealed(JSON.stringify(token), place.seal);
    this.#memory.set(place.seal.name, { sealed: bytes, at: monotonicNow(), until });
    const text = encodeBase64url(bytes);
    await this.#ask((store) => store.set(keyOf(place), text, Math.ceil(ttlMs)));
  }

  /** Drops a token that the API has refused, here and in the store, unless it was kept a moment ago. */
  async drop(place: Place): Promise<void> {
    const { name } = place.seal;
    const kept = this.#memory.get(name);
    if (!kept || monotonicNow() - kept.at < DROP_AFTER_MS) return;
    this.#memory.delete(name);
    await this.#ask((store) => store.set(keyOf(place), '', 1));
  }

  /** Asks the store. Without an answer, the process goes on alone. */
  async #ask(question: (store: Store) => unknown): Promise<unknown> {
    if (!this.#store) return undefined;
    try {
      const answer = await this.#store.ask(question);
      this.#outage.succeeded();
      return answer;
    } catch (error) {
      this.#outage.failed(
        (error as StoreError).message,
        'each process exchanges tokens itself until it answers',
      );
      return undefined;
    }
  }
}

const keyOf = ({ seal }: Place): string => `intentkit-auth:downstream:${seal.name}`;

const untilOf = ({ expiresAt }: DownstreamToken, { caller }: Place): number =>
  Math.min(expiresAt, caller.end) * 1000 - MARGIN_MS;

const tokenAt = async ({ seal, caller, required }: Place, bytes: Uint8Array) =>
  tokenIn(await opened(bytes, seal), caller.token, required);
