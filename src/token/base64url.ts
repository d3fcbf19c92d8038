/*
 * Strict base64url: each byte sequence has exactly one accepted spelling. Decoders also accept padding, the base64
 * alphabet, white space and leftover bits. Encoding the bytes again would detect these, but needs a second string.
 * Checking the alphabet, the length and the last character is cheaper; a test compares the results with re-encoding.
 *
 * See RFC 7515 section 2 and RFC 4648 section 3.5.
 */
import { utf8Decoder, webBase64url } from '../shared/runtime.js';

const { Buffer } = globalThis;

/** On Node, Bun and Deno, segments are decoded to text through this buffer. It holds the longest one, and is cleared after each use. */
const scratch = typeof Buffer === 'function' ? Buffer.alloc(49_152) : undefined;

/** The allowed last characters if two or three characters follow the last group of four: their leftover bits are zero. */
const LAST = { 2: 'AQgw', 3: 'AEIMQUYcgkosw048' } as const;

/** Decodes base64url text. Returns `undefined` if the text is not canonical. */
export function decodeBase64url(text: string): Uint8Array | undefined {
  return isDecodable(text) ? decodeCanonical(text) : undefined;
}

/**
 * True if a decoder reads every character as itself. Decoders treat `+` and `/` as `-` and `_`, and `Buffer` keeps only
 * the low byte of a character beyond Latin-1. The parser calls this once for the whole token.
 */
export function isDecodable(text: string): boolean {
  if (text.includes('+') || text.includes('/')) return false;
  if (scratch) return Buffer.byteLength(text) === text.length;
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 127) return false;
  return true;
}

/** Decodes text that passed {@link isDecodable}. Returns `undefined` if it is not canonical base64url. */
export function decodeCanonical(text: string): Uint8Array | undefined {
  const bytes = hasCanonicalEnd(text) ? bytesOf(text) : undefined;
  return bytes?.length === byteLength(text) ? bytes : undefined;
}

/**
 * Decodes text that passed {@link isDecodable} into UTF-8. Returns `undefined` if it is not canonical base64url. Invalid
 * UTF-8 becomes U+FFFD, so a caller that finds this character must check the bytes.
 */
export function utf8In(text: string): string | undefined {
  if (!scratch || byteLength(text) > scratch.length) {
    const bytes = decodeCanonical(text);
    return bytes && utf8Decoder({ ignoreBOM: true }).decode(bytes);
  }
  if (!hasCanonicalEnd(text)) return undefined;
  const length = scratch.write(text, 'base64url');
  const decoded = length === byteLength(text) ? scratch.toString('utf8', 0, length) : undefined;
  scratch.fill(0, 0, length);
  return decoded;
}

/** Decodes base64url text without checking that it is canonical. */
export function bytesOf(text: string): Uint8Array | undefined {
  if (scratch) return Buffer.from(text, 'base64url');
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    return Uint8Array.from(binary, (byte) => byte.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/** The canonical base64url text of bytes. */
export const encodeBase64url = (bytes: Uint8Array): string =>
  scratch ? Buffer.from(bytes).toString('base64url') : webBase64url(bytes);

/** The number of bytes in canonical text. `Buffer` skips invalid characters, and then returns fewer bytes. */
const byteLength = (text: string): number => (text.length * 3) >> 2;

function hasCanonicalEnd(text: string): boolean {
  const rest = text.length % 4;
  if (rest === 0) return true;
  return rest !== 1 && LAST[rest as 2 | 3].includes(text.charAt(text.length - 1));
}
