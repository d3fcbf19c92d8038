import type { ClaimRules } from '../claims/check.js';
import { withoutPrototype } from '../own-properties.js';
import {
  type Algorithm,
  ASYMMETRIC_ALGORITHMS,
  type AsymmetricAlgorithm,
  type HmacAlgorithm,
  hashBytes,
  isHmacAlgorithm,
} from '../signature/algorithms.js';
import { emitWarning, safely, type WarningHandler } from '../warnings.js';
import { isLoopback } from './loopback.js';
import type { AuthProviderConfig, Fetch } from './options.js';
import { configError, ownOptions } from './own-options.js';
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
  cooldownMs: 10 * SECOND,
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
  readonly fetch: Fetch | undefined;
}

/**
 * Checks a configuration once, so that a mistake surfaces where it was made and not on the first request.
 *
 * @throws {AuthError} `ERR_AUTH_CONFIG`, naming the option and what it accepts, never its value.
 */
export function parseConfig(input: AuthProviderConfig): Config {
  const parsed = configSchema.safeParse(ownOptions(input));
  if (!parsed.success) throw configError(firstProblem(parsed.error));
  // zod answers with objects that inherit, and what is not given must not be inherited.
  const options = withoutPrototype(parsed.data);
  const jwks = options.jwks && withoutPrototype(options.jwks);
  const { secret, jwksUrl, algorithm, issuer, audience, typ, requiredClaims, maxTokenAge } = options;

  if (!secret && !jwksUrl) throw configError('Give "secret", "jwksUrl" or both.');
  if (jwks && !jwksUrl) throw configError('"jwks" needs "jwksUrl".');

  const warn = safely(options.onWarning ?? emitWarning);
  const clockTolerance = options.clockTolerance ?? DEFAULTS.clockToleranceSeconds;
  const rules = { issuer, audience, typ, requiredClaims: requiredClaims ?? [], maxTokenAge, clockTolerance };
  const maxExpiry = options.maxExpiry ?? DEFAULTS.maxExpirySeconds;
  const defaultExpiry = options.defaultExpiry ?? Math.min(DEFAULTS.expirySeconds, maxExpiry);
  if (defaultExpiry > maxExpiry) throw configError('"defaultExpiry" must not be longer than "maxExpiry".');

  const config: Config = {
    name: options.name ?? DEFAULTS.name,
    warn,
    secret: secret && {
      secrets: secret,
      algorithm: hmacAlgorithm(algorithm),
      rules: withImplied(rules),
      typ: typ ?? DEFAULTS.typToSign,
      defaultExpiry,
      maxExpiry,
    },
    remote: jwksUrl && {
      url: checkedUrl(jwksUrl, jwks?.dangerouslyAllowHttp ?? false),
      algorithms: jwks?.algorithms ?? asymmetricAlgorithms(secret ? undefined : algorithm),
      rules: withImplied({
        issuer: jwks?.issuer ?? issuer,
        audience: jwks?.audience ?? audience,
        typ: jwks?.typ ?? typ,
        requiredClaims: jwks?.requiredClaims ?? rules.requiredClaims,
        maxTokenAge: jwks?.maxTokenAge ?? maxTokenAge,
        clockTolerance,
      }),
      timeoutMs: jwks?.timeout ?? DEFAULTS.timeoutMs,
      cooldownMs: jwks?.cooldown ?? DEFAULTS.cooldownMs,
      cacheMaxAgeMs: jwks?.cacheMaxAge ?? DEFAULTS.cacheMaxAgeMs,
      staleIfErrorMs: jwks?.staleIfError ?? DEFAULTS.staleIfErrorMs,
      headers: jwks?.headers,
      fetch: jwks?.fetch,
    },
  };
  // Last, so that a configuration that is refused does not warn as well.
  warnOfWeakness(config);
  return config;
}

/** The age of a token is unknown without its `iat`. */
const withImplied = (rules: ClaimRules): ClaimRules =>
  rules.maxTokenAge === undefined ? rules : { ...rules, requiredClaims: [...rules.requiredClaims, 'iat'] };

function hmacAlgorithm(algorithm: Algorithm = DEFAULTS.hmac): HmacAlgorithm {
  if (isHmacAlgorithm(algorithm)) return algorithm;
  throw configError('"algorithm" must be HS256, HS384 or HS512 with "secret".');
}

function warnOfWeakness({ secret, remote, warn }: Config): void {
  if (!secret) return;
  const { algorithm, secrets } = secret;
  const least = `at least ${hashBytes(algorithm)} random bytes (RFC 7518, 3.2) for ${algorithm}`;
  if (secrets.some((bytes) => bytes.length < hashBytes(algorithm))) {
    warn(`"secret" should be ${least}; shorter ones can be guessed.`, 'WEAK_SECRET');
  } else if (secrets.some(looksGuessable)) {
    warn(`"secret" should be ${least}; it looks like a placeholder or a failed decoding.`, 'WEAK_SECRET');
  }
  if (!remote) return;
  const [own, others] = [secret.rules.issuer, remote.rules.issuer];
  if (!own || !others || own.some((issuer) => others.includes(issuer))) {
    const advice = 'Give "issuer" and "jwks.issuer" different values';
    warn(`${advice}: now the secret and the JWKS may sign tokens of the same issuer.`, 'SHARED_ISSUER');
  }
}

/** Random bytes, in hex or base64 too, hold at least eight different ones. EF BF BD is what a broken decoding leaves. */
const looksGuessable = (bytes: Uint8Array): boolean =>
  new Set(bytes).size < 8 ||
  bytes.some((byte, at) => byte === 0xef && bytes[at + 1] === 0xbf && bytes[at + 2] === 0xbd);

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
