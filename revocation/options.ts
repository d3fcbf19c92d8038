import { AuthError } from '../src/errors.js';
import { parseMilliseconds, parseWholeSeconds } from '../src/shared/duration.js';
import { inheritedProblem, own } from '../src/shared/own-properties.js';
import { emitWarning, safely, type WarningHandler } from '../src/shared/warnings.js';

/** Options of `createRevocationList`. Durations are such as `'0.25s'` or `'30d'`. */
export interface RevocationListOptions {
  /** The longest that `isRevoked`, `revoke` or `revokeSubject` waits for the store; at most a minute. Default `'0.25s'`. */
  timeout?: string;
  /**
   * What becomes of a token when the store gives no answer. `'refuse'`: there is no verdict
   * (`ERR_REVOCATION_UNAVAILABLE`). `'accept'`: it is accepted, even if it is revoked, and a warning is given when that
   * begins. Default `'refuse'`.
   */
  onUnavailable?: 'refuse' | 'accept';
  /**
   * The longest that a token can live, tolerance included. Each revocation is kept for so long, so that it also ends a
   * renewed token. Default: a subject is kept for 100 years, a token until its `exp`, and a token without `exp` cannot be
   * revoked.
   */
  maxLifetime?: string;
  /** Receives `REVOCATION_FAILING` and `REVOCATION_RECOVERED`. Default: `process.emitWarning`, else `console.warn`. */
  onWarning?: WarningHandler;
}

/** The options as the list uses them. */
export interface Settings {
  readonly timeoutMs: number;
  readonly acceptsWhenUnavailable: boolean;
  readonly maxLifetimeMs: number | undefined;
  readonly warn: WarningHandler;
}

const MINUTE_MS = 60_000;

/** @throws {AuthError} `ERR_AUTH_CONFIG`, naming the option and what it accepts. */
export function parseOptions(input: RevocationListOptions): Settings {
  if (typeof input !== 'object' || input === null) throw wrong('The options', 'an object');
  const inherited = inheritedProblem(input);
  if (inherited !== undefined) throw new AuthError('ERR_AUTH_CONFIG', inherited);
  const options = Object.fromEntries(Object.entries(input));
  const take = <T>(
    name: string,
    read: (value: unknown) => T | undefined,
    accepted: string,
  ): T | undefined => {
    if (!Object.hasOwn(options, name)) return undefined;
    const value = read(own(options, name));
    delete options[name];
    if (value === undefined) throw wrong(`"${name}"`, accepted);
    return value;
  };
  const between = (least: number, most: number) => (value: unknown) => {
    const milliseconds = parseMilliseconds(value) ?? -1;
    return milliseconds >= least && milliseconds <= most ? milliseconds : undefined;
  };
  const settings = {
    timeoutMs:
      take('timeout', between(1, MINUTE_MS), 'a duration longer than zero and at most one minute') ?? 250,
    acceptsWhenUnavailable:
      take('onUnavailable', oneOf('refuse', 'accept'), '"refuse" or "accept"') === 'accept',
    maxLifetimeMs: take('maxLifetime', wholeSeconds, 'a duration of at least one second, such as "30d"'),
    warn: safely(take('onWarning', aFunction, 'a function') ?? emitWarning),
  };
  const [unknown] = Object.keys(options);
  if (unknown === undefined) return settings;
  throw new AuthError(
    'ERR_AUTH_CONFIG',
    `${JSON.stringify(unknown)} is not an option of createRevocationList.`,
  );
}

const oneOf =
  (...values: readonly string[]) =>
  (value: unknown): string | undefined =>
    values.find((one) => one === value);

const wholeSeconds = (value: unknown): number | undefined => {
  const seconds = parseWholeSeconds(value) ?? 0;
  return seconds > 0 ? seconds * 1000 : undefined;
};

const aFunction = (value: unknown): WarningHandler | undefined =>
  typeof value === 'function' ? (value as WarningHandler) : undefined;

const wrong = (what: string, accepted: string): AuthError =>
  new AuthError('ERR_AUTH_CONFIG', `${what} must be ${accepted}.`);
