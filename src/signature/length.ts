import type { Token } from '../token/parse.js';
import type { Key } from './engine.js';

/**
 * Whether the signature is as long as the key makes them. OpenSSL, and so jose too, accepts an RSA-PSS signature
 * whose leading zero byte was cut off, which would give one token in 256 a second spelling. The lengths of the
 * other signatures are checked with them.
 *
 * @see RFC 8017 section 8.1.2 step 1
 */
export function hasRightLength({ header, signature }: Token, key: Key): boolean {
  if (!header.alg.startsWith('PS')) return true;
  const details = 'algorithm' in key ? key.algorithm : key.asymmetricKeyDetails;
  return signature.length === Math.ceil((details as RsaKeyAlgorithm).modulusLength / 8);
}
