import { BoundedMap } from '../shared/bounded-map.js';

/** The parsed header of a JWS. Only the type of `alg` has been checked. @see RFC 7515 section 4 */
export interface Header {
  readonly alg: string;
  readonly [parameter: string]: unknown;
}

const MAX_SEGMENT_LENGTH = 1024;

// In V8 a substring shares the memory of its string, so caching the substring would keep the whole token in memory.
const ownCopy = (text: string): string => JSON.parse(JSON.stringify(text));

/**
 * Caches parsed headers by their base64url text, because an issuer's tokens repeat the same header. A cached header says
 * nothing about whether a token is valid.
 */
export class HeaderMemory {
  readonly #headers: BoundedMap<string, Header>;
  #newestSegment = '';
  #newestHeader: Header | undefined;

  /** @param size the maximum number of headers. */
  constructor(size: number) {
    this.#headers = new BoundedMap(size);
  }

  get(segment: string): Header | undefined {
    // Comparing two strings is faster than hashing one.
    return segment === this.#newestSegment ? this.#newestHeader : this.#headers.get(segment);
  }

  add(segment: string, header: Header): void {
    if (header === this.#newestHeader || segment.length > MAX_SEGMENT_LENGTH) return;
    if (this.#headers.has(segment)) return;
    const copy = ownCopy(segment);
    this.#headers.set(copy, header);
    this.#newestSegment = copy;
    this.#newestHeader = header;
  }
}
