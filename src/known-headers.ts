import type { Header, Token } from './token.js';

const MAX_HEADERS = 64;
const MAX_SEGMENT_LENGTH = 1024;

/**
 * Headers that have been read before, by their text in the token: an issuer sends the same one again and again.
 * Only the header of a token with a good signature is kept, so that made-up headers never take a place.
 */
export class KnownHeaders {
  readonly #headers = new Map<string, Header>();

  get(segment: string): Header | undefined {
    return this.#headers.get(segment);
  }

  add({ headerSegment, header }: Token): void {
    if (headerSegment.length > MAX_SEGMENT_LENGTH || this.#headers.has(headerSegment)) return;
    // Real issuers have a handful, so that what is thrown away here costs next to nothing.
    if (this.#headers.size >= MAX_HEADERS) this.#headers.clear();
    this.#headers.set(headerSegment, header);
  }
}
