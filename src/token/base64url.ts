/*
 * Base64url in its one canonical spelling: no padding, no other alphabet, no white space, no bits beyond the last byte.
 * Decoders let all of that through. Encoding again would tell, at the price of a second text. Here the alphabet, the
 * length and the last character tell, and a test holds the answers equal to encoding again.
 *
 * See RFC 7515 section 2 and RFC 4648 section 3.5.
 */

const { Buffer } = globalThis;

/** Where there is a `Buffer` (Node, Bun, Deno), payloads are decoded into this one, which is cleared after each. */
const scratch = typeof Buffer === 'function' ? Buffer.alloc(49_152) : undefined;

/** What may stand last when two or three characters follow the last group of four: the bits beyond a byte are zero. */
const LAST = { 2: 'AQgw', 3: 'AEIMQUYcgkosw048' } as const;

/** The bytes of base64url text, or `undefined` unless it is canonical. */
export function decodeBase64url(text: string): Uint8Array | undefined {
  return isDecodable(text) ? decodeCanonical(text) : undefined;
}

/**
 * Whether text holds no character that a decoder would take for another one: those of the other base64 alphabet, and
 * those beyond Latin-1, of which a `Buffer` sees the low byte. A token is asked once for all of its segments.
 */
export function isDecodable(text: string): boolean {
  if (text.includes('+') || text.includes('/')) return false;
  if (scratch) return Buffer.byteLength(text) === text.length;
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 127) return false;
  return true;
}

/** The bytes of decodable text, or `undefined` unless it is canonical base64url. */
export function decodeCanonical(text: string): Uint8Array | undefined {
  const bytes = hasCanonicalEnd(text) ? bytesOf(text) : undefined;
  return bytes?.length === byteLength(text) ? bytes : undefined;
}

/**
 * The UTF-8 text in decodable text, or `undefined` unless that is canonical base64url. Bytes that are no UTF-8 become
 * U+FFFD, so whoever finds that character must look at the bytes.
 */
export function utf8In(text: string): string | undefined {
  if (!scratch || text.length > MAX_LENGTH) {
    const bytes = decodeCanonical(text);
    return bytes && new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  }
  if (!hasCanonicalEnd(text)) return undefined;
  const length = scratch.write(text, 'base64url');
  const decoded = length === byteLength(text) ? scratch.toString('utf8', 0, length) : undefined;
  scratch.fill(0, 0, length);
  return decoded;
}

/** The bytes of text that is known to be canonical base64url. */
export function bytesOf(text: string): Uint8Array | undefined {
  if (scratch) return Buffer.from(text, 'base64url');
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    return Uint8Array.from(binary, (byte) => byte.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/** The longest text whose bytes fit into `scratch`: as long as the longest token. */
const MAX_LENGTH = 65_536;

/** How many bytes canonical text has. A decoder leaves out every wrong character, and then there are fewer. */
const byteLength = (text: string): number => (text.length * 3) >> 2;

function hasCanonicalEnd(text: string): boolean {
  const rest = text.length % 4;
  if (rest === 0) return true;
  return rest !== 1 && LAST[rest as 2 | 3].includes(text.charAt(text.length - 1));
}
