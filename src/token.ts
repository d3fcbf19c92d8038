import { decodeBase64url } from './base64url.js';
import type { KnownHeaders } from './known-headers.js';

/** The header of a JWS as JSON gave it: only `alg` is known to be text. @see RFC 7515 section 4 */
export interface Header {
  readonly alg: string;
  readonly [parameter: string]: unknown;
}

/** A token taken apart, with nothing verified. */
export interface Token {
  readonly compact: string;
  /** The header as it stands in the token, so that a known one need not be read again. */
  readonly headerSegment: string;
  readonly header: Header;
  /** What is signed: header and payload segment with the dot between. @see RFC 7515 section 5.1 */
  readonly signingInput: string;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
}

/** 64 KiB: larger than any header a web server accepts, small enough that reading one costs nothing. */
export const MAX_TOKEN_LENGTH = 65_536;

/**
 * Takes a compact JWS apart. Stricter than jose, which lets through trailing bits that are not zero and which
 * has no limit on size: one signature, one spelling.
 *
 * @returns the token, or one sentence that says why it is not one.
 * @see RFC 7515 section 5.2 steps 1 to 5
 */
export function parseToken(input: unknown, knownHeaders?: KnownHeaders): Token | string {
  if (typeof input !== 'string') return 'The token is not a string.';
  if (input.length > MAX_TOKEN_LENGTH) return 'The token is larger than 64 KiB.';

  const [headerSegment, payloadSegment, signatureSegment, ...more] = input.split('.', 4);
  if (!headerSegment || !payloadSegment || !signatureSegment || more.length > 0) {
    return NOT_CANONICAL;
  }

  const payload = decodeBase64url(payloadSegment);
  const signature = decodeBase64url(signatureSegment);
  if (!payload || !signature) return NOT_CANONICAL;
  const header = knownHeaders?.get(headerSegment) ?? parseHeader(decodeBase64url(headerSegment));
  if (typeof header === 'string') return header;
  const signingInput = input.slice(0, -signatureSegment.length - 1);
  return { compact: input, headerSegment, header, signingInput, payload, signature };
}

const NOT_CANONICAL = 'The token is not three non-empty segments of canonical base64url.';

function parseHeader(bytes: Uint8Array | undefined): Header | string {
  if (!bytes) return NOT_CANONICAL;
  const header = parseJsonObject(bytes);
  if (typeof header?.alg !== 'string') return 'The token has no JSON header with an "alg".';
  // RFC 7797 section 7: a JWT's payload is never left unencoded.
  if (header.b64 === false) return 'The token has an unencoded payload.';
  return header as Header;
}

// Fatal: invalid UTF-8 must not turn into replacement characters. Without `ignoreBOM` the decoder would drop a
// byte-order mark, and JSON has none (RFC 8259 section 8.1).
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The JSON object in these bytes, or `undefined` when they are anything else. */
export function parseJsonObject(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(utf8.decode(bytes));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
