import { utf8Decoder } from '../runtime.js';
import { decodeBase64url, decodeBase64urlText } from './base64url.js';

const utf8 = utf8Decoder();

/**
 * The JSON object in a segment, or `undefined` when it is anything else. The segment is known to be canonical
 * base64url, and `text` is what {@link decodeBase64urlText} made of it.
 */
export function parseJsonObject(
  segment: string,
  text = decodeBase64urlText(segment),
): Record<string, unknown> | undefined {
  try {
    // U+FFFD may stand there as such, or for bytes that are no UTF-8. `utf8` throws at those.
    const json = text?.includes('\ufffd') ? utf8.decode(decodeBase64url(segment)) : text;
    const value: unknown = JSON.parse(json ?? '');
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
