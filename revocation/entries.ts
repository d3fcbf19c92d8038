import { StoreError } from '../src/shared/patient-store.js';
import { sha256 } from '../src/shared/runtime.js';

/*
 * The entries in the store. The key is a hash of the token's or the subject's id. The value says when it was revoked and how
 * long the entry is kept. The value repeats the key, so a value from another key or another program is detected.
 */

/** A revocation. Both times are in seconds since the epoch. */
export interface Entry {
  readonly revokedAt: number;
  readonly keptUntil: number;
}

/** The key for a token's `jti`, or for a subject. `issuer` is `undefined` for tokens without `iss`. */
export function keyOf(
  kind: 'token' | 'subject',
  issuer: string | undefined,
  name: string,
): string | Promise<string> {
  // The issuer's length marks where the name begins. JSON is not used, because a polluted `toJSON` could change it.
  const text = `${issuer === undefined ? 'none' : issuer.length} ${issuer ?? ''}${name}`;
  // UTF-8 has one spelling for all lone surrogates, so names with one are spelled in UTF-16.
  const hash = sha256(text.isWellFormed() ? `${kind} ${text}` : `${kind} in UTF-16 ${utf16Of(text)}`);
  const withPrefix = (hex: string): string => `intentkit-auth:revoked:${hex}`;
  return hash instanceof Promise ? hash.then(withPrefix) : withPrefix(hash);
}

const utf16Of = (text: string): string =>
  Array.from({ length: text.length }, (_, at) => text.charCodeAt(at).toString(16)).join(' ');

/** The text that is stored under a key. */
export const textOf = ({ revokedAt, keptUntil }: Entry, key: string): string =>
  `revoked ${revokedAt}-${keptUntil} ${key}`;

/**
 * Reads the store's answer for a key. Returns `undefined` if the key does not exist.
 *
 * @throws {StoreError} if the value was not written by this package for this key.
 */
export function entryIn(answer: unknown, key: string): Entry | undefined {
  if (answer === undefined || answer === null) return undefined;
  const found = typeof answer === 'string' && /^revoked (\d{1,15})-(\d{1,15}) /.exec(answer);
  if (found) {
    const [, revokedAt, keptUntil] = found;
    const entry = { revokedAt: Number(revokedAt), keptUntil: Number(keptUntil) };
    if (answer === textOf(entry, key)) return entry;
  }
  throw new StoreError('it returned a value that was never stored under this key');
}
