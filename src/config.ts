import * as z from 'zod/mini';
import {
  type Algorithm,
  ASYMMETRIC_ALGORITHMS,
  type AsymmetricAlgorithm,
  HASH_BYTES,
  HMAC_ALGORITHMS,
  type HmacAlgorithm,
  isAsymmetricAlgorithm,
  isHmacAlgorithm,
} from './algorithms.js';
import type { ClaimRules } from './claims.js';
import { parseDuration } from './duration.js';
import { AuthError } from './errors.js';
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

/** The configuration as the client uses it: checked, with defaults, times in seconds (`Ms`: milliseconds). */
export interface Config {
  readonly name: string;
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

export interface JwksConfig {
  readonly url: URL;
  readonly timeoutMs: number;
  readonly cooldownMs: number;
  readonly cacheMaxAgeMs: number;
  readonly staleIfErrorMs: number;
  readonly headers: Headers;
  /** Looked up at each call when not configured, as instrumentation replaces the global after start-up. */
  readonly fetch: typeof globalThis.fetch;
  readonly algorithms: readonly AsymmetricAlgorithm[];
  readonly rules: ClaimRules;
}

const refuse = (message: string): never => {
  throw new AuthError('ERR_AUTH_CONFIG', message);
};

const text = (option: string) => {
  const error = `"${option}" must be a non-empty string`;
  return z.string(error).check(z.minLength(1, error));
};

const oneOrMoreTexts = (option: string) => {
  const error = `"${option}" must be a non-empty string or a non-empty list of them`;
  const one = z.string(error).check(z.minLength(1, error));
  return z.pipe(
    z.union([one, z.array(one, error).check(z.minLength(1, error))], error),
    z.transform((value): readonly string[] => [value].flat()),
  );
};

const duration = (option: string) =>
  durationWhere(option, 'in the future', (seconds) => Math.round(seconds) > 0);
const durationOrZero = (option: string) =>
  durationWhere(option, 'of zero or more', (seconds) => seconds >= 0);

const durationWhere = (option: string, what: string, accepts: (seconds: number) => boolean) => {
  const error = `"${option}" must be a duration ${what}, such as "30s", "15m", "1h" or "7d"`;
  return z.pipe(
    z.string(error).check(z.refine((value) => accepts(parseDuration(value) ?? Number.NaN), error)),
    z.transform((value) => parseDuration(value) ?? 0),
  );
};

const secretBytes = (value: string | ArrayBufferView): Uint8Array =>
  typeof value === 'string'
    ? new TextEncoder().encode(value)
    : new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice();

// The text of a public key, used as an HMAC secret, would let whoever reads that key sign tokens; a private
// key's text is never what was meant either. "LS0tLS1CRUdJTi" is "-----BEGIN" in base64; escaped quotes are
// JSON inside JSON.
const KEY_TEXT = /-----BEGIN|LS0tLS1CRUdJTi|\\*["']kty\\*["']\s*:|\\*["']keys\\*["']\s*:\s*\[/;

const secrets = () => {
  const error = '"secret" must be a non-empty string, a non-empty Uint8Array, or a non-empty list of them';
  // Not `instanceof Uint8Array`, which refuses the arrays of another realm, as test runners make them.
  const one = z.custom<string | Uint8Array>(
    (value) => (typeof value === 'string' || ArrayBuffer.isView(value)) && secretBytes(value).length > 0,
    error,
  );
  const keyText =
    '"secret" holds the text of a PEM, JWK or JWKS key: an HMAC secret is random bytes; for asymmetric keys use "jwksUrl"';
  return z.pipe(
    z.union([one, z.array(one, error).check(z.minLength(1, error))], error),
    z.pipe(
      z.transform((value: string | Uint8Array | (string | Uint8Array)[]) => [value].flat().map(secretBytes)),
      z
        .custom<Uint8Array[]>()
        .check(
          z.refine(
            (all) => !all.some((bytes) => KEY_TEXT.test(new TextDecoder('latin1').decode(bytes))),
            keyText,
          ),
        ),
    ),
  );
};

const url = (option: string) => {
  const error = `"${option}" must be a URL, such as "https://example.com/.well-known/jwks.json"`;
  return z.pipe(
    z.string(error).check(z.refine((value) => URL.canParse(value), error)),
    z.transform((value) => new URL(value)),
  );
};

const aFunction = <F>(option: string, example: string) =>
  z.custom<F>((value) => typeof value === 'function', `"${option}" must be a function${example}`);

const headers = (option: string) => {
  const error = `"${option}" must be an object of valid header names and values`;
  const isValid = (value: Record<string, string>): boolean => {
    try {
      return new Headers(value) !== undefined;
    } catch {
      return false;
    }
  };
  return z.pipe(
    z.record(z.string(), z.string(), error).check(z.refine(isValid, error)),
    z.transform((value) => new Headers(value)),
  );
};

// zod gives a strict object's own error for two things: it is no object, or it has a key too many.
const notOptions = (prefix: string) => ({
  error: (issue: z.core.$ZodRawIssue): string =>
    issue.code === 'unrecognized_keys'
      ? `${issue.keys.map((key) => JSON.stringify(prefix + key)).join(', ')} is not an option`
      : `${prefix ? `"${prefix.slice(0, -1)}"` : 'The configuration'} must be an object of options`,
});

const schema = z.strictObject(
  {
    secret: z.optional(secrets()),
    jwksUrl: z.optional(url('jwksUrl')),
    jwks: z.optional(
      z.strictObject(
        {
          issuer: z.optional(oneOrMoreTexts('jwks.issuer')),
          audience: z.optional(oneOrMoreTexts('jwks.audience')),
          timeout: z.optional(duration('jwks.timeout')),
          cooldown: z.optional(duration('jwks.cooldown')),
          cacheMaxAge: z.optional(duration('jwks.cacheMaxAge')),
          staleIfError: z.optional(durationOrZero('jwks.staleIfError')),
          headers: z.optional(headers('jwks.headers')),
          fetch: z.optional(aFunction<typeof globalThis.fetch>('jwks.fetch', ' like the global fetch')),
          dangerouslyAllowHttp: z.optional(z.boolean('"jwks.dangerouslyAllowHttp" must be true or false')),
        },
        notOptions('jwks.'),
      ),
    ),
    issuer: z.optional(oneOrMoreTexts('issuer')),
    audience: z.optional(oneOrMoreTexts('audience')),
    algorithm: z.optional(
      z.enum(
        [...HMAC_ALGORITHMS, ...ASYMMETRIC_ALGORITHMS],
        `"algorithm" must be one of ${[...HMAC_ALGORITHMS, ...ASYMMETRIC_ALGORITHMS].join(', ')}`,
      ),
    ),
    defaultExpiry: z.optional(duration('defaultExpiry')),
    maxExpiry: z.optional(duration('maxExpiry')),
    clockTolerance: z.optional(durationOrZero('clockTolerance')),
    requiredClaims: z.optional(
      z.array(text('requiredClaims'), '"requiredClaims" must be a list of claim names'),
    ),
    maxTokenAge: z.optional(duration('maxTokenAge')),
    typ: z.optional(text('typ')),
    name: z.optional(text('name')),
    onWarning: z.optional(aFunction<WarningHandler>('onWarning', '')),
  },
  notOptions(''),
);

/**
 * Checks a configuration once, so that a mistake surfaces where it was made and not on the first request.
 *
 * @throws {AuthError} `ERR_AUTH_CONFIG`, naming the option and what it accepts, never its value.
 */
export function parseConfig(input: AuthProviderConfig): Config {
  refuseUndefined(input, '');
  refuseUndefined(input?.jwks, 'jwks.');
  const parsed = schema.safeParse(input);
  if (!parsed.success)
    return refuse(`${parsed.error.issues[0]?.message ?? 'the configuration is not valid'}.`);
  const options = parsed.data;
  const { secret, jwksUrl, algorithm, issuer, audience } = options;

  if (!secret && !jwksUrl) refuse('Give "secret" to sign and verify, "jwksUrl" to verify, or both.');
  if (options.jwks && !jwksUrl) refuse('"jwks" needs "jwksUrl", which says where the keys are.');
  const maxExpiry = Math.round(options.maxExpiry ?? Number.POSITIVE_INFINITY);
  const defaultExpiry = Math.round(options.defaultExpiry ?? Math.min(HOUR, maxExpiry));
  if (defaultExpiry > maxExpiry) refuse('"defaultExpiry" must not be longer than "maxExpiry".');

  const rules: ClaimRules = {
    issuer,
    audience,
    typ: options.typ,
    requiredClaims: options.requiredClaims ?? [],
    maxTokenAge: options.maxTokenAge && Math.round(options.maxTokenAge),
    clockTolerance: Math.round(options.clockTolerance ?? 0),
  };
  const warn = safely(options.onWarning ?? emitWarning);
  const config: Mutable<Config> = { name: options.name ?? 'auth', warn, defaultExpiry, maxExpiry };

  if (secret) {
    const hmac = algorithm ?? 'HS256';
    if (!isHmacAlgorithm(hmac)) {
      return refuse(
        `"algorithm" must be ${list(HMAC_ALGORITHMS)} with "secret"; remove it to accept any from "jwksUrl".`,
      );
    }
    if (secret.some((bytes) => bytes.length < HASH_BYTES[hmac])) {
      const [bytes, article] = [HASH_BYTES[hmac], secret.length > 1 ? 'one of the secrets' : 'the secret'];
      warn(
        `${hmac} wants a secret of at least ${bytes} random bytes (RFC 7518, 3.2): ${article} is shorter.`,
        'WEAK_SECRET',
      );
    }
    config.secret = { secrets: secret, algorithm: hmac, rules };
  }

  if (jwksUrl) {
    const only = secret ? undefined : algorithm;
    if (only && !isAsymmetricAlgorithm(only)) {
      return refuse(
        `"algorithm" must be ${list(ASYMMETRIC_ALGORITHMS)} with "jwksUrl" alone; an HMAC one needs "secret".`,
      );
    }
    const jwks = options.jwks ?? {};
    const headers = jwks.headers ?? new Headers();
    if (!headers.has('accept')) headers.set('accept', 'application/jwk-set+json, application/json');
    config.jwks = {
      url: checkedUrl(jwksUrl, jwks.dangerouslyAllowHttp ?? false),
      algorithms: only ? [only] : ASYMMETRIC_ALGORITHMS,
      rules: { ...rules, issuer: jwks.issuer ?? issuer, audience: jwks.audience ?? audience },
      timeoutMs: Math.min(Math.round((jwks.timeout ?? 5) * 1000), MAX_TIMER_MS),
      cooldownMs: (jwks.cooldown ?? 30) * 1000,
      cacheMaxAgeMs: (jwks.cacheMaxAge ?? 10 * 60) * 1000,
      staleIfErrorMs: (jwks.staleIfError ?? HOUR) * 1000,
      headers,
      fetch: jwks.fetch ?? ((...request) => globalThis.fetch(...request)),
    };
  }
  return config;
}

const HOUR = 60 * 60;
// A timer of more milliseconds fires at once.
const MAX_TIMER_MS = 2 ** 31 - 1;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const list = (names: readonly string[]): string => `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;

// `issuer: process.env.ISSUER` with the variable unset would otherwise switch a check off without a word.
function refuseUndefined(options: unknown, prefix: string): void {
  if (typeof options !== 'object' || options === null) return;
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined)
      refuse(`${JSON.stringify(prefix + name)} is undefined: give it a value or leave it out.`);
  }
}

function checkedUrl(url: URL, allowHttp: boolean): URL {
  if (url.username || url.password) {
    refuse('"jwksUrl" must not hold a user name or password; send credentials in "jwks.headers".');
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') refuse('"jwksUrl" must be an https: URL.');
  if (url.protocol === 'http:' && !isLoopback(url.hostname) && !allowHttp) {
    refuse('"jwksUrl" must be an https: URL: over http: anyone on the network path can replace the keys.');
  }
  return url;
}

// The URL parser has already turned every spelling of an IPv4 address into four decimals.
const isLoopback = (host: string): boolean =>
  host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127(\.\d+){3}$/.test(host);
