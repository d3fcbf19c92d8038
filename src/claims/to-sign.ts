import * as z from 'zod/mini';
import { AuthError } from '../errors.js';
import { checkOptions } from '../shared/options.js';
import { isObject, withoutPrototype } from '../shared/own-properties.js';
import { randomId } from '../shared/runtime.js';
import type { Checked } from '../shared/shape.js';
import type { SignOptions } from '../types.js';
import { type ClaimRules, mistypedClaim } from './check.js';
import { type LifetimePolicy, readLifetime } from './lifetime.js';

const NOT_PLAIN = 'The payload and "claims" must be plain objects.';
const TYPES =
  '"iss", "sub" and "jti" are strings, "aud" is a string or a list of strings, "exp", "nbf" and "iat" are numbers';

/** The options of `sign`. `readLifetime` checks `expiresIn`, and `mergeClaims` checks `claims`. */
export const SIGN_OPTIONS = { subject: z.string('text'), expiresIn: z.unknown(), claims: z.unknown() };
const NO_OPTIONS: Checked<typeof SIGN_OPTIONS> = Object.freeze(withoutPrototype());

/** The configuration of signing. */
export interface SigningPolicy extends LifetimePolicy {
  readonly rules: ClaimRules;
  /** Whether a token without a `jti` gets a random one. */
  readonly addsTokenId: boolean;
}

/**
 * The claims that `sign` puts into a token, as JSON. `now` is in seconds since the epoch.
 *
 * @throws {AuthError} `ERR_SIGN_INPUT`
 */
export function claimsToSign(
  payload: unknown,
  options: SignOptions | undefined,
  policy: SigningPolicy,
  now: number,
): string {
  try {
    return JSON.stringify(mergeClaims(payload, options, policy, now));
  } catch (error) {
    if (error instanceof AuthError) throw error;
    // A cycle, a BigInt or a getter that throws. Its own message may quote the payload.
    throw invalid('The claims cannot be written as JSON: remove cycles, BigInts and getters that throw.');
  }
}

function mergeClaims(
  payload: unknown,
  options: SignOptions | undefined,
  policy: SigningPolicy,
  now: number,
): Record<string, unknown> {
  const {
    subject,
    expiresIn,
    claims = {},
  } = options === undefined ? NO_OPTIONS : checkOptions(options, SIGN_OPTIONS, 'sign', 'ERR_SIGN_INPUT');
  if (!isPlainObject(payload) || !isPlainObject(claims)) throw invalid(NOT_PLAIN);

  const merged: Record<string, unknown> = withoutPrototype(payload, claims);
  // Other libraries set the lifetime by `exp`. A verified payload has `iat` too, and signing it again renews it.
  if (merged.exp !== undefined && merged.iat === undefined) {
    throw invalid(
      '"exp" in the payload does not set the lifetime: give "expiresIn", such as "15m", instead.',
    );
  }
  merged.iat = now;
  const [issuer] = policy.rules.issuer ?? [];
  const [audience] = policy.rules.audience ?? [];
  if (issuer !== undefined) merged.iss = issuer;
  if (audience !== undefined) merged.aud = audience;
  if (subject !== undefined) merged.sub = subject;
  if (policy.addsTokenId && merged.jti === undefined) merged.jti = randomId();
  merged.exp = now + lifetime(expiresIn, policy, now);

  const mistyped = mistypedClaim(merged);
  if (mistyped) throw invalid(`The "${mistyped}" claim has the wrong type: ${TYPES}.`);
  // JSON.stringify calls a `toJSON`, whose result could be anything.
  if (typeof merged.toJSON === 'function') throw invalid(NOT_PLAIN);
  return merged;
}

function lifetime(expiresIn: unknown, policy: SigningPolicy, now: number): number {
  if (expiresIn === undefined) return policy.defaultExpiry;
  const lasts = readLifetime(expiresIn, 'expiresIn', policy, now);
  if (typeof lasts === 'string') throw invalid(lasts);
  return lasts;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (!isObject(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Objects of another realm are plain too, so this does not compare with `Object.prototype`.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

const invalid = (message: string): AuthError => new AuthError('ERR_SIGN_INPUT', message);
