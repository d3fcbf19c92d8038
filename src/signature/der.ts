const LENGTHS: Readonly<Record<string, number>> = { ES256: 64, ES384: 96, ES512: 132 };

/** The length of an ECDSA signature in a token, in bytes. `undefined` for other algorithms. @see RFC 7518 section 3.4 */
export const ecdsaLength = (algorithm: string): number | undefined =>
  Object.hasOwn(LENGTHS, algorithm) ? LENGTHS[algorithm] : undefined;

/**
 * Converts an ECDSA signature from a token, which is `r` followed by `s`, to DER. On Node 24, verifying takes a third
 * longer if Node converts the signature.
 *
 * @see RFC 3279 section 2.2.3
 */
export function ecdsaToDer(signature: Uint8Array): Uint8Array {
  const half = signature.length / 2;
  const r = integerAt(signature, 0, half);
  const s = integerAt(signature, half, signature.length);
  const length = 4 + r.length + s.length;
  // A length of 128 or more is preceded by a byte with the number of length bytes.
  const head = length < 128 ? [SEQUENCE, length] : [SEQUENCE, 0x81, length];
  const der = Buffer.allocUnsafe(head.length + length);
  der.set(head);
  write(r, der, head.length);
  write(s, der, head.length + 2 + r.length);
  return der;
}

const SEQUENCE = 0x30;
const INTEGER = 0x02;

/** An integer: its bytes without leading zeros, and the length of its DER content. */
interface Integer {
  readonly digits: Uint8Array;
  readonly length: number;
}

/** Reads an unsigned integer. DER integers are signed, so a set top bit needs one zero byte in front. */
function integerAt(bytes: Uint8Array, start: number, end: number): Integer {
  let first = start;
  while (first < end - 1 && bytes[first] === 0) first += 1;
  const isNegative = (bytes[first] ?? 0) >= 0x80;
  return { digits: bytes.subarray(first, end), length: end - first + (isNegative ? 1 : 0) };
}

function write({ digits, length }: Integer, der: Uint8Array, at: number): void {
  der[at] = INTEGER;
  der[at + 1] = length;
  // The digits overwrite this zero byte unless the length includes it.
  der[at + 2] = 0;
  der.set(digits, at + 2 + length - digits.length);
}

/**
 * Converts an ECDSA signature from DER to `r` followed by `s`, each of half the length. Returns `undefined` if it is not DER,
 * or a number is too long.
 */
export function ecdsaFromDer(der: Uint8Array, length: number): Uint8Array | undefined {
  const content = contentOf(der, 0, SEQUENCE);
  const r = content && contentOf(der, content.start, INTEGER);
  const s = r && contentOf(der, r.end, INTEGER);
  if (!s || content.end !== der.length || s.end !== der.length) return undefined;
  const signature = new Uint8Array(length);
  for (const [{ start, end }, limit] of [
    [r, length / 2],
    [s, length],
  ] as const) {
    const { digits } = integerAt(der, start, end);
    if (digits.length > length / 2) return undefined;
    signature.set(digits, limit - digits.length);
  }
  return signature;
}

/** Where the content of an element lies. A signature of P-521 has a length in two bytes. */
function contentOf(der: Uint8Array, at: number, tag: number): { start: number; end: number } | undefined {
  const isLong = der[at + 1] === 0x81;
  const start = at + (isLong ? 3 : 2);
  const end = start + (der[start - 1] ?? 0);
  return der[at] === tag && end > start && end <= der.length ? { start, end } : undefined;
}
