import { bytesOf } from './base64url.js';

/** The longest opaque token. Longer ones exist only as JWTs. */
const MAX_LENGTH = 4096;

/**
 * True for text that may be an opaque bearer token. It is false for text that contains a JWT, a JWE, or a part of one with its
 * header: only their issuer may see them. The code uses no regular expression on the text, because JavaScript engines keep the
 * last matched input in memory.
 *
 * @see RFC 6750 section 2.1
 */
export const isOpaqueToken = (text: string): boolean =>
  text.length <= MAX_LENGTH && hasTokenSyntax(text) && !containsHeader(text);

/** Whether a character may be in a bearer token, by its code. A table, because every downstream call checks a token. */
const ALLOWED = Uint8Array.from({ length: 128 }, (_, code) =>
  /[\w.~+/-]/.test(String.fromCharCode(code)) ? 1 : 0,
);

/** True for the syntax of a bearer token. */
export function hasTokenSyntax(text: string): boolean {
  let end = text.length;
  while (end > 0 && text.charAt(end - 1) === '=') end -= 1;
  for (let at = 0; at < end; at += 1) {
    if (ALLOWED[text.charCodeAt(at)] !== 1) return false;
  }
  return end > 0;
}

/**
 * True if a JSON object in base64url ends before a dot, as the header of a JWT does. It may begin anywhere, because a copied token
 * may have other characters before it. Each of the four ways to group the characters is tried, and each spelling is accepted: a
 * text that no parser reads as a JWT may still be one that somebody mistyped.
 */
function containsHeader(text: string): boolean {
  let start = 0;
  for (let end = text.indexOf('.'); end >= 0; end = text.indexOf('.', start)) {
    const part = text.slice(start, end);
    // "~" is between the parts of an SD-JWT.
    const segment = part.slice(part.lastIndexOf('~') + 1);
    if (segment.length >= SHORTEST && [0, 1, 2, 3].some((skipped) => endsWithObject(segment.slice(skipped))))
      return true;
    start = end + 1;
  }
  return false;
}

/** The length of `{}` in base64url. */
const SHORTEST = 3;

const [OPEN, CLOSE, QUOTE, COLON] = [0x7b, 0x7d, 0x22, 0x3a];

/**
 * True if the bytes of a segment end with what looks like a JSON object with a name, such as `{"alg":"ES256"}`, or are `{}`. Parsing
 * would miss objects with invalid UTF-8. In the random bytes of an opaque token, this occurs less than once in a million.
 */
function endsWithObject(segment: string): boolean {
  // A single last character has less than a byte.
  const bytes = bytesOf(segment.length % 4 === 1 ? segment.slice(0, -1) : segment);
  const solid = bytes?.filter((byte) => !isSpace(byte));
  if (solid?.at(-1) !== CLOSE) return false;
  if (solid.length === 2) return solid[0] === OPEN;
  const open = solid.findIndex((byte, at) => byte === OPEN && solid[at + 1] === QUOTE);
  return open >= 0 && solid.some((byte, at) => at > open + 1 && byte === QUOTE && solid[at + 1] === COLON);
}

/** @see RFC 8259 section 2 */
const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
