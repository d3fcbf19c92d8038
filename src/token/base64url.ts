/*
 * Base64url in its one canonical spelling: no padding, no other alphabet, no white space, no bits beyond the last byte.
 * Decoders let all of that through. Encoding again would tell, at the price of a second text. Here the length, the last
 * character and the alphabet tell, and a test holds the answers equal to encoding again.
 *
 * See RFC 7515 section 2 and RFC 4648 section 3.5.
 */

const { Buffer } = globalThis;

/** Where there is a `Buffer` (Node, Bun, Deno), texts are decoded into this one, which is cleared after each. */
const scratch = typeof Buffer === 'function' ? Buffer.alloc(49_152) : undefined;

/** What may stand last when two or three characters follow the last group of four: the bits beyond a byte are zero. */
const LAST = { 2: 'AQgw', 3: 'AEIMQUYcgkosw048' } as const;

/** The bytes of base64url text, or `undefined` unless it is canonical. */
export function decodeBase64url(text: string): Uint8Array | undefined {
  if (!mayBeCanonical(text)) return undefined;
  const bytes = scratch ? Buffer.from(text, 'base64url') : fromBinary(text);
  return bytes?.length === byteLength(text) ? bytes : undefined;
}

/**
 * The UTF-8 text in base64url text, or `undefined` unless it is canonical. Bytes that are no UTF-8 become U+FFFD, so
 * whoever finds that character must look at the bytes.
 */
export function decodeBase64urlText(text: string): string | undefined {
  if (!scratch || text.length > 65_536) {
    const bytes = decodeBase64url(text);
    return bytes && new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  }
  if (!mayBeCanonical(text)) return undefined;
  const length = scratch.write(text, 'base64url');
  const decoded = length === byteLength(text) ? scratch.toString('utf8', 0, length) : undefined;
  scratch.fill(0, 0, length);
  return decoded;
}

const byteLength = (text: string): number => (text.length * 3) >> 2;

/**
 * Refuses what a `Buffer` decodes as if it were right. It leaves out every other wrong character, which the length then
 * tells: padding, white space and punctuation.
 */
function mayBeCanonical(text: string): boolean {
  const rest = text.length % 4;
  if (rest === 1) return false;
  if ((rest === 2 || rest === 3) && !LAST[rest].includes(text.charAt(text.length - 1))) return false;
  return !text.includes('+') && !text.includes('/') && isAscii(text);
}

// A `Buffer` takes a character beyond Latin-1 for the one that its low byte is.
function isAscii(text: string): boolean {
  if (scratch) return Buffer.byteLength(text) === text.length;
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 127) return false;
  return true;
}

function fromBinary(text: string): Uint8Array | undefined {
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    return Uint8Array.from(binary, (byte) => byte.charCodeAt(0));
  } catch {
    return undefined;
  }
}
