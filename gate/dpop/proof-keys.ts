import { usableKey } from '../../src/keys/remote/usable-key.js';
import { own } from '../../src/shared/own-properties.js';
import type { AsymmetricAlgorithm } from '../../src/signature/algorithms.js';
import type { Key } from '../../src/signature/engine.js';
import { loadKeyImport, loadThumbprint } from '../../src/signature/load-jose.js';
import { defaultEngine } from '../../src/signature/node.js';
import { type Header, HeaderMemory } from '../../src/token/header.js';
import type { Token } from '../../src/token/parse.js';
import { MALFORMED_PROOF, type Refusal, WRONG_KEY } from '../refusals.js';

/** The accepted algorithms of a proof: those of the official client, all asymmetric. */
// biome-ignore format: one family per line
export const PROOF_ALGORITHMS: readonly AsymmetricAlgorithm[] = [
  'ES256', 'ES384', 'ES512',
  'EdDSA', 'Ed25519',
  'PS256', 'PS384', 'PS512',
  'RS256', 'RS384', 'RS512',
];

/** In base64url, 8192 bits. With longer keys, a client could make each verification take milliseconds. */
const MAX_MODULUS = 1366;

/** The public key in the header of a proof, imported for the algorithm in that header. */
export interface ProofKey extends Key {
  /** @see RFC 7638 */
  readonly thumbprint: string;
}

/**
 * Remembers the keys of accepted proofs, because importing a key takes longer than verifying a signature. Each key is stored by
 * its header segment, which contains the key and the algorithm.
 */
export class ProofKeys {
  /** The headers of accepted proofs. {@link parseToken} reads them. */
  readonly headers: HeaderMemory;
  /** The keys of these headers. A key is forgotten with its header. */
  readonly #keys = new WeakMap<Header, ProofKey>();

  /** @param size the maximum number of keys. */
  constructor(size: number) {
    this.headers = new HeaderMemory(size);
  }

  get(header: Header): ProofKey | undefined {
    return this.#keys.get(header);
  }

  /** Remembers the key of a proof that passed every check. So a client without a bound token can fill nothing. */
  add({ headerSegment, header }: Token, key: ProofKey): void {
    this.headers.add(headerSegment, header);
    this.#keys.set(header, key);
  }
}

/**
 * Imports the key in the header of a proof, or returns why the proof is refused. The thumbprint of the key must be that of the
 * token, because importing a key is expensive and no other key can pass.
 *
 * @throws if the key cannot be imported.
 * @throws {AuthError} if jose cannot be loaded.
 */
export async function importProofKey(
  { alg: name, jwk }: Header,
  thumbprint: string,
): Promise<ProofKey | Refusal> {
  const alg = PROOF_ALGORITHMS.find((algorithm) => algorithm === name);
  const key = usableKey(jwk);
  if (
    !alg ||
    typeof key === 'string' ||
    (key.n?.length ?? 0) > MAX_MODULUS ||
    (key.alg ?? alg) !== alg ||
    !isCanonical(jwk as object, key)
  ) {
    return MALFORMED_PROOF;
  }
  const { calculateJwkThumbprint } = await loadThumbprint();
  if ((await calculateJwkThumbprint(key)) !== thumbprint) return WRONG_KEY;
  const { importJWK } = await loadKeyImport();
  // It rejects a key of another type or curve than that of the algorithm.
  const imported = defaultEngine.importPublicKey((await importJWK(key, alg)) as CryptoKey, alg);
  return { thumbprint, verify: (proof) => imported.verify(proof) };
}

/**
 * Whether the key of a proof is spelled as RFC 7518 requires. A thumbprint is a hash of the text, so that another spelling of
 * the same key would have another thumbprint.
 *
 * @see RFC 7638 section 7
 */
const isCanonical = (jwk: object, key: object): boolean =>
  ['n', 'e', 'x', 'y'].every((name) => own(key, name) === undefined || own(key, name) === own(jwk, name));
