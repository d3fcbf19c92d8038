/**
 * How many bytes an RSA-PSS signature by this key has, or `undefined` for other keys. OpenSSL, and so jose too, accepts
 * an RSA-PSS signature whose leading zero byte was cut off, which would give one token in 256 a second spelling. The
 * lengths of the other signatures are checked with them.
 *
 * @see RFC 8017 section 8.1.2 step 1
 */
export function signatureLength(key: CryptoKey): number | undefined {
  if (key.algorithm.name !== 'RSA-PSS') return undefined;
  return Math.ceil((key.algorithm as RsaKeyAlgorithm).modulusLength / 8);
}
