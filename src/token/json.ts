import { isObject } from '../shared/own-properties.js';
import { utf8Decoder } from '../shared/runtime.js';
import { bytesOf } from './base64url.js';

const utf8 = utf8Decoder();

/**
 * Parses a segment of canonical base64url as a JSON object. Returns `undefined` for any other content.
 *
 * @param text the result of `utf8In` for the segment.
 */
export function parseJsonObject(segment: string, text: string): Record<string, unknown> | undefined {
  try {
    // U+FFFD may be part of the text, or may replace invalid UTF-8. Decoding again throws if the bytes are invalid.
    const json = text.includes('\ufffd') ? utf8.decode(bytesOf(segment)) : text;
    const value: unknown = JSON.parse(json);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
