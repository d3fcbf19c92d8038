const LENGTHS: Readonly<Record<string, number>> = { ES256: 64, ES384: 96, ES512: 132 };

/** How many bytes an ECDSA signature has in a token, or `undefined` for other algorithms. @see RFC 7518 section 3.4 */
export const ecdsaLength = (algorithm: string): number | undefined =>
  Object.hasOwn(LENGTHS, algorithm) ? LENGTHS[algorithm] : undefined;

/**
 * An ECDSA signature in DER. A token has r and s side by side, and Node 24 takes a third longer when it must convert
 * them itself.
 *
 * @see RFC 3279 section 2.2.3
 */
export function ecdsaToDer(signature: Uint8Array): Uint8Array {
  const half = signature.length / 2;
  const r = integerAt(signature, 0, half);
  const s = integerAt(signature, half, signature.length);
  const length = 4 + r.length + s.length;
  // From 128 on, a byte before the length says how many bytes the length has.
  const head = length < 128 ? [SEQUENCE, length] : [SEQUENCE, 0x81, length];
  const der = Buffer.allocUnsafe(head.length + length);
  der.set(head);
  write(r, der, head.length);
  write(s, der, head.length + 2 + r.length);
  return der;
}

const SEQUENCE = 0x30;
const INTEGER = 0x02;

/** The digits of a number, and their count in DER. */
interface Integer {
  readonly digits: Uint8Array;
  readonly length: number;
}

/** A number without leading zeros, but with one in DER where the number would otherwise be negative. */
function integerAt(bytes: Uint8Array, start: number, end: number): Integer {
  let first = start;
  while (first < end - 1 && bytes[first] === 0) first += 1;
  const isNegative = (bytes[first] ?? 0) >= 0x80;
  return { digits: bytes.subarray(first, end), length: end - first + (isNegative ? 1 : 0) };
}

/** Writes type, length and digits at a place in `der`. */
function write({ digits, length }: Integer, der: Uint8Array, at: number): void {
  der[at] = INTEGER;
  der[at + 1] = length;
  // What is longer than its digits gets a zero before them.
  der[at + 2] = 0;
  der.set(digits, at + 2 + length - digits.length);
}
