import type { Revocation } from '../src/config/options.js';
import { AuthError } from '../src/errors.js';
import { CLOCK_MARGIN } from '../src/shared/clock.js';
import { markBounded } from '../src/shared/deadline.js';
import { checkValue } from '../src/shared/options.js';
import { Outage } from '../src/shared/outage.js';
import { own } from '../src/shared/own-properties.js';
import { PatientStore, StoreError } from '../src/shared/patient-store.js';
import { loudStore } from '../src/shared/schema.js';
import type { Store } from '../src/shared/store.js';
import type { TokenPayload } from '../src/types.js';
import { type Entry, entryIn, keyOf, textOf } from './entries.js';
import { parseOptions, type RevocationListOptions } from './options.js';

/** A {@link Revocation} that can also revoke all tokens of a subject. */
export interface RevocationList extends Revocation {
  /**
   * Resolves to true if the token with these claims is revoked by its `jti` or its subject, and to false if it has neither.
   *
   * @throws {AuthError} `ERR_REVOCATION_UNAVAILABLE` if the store does not answer, unless `onUnavailable` is `'accept'`.
   */
  isRevoked(payload: TokenPayload): Promise<boolean>;

  /**
   * Revokes the token with these claims, and all tokens with the same `iss` and `jti`, such as renewed ones.
   *
   * The store keeps the entry until the token expires, plus `tolerance` and a minute for clock differences. With
   * `maxLifetime`, it keeps the entry for at least that long plus a minute. Without `maxLifetime`, revoke the newest token
   * with this `jti`, because the entry for an older token may expire first. A token that expired more than `tolerance` and
   * a minute ago is ignored.
   *
   * @param tolerance the clients' clock tolerance, in seconds. Default 0; `auth.revoke` passes its own.
   * @throws {AuthError} `ERR_NO_REVOCATION` if the token has no `jti`, or has no `exp` and `maxLifetime` is not set.
   *   `ERR_REVOCATION_UNAVAILABLE` if the store did not keep the entry.
   */
  revoke(payload: TokenPayload, tolerance?: number): Promise<void>;

  /**
   * Revokes all tokens of a subject that were issued up to now, including the current second, and all without `iat`.
   *
   * The `iat` of a token is compared with the clock of this process. If the issuer's clock is ahead, tokens issued within
   * the clock difference stay valid.
   *
   * @param of `issuer`: the `iss` of these tokens, or `null` for tokens without `iss`.
   * @throws {AuthError} `ERR_NO_REVOCATION` if the subject or the issuer is not text. `ERR_REVOCATION_UNAVAILABLE` if the
   *   store did not keep the entry.
   */
  revokeSubject(subject: string, of: { issuer: string | null }): Promise<void>;
}

const MARGIN_MS = CLOCK_MARGIN * 1000;

/** A hundred years, because stores refuse an infinite lifetime. */
const LONGEST_MS = 100 * 31_557_600_000;

/**
 * Creates a list of revoked tokens for a client's `revocation` option. All processes that share the store share the list.
 * The store receives only hashes, never a token, a `jti` or a subject.
 *
 * @param store keyv, or any object with the same `get` and `set`.
 * @throws {AuthError} `ERR_AUTH_CONFIG` if an option is unknown or unusable, if `store` has no `get` and `set`, or if it is a
 *   keyv without `throwOnErrors`.
 * @see RFC 7009 for what revoking means in OAuth 2.0
 * @example
 * ```ts
 * import KeyvRedis from '@keyv/redis';
 * import { createAuthClient } from 'intentkit-auth';
 * import { createRevocationList } from 'intentkit-auth/revocation';
 * import Keyv from 'keyv';
 *
 * export function createClient(redisUrl: string, secret: string) {
 *   const redis = new KeyvRedis(redisUrl, { throwOnErrors: true });
 *   const store = new Keyv({ store: redis, throwOnErrors: true });
 *   const revocation = createRevocationList(store, { maxLifetime: '1d' });
 *   return createAuthClient({ secret, issuer: 'my-service', maxExpiry: '1d', revocation });
 * }
 * ```
 */
export function createRevocationList(store: Store, options: RevocationListOptions = {}): RevocationList {
  const settings = parseOptions(options);
  const patient = new PatientStore(checkValue(store, loudStore, 'The store'), settings.timeoutMs);
  const outage = new Outage(settings.warn, {
    subject: 'The revocation store',
    failing: 'REVOCATION_FAILING',
    recovered: 'REVOCATION_RECOVERED',
  });
  const consequence = settings.acceptsWhenUnavailable
    ? 'revoked tokens are accepted until it answers'
    : 'tokens cannot be verified until it answers';

  async function ask<T>(question: (store: Store) => Promise<T>, outcome: string): Promise<T> {
    try {
      const answer = await patient.ask(question);
      outage.succeeded();
      return answer;
    } catch (error) {
      const { message } = error as StoreError;
      outage.failed(message, consequence);
      throw new AuthError(
        'ERR_REVOCATION_UNAVAILABLE',
        `${outcome}, because the revocation store gave no answer (${message}); try again in 1 s.`,
        { retryAfter: 1 },
      );
    }
  }

  async function isRevoked(payload: TokenPayload): Promise<boolean> {
    const [issuer, id, subject, issuedAt] = textsAndTime(payload);
    if (id === undefined && subject === undefined) return false;
    const tokenKey = id === undefined ? undefined : await keyOf('token', issuer, id);
    const subjectKey = subject === undefined ? undefined : await keyOf('subject', issuer, subject);
    const look = async (from: Store, key: string | undefined): Promise<Entry | undefined> =>
      key === undefined ? undefined : entryIn(await from.get(key), key);
    try {
      const [ofToken, ofSubject] = await ask(
        (from) => Promise.all([look(from, tokenKey), look(from, subjectKey)]),
        'The token was neither accepted nor refused',
      );
      if (ofToken !== undefined) return true;
      // Only a token issued after the revocation is accepted. Without `iat`, or with an `iat` in the same second, the order
      // cannot be known.
      return ofSubject !== undefined && !(Math.floor(issuedAt ?? 0) > ofSubject.revokedAt);
    } catch (error) {
      if (settings.acceptsWhenUnavailable) return false;
      throw error;
    }
  }

  async function revoke(payload: TokenPayload, tolerance = 0): Promise<void> {
    const [issuer, id] = textsAndTime(payload);
    if (id === undefined)
      throw refused(
        'The token has no "jti", so it cannot be revoked alone; revoke its subject with "revokeSubject".',
      );
    const expiry = own(payload, 'exp');
    const rest =
      typeof expiry === 'number' ? (expiry + tolerance) * 1000 - Date.now() : settings.maxLifetimeMs;
    if (rest === undefined) {
      throw refused('The token has no "exp", so revoking it needs "maxLifetime" in the options of the list.');
    }
    if (rest + MARGIN_MS <= 0) return;
    // A renewed token has the same `jti` and may expire later.
    const longest = Math.max(rest, settings.maxLifetimeMs ?? rest);
    await keep(await keyOf('token', issuer, id), longest, 'The token was not revoked');
  }

  async function revokeSubject(subject: string, of: { issuer: string | null }): Promise<void> {
    const issuer = own(Object(of), 'issuer');
    if (typeof subject !== 'string' || !(typeof issuer === 'string' || issuer === null)) {
      throw refused(
        'To revoke a subject, give its "sub" and the "iss" of its tokens, or null if they have none.',
      );
    }
    const key = await keyOf('subject', issuer ?? undefined, subject);
    await keep(key, settings.maxLifetimeMs ?? LONGEST_MS, 'The subject was not revoked');
  }

  /** Stores a revocation and reads it back, because some stores confirm a write that they did not keep. */
  async function keep(key: string, rest: number, outcome: string): Promise<void> {
    const now = Date.now();
    const revokedAt = Math.floor(now / 1000);
    const keptUntil = Math.ceil((now + Math.min(rest + MARGIN_MS, LONGEST_MS)) / 1000);
    await ask(async (to) => {
      // Another process may have stored a later time or a longer lifetime. Overwriting it would make its revoked tokens
      // valid again.
      const known = entryIn(await to.get(key), key) ?? { revokedAt, keptUntil };
      const entry = {
        revokedAt: Math.max(revokedAt, known.revokedAt),
        keptUntil: Math.max(keptUntil, known.keptUntil),
      };
      await to.set(key, textOf(entry, key), entry.keptUntil * 1000 - now);
      const kept = entryIn(await to.get(key), key);
      // If another process stored a later time or a longer lifetime at the same moment, this revocation is kept too.
      if (!(kept && kept.revokedAt >= entry.revokedAt && kept.keptUntil >= entry.keptUntil)) {
        throw new StoreError('it did not keep what was stored');
      }
    }, outcome);
  }

  return { isRevoked: markBounded(isRevoked), revoke: markBounded(revoke), revokeSubject };
}

function textsAndTime(
  payload: TokenPayload,
): [
  issuer: string | undefined,
  id: string | undefined,
  subject: string | undefined,
  issuedAt: number | undefined,
] {
  // A JavaScript caller may pass any value. A value that is not an object has no claims.
  const claims = Object(payload);
  const text = (name: string): string | undefined => {
    const value = own(claims, name);
    return typeof value === 'string' ? value : undefined;
  };
  const issuedAt = own(claims, 'iat');
  return [text('iss'), text('jti'), text('sub'), typeof issuedAt === 'number' ? issuedAt : undefined];
}

const refused = (message: string): AuthError => new AuthError('ERR_NO_REVOCATION', message);
