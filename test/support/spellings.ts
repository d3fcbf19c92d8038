/** Other spellings of the parameters of a key, which say the same number. */
import { base64url, generateKeys, type Keys } from './mint.js';

const bytesOf = (text: unknown): Buffer => Buffer.from(String(text), 'base64url');

/** In the alphabet with `+` and `/`, with padding. */
export const plainPadded = (text: unknown): string => bytesOf(text).toString('base64');

/** In the alphabet with `+` and `/`, without padding. */
export const plain = (text: unknown): string => plainPadded(text).replaceAll('=', '');

/** In base64url with padding. */
export const padded = (text: unknown): string => plainPadded(text).replaceAll('+', '-').replaceAll('/', '_');

/** After zero bytes. Java writes one before a modulus, for its sign. */
export const withZeros = (text: unknown, count = 1): string =>
  base64url(Buffer.concat([Buffer.alloc(count), bytesOf(text)]));

/** Without the zero bytes at the beginning. */
export function withoutZeros(text: unknown): string {
  const bytes = bytesOf(text);
  const first = bytes.findIndex((byte) => byte !== 0);
  return base64url(bytes.subarray(first < 0 ? bytes.length : first));
}

/** A key pair of a curve whose first coordinate begins with a zero byte, as one in 256 does. */
export function generateKeysWithZero(alg: string): Keys {
  let keys = generateKeys(alg);
  while (bytesOf(keys.jwk.x)[0] !== 0) keys = generateKeys(alg);
  return keys;
}
