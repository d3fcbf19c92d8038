import { checkClaims } from './claims.js';
import { type AuthProviderConfig, type Config, parseConfig } from './config.js';
import { AuthError } from './errors.js';
import { defaultEngine, type JwsEngine, type SignatureVerdict } from './jws.js';
import type { JwksStatus } from './keys/jwks.js';
import { LazyJwksSource } from './keys/lazy-jwks.js';
import { SecretSource } from './keys/secret.js';
import type { KeySource } from './keys/source.js';
import { KnownHeaders } from './known-headers.js';
import { hasRightLength } from './signature-length.js';
import { signedClaims } from './signed-claims.js';
import { MAX_TOKEN_LENGTH, parseJsonObject, parseToken } from './token.js';

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
  subject?: string | undefined;
  /** Lifetime, such as `'2h'` or `'7d'`. Default: the configured `defaultExpiry`. */
  expiresIn?: string | undefined;
  /** Further claims; these win over the payload's. */
  claims?: Record<string, unknown> | undefined;
}

/**
 * Why a token was refused.
 *
 * - `malformed`: not a signed JWT, or larger than 64 KiB
 * - `algorithm`: its `alg` is not one that this client accepts
 * - `key`: no key with its `kid` (or none that fits its `alg`)
 * - `signature`: not made by the key
 * - `expired`: past its `exp`, or older than `maxTokenAge`
 * - `not_yet_valid`: before its `nbf`
 * - `issuer`, `audience`: from or for someone else
 * - `claim`: another claim is missing or wrong
 */
export type VerifyFailure =
  | 'malformed'
  | 'algorithm'
  | 'key'
  | 'signature'
  | 'expired'
  | 'not_yet_valid'
  | 'issuer'
  | 'audience'
  | 'claim';

/** The verdict of {@link AuthClient.verify}. */
export interface VerifyResult {
  /** Whether the signature and all claims are good. */
  valid: boolean;
  /** The token's claims if its signature is good, even when `valid` is false; otherwise empty. */
  payload: TokenPayload;
  /** Whether expiry, by `exp` or `maxTokenAge`, is the one thing wrong, so that a new token would do. */
  expired: boolean;
  /** Why `valid` is false. Absent when it is true. */
  reason?: VerifyFailure;
  /** The same in one sentence, for logs and people. Absent when `valid` is true. */
  message?: string;
}

/** What an operator wants to know of a client. Plain data, without secrets. */
export interface AuthStatus {
  /** Whether there is a secret to sign with. */
  readonly canSign: boolean;
  /** The `alg` values that `verify` accepts. */
  readonly algorithms: readonly string[];
  /** The keys behind `jwksUrl`, when there is one. */
  readonly jwks?: JwksStatus;
  /** Why the last `ping()` was false. Absent when it was true, or there was none. */
  readonly pingFailure?: string;
}

/** Signs, verifies and decodes tokens. Safe for concurrent use; keeps keys, never tokens. */
export interface AuthClient {
  /**
   * Signs claims into a JWT with the configured secret. Later wins: `payload`, `options.claims`, then `iat`, the
   * configured `iss` and `aud`, `options.subject`, and `exp`; so signing a verified payload again renews it.
   *
   * @throws {AuthError} `ERR_NO_SIGNING_KEY` without a secret; `ERR_SIGN_INPUT` when the claims are not a plain
   *   object that JSON can hold, a registered claim has the wrong type, a lifetime is not a duration in the
   *   future or exceeds `maxExpiry`, or the token would be larger than 64 KiB.
   * @see RFC 7519 section 7.1
   */
  sign(payload: Record<string, unknown>, options?: SignOptions): Promise<string>;

  /**
   * Verifies a token: shape, algorithm, key, signature, claims, in this order. Resolves for any value whatever.
   *
   * @throws {AuthError} `ERR_JWKS_UNAVAILABLE` when there is no verdict, since the keys could not be fetched.
   * @see RFC 7519 section 7.2, RFC 8725 section 3
   */
  verify(token: string): Promise<VerifyResult>;

  /**
   * Reads a token's claims and verifies nothing: anyone can have written them. For looking at a token, never
   * for a decision.
   *
   * @throws {AuthError} `ERR_TOKEN_MALFORMED` for what is not a signed JWT.
   */
  decode(token: string): TokenPayload;

  /**
   * Whether the client can do its work: signs and verifies with the secret, and fetches the JWKS now, not from
   * the cache. Never throws; the reason for a `false` is in `status()`.
   */
  ping(): Promise<boolean>;

  /** The state of the client and its keys. Makes no request. */
  status(): AuthStatus;
}

/**
 * Creates a client without IntentKit.
 *
 * @throws {AuthError} `ERR_AUTH_CONFIG` when an option is missing, unknown or unusable.
 */
export function createAuthClient(config: AuthProviderConfig): AuthClient {
  return new AuthClientImpl(parseConfig(config));
}

/** The class behind {@link AuthClient}. Internal, as is the choice of engine. */
export class AuthClientImpl implements AuthClient {
  readonly #config: Config;
  readonly #engine: JwsEngine;
  readonly #secret: SecretSource | undefined;
  readonly #jwks: LazyJwksSource | undefined;
  readonly #sources = new Map<string, KeySource>();
  readonly #knownHeaders = new KnownHeaders();
  #pingFailure: string | undefined;

  constructor(config: Config, engine: JwsEngine = defaultEngine) {
    this.#config = config;
    this.#engine = engine;
    this.#secret = config.secret && new SecretSource(config.secret, engine);
    this.#jwks = config.jwks && new LazyJwksSource(config.jwks, engine, config.warn);
    for (const source of [this.#secret, this.#jwks]) {
      for (const algorithm of source?.algorithms ?? []) this.#sources.set(algorithm, source as KeySource);
    }
  }

  async verify(input: string): Promise<VerifyResult> {
    const token = parseToken(input, this.#knownHeaders);
    if (typeof token === 'string') return refused('malformed', token);

    const source = this.#sources.get(token.header.alg);
    if (!source) return refused('algorithm', 'The "alg" header is not an accepted algorithm.');

    const found = source.find(token.header);
    const keys = found instanceof Promise ? await found : found;
    if (keys.length === 0) return refused('key', 'There is no key for the "kid" and "alg" headers.');

    let verdict: SignatureVerdict = 'signature';
    for (const key of keys) {
      if (!hasRightLength(token, key)) continue;
      const answer = this.#engine.verify(token, key);
      // Not `await` alone, which waits a turn even for what is there already.
      verdict = answer instanceof Promise ? await answer : answer;
      if (verdict !== 'signature') break;
    }
    if (verdict === 'malformed')
      return refused('malformed', 'The "crit" header asks for an unsupported extension.');
    if (verdict === 'signature')
      return refused('signature', 'The signature was not made by the expected key.');
    this.#knownHeaders.add(token);

    const payload: TokenPayload | undefined = parseJsonObject(token.payload);
    if (!payload) return refused('malformed', 'The payload is not a JSON object.');

    const refusal = checkClaims(payload, token.header, source.rules, now());
    return refusal
      ? refused(refusal.reason, refusal.message, payload)
      : { valid: true, payload, expired: false };
  }

  async sign(payload: Record<string, unknown>, options: SignOptions = {}): Promise<string> {
    if (!this.#secret) {
      throw new AuthError(
        'ERR_NO_SIGNING_KEY',
        'Signing needs "secret" in the configuration; "jwksUrl" can only verify.',
      );
    }
    const token = await this.#secret.sign(signedClaims(payload, options, this.#config, now()));
    if (token.length > MAX_TOKEN_LENGTH) {
      throw new AuthError('ERR_SIGN_INPUT', 'The token would be larger than 64 KiB; sign fewer claims.');
    }
    return token;
  }

  decode(input: string): TokenPayload {
    const token = parseToken(input);
    if (typeof token === 'string') throw new AuthError('ERR_TOKEN_MALFORMED', token);
    const payload: TokenPayload | undefined = parseJsonObject(token.payload);
    if (!payload) throw new AuthError('ERR_TOKEN_MALFORMED', 'The payload is not a JSON object.');
    return payload;
  }

  async ping(): Promise<boolean> {
    let failure: string | undefined;
    let isOutage = false;
    try {
      failure = (await this.#checkSecret()) ?? (await this.#jwks?.check());
    } catch (error) {
      failure = error instanceof AuthError ? error.message : 'Unexpected failure.';
      isOutage = error instanceof AuthError && error.code === 'ERR_JWKS_UNAVAILABLE';
    }
    // Of an outage the JWKS source has warned already.
    if (failure !== undefined && failure !== this.#pingFailure && !isOutage) {
      this.#config.warn(`The health check failed: ${failure}`, 'PING_FAILED');
    }
    this.#pingFailure = failure;
    return failure === undefined;
  }

  async #checkSecret(): Promise<string | undefined> {
    if (!this.#secret) return undefined;
    const { payload } = await this.verify(await this.sign({}));
    // A payload is only handed out after a good signature; the claim rules are not what is asked here.
    return payload.exp === undefined ? 'A token signed with the secret did not verify.' : undefined;
  }

  status(): AuthStatus {
    return {
      canSign: this.#secret !== undefined,
      algorithms: [...this.#sources.keys()],
      ...(this.#jwks && { jwks: this.#jwks.status() }),
      ...(this.#pingFailure !== undefined && { pingFailure: this.#pingFailure }),
    };
  }
}

const now = (): number => Math.floor(Date.now() / 1000);

const refused = (reason: VerifyFailure, message: string, payload: TokenPayload = {}): VerifyResult => ({
  valid: false,
  payload,
  expired: reason === 'expired',
  reason,
  message,
});
