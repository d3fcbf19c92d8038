import type { ClaimRules } from '../claims/check.js';
import type { SigningPolicy } from '../claims/to-sign.js';
import { importOwnKeys, type OwnKeysConfig } from '../keys/own/own-source.js';
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
import type { SignatureEngine } from '../signature/engine.js';
import { defaultEngine } from '../signature/node.js';
import type { AuthProviderConfig, SignHandler, VerdictHandler } from './options.js';
import { claimRules, issuerConfigs, jwksConfig, type RemoteConfig } from './remote.js';
import { CONFIG, type IntrospectionHook, type RevocationHook, rulesAmong } from './schema.js';
import { weaknessOf } from './secret-strength.js';
import { checkIssuers, ownKeyEntries } from './signing-keys.js';

/** In seconds. */
const HOUR = 60 * 60;

/** The configuration after checking, with defaults filled in and values copied. */
export interface Config {
  readonly name: string;
  readonly warn: WarningHandler;
  readonly secret: SecretConfig | undefined;
  /** The keys of `signingKeys`. With them, the secret only verifies. */
  readonly ownKeys: OwnKeysConfig | undefined;
  /** How to sign, with whatever key. */
  readonly signing: SigningPolicy;
  /** The source of `jwksUrl`, or those of `issuers`. */
  readonly remotes: readonly RemoteConfig[];
  readonly revocation: RevocationHook | undefined;
  readonly introspection: IntrospectionConfig | undefined;
  /** In seconds. */
  readonly clockTolerance: number;
  readonly onVerdict: VerdictHandler | undefined;
  readonly onSign: SignHandler | undefined;
}

/** The introspection of opaque tokens, and the rules for the claims that it returns. */
export interface IntrospectionConfig {
  readonly hook: IntrospectionHook;
  readonly rules: ClaimRules;
}

/** The configuration of the secret, and which tokens it may verify. */
export interface SecretConfig {
  readonly rules: ClaimRules;
  readonly secrets: readonly Uint8Array[];
  readonly algorithm: HmacAlgorithm;
  readonly typ: string;
}

/**
 * Checks a configuration when the client is created, so that a mistake is found then and not on the first request.
 *
 * @param of the name of the function whose options these are, for errors.
 * @param engine the engine that imports the keys of `signingKeys`.
 * @throws {AuthError} `ERR_AUTH_CONFIG`, naming the option and what it accepts, never its value.
 */
export function parseConfig(
  input: AuthProviderConfig,
  of = 'createAuthClient',
  engine: SignatureEngine = defaultEngine,
): Config {
  const options = checkOptions(input, CONFIG, of);
  const { secret, signingKeys, jwksUrl, jwks, issuers, algorithm, issuer, typ = 'JWT' } = options;
  const { introspection, onVerdict, onSign } = options;

  if (!secret && !signingKeys && !jwksUrl && !issuers && !introspection) {
    throw configError('Give "secret", "signingKeys", "jwksUrl", "issuers" or "introspection".');
  }
  if (issuers && jwksUrl)
    throw configError(
      'Give "jwksUrl" or "issuers", not both; each entry of "issuers" can have its own "jwksUrl".',
    );
  if (jwks && !jwksUrl)
    throw configError('"jwks" needs "jwksUrl"; with "issuers", put its options into the entries.');
  if (issuers && issuer && !secret && !signingKeys) {
    throw configError(
      '"issuer" is only for tokens signed with "secret" or "signingKeys"; remove it, and set "issuer" in each entry of "issuers".',
    );
  }
  if (algorithm && !secret && !jwksUrl && !issuers) {
    throw configError('"algorithm" is not for "signingKeys"; set "algorithm" in its entries.');
  }

  const rules = rulesAmong(options);
  const { clockTolerance = 0, maxExpiry = Number.POSITIVE_INFINITY } = options;
  const { defaultExpiry = Math.min(HOUR, maxExpiry) } = options;
  if (defaultExpiry > maxExpiry) throw configError('"defaultExpiry" must not be longer than "maxExpiry".');
  const ownEntries = signingKeys && ownKeyEntries(signingKeys);
  const hasOwnKeys = ownEntries !== undefined;
  const onlyAlgorithm = secret ? undefined : asymmetricAlgorithm(algorithm);
  const topLevel = { rules, clockTolerance, algorithm: onlyAlgorithm, hasOwnKeys };
  const remotes = jwksUrl
    ? [jwksConfig(jwks ?? withoutPrototype(), jwksUrl, topLevel)]
    : issuerConfigs(issuers ?? [], topLevel);
  if (ownEntries && remotes.length > 0) checkIssuers(issuer, remotes);
  const ownRules = claimRules(clockTolerance, rules);

  const config: Config = {
    name: options.name ?? 'auth',
    warn: safely(options.onWarning ?? emitWarning),
    clockTolerance,
    revocation: options.revocation,
    introspection: introspection && introspectionConfig(introspection, remotes, ownRules),
    onVerdict: onVerdict && safely(onVerdict),
    onSign: onSign && safely(onSign),
    secret: secret && {
      secrets: secret,
      algorithm: hmacAlgorithm(algorithm),
      rules: ownRules,
      typ,
    },
    signing: {
      rules: ownRules,
      defaultExpiry,
      maxExpiry,
      addsTokenId: options.revocation !== undefined,
    },
    ownKeys: ownEntries && {
      keys: importOwnKeys(ownEntries, { typ }, engine),
      algorithms: ownEntries.map((entry) => entry.algorithm),
      isExternal: ownEntries[0]?.sign !== undefined,
      selectedBy: remotes.length > 0 ? issuer : undefined,
      rules: ownRules,
    },
    remotes,
  };
  // Warnings come last, so that a configuration that is refused causes only an error.
  warnOfWeakness(config);
  return config;
}

/** The entry of `issuers` with this issuer has the rules, otherwise the top level. An opaque token has no `typ`. */
function introspectionConfig(
  hook: IntrospectionHook,
  remotes: readonly RemoteConfig[],
  topLevel: ClaimRules,
): IntrospectionConfig {
  const entry = remotes.find(({ issuer }) => issuer === hook.issuer);
  const rules = entry ? entry.rules : topLevel;
  return {
    hook,
    rules: { ...rules, issuer: rules.issuer ?? [hook.issuer], typ: undefined },
  };
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
  const ownIssuers = secret.rules.issuer;
  for (const { rules, issuer } of remotes) {
    if (ownIssuers && rules.issuer && !ownIssuers.some((one) => rules.issuer?.includes(one))) continue;
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
