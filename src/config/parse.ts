import type { SigningPolicy } from '../claims/to-sign.js';
import { configError, ownOptions } from '../shared/options.js';
import { withoutPrototype } from '../shared/own-properties.js';
import { emitWarning, safely, type WarningHandler } from '../shared/warnings.js';
import {
  type Algorithm,
  type AsymmetricAlgorithm,
  type HmacAlgorithm,
  hashBytes,
  isHmacAlgorithm,
} from '../signature/algorithms.js';
import { DEFAULTS } from './defaults.js';
import type { AuthProviderConfig, Revocation, VerdictHandler } from './options.js';
import { type RemoteConfig, type RemoteDefaults, remoteConfig, requiringIat } from './remote.js';
import { configSchema, firstProblem, type ParsedRemote } from './schema.js';

/** The configuration as the client uses it: checked, complete and copied. */
export interface Config {
  readonly name: string;
  readonly warn: WarningHandler;
  readonly secret: SecretConfig | undefined;
  /** The source of `jwksUrl`, or those of `issuers`. */
  readonly remotes: readonly RemoteConfig[];
  readonly revocation: Revocation | undefined;
  /** In seconds. */
  readonly clockTolerance: number;
  readonly onVerdict: VerdictHandler | undefined;
}

/** What the secret source needs: how to sign, and what it may verify. */
export interface SecretConfig extends SigningPolicy {
  readonly secrets: readonly Uint8Array[];
  readonly algorithm: HmacAlgorithm;
  readonly typ: string;
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
  const { secret, jwksUrl, issuers, algorithm, issuer, audience, typ, requiredClaims, maxTokenAge } = options;

  if (!secret && !jwksUrl && !issuers) throw configError('Give "secret", "jwksUrl" or "issuers".');
  if (issuers && jwksUrl)
    throw configError('Give "jwksUrl" or "issuers", not both; each entry may have its own.');
  if (jwks && !jwksUrl) throw configError('"jwks" needs "jwksUrl".');
  if (issuers && issuer && !secret) {
    throw configError('"issuer" is that of "secret"; each entry of "issuers" has its own.');
  }

  const warn = safely(options.onWarning ?? emitWarning);
  const clockTolerance = options.clockTolerance ?? DEFAULTS.clockToleranceSeconds;
  const rules = { issuer, audience, typ, requiredClaims: requiredClaims ?? [], maxTokenAge, clockTolerance };
  const maxExpiry = options.maxExpiry ?? DEFAULTS.maxExpirySeconds;
  const defaultExpiry = options.defaultExpiry ?? Math.min(DEFAULTS.expirySeconds, maxExpiry);
  if (defaultExpiry > maxExpiry) throw configError('"defaultExpiry" must not be longer than "maxExpiry".');
  const defaults = { rules, algorithm: secret ? undefined : asymmetricAlgorithm(algorithm) };

  const config: Config = {
    name: options.name ?? DEFAULTS.name,
    warn,
    clockTolerance,
    revocation: options.revocation,
    onVerdict: options.onVerdict && safely(options.onVerdict),
    secret: secret && {
      secrets: secret,
      algorithm: hmacAlgorithm(algorithm),
      rules: requiringIat(rules),
      typ: typ ?? DEFAULTS.typToSign,
      defaultExpiry,
      maxExpiry,
      addsTokenId: options.revocation !== undefined,
    },
    remotes: jwksUrl
      ? [remoteConfig(withoutPrototype<ParsedRemote>({ ...jwks, jwksUrl }), undefined, defaults, 'jwks')]
      : issuerConfigs(issuers ?? [], defaults),
  };
  // Last, so that a configuration that is refused does not warn as well.
  warnOfWeakness(config);
  return config;
}

function issuerConfigs(entries: readonly ParsedRemote[], defaults: RemoteDefaults): RemoteConfig[] {
  const seen = new Set<string>();
  return entries.map((entry, index) => {
    const options = withoutPrototype(entry);
    const place = `issuers[${index}]`;
    const issuer = options.issuer as string | undefined;
    if (issuer === undefined) throw configError(`"${place}.issuer" is missing: each entry needs it.`);
    if (seen.has(issuer)) throw configError(`"${place}.issuer" is there twice: give each issuer one entry.`);
    seen.add(issuer);
    return remoteConfig(options, issuer, defaults, place);
  });
}

function hmacAlgorithm(algorithm: Algorithm = DEFAULTS.hmac): HmacAlgorithm {
  if (isHmacAlgorithm(algorithm)) return algorithm;
  throw configError('"algorithm" must be HS256, HS384 or HS512 with "secret".');
}

function warnOfWeakness({ secret, remotes, warn }: Config): void {
  if (!secret) return;
  const { algorithm, secrets } = secret;
  const least = `at least ${hashBytes(algorithm)} random bytes (RFC 7518, 3.2) for ${algorithm}`;
  if (secrets.some((bytes) => bytes.length < hashBytes(algorithm))) {
    warn(`"secret" should be ${least}; shorter ones can be guessed.`, 'WEAK_SECRET');
  } else if (secrets.some(looksGuessable)) {
    warn(`"secret" should be ${least}; it looks like a placeholder or a failed decoding.`, 'WEAK_SECRET');
  }
  const own = secret.rules.issuer;
  for (const { rules, issuer } of remotes) {
    if (own && rules.issuer && !own.some((one) => rules.issuer?.includes(one))) continue;
    const other = issuer === undefined ? '"jwks.issuer"' : 'those of "issuers"';
    const advice = `Give "issuer" and ${other} different values`;
    warn(`${advice}: now the secret and the JWKS may sign tokens of the same issuer.`, 'SHARED_ISSUER');
    return;
  }
}

/** Random bytes, in hex or base64 too, hold at least eight different ones. EF BF BD is what a broken decoding leaves. */
const looksGuessable = (bytes: Uint8Array): boolean =>
  new Set(bytes).size < 8 ||
  bytes.some((byte, at) => byte === 0xef && bytes[at + 1] === 0xbf && bytes[at + 2] === 0xbd);

function asymmetricAlgorithm(only: Algorithm | undefined): AsymmetricAlgorithm | undefined {
  if (only === undefined || !isHmacAlgorithm(only)) return only;
  throw configError('"algorithm" must be an asymmetric one, such as RS256, without "secret".');
}
