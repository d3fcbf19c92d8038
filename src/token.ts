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
  readonly payloadSegment: string;
  readonly signatureSegment: string;
}

/** 64 KiB: larger than any header a web server accepts, small enough that reading one costs nothing. */
export const MAX_TOKEN_LENGTH = 65_536;

const COMPACT_JWS = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/**
 * Takes a compact JWS apart. Stricter than jose, which lets through trailing bits that are not zero and which
 * has no limit on size: one signature, one spelling.
 *
 * @returns the token, or one sentence that says why it is not one.
 * @see RFC 7515 section 5.2 steps 1 to 5, RFC 4648 section 3.5
 */
export function parseToken(input: unknown, knownHeaders?: KnownHeaders): Token | string {
  if (typeof input !== 'string') return 'The token is not a string.';
  if (input.length > MAX_TOKEN_LENGTH) return 'The token is larger than 64 KiB.';
  if (!COMPACT_JWS.test(input)) return 'The token is not three non-empty base64url segments.';

  const payloadStart = input.indexOf('.') + 1;
  const signatureStart = input.indexOf('.', payloadStart) + 1;
  const headerSegment = input.slice(0, payloadStart - 1);
  const payloadSegment = input.slice(payloadStart, signatureStart - 1);
  const signatureSegment = input.slice(signatureStart);
  if (!isCanonical(headerSegment) || !isCanonical(payloadSegment) || !isCanonical(signatureSegment)) {
    return 'The token has a segment that is not canonical base64url.';
  }

  const header = knownHeaders?.get(headerSegment) ?? parseHeader(headerSegment);
  if (typeof header === 'string') return header;
  const signingInput = input.slice(0, signatureStart - 1);
  return { compact: input, headerSegment, header, signingInput, payloadSegment, signatureSegment };
}

function parseHeader(segment: string): Header | string {
  const header = parseJsonObject(segment);
  if (typeof header?.alg !== 'string') return 'The token has no JSON header with an "alg".';
  // RFC 7797 section 7: a JWT's payload is never left unencoded.
  if (header.b64 === false) return 'The token has an unencoded payload.';
  return header as Header;
}

// Fatal: invalid UTF-8 must not turn into replacement characters. Without `ignoreBOM` the decoder would drop a
// byte-order mark, and JSON has none (RFC 8259 section 8.1).
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The JSON object in a base64url segment, or `undefined` when it is anything else. */
export function parseJsonObject(segment: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(utf8.decode(decodeBase64url(segment)));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

// base64url drops the padding, so a last group of 2 or 3 characters has 4 or 2 bits that must be zero, and one
// of 1 character cannot be.
function isCanonical(segment: string): boolean {
  const rest = segment.length % 4;
  return rest === 0 || (LAST_OF_GROUP[rest] ?? '').includes(segment.charAt(segment.length - 1));
}

const LAST_OF_GROUP = ['', '', 'AQgw', 'AEIMQUYcgkosw048'];
