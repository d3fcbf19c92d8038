import type { JWK } from 'jose';
import { own, withoutPrototype } from '../../shared/own-properties.js';
import { decodeBase64url } from '../../token/base64url.js';
import type { IgnoredKeyReason } from '../../types.js';

/** Every private parameter of RFC 7518 section 6, and `priv` of the AKP keys. */
const PRIVATE_PARAMETERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];

/**
 * A member of a key set as a public key that may verify signatures, or why it may not. Members are taken or left one
 * by one, and only what a key consists of is kept, so that an odd one beside the good ones breaks nothing.
 *
 * @see RFC 7517 section 5
 */
export function usableKey(member: unknown): JWK | IgnoredKeyReason {
  if (typeof member !== 'object' || member === null) return 'unsupported';
  const parameters = member as Record<string, unknown>;
  // A key that is published with its private part is in everyone's hands.
  if (PRIVATE_PARAMETERS.some((name) => Object.hasOwn(parameters, name))) return 'private';
  const [kty, kid, alg, use, keyOps] = ['kty', 'kid', 'alg', 'use', 'key_ops'].map((name) =>
    own(parameters, name),
  );
  if (use !== undefined && use !== 'sig') return 'unsupported';
  if (alg !== undefined && typeof alg !== 'string') return 'unsupported';
  if (keyOps !== undefined && !(isTexts(keyOps) && keyOps.includes('verify'))) return 'unsupported';
  const key = publicKey(kty, parameters);
  if (typeof key === 'string') return key;
  return withoutPrototype({
    ...key,
    ...(typeof kid === 'string' && { kid }),
    ...(alg !== undefined && { alg }),
    ...(keyOps !== undefined && { key_ops: keyOps }),
  });
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

function publicKey(kty: unknown, parameters: Record<string, unknown>): JWK | IgnoredKeyReason {
  const [n, e, crv, x, y] = ['n', 'e', 'crv', 'x', 'y'].map((name) => own(parameters, name));
  if (kty === 'RSA' && typeof n === 'string' && typeof e === 'string') {
    return weaknessOfRsa(n, e) ?? { kty, n, e };
  }
  if (kty === 'EC' && typeof x === 'string' && typeof y === 'string') {
    return crv === 'P-256' || crv === 'P-384' || crv === 'P-521' ? { kty, crv, x, y } : 'unsupported';
  }
  if (kty === 'OKP' && crv === 'Ed25519' && typeof x === 'string') {
    return weaknessOfEd25519(x) ?? { kty, crv, x };
  }
  return 'unsupported';
}

/** Real keys have 17. A long exponent makes each verification as dear as a signature. */
const MAX_EXPONENT_BITS = 64;

// RFC 7518 section 3.3 asks for a modulus of 2048 bits, and Web Crypto imports shorter ones. With an exponent of one,
// a signature would be what anyone can compute. A product of two odd primes is odd.
function weaknessOfRsa(n: string, e: string): IgnoredKeyReason | undefined {
  const modulus = integer(n);
  const exponent = integer(e);
  if (!modulus || !exponent) return 'unsupported';
  if (bitLength(modulus) < 2048) return 'short';
  if (bitLength(exponent) < 2 || bitLength(exponent) > MAX_EXPONENT_BITS || isEven(exponent))
    return 'exponent';
  return isEven(modulus) ? 'modulus' : undefined;
}

/** The bytes of a big-endian integer without leading zeros, or `undefined` for what is none. */
function integer(text: string): Uint8Array | undefined {
  const bytes = decodeBase64url(text);
  return bytes?.subarray(bytes.findIndex((byte) => byte !== 0));
}

const bitLength = (bytes: Uint8Array): number => bytes.length * 8 - Math.clz32(bytes[0] ?? 0) + 24;
const isEven = (bytes: Uint8Array): boolean => ((bytes.at(-1) ?? 0) & 1) === 0;

/** The prime of the field of Ed25519. @see RFC 8032 section 5.1 */
const P = 2n ** 255n - 19n;

/** The y coordinate of two points of order eight. The other two have its negative. */
const ORDER_EIGHT_Y = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;

/** The y coordinates of the eight points of small order: of order four, one, two, and eight. */
const SMALL_ORDER_Y: readonly bigint[] = [0n, 1n, P - 1n, ORDER_EIGHT_Y, P - ORDER_EIGHT_Y];

/** Under a key of small order, one signature fits every message, and OpenSSL accepts it. */
function weaknessOfEd25519(x: string): IgnoredKeyReason | undefined {
  const bytes = decodeBase64url(x);
  if (bytes?.length !== 32) return 'unsupported';
  const littleEndian = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'));
  // The highest bit is the sign of the other coordinate.
  const y = BigInt(`0x${littleEndian.reverse().join('')}`) & (2n ** 255n - 1n);
  if (y >= P) return 'not_canonical';
  return SMALL_ORDER_Y.includes(y) ? 'small_order' : undefined;
}
