import { own } from '../../shared/own-properties.js';
import { integerIn } from '../remote/public-key.js';

/**
 * True if all numbers of a private RSA key are of one key. OpenSSL does not check that: it signs with those that fit, and
 * ignores the others. BoringSSL, which Bun and Workers use, refuses such a key. That `e` belongs to them is not checked here,
 * because a signature proves it.
 *
 * @see RFC 8017 section 3.2
 */
export function areOneRsaKey(jwk: object): boolean {
  const number = (name: string): bigint => integerIn(own(jwk, name)) ?? 0n;
  const [n, d, p, q] = [number('n'), number('d'), number('p'), number('q')];
  const fits = (exponent: bigint, prime: bigint): boolean => d % (prime - 1n) === exponent;
  return (
    p > 1n &&
    q > 1n &&
    p * q === n &&
    fits(number('dp'), p) &&
    fits(number('dq'), q) &&
    (number('qi') * q) % p === 1n
  );
}
