import { checkOptions } from '../src/shared/options.js';
import { aFunction, oneOf, wholeMilliseconds, wholeSeconds } from '../src/shared/schema.js';
import { emitWarning, safely, type WarningHandler } from '../src/shared/warnings.js';

/** Options of `createRevocationList`. Durations are such as `'0.25s'` or `'30d'`. */
export interface RevocationListOptions {
  /** How long `isRevoked`, `revoke` and `revokeSubject` wait for the store, at most a minute. Default `'0.25s'`. */
  timeout?: string;
  /**
   * What to do with a token if the store does not answer. Default `'refuse'`.
   *
   * - `'refuse'`: `verify` throws `ERR_REVOCATION_UNAVAILABLE`
   * - `'accept'`: the token is accepted even if it is revoked, with a warning when the outage begins
   */
  onUnavailable?: 'refuse' | 'accept';
  /**
   * The longest lifetime of your tokens, including the clock tolerance. Each revocation is kept for at least this long, so that
   * it also applies to renewed tokens. Default: the revocation of a subject is kept for 100 years, that of a token until its
   * `exp`, and a token without `exp` cannot be revoked.
   */
  maxLifetime?: string;
  /** Receives `REVOCATION_FAILING` and `REVOCATION_RECOVERED`. Default: `process.emitWarning`, else `console.warn`. */
  onWarning?: WarningHandler;
}

/**
 * The options as the list uses them.
 *
 * @internal
 */
export interface Settings {
  readonly timeoutMs: number;
  readonly acceptsWhenUnavailable: boolean;
  readonly maxLifetimeMs: number | undefined;
  readonly warn: WarningHandler;
}

const MINUTE_MS = 60_000;

/**
 * The options of `createRevocationList`.
 *
 * @internal
 */
export const REVOCATION_OPTIONS = {
  timeout: wholeMilliseconds('a duration longer than zero and at most one minute', 1, MINUTE_MS),
  onUnavailable: oneOf(['refuse', 'accept'], '"refuse" or "accept"'),
  maxLifetime: wholeSeconds('a duration of at least one second, such as "30d"', 1),
  onWarning: aFunction<WarningHandler>(),
};

/**
 * @throws {AuthError} `ERR_AUTH_CONFIG`, naming the option and what it accepts.
 * @internal
 */
export function parseOptions(given: RevocationListOptions): Settings {
  const options = checkOptions(given, REVOCATION_OPTIONS, 'createRevocationList');
  const { timeout = 250, onUnavailable, maxLifetime, onWarning = emitWarning } = options;
  return {
    timeoutMs: timeout,
    acceptsWhenUnavailable: onUnavailable === 'accept',
    maxLifetimeMs: maxLifetime && maxLifetime * 1000,
    warn: safely(onWarning),
  };
}
