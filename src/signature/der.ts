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
  const r = integer(signature.subarray(0, half));
  const s = integer(signature.subarray(half));
  const length = r.length + s.length;
  // From 128 on, a byte before the length says how many bytes the length has.
  const head = length < 128 ? [0x30, length] : [0x30, 0x81, length];
  const der = new Uint8Array(head.length + length);
  der.set(head);
  der.set(r, head.length);
  der.set(s, head.length + r.length);
  return der;
}

/** A DER integer: without leading zeros, but with one where the number would otherwise be negative. */
function integer(bytes: Uint8Array): Uint8Array {
  let zeros = 0;
  while (zeros < bytes.length - 1 && bytes[zeros] === 0) zeros += 1;
  const digits = bytes.subarray(zeros);
  const padding = (digits[0] ?? 0) < 0x80 ? 0 : 1;
  const encoded = new Uint8Array(2 + padding + digits.length);
  encoded[0] = 0x02;
  encoded[1] = padding + digits.length;
  encoded.set(digits, 2 + padding);
  return encoded;
}
