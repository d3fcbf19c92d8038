import { checkClaims } from './claims/check.js';
import { claimsToSign } from './claims/to-sign.js';
import type { AuthProviderConfig } from './config/options.js';
import { type Config, parseConfig } from './config/parse.js';
import { AuthError } from './errors.js';
import { RemoteSource } from './keys/remote/source.js';
import { SecretSource } from './keys/secret.js';
import type { KeySource } from './keys/source.js';
import { defaultEngine } from './signature/choose.js';
import type { SignatureEngine, SignatureVerdict } from './signature/engine.js';
import { hasRightLength } from './signature/length.js';
import { HeaderMemory } from './token/header.js';
import { parseJsonObject } from './token/json.js';
import { MAX_TOKEN_LENGTH, Malformed, NO_CLAIMS, parseToken } from './token/parse.js';
import type {
  AuthClient,
  AuthStatus,
  SignOptions,
  TokenPayload,
  VerifyFailure,
  VerifyResult,
} from './types.js';

/**
 * Creates a client without IntentKit.
 *
 * @throws {AuthError} `ERR_AUTH_CONFIG` when an option is missing, unknown or unusable.
 */
export function createAuthClient(config: AuthProviderConfig): AuthClient {
  return clientFrom(parseConfig(config));
}

/** The client of a checked configuration. Tests choose the engine. */
export function clientFrom(config: Config, engine: SignatureEngine = defaultEngine): AuthClient {
  return new AuthClientImpl(config, engine);
}

class AuthClientImpl implements AuthClient {
  readonly #config: Config;
  readonly #engine: SignatureEngine;
  readonly #secret: SecretSource | undefined;
  readonly #remote: RemoteSource | undefined;
  /** By algorithm, which is what keeps a key of one kind away from a token of the other. */
  readonly #sources = new Map<string, KeySource>();
  readonly #headers = new HeaderMemory();
  #pingFailure: string | undefined;

  constructor(config: Config, engine: SignatureEngine) {
    this.#config = config;
    this.#engine = engine;
    this.#secret = config.secret && new SecretSource(config.secret, engine);
    this.#remote = config.remote && new RemoteSource(config.remote, engine, config.warn);
    for (const source of [this.#secret, this.#remote]) {
      for (const algorithm of source?.algorithms ?? []) this.#sources.set(algorithm, source as KeySource);
    }
  }

  async verify(input: string): Promise<VerifyResult> {
    const token = parseToken(input, this.#headers);
    if (token instanceof Malformed) return invalid('malformed', token.message);

    const source = this.#sources.get(token.header.alg);
    if (!source) return invalid('algorithm', 'The "alg" header is not an accepted algorithm.');

    const found = source.find(token.header);
    const keys = found instanceof Promise ? await found : found;
    if (keys.length === 0) return invalid('key', 'There is no key for the "kid" and "alg" headers.');

    let verdict: SignatureVerdict = 'bad';
    for (const key of keys) {
      if (!hasRightLength(token, key)) continue;
      const answer = this.#engine.verify(token, key);
      // Not `await` alone, which waits a turn even for what is there already.
      verdict = answer instanceof Promise ? await answer : answer;
      if (verdict !== 'bad') break;
    }
    if (verdict === 'unsupported')
      return invalid('malformed', 'The "crit" header asks for an unsupported extension.');
    if (verdict === 'bad') return invalid('signature', 'The signature was not made by the expected key.');
    this.#headers.add(token.headerSegment, token.header);

    const payload: TokenPayload | undefined = parseJsonObject(token.payload);
    if (!payload) return invalid('malformed', NO_CLAIMS.message);

    const broken = checkClaims(payload, token.header, source.rules, now());
    return broken
      ? invalid(broken.reason, broken.message, payload)
      : { valid: true, payload, expired: false };
  }

  async sign(payload: Record<string, unknown>, options: SignOptions = {}): Promise<string> {
    const { secret } = this.#config;
    if (!this.#secret || !secret) {
      throw new AuthError(
        'ERR_NO_SIGNING_KEY',
        'Signing needs "secret" in the configuration; "jwksUrl" can only verify.',
      );
    }
    const token = await this.#secret.sign(claimsToSign(payload, options, secret, now()));
    if (token.length > MAX_TOKEN_LENGTH) {
      throw new AuthError('ERR_SIGN_INPUT', 'The token would be larger than 64 KiB; sign fewer claims.');
    }
    return token;
  }

  decode(input: string): TokenPayload {
    const token = parseToken(input);
    if (token instanceof Malformed) throw new AuthError('ERR_TOKEN_MALFORMED', token.message);
    const payload: TokenPayload | undefined = parseJsonObject(token.payload);
    if (!payload) throw new AuthError('ERR_TOKEN_MALFORMED', NO_CLAIMS.message);
    return payload;
  }

  async ping(): Promise<boolean> {
    let failure: string | undefined;
    let isOutage = false;
    try {
      failure = (await this.#checkSecret()) ?? (await this.#remote?.check());
    } catch (error) {
      failure = error instanceof AuthError ? error.message : 'Unexpected failure.';
      isOutage = error instanceof AuthError && error.code === 'ERR_JWKS_UNAVAILABLE';
    }
    // RemoteSource has already warned about an outage.
    if (failure !== undefined && failure !== this.#pingFailure && !isOutage) {
      this.#config.warn(`The health check failed: ${failure}`, 'PING_FAILED');
    }
    this.#pingFailure = failure;
    return failure === undefined;
  }

  async #checkSecret(): Promise<string | undefined> {
    if (!this.#secret) return undefined;
    const { payload } = await this.verify(await this.sign({}));
    // A payload is only handed out after a good signature. The claim rules do not matter here.
    return payload.exp === undefined ? 'A token signed with the secret did not verify.' : undefined;
  }

  status(): AuthStatus {
    return {
      canSign: this.#secret !== undefined,
      algorithms: [...this.#sources.keys()],
      ...(this.#remote && { jwks: this.#remote.status() }),
      ...(this.#pingFailure !== undefined && { pingFailure: this.#pingFailure }),
    };
  }
}

const now = (): number => Math.floor(Date.now() / 1000);

const invalid = (reason: VerifyFailure, message: string, payload: TokenPayload = {}): VerifyResult => ({
  valid: false,
  payload,
  expired: reason === 'expired',
  reason,
  message,
});
