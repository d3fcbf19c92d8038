import type { OutputOf, StandardSchemaV1 } from './shared/standard-schema.js';

/** The claims of a token. @see RFC 7519 section 4.1 */
export interface TokenPayload {
  /** The subject: the user or service that the token is about. */
  sub?: string;
  /** The issuer. */
  iss?: string;
  /** The audience: the services that the token is for. */
  aud?: string | string[];
  /** Expiry, in seconds since the epoch. */
  exp?: number;
  /** Not valid before, in seconds since the epoch. */
  nbf?: number;
  /** Issued at, in seconds since the epoch. */
  iat?: number;
  /** The id of the token. */
  jti?: string;
  [key: string]: unknown;
}

/** Options of {@link AuthClient.sign}. */
export interface SignOptions {
  /** The `sub` claim. Default: the `sub` of the claims, if they have one. */
  subject?: string;
  /** Lifetime, such as `'2h'` or `'7d'`, up to `maxExpiry`. Default: the configured `defaultExpiry`. */
  expiresIn?: string;
  /** Further claims. They replace claims of the payload with the same name. Default: none. */
  claims?: Record<string, unknown>;
}

/** Options of {@link AuthClient.verify}. */
export interface VerifyOptions<Schema extends StandardSchemaV1 = StandardSchemaV1> {
  /**
   * What the claims must be: a schema of any library that supports Standard Schema, such as zod, valibot or arktype. A token that
   * does not match is refused with the reason `claim`. The message names the path of the claim, and never its value.
   *
   * Most schemas leave out claims that they do not name. Name `sub` if you need it.
   * @see https://standardschema.dev
   */
  claims: Schema;
}

/**
 * Why a token was refused. All reasons are listed here.
 *
 * - `malformed`: the token is not a signed JWT, or it is larger than 64 KiB
 * - `algorithm`: the client does not accept its `alg`
 * - `key`: the client has no key for its `kid` and `alg`, or more than 16
 * - `signature`: its signature is invalid
 * - `expired`: its `exp` has passed, or it is older than `maxTokenAge`
 * - `not_yet_valid`: its `nbf` is in the future
 * - `issuer`: its `iss` is not an expected one
 * - `audience`: its `aud` is not an expected one
 * - `client`: the client that it was issued to is not one of `clientIds`
 * - `claim`: another claim, or the `typ` header, is missing or wrong, or the claims do not match the schema
 * - `revoked`: the revocation list has its `jti` or its subject
 * - `inactive`: the issuer says that this opaque token is not active: it expired, was revoked, or never existed
 */
export const VERIFY_FAILURES = [
  'malformed',
  'algorithm',
  'key',
  'signature',
  'expired',
  'not_yet_valid',
  'issuer',
  'audience',
  'client',
  'claim',
  'revoked',
  'inactive',
] as const;

/** One of {@link VERIFY_FAILURES}. */
export type VerifyFailure = (typeof VERIFY_FAILURES)[number];

/**
 * The result of {@link AuthClient.verify}. If `valid` is false, `reason` and `message` say why.
 *
 * `Claims` names further claims of your tokens. `verify` does not check them, so each is optional.
 */
export type VerifyResult<Claims extends object = object> = ValidToken<Claims> | RefusedToken<Claims>;

/** The result for an accepted token. */
export interface ValidToken<Claims extends object = object> {
  /** The signature and all claims are valid. */
  valid: true;
  /** The claims of the token. */
  payload: TokenPayload & Partial<Claims>;
  /** Always `false` for an accepted token. */
  expired: false;
  /** Only a refused token has one. */
  reason?: undefined;
  /** Only a refused token has one. */
  message?: undefined;
}

/**
 * The result of {@link AuthClient.verify} with a schema. The payload of an accepted token is the output of the schema.
 */
export type ConformingResult<Output> = ConformingToken<Output> | RefusedToken;

/** The result for an accepted token whose claims match the schema. */
export interface ConformingToken<Output> extends Omit<ValidToken, 'payload'> {
  /** The output of the schema. */
  payload: Output;
}

/** The result for a refused token. */
export interface RefusedToken<Claims extends object = object> {
  /** Do not accept the token. */
  valid: false;
  /**
   * The claims of the token if its signature is valid, otherwise `{}`. Do not rely on them: with the reason `claim`, even a
   * registered claim such as `exp` may have the wrong type.
   */
  payload: TokenPayload & Partial<Claims>;
  /**
   * True if the only problem is expiry, by `exp` or `maxTokenAge`. Do not renew a session because of it: the token may also be
   * revoked, because the revocation list is not asked about expired tokens.
   */
  expired: boolean;
  /** Why the token is refused. */
  reason: VerifyFailure;
  /** The reason in one sentence, for logs and people. */
  message: string;
}

/**
 * Why a key of a JWKS is ignored.
 *
 * - `private`: it includes its private part, so anyone can sign with it
 * - `short`: its RSA modulus has less than 2048 bits
 * - `exponent`: its RSA exponent is one, even, or longer than 64 bits
 * - `modulus`: its RSA modulus is even
 * - `off_curve`: its point is not on its curve P-256, P-384 or P-521
 * - `small_order`: its Ed25519 point has a small order, so anyone can make signatures for it
 * - `not_canonical`: its Ed25519 point is not encoded as RFC 8032 requires
 * - `malformed`: it is not a JWK, a parameter is missing or not base64, or its `alg` is for another type of key
 * - `other_use`: it is not for signatures, by its `use` or `key_ops`. This is normal
 * - `unsupported`: its type, curve or algorithm is not supported
 */
export type IgnoredKeyReason =
  | 'private'
  | 'short'
  | 'exponent'
  | 'modulus'
  | 'off_curve'
  | 'small_order'
  | 'not_canonical'
  | 'malformed'
  | 'other_use'
  | 'unsupported';

/** The state of the keys of an identity provider, for operators. Plain data. */
export interface JwksStatus {
  /** The URL of the JWKS without its query. Empty until it has been discovered. */
  readonly url: string;
  /**
   * - `none`: the keys were never fetched
   * - `fresh`: they are younger than `cacheMaxAge`
   * - `stale`: they are older, and still used because the endpoint fails
   * - `expired`: they are older, and no longer used
   */
  readonly state: 'none' | 'fresh' | 'stale' | 'expired';
  /** The number of usable keys. */
  readonly keyCount: number;
  /** The ids of these keys. Keys without an id are left out. */
  readonly keyIds: readonly string[];
  /** The number of ignored keys, by reason, in the last key set that was fetched, even if it has no usable key. */
  readonly ignoredKeys: Readonly<Partial<Record<IgnoredKeyReason, number>>>;
  /** Seconds since the last successful fetch. Absent before the first. */
  readonly ageSeconds?: number;
  /** Why the last fetch failed. Absent when it succeeded. */
  readonly lastError?: string;
  /** Seconds until the next retry is allowed. Absent when the last fetch succeeded. */
  readonly retryInSeconds?: number;
  /** Why the store `jwks.cache` fails. Absent while it works. */
  readonly cacheError?: string;
}

/** The keys of one entry of `issuers`. */
export interface IssuerStatus extends JwksStatus {
  /** The `issuer` exactly as configured. */
  readonly issuer: string;
}

/** The state of an introspection endpoint, for operators. Plain data. */
export interface IntrospectionStatus {
  /** Why the last question failed. Absent when it was answered. */
  readonly lastError?: string;
  /** Seconds until the next question is allowed. Absent when the last one was answered. */
  readonly retryInSeconds?: number;
}

/** The state of a client, for operators. Plain data, without secrets. */
export interface AuthStatus {
  /** What makes and checks signatures: `node:crypto`, or jose through Web Crypto, which is slower. */
  readonly engine: 'node:crypto' | 'jose';
  /** Whether there is a secret or a key to sign with. */
  readonly canSign: boolean;
  /** Whether there is a revocation list that `revoke` can write to. */
  readonly canRevoke: boolean;
  /** The `alg` values that `verify` accepts. */
  readonly algorithms: readonly string[];
  /** The ids of the keys of `signingKeys`. The first one signs. Absent without `signingKeys`. */
  readonly signingKeyIds?: readonly string[];
  /** The keys of `jwksUrl`. Absent without `jwksUrl`. */
  readonly jwks?: JwksStatus;
  /** The keys of each entry of `issuers`. Absent without `issuers`. */
  readonly issuers?: readonly IssuerStatus[];
  /** The introspection of opaque tokens. Absent without `introspection`. */
  readonly introspection?: IntrospectionStatus & {
    /** The issuer of these tokens. */
    readonly issuer: string;
  };
  /** Why the last `ping()` was false. Absent when it was true, and before the first. */
  readonly pingFailure?: string;
}

/** The public part of a key of `signingKeys`. @see RFC 7517 section 4 */
export interface PublicJwk {
  /** `EC`, `OKP` or `RSA`. */
  kty: string;
  /** The curve of an EC or OKP key. */
  crv?: string;
  /** The x coordinate of an EC key, or the public key of an OKP key. */
  x?: string;
  /** The y coordinate of an EC key. */
  y?: string;
  /** The modulus of an RSA key. */
  n?: string;
  /** The exponent of an RSA key. */
  e?: string;
  /** The id of the key, which its tokens have as `kid`. */
  kid: string;
  /** The algorithm of its tokens. */
  alg: string;
  /** The key is for signatures. */
  use: 'sig';
}

/** The public keys of a client, to be served to those who verify its tokens. @see RFC 7517 section 5 */
export interface PublicKeySet {
  /** The key that signs comes first. */
  keys: PublicJwk[];
}

/**
 * Signs, verifies and decodes tokens. It is safe for concurrent use. It keeps keys, never tokens. Its methods work without
 * the object: `const { verify } = client`.
 */
export interface AuthClient {
  /**
   * Signs claims into a JWT with the first of `signingKeys`, or else with the configured secret. Later claims replace earlier ones: `payload`, `options.claims`, then
   * `iat`, the configured `iss` and `aud`, `options.subject`, and `exp`. So signing a verified payload again renews the token.
   * With a revocation list, claims without a `jti` get a random one. A renewed token keeps its `jti`, so both tokens are
   * revoked together.
   *
   * @throws {AuthError} `ERR_NO_SIGNING_KEY` without a secret or `signingKeys`. `ERR_SIGNER_UNAVAILABLE` or `ERR_SIGNER_BROKEN`
   *   when the `sign` function of the first of `signingKeys` fails, or does not make a valid signature. `ERR_SIGN_INPUT` when the claims are not a plain
   *   object that JSON can hold, when a registered claim has the wrong type, when the lifetime is not a duration
   *   in the future or exceeds `maxExpiry`, or when the token would be larger than 64 KiB.
   *   `ERR_JWKS_UNAVAILABLE` when jose is the engine and could not be loaded.
   * @see RFC 7519 section 7.1
   * @example
   * ```ts
   * import { createAuthClient } from 'intentkit-auth';
   *
   * const { JWT_SECRET: secret = '' } = process.env;
   * const auth = createAuthClient({ secret, issuer: 'my-service', audience: 'my-api' });
   * const token = await auth.sign({ role: 'editor' }, { subject: 'user-1', expiresIn: '15m' });
   * process.stdout.write(`${auth.decode(token).aud}\n`); // my-api
   * ```
   */
  sign(payload: Record<string, unknown>, options?: SignOptions): Promise<string>;
  /** Overload that accepts an object whose type has no index signature, such as an `interface`. */
  sign(payload: object, options?: SignOptions): Promise<string>;

  /**
   * Verifies a token: format, algorithm, key, signature, claims and revocation, in this order. It accepts any value: a value
   * that is not a token is refused.
   *
   * @throws {AuthError} when the token cannot be verified right now: `ERR_JWKS_UNAVAILABLE` because the key could not be
   *   fetched, `ERR_REVOCATION_UNAVAILABLE` because the revocation list did not answer, `ERR_INTROSPECTION_UNAVAILABLE` because
   *   the issuer of an opaque token did not answer.
   * @see RFC 7519 section 7.2, RFC 8725 section 3
   * @example
   * ```ts
   * import { AuthError, createAuthClient } from 'intentkit-auth';
   *
   * const issuers = [{ issuer: 'https://id.example.com', audience: 'my-api' }];
   * const auth = createAuthClient({ issuers });
   *
   * async function statusFor(token: string): Promise<200 | 401 | 503> {
   *   try {
   *     const { valid } = await auth.verify(token);
   *     return valid ? 200 : 401;
   *   } catch (error) {
   *     if (error instanceof AuthError && error.retryAfter !== undefined) return 503;
   *     throw error;
   *   }
   * }
   * process.stdout.write(`${await statusFor('not a token')}\n`); // 401
   * ```
   */
  verify(token: string): Promise<VerifyResult>;
  /**
   * Overload that also checks the claims with a schema, and types the payload by its output. A second argument that is not an
   * object is ignored, so `tokens.map(auth.verify)` works.
   *
   * @throws {AuthError} `ERR_AUTH_CONFIG` for an unknown or unusable option, or if the schema throws, rejects or takes longer
   *   than 5 s. The error does not repeat what the schema threw.
   * @example
   * ```ts
   * import { createAuthClient } from 'intentkit-auth';
   * import { z } from 'zod';
   *
   * const { JWT_SECRET: secret = '' } = process.env;
   * const auth = createAuthClient({ secret, issuer: 'my-service', audience: 'my-api' });
   * const claims = z.object({ sub: z.string(), role: z.enum(['reader', 'editor']) });
   * const token = await auth.sign({ role: 'owner' }, { subject: 'user-1' });
   * const { valid, reason } = await auth.verify(token, { claims });
   * process.stdout.write(`${valid}: ${reason}\n`); // false: claim
   * ```
   */
  verify<Schema extends StandardSchemaV1>(
    token: unknown,
    options: VerifyOptions<Schema>,
  ): Promise<ConformingResult<OutputOf<Schema>>>;
  /** Overload that accepts any value, and names your claims in the type of the payload. */
  verify<Claims extends object = object>(token: unknown): Promise<VerifyResult<Claims>>;

  /**
   * Revokes a token, after verifying it. From then on, `verify` refuses it in every process that shares the list. It resolves
   * for a token that is already revoked. A token that is only older than `maxTokenAge`, or has just expired, is revoked too,
   * because other clients may still accept it. If its `exp` passed more than `clockTolerance` and a minute ago, `revoke`
   * resolves without storing anything.
   *
   * @throws {AuthError} `ERR_NO_REVOCATION` when the client has no list that it can write to, or the token has no `jti` or no
   *   `exp`. `ERR_TOKEN_REFUSED` for a token that `verify` refuses. `ERR_REVOCATION_UNAVAILABLE` when it could not be
   *   stored. `ERR_JWKS_UNAVAILABLE` as for `verify`.
   * @example
   * ```ts
   * import { createAuthClient } from 'intentkit-auth';
   * import { createRevocationList } from 'intentkit-auth/revocation';
   * import Keyv from 'keyv';
   *
   * const { JWT_SECRET: secret = '' } = process.env;
   * // In the memory of this process, to try it.
   * const revocation = createRevocationList(new Keyv({ throwOnErrors: true }));
   * const auth = createAuthClient({ secret, issuer: 'my-service', audience: 'my-api', revocation });
   * const token = await auth.sign({}, { subject: 'user-1' });
   * await auth.revoke(token);
   * const { reason } = await auth.verify(token);
   * process.stdout.write(`${reason}\n`); // revoked
   * ```
   */
  revoke(token: string): Promise<void>;

  /**
   * Returns a token's claims without verifying anything. Anyone can write such a token, so never base a decision on them.
   *
   * @throws {AuthError} `ERR_TOKEN_MALFORMED` when the token is not a signed JWT.
   * @example
   * ```ts
   * import { createAuthClient } from 'intentkit-auth';
   *
   * const { JWT_SECRET: secret = '' } = process.env;
   * const auth = createAuthClient({ secret, issuer: 'my-service', audience: 'my-api' });
   * const { iss } = auth.decode(await auth.sign({}));
   * process.stdout.write(`${iss}\n`); // my-service
   * ```
   */
  decode(token: string): TokenPayload;

  /**
   * Returns the public part of all `signingKeys` as a new plain object, for services that verify your tokens. Serve it as JSON.
   * Without `signingKeys`, it has no keys.
   *
   * @throws {AuthError} `ERR_JWKS_UNAVAILABLE` on runtimes without `node:crypto`, such as Cloudflare Workers, until the keys have
   *   been imported. They are imported when the client is created; `ping`, `sign` and `verify` wait for it.
   * @see RFC 7517 section 5
   * @example
   * ```ts
   * import { generateKeyPairSync } from 'node:crypto';
   * import { createAuthClient } from 'intentkit-auth';
   *
   * const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
   * const auth = createAuthClient({ issuer: 'https://agents.example.com', signingKeys: [{ privateKey }] });
   * const response = Response.json(auth.jwks(), { headers: { 'cache-control': 'public, max-age=300' } });
   * const { keys } = await response.json();
   * process.stdout.write(`${keys[0].alg}\n`); // ES256
   * ```
   */
  jwks(): PublicKeySet;

  /**
   * Resolves to true if the client works. It signs and verifies a token with the secret or the first of `signingKeys`, asks the
   * revocation list about a random token id, and fetches the JWKS even if keys are cached. It does so at most once a second, and
   * never throws. It asks an external signer at most once a minute, or 5 s after a failure. After `false`,
   * `status().pingFailure` has the reason.
   */
  ping(): Promise<boolean>;

  /** Returns the state of the client and its keys, without making a request. */
  status(): AuthStatus;
}
