import { type HmacAlgorithm, hashBytes } from '../signature/algorithms.js';

/** Why secrets may be guessed, in a sentence, or `undefined`. @see RFC 7518 section 3.2 */
export function weaknessOf(secrets: readonly Uint8Array[], algorithm: HmacAlgorithm): string | undefined {
  const least = `at least ${hashBytes(algorithm)} random bytes (RFC 7518, 3.2) for ${algorithm}`;
  if (secrets.some((bytes) => bytes.length < hashBytes(algorithm)))
    return `"secret" should be ${least}; shorter ones can be guessed.`;
  if (secrets.some(looksGuessable))
    return `"secret" should be ${least}; it looks like a placeholder or a failed decoding.`;
  return undefined;
}

/**
 * Random bytes, also in hex or base64, have at least eight different ones. The bytes EF BF BD are U+FFFD in UTF-8: they are
 * there when binary data was read as text.
 */
const looksGuessable = (bytes: Uint8Array): boolean =>
  new Set(bytes).size < 8 ||
  bytes.some((byte, at) => byte === 0xef && bytes[at + 1] === 0xbf && bytes[at + 2] === 0xbd);
