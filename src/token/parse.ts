import { own, withoutPrototype } from '../shared/own-properties.js';
import type { TokenPayload } from '../types.js';
import { decodeCanonical, isDecodable, utf8In } from './base64url.js';
import type { Header, HeaderMemory } from './header.js';
import { parseJsonObject } from './json.js';
import { mistakeIn, sentencesOf } from './mistakes.js';

/** A parsed token. Its signature and claims are not verified. */
export interface Token {
  readonly compact: string;
  /** The header in base64url. {@link HeaderMemory} uses it as the key. */
  readonly headerSegment: string;
  readonly header: Header;
  /** The signed text: the header segment, a dot and the payload segment. @see RFC 7515 section 5.1 */
  readonly signingInput: string;
  readonly payloadSegment: string;
  /** The decoded payload. Invalid UTF-8 appears as U+FFFD; {@link readClaims} checks for that. */
  readonly payloadText: string;
  readonly signature: Uint8Array;
}

/** The result for input that is not a signed JWT. Its message says why in one sentence. */
export class Malformed {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

/** 64 KiB: more than web servers accept in a header by default, and small enough to parse quickly. */
export const MAX_TOKEN_LENGTH = 65_536;

const NOT_TEXT = new Malformed('The token is not a string.');
const TOO_LARGE = new Malformed('The token is larger than 64 KiB.');
const NO_ALGORITHM = new Malformed('The token has no JSON header with an "alg".');
const UNENCODED = new Malformed('The token has an unencoded payload.');
const NO_CLAIMS = new Malformed('The payload is not a JSON object.');

/**
 * Parses a compact JWS. It is stricter than jose: it limits the size, and it rejects leftover bits in base64url, so each
 * signature has only one accepted spelling.
 *
 * @see RFC 7515 section 5.2 steps 1 to 5
 */
export function parseToken(input: unknown, headers: HeaderMemory): Token | Malformed {
  if (typeof input !== 'string') return NOT_TEXT;
  if (input.length > MAX_TOKEN_LENGTH) return TOO_LARGE;

  const first = input.indexOf('.');
  const second = input.indexOf('.', first + 1);
  const hasThreeSegments = first > 0 && second > first + 1 && second < input.length - 1;
  if (!hasThreeSegments || input.includes('.', second + 1) || !isDecodable(input)) return unreadable(input);
  const headerSegment = input.slice(0, first);
  const payloadSegment = input.slice(first + 1, second);
  const payloadText = utf8In(payloadSegment);
  const signature = decodeCanonical(input.slice(second + 1));
  if (payloadText === undefined || !signature) return unreadable(input);
  const header = headers.get(headerSegment) ?? parseHeader(headerSegment, input);
  if (header instanceof Malformed) return header;
  const signingInput = input.slice(0, second);
  return {
    compact: input,
    headerSegment,
    header,
    signingInput,
    payloadSegment,
    payloadText,
    signature,
  };
}

function parseHeader(segment: string, input: string): Header | Malformed {
  const text = utf8In(segment);
  if (text === undefined) return unreadable(input);
  const header = parseJsonObject(segment, text);
  if (!header || typeof own(header, 'alg') !== 'string') return NO_ALGORITHM;
  // RFC 7797 section 7: a JWT must not use an unencoded payload.
  if (own(header, 'b64') === false) return UNENCODED;
  return withoutPrototype(header) as Header;
}

/** Parses the claims of a token. */
export const readClaims = ({ payloadSegment, payloadText }: Token): TokenPayload | Malformed =>
  parseJsonObject(payloadSegment, payloadText) ?? NO_CLAIMS;

/** Names the mistake. It runs only for text that could not be parsed, so valid tokens do not pay for it. */
const unreadable = (input: string): Malformed => new Malformed(sentencesOf(mistakeIn(input)));
