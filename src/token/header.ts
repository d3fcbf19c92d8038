/** The header of a JWS as JSON gave it: only `alg` is known to be text. @see RFC 7515 section 4 */
export interface Header {
  readonly alg: string;
  readonly [parameter: string]: unknown;
}

const MAX_HEADERS = 64;
const MAX_SEGMENT_LENGTH = 1024;

// V8 lets a part of a string share the memory of the whole, so that keeping the part would keep the whole token.
const ownCopy = (text: string): string => Array.from(text).join('');

/**
 * Remembers headers by their text in the token, since an issuer sends the same header again and again. Only the
 * header of a token with a good signature is remembered, so that made-up headers never take a place.
 */
export class HeaderMemory {
  readonly #headers = new Map<string, Header>();

  get(segment: string): Header | undefined {
    return this.#headers.get(segment);
  }

  add(segment: string, header: Header): void {
    if (segment.length > MAX_SEGMENT_LENGTH || this.#headers.has(segment)) return;
    // A real issuer has a handful, so forgetting all of them is rare and costs next to nothing.
    if (this.#headers.size >= MAX_HEADERS) this.#headers.clear();
    this.#headers.set(ownCopy(segment), header);
  }
}
