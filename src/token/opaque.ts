import { utf8In } from './base64url.js';
import { parseJsonObject } from './json.js';

/** The longest opaque token. Longer ones exist only as JWTs. */
const MAX_LENGTH = 4096;

/**
 * True for text that may be an opaque bearer token. It is false for JWTs, JWEs and parts of them with
 * the header: only their issuer may see them. The code uses no regular expression on the text, because
 * JavaScript engines keep the last matched input in memory.
 *
 * @see RFC 6750 section 2.1
 */
export const isOpaqueToken = (text: string): boolean =>
  text.length <= MAX_LENGTH && hasTokenSyntax(text) && !hasJsonHeader(text);

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

function hasJsonHeader(text: string): boolean {
  const segment = text.slice(0, Math.max(0, text.indexOf('.')));
  const header = segment === '' ? undefined : utf8In(segment);
  return header !== undefined && parseJsonObject(segment, header) !== undefined;
}
