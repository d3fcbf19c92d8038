import type { JWK } from 'jose';
import { own } from '../../shared/own-properties.js';
import { decodeBase64url, encodeBase64url } from '../../token/base64url.js';
import type { IgnoredKeyReason } from '../../types.js';

/*
 * Identity providers encode the parameters of keys in different ways: in base64 instead of base64url, with padding, with
 * additional leading zeros, or without required ones. Not every runtime imports all of these. So this module decodes the
 * parameters, checks their bytes, and encodes them again as RFC 7518 section 6 requires.
 */

/** Returns the public parameters of a JWK in their canonical encoding, or why the key is ignored. */
export function publicKey(parameters: object): JWK | IgnoredKeyReason {
  const [kty, crv] = ['kty', 'crv'].map((name) => own(parameters, name));
  const [n, e, x, y] = ['n', 'e', 'x', 'y'].map((name) => decode(own(parameters, name)));
  if (kty === 'RSA') return n && e ? rsaKey(withoutZeros(n), withoutZeros(e)) : 'malformed';
  if (typeof kty !== 'string') return 'malformed';
  if (kty !== 'EC' && kty !== 'OKP') return 'unsupported';
  if (typeof crv !== 'string') return 'malformed';
  const curve = CURVES.get(crv);
  if (kty === 'EC' && curve) return x && y ? ecKey(crv, curve, x, y) : 'malformed';
  if (kty === 'OKP' && crv === 'Ed25519') return x?.length === 32 ? ed25519Key(x) : 'malformed';
  return 'unsupported';
}

/**
 * Decodes base64 or base64url, with or without padding. Returns `undefined` for anything else. Only keys may be decoded like
 * this, because a token must have only one valid encoding.
 */
function decode(text: unknown): Uint8Array | undefined {
  if (typeof text !== 'string' || text === '') return undefined;
  const unpadded = text.length % 4 === 0 ? text.replace(/={1,2}$/, '') : text;
  return decodeBase64url(unpadded.replaceAll('+', '-').replaceAll('/', '_'));
}

/** Removes the leading zeros of a big-endian integer. */
function withoutZeros(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte !== 0);
  return bytes.subarray(first < 0 ? bytes.length : first);
}

/** Reads an integer as a JWK has it. `undefined` for anything else. @see RFC 7518 section 2, Base64urlUInt */
export const integerIn = (text: unknown): bigint | undefined => {
  const bytes = decode(text);
  return bytes && toBigInt(bytes);
};

const toBigInt = (bytes: Uint8Array): bigint =>
  BigInt(`0x0${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`);

/** Real keys have 17 bits. A long exponent makes verifying as slow as signing. */
const MAX_EXPONENT_BITS = 64;

// Web Crypto imports moduli of less than 2048 bits, which RFC 7518 section 3.3 forbids. With the exponent 1, anyone can
// compute a valid signature. An even modulus cannot be the product of two large primes.
function rsaKey(n: Uint8Array, e: Uint8Array): JWK | IgnoredKeyReason {
  if (bitLength(n) < 2048) return 'short';
  if (bitLength(e) < 2 || bitLength(e) > MAX_EXPONENT_BITS || isEven(e)) return 'exponent';
  if (isEven(n)) return 'modulus';
  return { kty: 'RSA', n: encodeBase64url(n), e: encodeBase64url(e) };
}

const bitLength = (bytes: Uint8Array): number => bytes.length * 8 - Math.clz32(bytes[0] ?? 0) + 24;
const isEven = (bytes: Uint8Array): boolean => ((bytes.at(-1) ?? 0) & 1) === 0;

/** A curve y² = x³ - 3x + b over the integers modulo p. Its coordinates have `size` bytes. */
interface Curve {
  readonly size: number;
  readonly p: bigint;
  readonly b: bigint;
}

/** @see NIST SP 800-186 section 3.2.1 */
const CURVES: ReadonlyMap<string, Curve> = new Map([
  [
    'P-256',
    {
      size: 32,
      p: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
      b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
    },
  ],
  [
    'P-384',
    {
      size: 48,
      p: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
      b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
    },
  ],
  [
    'P-521',
    {
      size: 66,
      p: 2n ** 521n - 1n,
      b: 0x51953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
    },
  ],
]);

/** Runtimes reject a point that is not on its curve when they import it. Checking it here gives the reason. */
function ecKey(crv: string, curve: Curve, x: Uint8Array, y: Uint8Array): JWK | IgnoredKeyReason {
  if (!isOnCurve(curve, toBigInt(x), toBigInt(y))) return 'off_curve';
  return { kty: 'EC', crv, x: coordinate(x, curve), y: coordinate(y, curve) };
}

const isOnCurve = ({ p, b }: Curve, x: bigint, y: bigint): boolean =>
  x < p && y < p && (y * y - x * x * x + 3n * x - b) % p === 0n;

/** Encodes a coordinate with as many bytes as the field has. @see RFC 7518 section 6.2.1.2 */
function coordinate(bytes: Uint8Array, { size }: Curve): string {
  const field = new Uint8Array(size);
  const last = bytes.subarray(-size);
  field.set(last, size - last.length);
  return encodeBase64url(field);
}

/** The field prime of Ed25519. @see RFC 8032 section 5.1 */
const P = 2n ** 255n - 19n;

/** The y coordinate of two of the points of order eight. The other two have its negative. */
const ORDER_EIGHT_Y = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;

/** The y coordinates of the eight points of small order: of order four, one, two, and eight. */
const SMALL_ORDER_Y: readonly bigint[] = [0n, 1n, P - 1n, ORDER_EIGHT_Y, P - ORDER_EIGHT_Y];

/** With a key of small order, one signature is valid for every message, and OpenSSL accepts it. */
function ed25519Key(x: Uint8Array): JWK | IgnoredKeyReason {
  // The bytes are little-endian. The highest bit is not part of y: it is the sign of x.
  const y = toBigInt(x.toReversed()) & (2n ** 255n - 1n);
  if (y >= P) return 'not_canonical';
  if (SMALL_ORDER_Y.includes(y)) return 'small_order';
  return { kty: 'OKP', crv: 'Ed25519', x: encodeBase64url(x) };
}
