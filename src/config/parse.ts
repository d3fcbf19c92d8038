import type { SigningPolicy } from '../claims/to-sign.js';
import { checkOptions, configError } from '../shared/options.js';
import { withoutPrototype } from '../shared/own-properties.js';
import { emitWarning, safely, type WarningHandler } from '../shared/warnings.js';
import {
  type Algorithm,
  type AsymmetricAlgorithm,
  HMAC_ALGORITHMS,
  type HmacAlgorithm,
  isHmacAlgorithm,
} from '../signature/algorithms.js';
import type { AuthProviderConfig, SignHandler, VerdictHandler } from './options.js';
import { claimRules, issuerConfigs, jwksConfig, type RemoteConfig } from './remote.js';
import { CONFIG, type RevocationHook, rulesAmong } from './schema.js';
import { weaknessOf } from './secret-strength.js';

/** In seconds. */
const HOUR = 60 * 60;

/** The configuration after checking, with defaults filled in and values copied. */
export interface Config {
  readonly name: string;
  readonly warn: WarningHandler;
  readonly secret: SecretConfig | undefined;
  /** The source of `jwksUrl`, or those of `issuers`. */
  readonly remotes: readonly RemoteConfig[];
  readonly revocation: RevocationHook | undefined;
  /** In seconds. */
  readonly clockTolerance: number;
  readonly onVerdict: VerdictHandler | undefined;
  readonly onSign: SignHandler | undefined;
}

/** The configuration of the secret: how to sign, and which tokens it may verify. */
export interface SecretConfig extends SigningPolicy {
  readonly secrets: readonly Uint8Array[];
  readonly algorithm: HmacAlgorithm;
  readonly typ: string;
}

/**
 * Checks a configuration when the client is created, so that a mistake is found then and not on the first request.
 *
 * @param of the name of the function whose options these are, for errors.
 * @throws {AuthError} `ERR_AUTH_CONFIG`, naming the option and what it accepts, never its value.
 */
export function parseConfig(input: AuthProviderConfig, of = 'createAuthClient'): Config {
  const options = checkOptions(input, CONFIG, of);
  const { secret, jwksUrl, jwks, issuers, algorithm, issuer, typ, onVerdict, onSign } = options;

  if (!secret && !jwksUrl && !issuers) throw configError('Give "secret", "jwksUrl" or "issuers".');
  if (issuers && jwksUrl)
    throw configError(
      'Give "jwksUrl" or "issuers", not both; each entry of "issuers" can have its own "jwksUrl".',
    );
  if (jwks && !jwksUrl)
    throw configError('"jwks" needs "jwksUrl"; with "issuers", put its options into the entries.');
  if (issuers && issuer && !secret) {
    throw configError(
      '"issuer" is only for tokens signed with "secret"; remove it, and set "issuer" in each entry of "issuers".',
    );
  }

  const rules = rulesAmong(options);
  const { clockTolerance = 0, maxExpiry = Number.POSITIVE_INFINITY } = options;
  const { defaultExpiry = Math.min(HOUR, maxExpiry) } = options;
  if (defaultExpiry > maxExpiry) throw configError('"defaultExpiry" must not be longer than "maxExpiry".');
  const topLevel = { rules, clockTolerance, algorithm: secret ? undefined : asymmetricAlgorithm(algorithm) };

  const config: Config = {
    name: options.name ?? 'auth',
    warn: safely(options.onWarning ?? emitWarning),
    clockTolerance,
    revocation: options.revocation,
    onVerdict: onVerdict && safely(onVerdict),
    onSign: onSign && safely(onSign),
    secret: secret && {
      secrets: secret,
      algorithm: hmacAlgorithm(algorithm),
      rules: claimRules(clockTolerance, rules),
      typ: typ ?? 'JWT',
      defaultExpiry,
      maxExpiry,
      addsTokenId: options.revocation !== undefined,
    },
    remotes: jwksUrl
      ? [jwksConfig(jwks ?? withoutPrototype(), jwksUrl, topLevel)]
      : issuerConfigs(issuers ?? [], topLevel),
  };
  // Warnings come last, so that a configuration that is refused causes only an error.
  warnOfWeakness(config);
  return config;
}

function hmacAlgorithm(algorithm: Algorithm = HMAC_ALGORITHMS[0]): HmacAlgorithm {
  if (isHmacAlgorithm(algorithm)) return algorithm;
  throw configError('"algorithm" must be HS256, HS384 or HS512 with "secret".');
}

function warnOfWeakness({ secret, remotes, warn }: Config): void {
  if (!secret) return;
  const { algorithm, secrets } = secret;
  const weakness = weaknessOf(secrets, algorithm);
  if (weakness) warn(weakness, 'WEAK_SECRET');
  const own = secret.rules.issuer;
  for (const { rules, issuer } of remotes) {
    if (own && rules.issuer && !own.some((one) => rules.issuer?.includes(one))) continue;
    const other = issuer === undefined ? '"jwks.issuer"' : 'the entries of "issuers"';
    const advice = `Give "issuer" and ${other} different values`;
    warn(`${advice}: now the secret and the JWKS may sign tokens of the same issuer.`, 'SHARED_ISSUER');
    return;
  }
}

function asymmetricAlgorithm(only: Algorithm | undefined): AsymmetricAlgorithm | undefined {
  if (only === undefined || !isHmacAlgorithm(only)) return only;
  throw configError('"algorithm" must be an asymmetric one, such as RS256, without "secret".');
}
