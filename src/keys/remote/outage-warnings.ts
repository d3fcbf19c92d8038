import { shownUrl } from '../../shared/url.js';
import type { WarningHandler } from '../../shared/warnings.js';
import type { FetchError } from './fetch-json.js';

/** Warns when an outage of an endpoint begins, when its last good keys no longer serve, and when it is over: each once. */
export class OutageWarnings {
  readonly #warn: WarningHandler;
  readonly #endpoint: string;
  #told: 'nothing' | 'keys serve' | 'no key serves' = 'nothing';

  constructor(warn: WarningHandler, source: { issuer: string | undefined; url: URL | undefined }) {
    this.#warn = warn;
    const { issuer, url } = source;
    this.#endpoint = `The JWKS endpoint ${url ? shownUrl(url.href) : `of ${JSON.stringify(issuer)}`}`;
  }

  /** @param servesForMs how long the last good keys serve on. */
  failed({ message }: FetchError, servesForMs: number): void {
    const serves = servesForMs > 0;
    if (this.#told === 'no key serves' || (serves && this.#told === 'keys serve')) return;
    this.#told = serves ? 'keys serve' : 'no key serves';
    const consequence = serves
      ? `the last good keys serve for another ${Math.ceil(servesForMs / 1000)} s`
      : 'its tokens cannot be verified until it answers';
    this.#warn(`${this.#endpoint} fails: ${message}; ${consequence}.`, 'JWKS_FAILING');
  }

  succeeded(): void {
    if (this.#told === 'nothing') return;
    this.#told = 'nothing';
    this.#warn(`${this.#endpoint} answers again.`, 'JWKS_RECOVERED');
  }
}
