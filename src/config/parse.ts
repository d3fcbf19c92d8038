import type { ClaimRules } from '../claims/check.js';
import { AuthError } from '../errors.js';
import {
  type Algorithm,
  ASYMMETRIC_ALGORITHMS,
  type AsymmetricAlgorithm,
  type HmacAlgorithm,
  hashBytes,
  isHmacAlgorithm,
} from '../signature/algorithms.js';
import { emitWarning, safely, type WarningHandler } from '../warnings.js';
import type { AuthProviderConfig } from './options.js';
import { configSchema, firstProblem } from './schema.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Every default of the configuration. */
const DEFAULTS = {
  name: 'auth',
  hmac: 'HS256',
  expirySeconds: 60 * 60,
  maxExpirySeconds: Number.POSITIVE_INFINITY,
  clockToleranceSeconds: 0,
  typToSign: 'JWT',
  timeoutMs: 5 * SECOND,
  cooldownMs: 30 * SECOND,
  cacheMaxAgeMs: 10 * MINUTE,
  staleIfErrorMs: HOUR,
} as const;

/** The configuration as the client uses it: checked, complete and copied. */
export interface Config {
  readonly name: string;
  readonly warn: WarningHandler;
  readonly secret: SecretConfig | undefined;
  readonly remote: RemoteConfig | undefined;
}

/** What the secret source needs: how to sign, and what it may verify. Times are in seconds. */
export interface SecretConfig {
  readonly secrets: readonly Uint8Array[];
  readonly algorithm: HmacAlgorithm;
  readonly rules: ClaimRules;
  readonly typ: string;
  readonly defaultExpiry: number;
  readonly maxExpiry: number;
}

/** What the remote source needs: where its keys are, and what they may verify. */
export interface RemoteConfig {
  readonly url: URL;
  readonly algorithms: readonly AsymmetricAlgorithm[];
  readonly rules: ClaimRules;
  readonly timeoutMs: number;
  readonly cooldownMs: number;
  readonly cacheMaxAgeMs: number;
  readonly staleIfErrorMs: number;
  readonly headers: Headers | undefined;
  /** The configured `fetch`, or `undefined` for the global one. */
  readonly fetch: typeof globalThis.fetch | undefined;
}

/**
 * Checks a configuration once, so that a mistake surfaces where it was made and not on the first request.
 *
 * @throws {AuthError} `ERR_AUTH_CONFIG`, naming the option and what it accepts, never its value.
 */
export function parseConfig(input: AuthProviderConfig): Config {
  refuseUndefined(input, '');
  refuseUndefined(input?.jwks, 'jwks.');
  const parsed = configSchema.safeParse(input);
  if (!parsed.success) throw configError(firstProblem(parsed.error));
  const { secret, jwksUrl, jwks, algorithm, issuer, audience, maxTokenAge, ...options } = parsed.data;

  if (!secret && !jwksUrl) throw configError('Give "secret", "jwksUrl" or both.');
  if (jwks && !jwksUrl) throw configError('"jwks" needs "jwksUrl".');

  const warn = safely(options.onWarning ?? emitWarning);
  const rules: ClaimRules = {
    issuer,
    audience,
    typ: options.typ,
    requiredClaims: [...(options.requiredClaims ?? []), ...(maxTokenAge ? ['iat'] : [])],
    maxTokenAge,
    clockTolerance: options.clockTolerance ?? DEFAULTS.clockToleranceSeconds,
  };
  const maxExpiry = options.maxExpiry ?? DEFAULTS.maxExpirySeconds;
  const defaultExpiry = options.defaultExpiry ?? Math.min(DEFAULTS.expirySeconds, maxExpiry);
  if (defaultExpiry > maxExpiry) throw configError('"defaultExpiry" must not be longer than "maxExpiry".');

  return {
    name: options.name ?? DEFAULTS.name,
    warn,
    secret: secret && {
      secrets: secret,
      algorithm: hmacAlgorithm(algorithm, secret, warn),
      rules,
      typ: options.typ ?? DEFAULTS.typToSign,
      defaultExpiry,
      maxExpiry,
    },
    remote: jwksUrl && {
      url: checkedUrl(jwksUrl, jwks?.dangerouslyAllowHttp ?? false),
      algorithms: asymmetricAlgorithms(secret ? undefined : algorithm),
      rules: { ...rules, issuer: jwks?.issuer ?? issuer, audience: jwks?.audience ?? audience },
      timeoutMs: jwks?.timeout ?? DEFAULTS.timeoutMs,
      cooldownMs: jwks?.cooldown ?? DEFAULTS.cooldownMs,
      cacheMaxAgeMs: jwks?.cacheMaxAge ?? DEFAULTS.cacheMaxAgeMs,
      staleIfErrorMs: jwks?.staleIfError ?? DEFAULTS.staleIfErrorMs,
      headers: jwks?.headers,
      fetch: jwks?.fetch,
    },
  };
}

const configError = (message: string): AuthError => new AuthError('ERR_AUTH_CONFIG', message);

// `issuer: process.env.ISSUER` with the variable unset would otherwise switch a check off without a word.
function refuseUndefined(options: unknown, prefix: string): void {
  for (const [name, value] of Object.entries(options ?? {})) {
    if (value !== undefined) continue;
    throw configError(`${JSON.stringify(prefix + name)} is undefined: give it a value or leave it out.`);
  }
}

function hmacAlgorithm(
  algorithm: Algorithm = DEFAULTS.hmac,
  secrets: readonly Uint8Array[],
  warn: WarningHandler,
): HmacAlgorithm {
  if (!isHmacAlgorithm(algorithm)) {
    throw configError('"algorithm" must be HS256, HS384 or HS512 with "secret".');
  }
  const least = hashBytes(algorithm);
  if (secrets.some((bytes) => bytes.length < least)) {
    warn(
      `"secret" should be at least ${least} random bytes (RFC 7518, 3.2) for ${algorithm}; shorter ones can be guessed.`,
      'WEAK_SECRET',
    );
  }
  return algorithm;
}

function asymmetricAlgorithms(only: Algorithm | undefined): readonly AsymmetricAlgorithm[] {
  if (only === undefined) return ASYMMETRIC_ALGORITHMS;
  if (isHmacAlgorithm(only)) {
    throw configError('"algorithm" must be an asymmetric one, such as RS256, with "jwksUrl" alone.');
  }
  return [only];
}

function checkedUrl(url: URL, allowHttp: boolean): URL {
  if (url.username || url.password) {
    throw configError('"jwksUrl" must not hold credentials; send them in "jwks.headers".');
  }
  const mayBeHttp = allowHttp || isLoopback(url.hostname);
  if (url.protocol !== 'https:' && !(mayBeHttp && url.protocol === 'http:')) {
    throw configError('"jwksUrl" must be an https: URL: over http: anyone could replace the keys.');
  }
  return url;
}

// The URL parser has already turned every spelling of an IPv4 address into four decimals.
const isLoopback = (host: string): boolean =>
  host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127(\.\d+){3}$/.test(host);
