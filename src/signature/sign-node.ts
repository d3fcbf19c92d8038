import type { KeyObject, SignKeyObjectInput } from 'node:crypto';
import type { AsymmetricAlgorithm } from './algorithms.js';

/** The hash of an algorithm, as `node:crypto` names it. Ed25519 includes its own. */
const hashOf = (algorithm: AsymmetricAlgorithm): string | null =>
  algorithm.startsWith('Ed') ? null : `sha${algorithm.slice(2)}`;

/** A key with the parameters of its algorithm. The salt of RSA-PSS is as long as the hash. @see RFC 7518 sections 3.4, 3.5 */
function inputOf(
  { constants }: typeof import('node:crypto'),
  algorithm: AsymmetricAlgorithm,
  key: KeyObject,
): KeyObject | SignKeyObjectInput {
  if (algorithm.startsWith('ES')) return { key, dsaEncoding: 'ieee-p1363' };
  if (!algorithm.startsWith('PS')) return key;
  return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
}

/**
 * Returns a function that signs with a private key. EC and Ed25519 are synchronous, because a call takes less time than the way
 * to the thread pool. RSA takes about a millisecond and runs in the thread pool.
 */
export function nodeSigner(
  crypto: typeof import('node:crypto'),
  key: KeyObject,
  algorithm: AsymmetricAlgorithm,
): (signingInput: string) => Buffer | Promise<Buffer> {
  const hash = hashOf(algorithm);
  const input = inputOf(crypto, algorithm, key);
  if (key.asymmetricKeyType !== 'rsa') {
    return (signingInput) => crypto.sign(hash, Buffer.from(signingInput, 'latin1'), input);
  }
  return (signingInput) =>
    new Promise((resolve, reject) => {
      crypto.sign(hash, Buffer.from(signingInput, 'latin1'), input, (error, signature) =>
        error ? reject(error) : resolve(signature),
      );
    });
}

/** True if a private key signs what a public key verifies. */
export function isPair(
  crypto: typeof import('node:crypto'),
  privateKey: KeyObject,
  publicKey: KeyObject,
  algorithm: AsymmetricAlgorithm,
): boolean {
  const hash = hashOf(algorithm);
  const data = Buffer.from('Do these two keys belong together?');
  const signature = crypto.sign(hash, data, inputOf(crypto, algorithm, privateKey));
  return crypto.verify(hash, data, inputOf(crypto, algorithm, publicKey), signature);
}
