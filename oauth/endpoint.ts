import { discover, WrongMetadata } from '../src/keys/remote/discover.js';
import { type DocumentRequest, type Form, fetchText } from '../src/keys/remote/fetch-json.js';
import { monotonicNow } from '../src/shared/clock.js';
import { SharedWork } from '../src/shared/shared-work.js';
import type { Server } from './options.js';
import type { Attempt } from './pace.js';

/** How long a discovered URL is used before the metadata is fetched again, also after that has failed. */
const URL_MAX_AGE_MS = 600_000;
const URL_RETRY_MS = 60_000;
/** While the endpoint fails, it may have moved. */
const URL_MAX_AGE_FAILING_MS = 10_000;

/** How to make a request, without its URL. */
type MetadataRequest = Omit<DocumentRequest, 'url' | 'accept'>;

interface Found {
  readonly url: URL;
  /** When the metadata was fetched last, on the monotonic clock. */
  readonly at: number;
  readonly freshUntil: number;
}

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
   * Reads an answer. It throws a {@link FetchError} if the endpoint or this question has failed, and any other error if the
   * endpoint has answered that it refuses.
   */
  readonly read: (answer: Answer) => T | Promise<T>;
}

/**
 * An endpoint of an authorization server to which this process proves its id. It has the limits and the redirect rules of a key
 * fetch. {@link Pace} decides which questions are sent.
 */
export class Endpoint {
  readonly #server: Server;
  readonly #member: string;
  readonly #discovery = new SharedWork<URL>();
  #found: Found | undefined;

  /** @param member the member of the metadata that has the URL. */
  constructor(server: Server, member: 'introspection_endpoint' | 'token_endpoint') {
    this.#server = server;
    this.#member = member;
  }

  /** @throws {FetchError} if the endpoint did not answer, or its answer cannot be used. */
  async ask<T>({ fields, accept, read }: Question<T>, attempt: Attempt): Promise<T> {
    const { auth, timeoutMs, fetch } = this.#server;
    const { isFailing } = attempt;
    const onRequest = (): void => {
      attempt.requests += 1;
    };
    const request = { timeoutMs, headers: undefined, fetch, isFailing, noCache: false, onRequest };
    const url = await this.#url(request);
    const form = async (): Promise<Form> => {
      const proven = await auth(fields, url);
      attempt.isSent = true;
      return proven;
    };
    return read(await fetchText({ ...request, url, accept }, { form, isAnswer }));
  }

  #url(request: MetadataRequest): URL | Promise<URL> {
    if (this.#server.endpoint) return this.#server.endpoint;
    const found = this.#found;
    if (found && monotonicNow() < (request.isFailing ? found.at + URL_MAX_AGE_FAILING_MS : found.freshUntil))
      return found.url;
    return this.#discovery.run(this.#member, () => this.#discover(request));
  }

  async #discover(request: MetadataRequest): Promise<URL> {
    const { issuer } = this.#server;
    const known = this.#found?.url;
    try {
      const wanted = { issuer, member: this.#member, allowHttp: false };
      const { url } = await discover(wanted, request);
      this.#keep(url, URL_MAX_AGE_MS);
      return url;
    } catch (error) {
      if (error instanceof WrongMetadata) this.#found = undefined;
      if (!known || error instanceof WrongMetadata) throw error;
      this.#keep(known, URL_RETRY_MS);
      return known;
    }
  }

  #keep(url: URL, forMs: number): void {
    const now = monotonicNow();
    this.#found = { url, at: now, freshUntil: now + forMs };
  }
}

/** A timeout of the server and a rate limit concern all questions, so they do not count as an answer to this one. */
const isAnswer = (status: number): boolean =>
  status === 200 || (status >= 400 && status < 500 && status !== 408 && status !== 429);
