import { BrokenRule, checkClaims } from '../claims/check.js';
import { claimsToSign } from '../claims/to-sign.js';
import type { AuthProviderConfig, SignHandler } from '../config/options.js';
import { type Config, type IntrospectionConfig, parseConfig } from '../config/parse.js';
import { AuthError } from '../errors.js';
import { OwnSource } from '../keys/own/own-source.js';
import { RemoteSource } from '../keys/remote/remote-source.js';
import { SecretSource } from '../keys/secret.js';
import { type KeySource, Sources } from '../keys/sources.js';
import { secondsNow } from '../shared/clock.js';
import { copyOfJson } from '../shared/json-copy.js';
import { SHORTEST_SIGNATURE } from '../signature/algorithms.js';
import type { SignatureEngine, SignatureVerdict } from '../signature/engine.js';
import { defaultEngine } from '../signature/node.js';
import { HeaderMemory } from '../token/header.js';
import { CUT_AT_END, sentencesOf } from '../token/mistakes.js';
import { isOpaqueToken } from '../token/opaque.js';
import { MAX_TOKEN_LENGTH, Malformed, parseToken, readClaims } from '../token/parse.js';
import type {
  AuthClient,
  RefusedToken,
  SignOptions,
  TokenPayload,
  VerifyFailure,
  VerifyResult,
} from '../types.js';
import { healthOf } from './health.js';
import { isRevoked } from './hooks.js';
import { publishInternals } from './internals.js';
import { introspected } from './introspected.js';
import { type ClaimsCheck, observed, type SignedHandler, signedOf } from './observe.js';
import { revokeBy } from './revoking.js';
import { verifyWith } from './verify-options.js';

/**
 * Creates a client for use without IntentKit.
 *
 * @throws {AuthError} `ERR_AUTH_CONFIG` when an option is missing, unknown or unusable.
 * @see RFC 7519, RFC 8725
 * @example
 * ```ts
 * import { createAuthClient } from 'intentkit-auth';
 *
 * const { JWT_SECRET: secret = '' } = process.env;
 * const auth = createAuthClient({ secret, issuer: 'my-service', audience: 'my-api' });
 * const token = await auth.sign({ role: 'editor' }, { subject: 'user-1', expiresIn: '15m' });
 * const { valid, payload } = await auth.verify(token);
 * process.stdout.write(`${valid}: ${payload.sub}\n`); // true: user-1
 * ```
 */
export function createAuthClient(config: AuthProviderConfig): AuthClient {
  return clientFrom(parseConfig(config));
}

/**
 * Creates a client from a checked configuration. Its methods do not use `this`, so callers may destructure them.
 *
 * @internal
 */
export function clientFrom(config: Config, engine: SignatureEngine = defaultEngine): AuthClient {
  const secret = config.secret && new SecretSource(config.secret, engine);
  const ownKeys = config.ownKeys && new OwnSource(config.ownKeys);
  const signer = ownKeys ?? secret;
  const remotes = config.remotes.map((remote) => new RemoteSource(remote, engine, config.warn));
  const all: readonly KeySource[] = [secret, ownKeys, ...remotes].filter((source) => source !== undefined);
  const sources = new Sources(all);
  // `verify` caches a header only after its signature is valid, so forged headers cannot fill the cache.
  // `decode` verifies nothing, so it has its own cache of one header.
  const verifiedHeaders = new HeaderMemory(64);
  const decodedHeaders = new HeaderMemory(1);
  // The methods keep these values and not `config`, which holds the texts of the keys.
  const { revocation, introspection, onVerdict, onSign, signing, clockTolerance, warn } = config;

  async function verify(
    input: unknown,
    onSigned?: SignedHandler,
    check?: ClaimsCheck,
  ): Promise<VerifyResult> {
    const token = parseToken(input, verifiedHeaders);
    if (token instanceof Malformed) {
      return introspection && isOpaque(input, introspection)
        ? verifyOpaque(input, introspection, onSigned, check)
        : invalid('malformed', token.message);
    }

    const source = sources.choose(token);
    if (source instanceof BrokenRule) return invalid(source.reason, source.message);

    const lookedUp = source.find(token.header);
    const keys = lookedUp instanceof Promise ? await lookedUp : lookedUp;
    if (keys.length === 0)
      return invalid('key', 'No usable key matches the "kid" and "alg" headers, or more than 16 keys do.');

    let verdict: SignatureVerdict = 'invalid';
    for (const key of keys) {
      const answer = key.verify(token);
      // `await` would delay a synchronous answer by one microtask.
      verdict = answer instanceof Promise ? await answer : answer;
      if (verdict !== 'invalid') break;
    }
    if (verdict === 'unsupported') {
      return invalid('malformed', 'The "crit" header asks for an unsupported extension.');
    }
    if (verdict === 'invalid') {
      const isCut = token.signature.length < (SHORTEST_SIGNATURE.get(token.header.alg) ?? 0);
      return invalid(
        'signature',
        isCut ? sentencesOf(CUT_AT_END) : 'The signature was not made by the expected key.',
      );
    }
    verifiedHeaders.add(token.headerSegment, token.header);
    onSigned?.({ keyId: token.header.kid, rules: source.rules });

    const payload = readClaims(token);
    if (payload instanceof Malformed) return invalid('malformed', payload.message);
    const broken = checkClaims(payload, token.header.typ, source.rules, secondsNow());
    // Without this line, a token that needs no more checks would wait for a few microtasks.
    if (!broken && !check && !revocation) return { valid: true, payload, expired: false };
    return judge(payload, broken, check, () => readClaims(token) as TokenPayload);
  }

  async function verifyOpaque(
    token: string,
    { hook, rules }: IntrospectionConfig,
    onSigned?: SignedHandler,
    check?: ClaimsCheck,
  ): Promise<VerifyResult> {
    const payload = await introspected(hook, token);
    if (!payload) return invalid('inactive', 'The issuer says that the token is not active.');
    onSigned?.({ keyId: undefined, rules });
    const broken =
      payload.iss === hook.issuer
        ? checkClaims(payload, undefined, rules, secondsNow())
        : new BrokenRule('issuer', 'The "iss" of the introspected token is not the issuer that was asked.');
    return judge(payload, broken, check, () => copyOfJson(payload));
  }

  /** Finishes a verdict. The schema and the list get fresh copies of the claims, so they cannot change those in the verdict. */
  async function judge(
    payload: TokenPayload,
    brokenRule: BrokenRule | undefined,
    check: ClaimsCheck | undefined,
    copied: () => TokenPayload,
  ): Promise<VerifyResult> {
    let broken = brokenRule;
    // `expired` means that all other claims are valid, so the claims of an expired token are checked too.
    if (check && (!broken || broken.reason === 'expired')) broken = (await check(copied())) ?? broken;
    if (broken) return invalid(broken.reason, broken.message, payload);
    if (revocation && (await isRevoked(revocation, copied()))) {
      return invalid('revoked', 'The token was revoked.', payload);
    }
    return { valid: true, payload, expired: false };
  }

  const revoke = (input: unknown): Promise<void> => revokeBy(input, verify, revocation, clockTolerance);

  /** `ping` gives no handler. */
  async function sign(payload: object, options?: SignOptions, onSigned?: SignHandler): Promise<string> {
    if (!signer) {
      throw new AuthError(
        'ERR_NO_SIGNING_KEY',
        'Signing needs "secret" or "signingKeys" in the configuration; a JWKS can only verify.',
      );
    }
    const claims = claimsToSign(payload, options, signing, secondsNow());
    const signed = signer.sign(claims);
    const token = signed instanceof Promise ? await signed : signed;
    if (token.length > MAX_TOKEN_LENGTH) {
      throw new AuthError('ERR_SIGN_INPUT', 'The token would be larger than 64 KiB; sign fewer claims.');
    }
    onSigned?.(signedOf(claims, ownKeys?.keyIds[0]));
    return token;
  }

  function decode(input: unknown): TokenPayload {
    const token = parseToken(input, decodedHeaders);
    if (token instanceof Malformed) throw malformed(token);
    const payload = readClaims(token);
    if (payload instanceof Malformed) throw malformed(payload);
    decodedHeaders.add(token.headerSegment, token.header);
    return payload;
  }

  const facts = {
    engine: engine.name,
    canSign: signer !== undefined,
    canRevoke: revocation?.revoke !== undefined,
    algorithms: sources.algorithms,
  };
  const watched = onVerdict ? observed(verify, onVerdict) : verify;
  // The cast is sound, because all of a caller's `Claims` are optional.
  const client = {
    sign: (payload: object, options?: SignOptions) => sign(payload, options, onSign),
    // Primitive second arguments are ignored: `tokens.map(verify)` passes an index.
    verify: (token: unknown, options?: unknown) =>
      isObjectOrFunction(options) ? verifyWith(watched, token, options) : watched(token),
    revoke,
    decode,
    jwks: () => ownKeys?.jwks() ?? { keys: [] },
    ...healthOf({
      sign,
      signer,
      ownKeys,
      remotes,
      revocation,
      introspection: introspection?.hook,
      warn,
      facts,
    }),
  } as AuthClient;
  publishInternals(client, {
    verify: watched,
    publicVerify: client.verify,
    rules: [...all, ...(introspection ? [introspection] : [])].map(({ rules }) => rules),
    lifetimes: signer && signing,
    warn,
  });
  return client;
}

/** Whether to ask about text that is not a JWT. */
const isOpaque = (input: unknown, { hook }: IntrospectionConfig): input is string =>
  typeof input === 'string' && input.startsWith(hook.prefix ?? '') && isOpaqueToken(input);

/** True for functions too, so that a callback is refused and not ignored. */
const isObjectOrFunction = (value: unknown): value is object => Object(value) === value;

const malformed = ({ message }: Malformed): AuthError => new AuthError('ERR_TOKEN_MALFORMED', message);

const invalid = (reason: VerifyFailure, message: string, payload: TokenPayload = {}): RefusedToken => ({
  valid: false,
  payload,
  expired: reason === 'expired',
  reason,
  message,
});
