import { jsonIn } from '../oauth/oauth-error.js';
import { secondsNow } from '../src/shared/clock.js';
import { own } from '../src/shared/own-properties.js';
import { hasTokenSyntax } from '../src/token/opaque.js';
import { MAX_TOKEN_LENGTH } from '../src/token/parse.js';

/** A token for an API, on behalf of a caller. */
export interface DownstreamToken {
  /** The access token. Send it only to the API that it is for. */
  token: string;
  /** When it expires, in seconds since the epoch: at most a day after the exchange. */
  expiresAt: number;
  /** The scopes that the issuer has granted. */
  scopes: string[];
}

/**
 * In seconds. A token that is valid for longer is exchanged again after this time.
 *
 * @internal
 */
export const MAX_LIFETIME = 24 * 60 * 60;

/**
 * True for text that can be sent as a bearer token.
 *
 * @internal
 */
export const isBearerToken = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= MAX_TOKEN_LENGTH && hasTokenSyntax(value);

/**
 * Reads a token that was kept. `undefined` if the text is anything else: who has both the store and the token of a caller can
 * seal a text.
 *
 * @param callerToken the token that was exchanged. It must not be passed on.
 * @param required the scopes that the token must have.
 * @internal
 */
export function tokenIn(
  text: string | undefined,
  callerToken: string,
  required: readonly string[],
): DownstreamToken | undefined {
  const kept = Object(jsonIn(text ?? ''));
  if (Object.keys(kept).join() !== 'token,expiresAt,scopes') return undefined;
  const [token, expiresAt, scopes] = ['token', 'expiresAt', 'scopes'].map((name) => own(kept, name));
  if (!isBearerToken(token) || token === callerToken) return undefined;
  if (!isTexts(scopes) || !required.every((one) => scopes.includes(one))) return undefined;
  const isTime = typeof expiresAt === 'number' && expiresAt <= secondsNow() + MAX_LIFETIME;
  return isTime ? { token, expiresAt, scopes } : undefined;
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');
