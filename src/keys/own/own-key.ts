import type { JWK } from 'jose';
import { configError } from '../../shared/options.js';
import { withoutPrototype } from '../../shared/own-properties.js';
import { ASYMMETRIC_ALGORITHMS, type AsymmetricAlgorithm } from '../../signature/algorithms.js';
import type { Key } from '../../signature/engine.js';
import type { PublicJwk } from '../../types.js';
import { publicKey } from '../remote/public-key.js';
import { fits } from '../remote/usable-key.js';
import type { KeyForm } from './key-form.js';

/** Signs data somewhere else, such as in a key management service. See `SigningKeyOptions.sign`. */
export type ExternalSign = (
  data: Uint8Array,
  key: { readonly algorithm: AsymmetricAlgorithm; readonly keyId: string },
) => unknown;

/** An entry of `signingKeys`. `privateKey`, or `publicKey`, or both are there. `sign` comes without `privateKey`. */
export interface OwnKeyEntry {
  /** The name of the entry in errors, such as `signingKeys[0]`. */
  readonly place: string;
  readonly privateKey: KeyForm | undefined;
  readonly publicKey: KeyForm | undefined;
  readonly sign: ExternalSign | undefined;
  readonly timeoutMs: number;
  readonly algorithm: AsymmetricAlgorithm;
  /** The configured id, or that of the JWK. `undefined`: the thumbprint. */
  readonly keyId: string | undefined;
}

/** The `header` of a token. Default: that of the client's own tokens. */
export type SignClaims = (claims: string, header?: JoseHeader) => string | Promise<string>;

/** A header that has at least the algorithm of the key. */
export interface JoseHeader {
  readonly alg: string;
  readonly [parameter: string]: unknown;
}

/** A key of this client. */
export interface OwnKey {
  readonly publicJwk: PublicJwk;
  /** Verifies tokens. */
  readonly key: Key;
  /** Signs claims, given as JSON. `undefined` for a key that only verifies. */
  readonly sign: SignClaims | undefined;
}

/** A private key that has been imported for its algorithm. */
export type MakeSign = (header: JoseHeader) => SignClaims;

/**
 * Returns the algorithm of an entry: the given one, that of the key itself, or the default for this type of key.
 *
 * @throws {AuthError} `ERR_AUTH_CONFIG` if the key cannot have it.
 */
export function algorithmFor(
  place: string,
  forms: readonly KeyForm[],
  given: AsymmetricAlgorithm | undefined,
): AsymmetricAlgorithm {
  const possible = ASYMMETRIC_ALGORITHMS.filter((algorithm) =>
    forms.every(({ type, algorithm: only }) =>
      fits(withoutPrototype<JWK>(type, only === undefined ? {} : { alg: only }), algorithm),
    ),
  );
  const algorithm = given ?? possible[0];
  if (algorithm !== undefined && possible.includes(algorithm)) return algorithm;
  if (possible.length === 0)
    throw configError(`"${place}" has a key whose own "alg" does not fit it: correct it, or leave it out.`);
  throw configError(
    `"${place}.algorithm" does not fit its key: use ${possible.join(', ')}, or leave it out.`,
  );
}

/**
 * Returns the public members of a key, which may come from a JWK with its private part.
 *
 * @throws {AuthError} `ERR_AUTH_CONFIG` for a weak or damaged key.
 */
export function publicMembers(name: string, jwk: object): JWK {
  const key = publicKey(jwk);
  if (typeof key !== 'string') return key;
  if (key === 'short') throw configError(`${name} is an RSA key of less than 2048 bits: use a longer one.`);
  throw key === 'malformed'
    ? damaged(name)
    : configError(`${name} is a weak or invalid key: create a new one.`);
}

/** The text whose SHA-256 is the thumbprint of a key, from its public members alone. @see RFC 7638 section 3 */
export const thumbprintText = (members: JWK): string =>
  JSON.stringify(
    Object.fromEntries(Object.entries(members).sort(([one], [other]) => (one < other ? -1 : 1))),
  );

/** What a key set publishes of a key. */
export const publishedJwk = (members: JWK, kid: string, alg: AsymmetricAlgorithm): PublicJwk =>
  Object.freeze({ ...members, kid, alg, use: 'sig' }) as PublicJwk;

/** Refuses two keys with one id. A client could not tell which one signed a token. */
export function checkKeyIds(keys: readonly OwnKey[], places: readonly string[]): void {
  const seen = new Map<string, number>();
  for (const [index, { publicJwk }] of keys.entries()) {
    const first = seen.get(publicJwk.kid);
    if (first !== undefined) {
      throw configError(
        `"${places[index]}" has the key id of "${places[first]}": give each key its own "keyId".`,
      );
    }
    seen.set(publicJwk.kid, index);
  }
}

export const damaged = (name: string) => configError(`${name} is damaged: it cannot be imported.`);

/** For a private key that cannot be imported, or whose signatures its public part does not verify. */
export const notOneKey = (name: string) =>
  configError(
    `${name} is not one key: its private part is damaged, or belongs to another key than its public part.`,
  );

export const notItsPublicKey = (place: string) =>
  configError(`"${place}.publicKey" is not the public part of "${place}.privateKey".`);

/** For a CryptoKey on a runtime that can learn its public part only by exporting it. */
export const notExtractable = (name: string) =>
  configError(
    `${name} cannot be exported on this runtime: make it extractable, or give its "publicKey" beside it.`,
  );
