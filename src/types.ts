/** The claims of a token. @see RFC 7519 section 4.1 */
export interface TokenPayload {
  /** Whom the token is about. */
  sub?: string;
  /** Who issued it. */
  iss?: string;
  /** Whom it is for. */
  aud?: string | string[];
  /** Expiry, in seconds since the epoch. */
  exp?: number;
  /** Not valid before, in seconds since the epoch. */
  nbf?: number;
  /** Issued at, in seconds since the epoch. */
  iat?: number;
  /** The token's own id. */
  jti?: string;
  [key: string]: unknown;
}

/** Options of {@link AuthClient.sign}. */
export interface SignOptions {
  /** The `sub` claim. */
  subject?: string;
  /** Lifetime, such as `'2h'` or `'7d'`. Default: the configured `defaultExpiry`. */
  expiresIn?: string;
  /** Further claims. They win over those of the payload. */
  claims?: Record<string, unknown>;
}

/**
 * Why a token was refused. This is the one list of reasons.
 *
 * - `malformed`: it is not a signed JWT, or it is larger than 64 KiB
 * - `algorithm`: its `alg` is not one that this client accepts
 * - `key`: there is no key for its `kid` and `alg`, or there are more than 16
 * - `signature`: the key did not make its signature
 * - `expired`: it is past its `exp`, or older than `maxTokenAge`
 * - `not_yet_valid`: it is before its `nbf`
 * - `issuer`: its `iss` is not the expected one
 * - `audience`: its `aud` is not the expected one
 * - `claim`: another claim, or the `typ` header, is missing or wrong
 * - `revoked`: the configured revocation list has it, by its `jti` or its subject
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
  'claim',
  'revoked',
] as const;

/** One of {@link VERIFY_FAILURES}. */
export type VerifyFailure = (typeof VERIFY_FAILURES)[number];

/**
 * The result of {@link AuthClient.verify}. After `if (!result.valid)`, `reason` and `message` are there.
 *
 * `Claims` names further claims that your tokens should have. Nothing checks that they have them, so each is optional.
 */
export type VerifyResult<Claims extends object = object> = ValidToken<Claims> | RefusedToken<Claims>;

/** The result for a token that is accepted. */
export interface ValidToken<Claims extends object = object> {
  /** The signature and all claims are valid. */
  valid: true;
  /** The claims of the token. */
  payload: TokenPayload & Partial<Claims>;
  /** An accepted token has not expired. */
  expired: false;
  /** Only a refused token has one. */
  reason?: undefined;
  /** Only a refused token has one. */
  message?: undefined;
}

/** The result for a token that is refused. */
export interface RefusedToken<Claims extends object = object> {
  /** The token must not be accepted. */
  valid: false;
  /**
   * The claims of the token if its signature is valid, otherwise `{}`. Do not rely on them: with the reason `claim`, even a
   * registered claim such as `exp` may have the wrong type.
   */
  payload: TokenPayload & Partial<Claims>;
  /**
   * Whether the token has expired, by `exp` or `maxTokenAge`, and all its other claims are valid. The revocation list was not
   * asked about it, so do not renew a session because of it.
   */
  expired: boolean;
  /** Why the token is refused. */
  reason: VerifyFailure;
  /** The reason in one sentence, for logs and people. */
  message: string;
}

/**
 * Why a member of a JWKS is left out.
 *
 * - `private`: it holds its private part, so anyone can sign with it
 * - `short`: its RSA modulus has less than 2048 bits
 * - `exponent`: its RSA exponent is one or even
 * - `modulus`: its RSA modulus is even
 * - `small_order`: its Ed25519 point is of small order, so anyone can make signatures for it
 * - `not_canonical`: its Ed25519 point is not encoded as RFC 8032 says
 * - `unsupported`: it is no public key that can verify signatures, or of a kind that is not supported
 */
export type IgnoredKeyReason =
  | 'private'
  | 'short'
  | 'exponent'
  | 'modulus'
  | 'small_order'
  | 'not_canonical'
  | 'unsupported';

/** What an operator wants to know of the keys of an identity provider. Plain data. */
export interface JwksStatus {
  /** The URL without its query. It is empty until it is discovered. */
  readonly url: string;
  /**
   * - `none`: the keys were never fetched
   * - `fresh`: they are younger than `cacheMaxAge`
   * - `stale`: they are older, and serve because the endpoint fails
   * - `expired`: they are older and do not serve
   */
  readonly state: 'none' | 'fresh' | 'stale' | 'expired';
  /** How many keys may verify tokens. */
  readonly keyCount: number;
  /** The key ids of the keys that have one. */
  readonly keyIds: readonly string[];
  /** How many keys of the set are left out, by reason. */
  readonly ignoredKeys: Readonly<Partial<Record<IgnoredKeyReason, number>>>;
  /** Seconds since the last successful fetch. It is absent before the first. */
  readonly ageSeconds?: number;
  /** Why the last fetch failed. It is absent when the last fetch succeeded. */
  readonly lastError?: string;
  /** Seconds until a failed fetch may be tried again. It is absent when the last fetch succeeded. */
  readonly retryInSeconds?: number;
}

/** The keys of one entry of `issuers`. */
export interface IssuerStatus extends JwksStatus {
  /** The configured `issuer`, to the letter. */
  readonly issuer: string;
}

/** What an operator wants to know of a client. Plain data, without secrets. */
export interface AuthStatus {
  /** What makes and checks signatures: `node:crypto`, or jose through Web Crypto, which is slower. */
  readonly engine: 'node:crypto' | 'jose';
  /** Whether there is a secret to sign with. */
  readonly canSign: boolean;
  /** Whether there is a revocation list that `revoke` can write to. */
  readonly canRevoke: boolean;
  /** The `alg` values that `verify` accepts. */
  readonly algorithms: readonly string[];
  /** The keys behind `jwksUrl`. It is absent without `jwksUrl`. */
  readonly jwks?: JwksStatus;
  /** The keys of each entry of `issuers`. It is absent without `issuers`. */
  readonly issuers?: readonly IssuerStatus[];
  /** Why the last `ping()` was false. It is absent when the last was true, or there was none. */
  readonly pingFailure?: string;
}

/**
 * Signs, verifies and decodes tokens. It is safe for concurrent use. It keeps keys, never tokens. Its methods may be
 * taken off it: `const { verify } = client`.
 */
export interface AuthClient {
  /**
   * Signs claims into a JWT with the configured secret. Later wins: `payload`, `options.claims`, then `iat`, the
   * configured `iss` and `aud`, `options.subject`, and `exp`. So signing a verified payload again renews it. With a
   * revocation list, claims without a `jti` get a random one; a renewed token keeps its own, and is revoked with it.
   *
   * @throws {AuthError} `ERR_NO_SIGNING_KEY` without a secret. `ERR_SIGN_INPUT` when the claims are not a plain
   *   object that JSON can hold, when a registered claim has the wrong type, when the lifetime is not a duration
   *   in the future or exceeds `maxExpiry`, or when the token would be larger than 64 KiB.
   *   `ERR_JWKS_UNAVAILABLE` when jose is the engine and could not be loaded.
   * @see RFC 7519 section 7.1
   */
  sign(payload: Record<string, unknown>, options?: SignOptions): Promise<string>;
  /** The same for an object whose type has no index signature, such as that of an `interface`. */
  sign(payload: object, options?: SignOptions): Promise<string>;

  /**
   * Verifies a token: shape, algorithm, key, signature, claims, revocation, in this order. It resolves for any value whatever.
   *
   * @throws {AuthError} `ERR_JWKS_UNAVAILABLE` when there is no verdict, because the key could not be looked up.
   *   `ERR_REVOCATION_UNAVAILABLE` when there is none, because the revocation list gave no answer.
   * @see RFC 7519 section 7.2, RFC 8725 section 3
   */
  verify(token: string): Promise<VerifyResult>;
  /** The same for any value whatever, with your claims named in the type of the payload. */
  verify<Claims extends object = object>(token: unknown): Promise<VerifyResult<Claims>>;

  /**
   * Revokes a token, which `verify` then refuses in every process that shares the list. It verifies the token first.
   * It resolves for one that it has revoked already, and for one whose `exp` has passed by more than `clockTolerance` and a
   * minute. Until then, and when it is only older than `maxTokenAge`, it is revoked, because other clients may accept it.
   *
   * @throws {AuthError} `ERR_NO_REVOCATION` when no list is configured that revokes, or the token has no `jti` or no
   *   `exp`. `ERR_TOKEN_REFUSED` for a token that `verify` refuses. `ERR_REVOCATION_UNAVAILABLE` when it could not be
   *   stored. `ERR_JWKS_UNAVAILABLE` as for `verify`.
   */
  revoke(token: string): Promise<void>;

  /**
   * Reads a token's claims and verifies nothing: anyone can have written them. Use it to look at a token, never
   * to decide anything.
   *
   * @throws {AuthError} `ERR_TOKEN_MALFORMED` for what is not a signed JWT.
   */
  decode(token: string): TokenPayload;

  /**
   * Whether the client can do its work. It signs and verifies with the secret, asks the revocation list about a token
   * that nobody has, and fetches the JWKS, even if keys are cached, but at most once a second. It never throws. The reason for a `false` is in `status()`.
   */
  ping(): Promise<boolean>;

  /** The state of the client and its keys. It makes no request. */
  status(): AuthStatus;
}
