import { mistypedClaim } from './claims.js';
import type { SignOptions } from './client.js';
import type { Config } from './config.js';
import { parseDuration } from './duration.js';
import { AuthError } from './errors.js';

const NOT_PLAIN = 'The payload and "claims" must be plain objects.';
const OPTIONS = ['subject', 'expiresIn', 'claims'];

/**
 * The claims that `sign` puts into a token, as JSON. `now` is in seconds since the epoch.
 *
 * @throws {AuthError} `ERR_SIGN_INPUT`
 */
export function signedClaims(payload: unknown, options: unknown, config: Config, now: number): string {
  try {
    return JSON.stringify(mergedClaims(payload, options, config, now));
  } catch (error) {
    if (error instanceof AuthError) throw error;
    // A cycle, a BigInt, a getter that throws: whatever it says may quote the payload.
    throw invalid('The claims cannot be written as JSON: remove cycles, BigInts and getters that throw.');
  }
}

function mergedClaims(
  payload: unknown,
  options: unknown,
  config: Config,
  now: number,
): Record<string, unknown> {
  if (!isPlainObject(options)) throw invalid('The options of sign must be an object.');
  for (const name of Object.keys(options)) {
    if (!OPTIONS.includes(name))
      throw invalid(`${JSON.stringify(name)} is not an option of sign; use ${OPTIONS.join(', ')}.`);
  }
  const { subject, expiresIn, claims = {} } = options as SignOptions;
  if (!isPlainObject(payload) || !isPlainObject(claims)) throw invalid(NOT_PLAIN);

  // Not a spread, to which adding properties is slow; without a prototype, `__proto__` is a claim like any other.
  const merged: Record<string, unknown> = Object.assign(Object.create(null), payload, claims);
  merged.iat = now;
  const [issuer] = config.secret?.rules.issuer ?? [];
  const [audience] = config.secret?.rules.audience ?? [];
  if (issuer !== undefined) merged.iss = issuer;
  if (audience !== undefined) merged.aud = audience;
  if (subject !== undefined) merged.sub = subject;
  merged.exp = now + lifetime(expiresIn, config);

  const mistyped = mistypedClaim(merged);
  if (mistyped) throw invalid(`The "${mistyped}" claim must have the type that RFC 7519 gives it.`);
  // With a `toJSON`, the object would say something else than its own claims.
  if (typeof merged.toJSON === 'function') throw invalid(NOT_PLAIN);
  return merged;
}

function lifetime(expiresIn: unknown, config: Config): number {
  if (expiresIn === undefined) return config.defaultExpiry;
  const seconds = Math.round(parseDuration(expiresIn) ?? 0);
  if (seconds <= 0 || !Number.isSafeInteger(seconds)) {
    throw invalid('"expiresIn" must be a duration longer than zero, such as "30s", "15m" or "7d".');
  }
  if (seconds > config.maxExpiry) {
    throw invalid(
      `"expiresIn" must not be longer than the configured maximum of ${config.maxExpiry} seconds.`,
    );
  }
  return seconds;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Two levels, not `=== Object.prototype`: objects of another realm are plain too.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

const invalid = (message: string): AuthError => new AuthError('ERR_SIGN_INPUT', message);
