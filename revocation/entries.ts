import { StoreError } from '../src/shared/patient-store.js';
import { sha256 } from '../src/shared/runtime.js';

/*
 * What stands in the store: under the hash of a token's or a subject's name, when it was revoked and until when that is
 * kept. The key is part of the value, so that an answer which was stored elsewhere, or not by us, is seen.
 */

/** A revocation. Both times are in seconds since the epoch. */
export interface Entry {
  readonly revokedAt: number;
  readonly keptUntil: number;
}

/** The key of a token, or of a subject's tokens. `issuer` is `undefined` for tokens without `iss`. */
export function keyOf(
  kind: 'token' | 'subject',
  issuer: string | undefined,
  name: string,
): string | Promise<string> {
  // With its length, the issuer ends where it says. Not as JSON, which a polluted `toJSON` would change.
  const text = `${issuer === undefined ? 'none' : issuer.length} ${issuer ?? ''}${name}`;
  // UTF-8 has one spelling for all lone surrogates, so names with one are spelled in UTF-16.
  const hash = sha256(text.isWellFormed() ? `${kind} ${text}` : `${kind} in UTF-16 ${utf16Of(text)}`);
  const withPrefix = (hex: string): string => `intentkit-auth:revoked:${hex}`;
  return hash instanceof Promise ? hash.then(withPrefix) : withPrefix(hash);
}

const utf16Of = (text: string): string =>
  Array.from({ length: text.length }, (_, at) => text.charCodeAt(at).toString(16)).join(' ');

/** What is stored under a key. */
export const textOf = ({ revokedAt, keptUntil }: Entry, key: string): string =>
  `revoked ${revokedAt}-${keptUntil} ${key}`;

/**
 * The entry in what the store answered for a key, or `undefined` when nothing is there.
 *
 * @throws {StoreError} for what was never stored under this key.
 */
export function entryIn(answer: unknown, key: string): Entry | undefined {
  if (answer === undefined || answer === null) return undefined;
  const found = typeof answer === 'string' && /^revoked (\d{1,15})-(\d{1,15}) /.exec(answer);
  if (found) {
    const [, revokedAt, keptUntil] = found;
    const entry = { revokedAt: Number(revokedAt), keptUntil: Number(keptUntil) };
    if (answer === textOf(entry, key)) return entry;
  }
  throw new StoreError('it answered with what was not stored there');
}
