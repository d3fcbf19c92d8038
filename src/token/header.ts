import { BoundedMap } from '../shared/bounded-map.js';

/** The header of a JWS as JSON gave it: only `alg` is known to be text. @see RFC 7515 section 4 */
export interface Header {
  readonly alg: string;
  readonly [parameter: string]: unknown;
}

const MAX_SEGMENT_LENGTH = 1024;

// V8 lets a part of a string share the memory of the whole, so that keeping the part would keep the whole token.
const ownCopy = (text: string): string => JSON.parse(JSON.stringify(text));

/**
 * Remembers headers by their text in the token, since an issuer sends the same header again and again. What is
 * remembered says nothing about a token but what its header is.
 */
export class HeaderMemory {
  readonly #headers: BoundedMap<string, Header>;
  #lastSegment = '';
  #lastHeader: Header | undefined;

  /** @param size how many headers are remembered. */
  constructor(size: number) {
    this.#headers = new BoundedMap(size);
  }

  get(segment: string): Header | undefined {
    // Two texts are compared faster than one is hashed.
    return segment === this.#lastSegment ? this.#lastHeader : this.#headers.get(segment);
  }

  add(segment: string, header: Header): void {
    if (header === this.#lastHeader || segment.length > MAX_SEGMENT_LENGTH) return;
    if (this.#headers.has(segment)) return;
    const copy = ownCopy(segment);
    this.#headers.set(copy, header);
    this.#lastSegment = copy;
    this.#lastHeader = header;
  }
}
