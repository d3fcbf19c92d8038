import { type HmacAlgorithm, hashBytes } from '../signature/algorithms.js';

/** Says in a sentence why a secret may be guessed. `undefined` if none may. @see RFC 7518 section 3.2 */
export function weaknessOf(secrets: readonly Uint8Array[], algorithm: HmacAlgorithm): string | undefined {
  const least = `at least ${hashBytes(algorithm)} random bytes (RFC 7518, 3.2) for ${algorithm}`;
  if (secrets.some((bytes) => bytes.length < hashBytes(algorithm)))
    return `"secret" should be ${least}; shorter ones can be guessed.`;
  if (secrets.some(looksGuessable))
    return `"secret" should be ${least}; it looks like a placeholder or a failed decoding.`;
  return undefined;
}

/**
 * True for a secret that is probably not random. Random bytes have at least eight different values, also in hex or base64. If
 * binary data was read as text, it contains EF BF BD, the replacement character in UTF-8.
 */
const looksGuessable = (bytes: Uint8Array): boolean =>
  new Set(bytes).size < 8 ||
  bytes.some((byte, at) => byte === 0xef && bytes[at + 1] === 0xbf && bytes[at + 2] === 0xbd);
