import * as z from 'zod/mini';
import {
  type Algorithm,
  ASYMMETRIC_ALGORITHMS,
  type AsymmetricAlgorithm,
  HMAC_ALGORITHMS,
  type HmacAlgorithm,
  hashBytes,
  isHmacAlgorithm,
} from './algorithms.js';
import type { ClaimRules } from './claims.js';
import { parseDuration } from './duration.js';
import { AuthError } from './errors.js';
import { isKeyMaterial } from './key-material.js';
import { emitWarning, safely, type WarningHandler } from './warnings.js';

/** Options of `createAuthProvider` and `createAuthClient`. At least one of `secret` and `jwksUrl` is needed. */
export interface AuthProviderConfig {
  /**
   * HMAC secret for `sign` and `verify`; text is used as its UTF-8 bytes. A list rotates without downtime: the
   * first signs, the others only verify, and are tried only when the signature does not match. Use at least as
   * many random bytes as the hash has (32 for HS256); a shorter secret works, with a warning.
   * @see RFC 7518 section 3.2
   */
  secret?: string | Uint8Array | readonly (string | Uint8Array)[];

  /**
   * URL of the identity provider's JSON Web Key Set, to verify its tokens. `https:`, or `http:` on a loopback
   * host. Fetched when first needed.
   * @see RFC 7517 section 5
   */
  jwksUrl?: string;

  /** How the keys behind `jwksUrl` are fetched and kept, and which tokens they may verify. */
  jwks?: JwksOptions;

  /**
   * Expected `iss`; with several, any one of them. `sign` writes the first. Default: not checked.
   * @see RFC 7519 section 4.1.1
   */
  issuer?: string | readonly string[];

  /**
   * Expected `aud`; with several, any one of them. `sign` writes the first. Default: not checked.
   * @see RFC 7519 section 4.1.3
   */
  audience?: string | readonly string[];

  /**
   * With `secret`: the HMAC algorithm that signs and that is accepted, default `'HS256'`. With `jwksUrl` alone:
   * the one asymmetric algorithm accepted, default whichever the matching key is for.
   */
  algorithm?: Algorithm;

  /** Lifetime of a signed token when `expiresIn` is not given, such as `'15m'`. Default `'1h'`, or `maxExpiry` if that is less. */
  defaultExpiry?: string;

  /** The longest lifetime that `sign` grants, such as `'8h'`. Default: no limit. */
  maxExpiry?: string;

  /** How far clocks may differ when `exp`, `nbf` and `maxTokenAge` are checked, such as `'30s'`. Default `'0s'`. */
  clockTolerance?: string;

  /** Claims that must be present, such as `['exp', 'sub']`. Default: none beyond what other options imply. */
  requiredClaims?: readonly string[];

  /** The longest time since `iat`, such as `'12h'`; makes `iat` required. Default: no limit. */
  maxTokenAge?: string;

  /**
   * Expected `typ` header, compared without case and without an `application/` prefix; `sign` writes it.
   * `'at+jwt'` is RFC 9068's. Default: not checked, and `sign` writes `'JWT'`.
   * @see RFC 8725 section 3.11
   */
  typ?: string;

  /** The key under which functions find the client: `ctx.providers[name]`. Default `'auth'`. */
  name?: string;

  /** Receives warnings. Default: `process.emitWarning`, else `console.warn`; never stdout. */
  onWarning?: WarningHandler;
}

/** Options for the keys behind `jwksUrl`. Durations are such as `'5s'` or `'10m'`. */
export interface JwksOptions {
  /** Issuer that these keys speak for. Default: the top-level `issuer`. @see RFC 8725 section 3.8 */
  issuer?: string | readonly string[];
  /** Audience that these keys' tokens are for. Default: the top-level `audience`. */
  audience?: string | readonly string[];
  /** The longest a fetch may take, body included. Default `'5s'`. */
  timeout?: string;
  /** The pace at which unknown key ids cause fetches, and the cap of the back-off after a failure. Default `'30s'`. */
  cooldown?: string;
  /** How long fetched keys are fresh. They are refreshed in the background before that. Default `'10m'`. */
  cacheMaxAge?: string;
  /**
   * While the endpoint fails, for how long after the last success its keys still serve. `'0s'` turns it off.
   * The price: a key revoked during an outage verifies until then. Default `'1h'`.
   */
  staleIfError?: string;
  /** Headers of the request. */
  headers?: Readonly<Record<string, string>>;
  /** What makes the request, for proxies and private CAs. It must not follow redirects. Default: the global `fetch`. */
  fetch?: typeof globalThis.fetch;
  /** Allows `http:` beyond loopback, where anyone on the network path can replace the keys. Default `false`. */
  dangerouslyAllowHttp?: boolean;
}

/** The configuration as the client uses it: checked, with defaults, times in seconds. */
export interface Config {
  readonly warn: WarningHandler;
  readonly defaultExpiry: number;
  readonly maxExpiry: number;
  readonly secret?: SecretConfig;
  readonly jwks?: JwksConfig;
}

export interface SecretConfig {
  readonly secrets: readonly Uint8Array[];
  readonly algorithm: HmacAlgorithm;
  readonly rules: ClaimRules;
}

/** Defaults are those of {@link JwksOptions}, applied where the keys are fetched and kept. */
export interface JwksConfig {
  readonly url: URL;
  readonly algorithms: readonly AsymmetricAlgorithm[];
  readonly rules: ClaimRules;
  readonly timeout?: number | undefined;
  readonly cooldown?: number | undefined;
  readonly cacheMaxAge?: number | undefined;
  readonly staleIfError?: number | undefined;
  readonly headers?: Headers | undefined;
  readonly fetch?: typeof globalThis.fetch | undefined;
}

const refuse = (message: string): never => {
  throw new AuthError('ERR_AUTH_CONFIG', message);
};

// Each schema's error says what the option must be; `parseConfig` puts the option's name before it.
const nonEmpty = (error: string) => z.string(error).check(z.minLength(1, error));
const text = nonEmpty('a non-empty string');

const oneOrMore = <T extends z.ZodMiniType>(one: T, error: string) =>
  z.union([one, z.array(one, error).check(z.minLength(1, error))], error);

const TEXTS = 'a non-empty string or a non-empty list of them';
const texts = z.pipe(
  oneOrMore(nonEmpty(TEXTS), TEXTS),
  z.transform((value): readonly string[] => [value].flat()),
);

const durationThat = (accepts: (seconds: number) => boolean, error: string) =>
  z.pipe(
    z.string(error).check(z.refine((value) => accepts(parseDuration(value) ?? Number.NaN), error)),
    z.transform((value) => parseDuration(value) ?? 0),
  );
const duration = durationThat(
  // A claim's time is in whole seconds, so that a lifetime of "0.2s" would be none.
  (seconds) => Math.round(seconds) > 0,
  'a duration longer than zero, such as "30s", "15m" or "7d"',
);
const durationOrZero = durationThat((seconds) => seconds >= 0, 'a duration, such as "30s", "15m" or "7d"');

const aFunction = <F>() => z.custom<F>((value) => typeof value === 'function', 'a function');

// Not `instanceof Uint8Array`, which refuses the arrays of another realm, as test runners make them.
const isBytes = (value: unknown): value is Uint8Array =>
  Object.prototype.toString.call(value) === '[object Uint8Array]';

const secret = z.custom<string | Uint8Array>(
  (value) => (typeof value === 'string' || isBytes(value)) && value.length > 0,
);
const secrets = z.pipe(
  z.pipe(
    oneOrMore(secret, 'a non-empty string or Uint8Array, or a non-empty list of them'),
    z.transform((value) =>
      [value].flat().map((one) => (isBytes(one) ? new Uint8Array(one) : new TextEncoder().encode(one))),
    ),
  ),
  z.custom<Uint8Array<ArrayBuffer>[]>(
    (value) => !(value as Uint8Array[]).some(isKeyMaterial),
    'random bytes, not the text of a PEM, JWK or JWKS key; asymmetric keys come from "jwksUrl"',
  ),
);

const A_URL = 'the text of a URL, such as "https://example.com/.well-known/jwks.json"';
const url = z.pipe(
  z.string(A_URL).check(z.refine((value) => URL.canParse(value), A_URL)),
  z.transform((value) => new URL(value)),
);

const HEADERS = 'an object of valid header names and values';
const headers = z.pipe(
  z.record(z.string(), z.string('text'), HEADERS).check(z.refine(areHeaders, HEADERS)),
  z.transform((value) => new Headers(value)),
);
function areHeaders(value: Record<string, string>): boolean {
  try {
    return new Headers(value) !== undefined;
  } catch {
    return false;
  }
}

const CLAIM_NAMES = 'a list of claim names';

const jwksOptions = z.partial(
  z.strictObject(
    {
      issuer: texts,
      audience: texts,
      timeout: duration,
      cooldown: duration,
      cacheMaxAge: duration,
      staleIfError: durationOrZero,
      headers,
      fetch: aFunction<typeof globalThis.fetch>(),
      dangerouslyAllowHttp: z.boolean('true or false'),
    },
    'an object of options',
  ),
);

const ALGORITHMS = [...HMAC_ALGORITHMS, ...ASYMMETRIC_ALGORITHMS] as const;

const schema = z.partial(
  z.strictObject(
    {
      secret: secrets,
      jwksUrl: url,
      jwks: jwksOptions,
      issuer: texts,
      audience: texts,
      algorithm: z.enum(ALGORITHMS, `one of ${ALGORITHMS.join(', ')}`),
      defaultExpiry: duration,
      maxExpiry: duration,
      clockTolerance: durationOrZero,
      requiredClaims: z.array(nonEmpty(CLAIM_NAMES), CLAIM_NAMES),
      maxTokenAge: duration,
      typ: text,
      name: text,
      onWarning: aFunction<WarningHandler>(),
    },
    'an object of options',
  ),
);

function complaint([issue]: readonly z.core.$ZodIssue[]): string {
  const path = issue?.path.filter((key) => typeof key === 'string') ?? [];
  if (issue?.code === 'unrecognized_keys') {
    return `${JSON.stringify([...path, issue.keys[0]].join('.'))} is not an option.`;
  }
  return `${path.length > 0 ? `"${path.join('.')}"` : 'The configuration'} must be ${issue?.message}.`;
}

/**
 * Checks a configuration once, so that a mistake surfaces where it was made and not on the first request.
 *
 * @throws {AuthError} `ERR_AUTH_CONFIG`, naming the option and what it accepts, never its value.
 */
export function parseConfig(input: AuthProviderConfig): Config {
  refuseUndefined(input, '');
  refuseUndefined(input?.jwks, 'jwks.');
  const parsed = schema.safeParse(input);
  if (!parsed.success) return refuse(complaint(parsed.error.issues));
  const options = parsed.data;
  const { secret, jwksUrl, algorithm, issuer, audience, maxTokenAge } = options;

  if (!secret && !jwksUrl) refuse('Give "secret", "jwksUrl" or both.');
  if (options.jwks && !jwksUrl) refuse('"jwks" needs "jwksUrl".');
  const maxExpiry = Math.round(options.maxExpiry ?? Number.POSITIVE_INFINITY);
  const defaultExpiry = Math.round(options.defaultExpiry ?? Math.min(HOUR, maxExpiry));
  if (defaultExpiry > maxExpiry) refuse('"defaultExpiry" must not be longer than "maxExpiry".');

  const rules: ClaimRules = {
    issuer,
    audience,
    typ: options.typ,
    requiredClaims: [...(options.requiredClaims ?? []), ...(maxTokenAge ? ['iat'] : [])],
    maxTokenAge: maxTokenAge && Math.round(maxTokenAge),
    clockTolerance: Math.round(options.clockTolerance ?? 0),
  };
  const warn = safely(options.onWarning ?? emitWarning);
  const config: Mutable<Config> = { warn, defaultExpiry, maxExpiry };

  if (secret) {
    const hmac = algorithm ?? 'HS256';
    if (!isHmacAlgorithm(hmac)) {
      return refuse('"algorithm" must be HS256, HS384 or HS512 with "secret".');
    }
    if (secret.some((bytes) => bytes.length < hashBytes(hmac))) {
      const least = `at least ${hashBytes(hmac)} random bytes (RFC 7518, 3.2)`;
      warn(`"secret" should be ${least} for ${hmac}; shorter ones can be guessed.`, 'WEAK_SECRET');
    }
    config.secret = { secrets: secret, algorithm: hmac, rules };
  }

  if (jwksUrl) {
    const only = secret ? undefined : algorithm;
    if (only && isHmacAlgorithm(only)) {
      return refuse('"algorithm" must be an asymmetric one, such as RS256, with "jwksUrl" alone.');
    }
    const jwks = options.jwks ?? {};
    config.jwks = {
      ...jwks,
      url: checkedUrl(jwksUrl, jwks.dangerouslyAllowHttp),
      algorithms: only ? [only] : ASYMMETRIC_ALGORITHMS,
      rules: { ...rules, issuer: jwks.issuer ?? issuer, audience: jwks.audience ?? audience },
    };
  }
  return config;
}

const HOUR = 60 * 60;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

// `issuer: process.env.ISSUER` with the variable unset would otherwise switch a check off without a word.
function refuseUndefined(options: unknown, prefix: string): void {
  for (const [name, value] of Object.entries(options ?? {})) {
    if (value === undefined)
      refuse(`${JSON.stringify(prefix + name)} is undefined: give it a value or leave it out.`);
  }
}

function checkedUrl(url: URL, allowHttp: boolean | undefined): URL {
  if (url.username || url.password) {
    refuse('"jwksUrl" must not hold credentials; send them in "jwks.headers".');
  }
  const mayBeHttp = allowHttp || isLoopback(url.hostname);
  if (url.protocol !== 'https:' && !(mayBeHttp && url.protocol === 'http:')) {
    refuse('"jwksUrl" must be an https: URL: over http: anyone could replace the keys.');
  }
  return url;
}

// The URL parser has already turned every spelling of an IPv4 address into four decimals.
const isLoopback = (host: string): boolean =>
  host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127(\.\d+){3}$/.test(host);
