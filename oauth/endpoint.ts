import { BackOff } from '../src/keys/remote/back-off.js';
import { discover, WrongMetadata } from '../src/keys/remote/discover.js';
import { FetchError } from '../src/keys/remote/fetch-error.js';
import { fetchText } from '../src/keys/remote/fetch-json.js';
import { monotonicNow } from '../src/shared/clock.js';
import { isWorkers } from '../src/shared/runtime.js';
import type { Server } from './options.js';

/** How long a discovered URL is used before the metadata is fetched again, also after that has failed. */
const URL_MAX_AGE_MS = 600_000;
const URL_RETRY_MS = 60_000;

/** An answer of the endpoint: 200, or a status of the 4xx group that has an error in its body. */
export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** What to ask, and how to read the answer. */
export interface Question<T> {
  readonly fields: URLSearchParams;
  readonly accept: string;
  /**
   * Reads an answer. A {@link FetchError} that it throws counts as a failure of the endpoint, and the back-off begins. Any
   * other error concerns this question alone.
   */
  readonly read: (answer: Answer) => T | Promise<T>;
}

/**
 * An endpoint of an authorization server to which this process proves its id. It has the limits, the back-off and the redirect
 * rules of a key fetch. While it fails, one question at a time is sent, to find out whether it answers again.
 */
export class Endpoint {
  readonly #server: Server;
  readonly #member: string;
  readonly #backOff = new BackOff();
  #lastError: FetchError | undefined;
  /** The number of questions, to tell which of two began first. */
  #order = 0;
  #lastSuccess = 0;
  #lastFailure = 0;
  /** While the endpoint fails: the one question that is sent counts as lost at this time. On Workers, work may never end. */
  #probeEndsAt = 0;
  #found: { readonly url: URL; readonly freshUntil: number } | undefined;
  #discovery: Promise<URL> | undefined;

  /** @param member the member of the metadata that has the URL. */
  constructor(server: Server, member: 'introspection_endpoint' | 'token_endpoint') {
    this.#server = server;
    this.#member = member;
  }

  /** Why the last question failed. `undefined` if it was answered. */
  get lastError(): FetchError | undefined {
    return this.#lastError;
  }

  /** In how many whole seconds a question may be sent, at least one. */
  get retryAfter(): number {
    return Math.max(1, Math.ceil(this.#waitMs() / 1000));
  }

  /**
   * Asks the endpoint. While the back-off lasts, it rejects with the last error, without a request.
   *
   * @throws {FetchError} if the endpoint did not answer, or its answer cannot be used.
   */
  async ask<T>({ fields, accept, read }: Question<T>): Promise<T> {
    if (this.#lastError && this.#waitMs() > 0) throw this.#lastError;
    this.#order += 1;
    const order = this.#order;
    const isFailing = this.#backOff.failing;
    if (isFailing) this.#probeEndsAt = monotonicNow() + 4 * this.#server.timeoutMs;
    let requests = 0;
    const onRequest = (): void => {
      requests += 1;
    };
    try {
      const url = await this.#url(isFailing, onRequest);
      const { auth, timeoutMs, fetch } = this.#server;
      const options = { timeoutMs, headers: undefined, fetch, isFailing, noCache: false, onRequest };
      const request = { url, accept, ...options };
      const answer = await fetchText(request, { form: () => auth(fields, url), isAnswer });
      const result = await read(answer);
      this.#succeeded(order);
      return result;
    } catch (error) {
      if (error instanceof FetchError) this.#failed(error, order, requests);
      else this.#succeeded(order);
      throw error;
    } finally {
      if (isFailing) this.#probeEndsAt = 0;
    }
  }

  #succeeded(order: number): void {
    // The endpoint has failed a later question since.
    if (order < this.#lastFailure) return;
    this.#lastSuccess = Math.max(this.#lastSuccess, order);
    this.#backOff.succeeded();
    this.#lastError = undefined;
  }

  #failed(error: FetchError, order: number, requests: number): void {
    // The endpoint has answered a later question, so it is not failing, unless it asks to wait.
    if (order < this.#lastSuccess && error.retryAfterMs === 0) return;
    this.#lastFailure = Math.max(this.#lastFailure, order);
    this.#backOff.failed(monotonicNow(), requests, error.retryAfterMs);
    this.#lastError = error;
    // The endpoint may have moved.
    if (error instanceof WrongMetadata) this.#found = undefined;
    else if (this.#found) this.#found = { url: this.#found.url, freshUntil: 0 };
  }

  #waitMs(): number {
    const now = monotonicNow();
    return Math.max(this.#backOff.remaining(now, false), this.#probeEndsAt - now);
  }

  #url(isFailing: boolean, onRequest: () => void): URL | Promise<URL> {
    if (this.#server.endpoint) return this.#server.endpoint;
    if (this.#found && monotonicNow() < this.#found.freshUntil) return this.#found.url;
    // On Workers, a request must not wait for the I/O of another one.
    if (isWorkers()) return this.#discover(isFailing, onRequest);
    this.#discovery ??= this.#discover(isFailing, onRequest).finally(() => {
      this.#discovery = undefined;
    });
    return this.#discovery;
  }

  async #discover(isFailing: boolean, onRequest: () => void): Promise<URL> {
    const { issuer, timeoutMs, fetch } = this.#server;
    const known = this.#found?.url;
    try {
      const wanted = { issuer, member: this.#member, allowHttp: false };
      const request = { timeoutMs, headers: undefined, fetch, isFailing, noCache: false, onRequest };
      const { url } = await discover(wanted, request);
      this.#found = { url, freshUntil: monotonicNow() + URL_MAX_AGE_MS };
      return url;
    } catch (error) {
      if (!known || error instanceof WrongMetadata) throw error;
      this.#found = { url: known, freshUntil: monotonicNow() + URL_RETRY_MS };
      return known;
    }
  }
}

/** A timeout of the server and a rate limit concern all questions, so they do not count as an answer to this one. */
const isAnswer = (status: number): boolean =>
  status === 200 || (status >= 400 && status < 500 && status !== 408 && status !== 429);
