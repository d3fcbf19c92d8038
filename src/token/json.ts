import { utf8Decoder } from '../shared/runtime.js';
import { bytesOf } from './base64url.js';

const utf8 = utf8Decoder();

/**
 * The JSON object in a segment of canonical base64url, or `undefined` when it is anything else. `text` is what
 * `utf8In` made of the segment.
 */
export function parseJsonObject(segment: string, text: string): Record<string, unknown> | undefined {
  try {
    // U+FFFD may stand there as such, or for bytes that are no UTF-8. `utf8` throws at those.
    const json = text.includes('\ufffd') ? utf8.decode(bytesOf(segment)) : text;
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
