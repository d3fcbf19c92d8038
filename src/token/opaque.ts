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
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    // "~" is between the parts of an SD-JWT.
    if (character !== '.' && character !== '~') continue;
    if (character === '.') {
      for (let from = start; from < start + 4; from += 1) if (endsWithObject(text, from, at)) return true;
    }
    start = at + 1;
  }
  return false;
}

/** The six bits of each character, in both alphabets of base64. A segment has no other characters. */
const SIX_BITS = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code).replace('+', '-').replace('/', '_');
  return 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'.indexOf(character);
});

const [OPEN, CLOSE, QUOTE, COLON] = [0x7b, 0x7d, 0x22, 0x3a];

/**
 * True if the bytes of a segment end with what looks like a JSON object with a name, such as `{"alg":"ES256"}`, or are `{}`. Parsing
 * would miss objects with invalid UTF-8. In the random bytes of an opaque token, this occurs less than once in a million.
 *
 * The bytes are decoded one by one, because strangers send texts with a thousand segments.
 */
function endsWithObject(text: string, from: number, to: number): boolean {
  let bits = 0;
  let count = 0;
  let [before, last] = [0, 0];
  let length = 0;
  let quotedAt = 0;
  let hasName = false;
  for (let at = from; at < to; at += 1) {
    bits = ((bits << 6) | (SIX_BITS[text.charCodeAt(at)] ?? 0)) & 0xfff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    const byte = (bits >> count) & 0xff;
    if (isSpace(byte)) continue;
    if (quotedAt === 0 && last === OPEN && byte === QUOTE) quotedAt = length;
    else if (quotedAt > 0 && last === QUOTE && byte === COLON && length > quotedAt + 1) hasName = true;
    before = last;
    last = byte;
    length += 1;
  }
  return last === CLOSE && (hasName || (length === 2 && before === OPEN));
}

/** @see RFC 8259 section 2 */
const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
