import { readPrivateKey, readPublicKey } from '../keys/own/key-form.js';
import { algorithmFor, type ExternalSign, notItsPublicKey, type OwnKeyEntry } from '../keys/own/own-key.js';
import { configError } from '../shared/options.js';
import { aFunction, milliseconds, oneOf, readOrSay, text } from '../shared/schema.js';
import type { Checked } from '../shared/shape.js';
import { ASYMMETRIC_ALGORITHMS } from '../signature/algorithms.js';

/** How long an external signer may take by default. */
const TIMEOUT_MS = 5000;

/**
 * The options of an entry of `signingKeys`. After the check, keys are {@link KeyForm}s. The schemas are created when they are
 * needed, because creating them takes a tenth of the time until the first token with a secret.
 */
export const SIGNING_KEY = {
  get privateKey() {
    return readOrSay(readPrivateKey);
  },
  get publicKey() {
    return readOrSay(readPublicKey);
  },
  get sign() {
    return aFunction<ExternalSign>();
  },
  get algorithm() {
    return oneOf(ASYMMETRIC_ALGORITHMS, `one of ${ASYMMETRIC_ALGORITHMS.join(', ')}`);
  },
  timeout: milliseconds,
  keyId: text,
};

/**
 * Checks the entries of `signingKeys` and which of their options belong together.
 *
 * @throws {AuthError} `ERR_AUTH_CONFIG`
 */
export function ownKeyEntries(given: readonly Checked<typeof SIGNING_KEY>[]): OwnKeyEntry[] {
  const entries = given.map((entry, index) => ownKeyEntry(entry, `signingKeys[${index}]`));
  const canSign = entries.map(({ privateKey, sign }) => privateKey !== undefined || sign !== undefined);
  if (!canSign.includes(true)) {
    throw configError(
      '"signingKeys" has no entry that can sign: a client that only verifies uses "jwksUrl".',
    );
  }
  if (!canSign[0]) {
    throw configError(
      '"signingKeys[0]" must be able to sign: give it "privateKey", or put an entry that has it first.',
    );
  }
  return entries;
}

/**
 * Checks one key and which of its options belong together.
 *
 * @param place the name of the entry in errors.
 * @throws {AuthError} `ERR_AUTH_CONFIG`
 */
export function ownKeyEntry(entry: Checked<typeof SIGNING_KEY>, place: string): OwnKeyEntry {
  const { privateKey, publicKey, sign, timeout } = entry;
  const forms = [privateKey, publicKey].filter((form) => form !== undefined);
  if (privateKey && sign) throw configError(`"${place}" has "privateKey" and "sign": give one of them.`);
  if (sign && !publicKey) {
    throw configError(
      `"${place}.sign" needs "publicKey", because each signature is verified before it is used.`,
    );
  }
  if (timeout !== undefined && !sign)
    throw configError(`"${place}.timeout" is only for an entry with "sign".`);
  if (forms.length === 0) throw configError(`"${place}" needs "privateKey" or "publicKey".`);
  if (privateKey && publicKey && !isSameType(privateKey.type, publicKey.type)) throw notItsPublicKey(place);
  return {
    place,
    privateKey,
    publicKey,
    sign,
    timeoutMs: timeout ?? TIMEOUT_MS,
    algorithm: algorithmFor(place, forms, entry.algorithm),
    keyId: entry.keyId ?? forms.find(({ keyId }) => keyId !== undefined)?.keyId,
  };
}

/** A source of remote keys, and the issuers that select it. */
interface SelectedSource {
  readonly issuer: string | undefined;
  readonly selectedBy: readonly string[] | undefined;
}

/**
 * Checks that the issuers tell the own keys and those of identity providers apart, so that neither can speak for the other.
 *
 * @throws {AuthError} `ERR_AUTH_CONFIG`
 */
export function checkIssuers(own: readonly string[] | undefined, remotes: readonly SelectedSource[]): void {
  const isListed = remotes.some(({ issuer }) => issuer !== undefined);
  const others = isListed ? 'that of each entry of "issuers"' : '"jwks.issuer"';
  for (const issuers of [own, ...remotes.map(({ selectedBy }) => selectedBy)]) {
    if (issuers) continue;
    throw configError(
      `"signingKeys" beside ${isListed ? '"issuers"' : '"jwksUrl"'} needs "issuer" and ${others}, because the "iss" of a token selects its keys.`,
    );
  }
  if (remotes.some(({ selectedBy }) => selectedBy?.some((issuer) => own?.includes(issuer)))) {
    throw configError(
      `"issuer" must differ from ${others}: otherwise the keys of another issuer could sign tokens in your name.`,
    );
  }
}

const isSameType = (one: { kty: string; crv?: string }, other: { kty: string; crv?: string }): boolean =>
  one.kty === other.kty && one.crv === other.crv;
