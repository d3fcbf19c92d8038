import type { Answer } from '../oauth/endpoint.js';
import { type OAuthAnswerError, oauthErrorIn } from '../oauth/oauth-error.js';
import { AuthError } from '../src/errors.js';
import { FetchError } from '../src/keys/remote/fetch-error.js';
import { parseJson } from '../src/keys/remote/fetch-json.js';
import { own } from '../src/shared/own-properties.js';
import { claimsIn } from './caller.js';
import type { Settings, Target } from './options.js';
import { type DownstreamToken, isBearerToken, MAX_LIFETIME } from './token.js';

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const ACCESS_TOKENS: readonly unknown[] = [undefined, ACCESS_TOKEN, 'urn:ietf:params:oauth:token-type:jwt'];

/** In seconds. An answer should have a lifetime. Without one, the token is used once. */
const UNKNOWN_LIFETIME = 30;

/** The errors that concern this client, for every caller. @see RFC 6749 section 5.2 */
const CLIENT_ERRORS = ['invalid_client', 'unauthorized_client', 'unsupported_grant_type'];
/** The errors that pass. @see RFC 6749 section 4.1.2.1 */
const OUTAGES = ['temporarily_unavailable', 'server_error', 'slow_down'];

/** The issuer refuses this client. It counts as a failure, so that the issuer is not asked again at once. */
export class ClientRefused extends FetchError {
  readonly oauthError: string;

  constructor(oauthError: string) {
    super('unusable', `the issuer answered ${JSON.stringify(oauthError)}`);
    this.oauthError = oauthError;
  }
}

/**
 * The form of an exchange.
 *
 * @see RFC 8693 section 2.1
 * @see https://learn.microsoft.com/entra/identity-platform/v2-oauth2-on-behalf-of-flow
 */
export function exchangeForm(grant: Settings['grant'], target: Target, token: string): URLSearchParams {
  const { resource, audience, scopes } = target;
  if (grant === 'entra-on-behalf-of') {
    return new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: token,
      requested_token_use: 'on_behalf_of',
      scope: scopes.length > 0 ? scopes.join(' ') : `${audience}/.default`,
    });
  }
  return new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: token,
    subject_token_type: ACCESS_TOKEN,
    requested_token_type: ACCESS_TOKEN,
    ...(resource !== undefined && { resource }),
    ...(audience !== undefined && { audience }),
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
  });
}

/**
 * Reads the answer to an exchange.
 *
 * @param askedAt when the exchange began, in seconds since the epoch.
 * @param callerToken the token that was exchanged.
 * @throws {FetchError} if it is neither a token nor an error.
 * @throws {AuthError} `ERR_EXCHANGE_REFUSED`
 */
export function readToken(
  { status, text }: Answer,
  { scopes: asked, requiredScopes }: Target,
  askedAt: number,
  callerToken: string,
): DownstreamToken {
  if (status !== 200) throw refusal(status, oauthErrorIn(text, callerToken));
  const document = parseJson(text);
  if (typeof document !== 'object' || document === null) throw unusable();
  const [token, type, issuedType, lifetime, scope] = [
    'access_token',
    'token_type',
    'issued_token_type',
    'expires_in',
    'scope',
  ].map((name) => own(document, name) ?? undefined);
  if (!isBearerToken(token)) throw unusable();
  if (token === callerToken) {
    throw new AuthError(
      'ERR_EXCHANGE_REFUSED',
      "The issuer answered with the caller's own token, which must not be passed on: have it issue another one for this API.",
    );
  }
  if (scope !== undefined && typeof scope !== 'string') throw unusable();
  if (typeof type !== 'string' || type.toLowerCase() !== 'bearer' || !ACCESS_TOKENS.includes(issuedType)) {
    throw new AuthError(
      'ERR_EXCHANGE_REFUSED',
      'The issuer answered with a token that is not a bearer access token: have it issue one for this API.',
    );
  }
  const scopes = scope === undefined ? [...asked] : scope.split(' ').filter((one) => one !== '');
  if (!requiredScopes.every((one) => scopes.includes(one))) {
    throw new AuthError(
      'ERR_EXCHANGE_REFUSED',
      'The issuer granted fewer scopes than asked: compare "scopes" with what it allows this client and the caller.',
      { oauthError: 'insufficient_scope' },
    );
  }
  return { token, expiresAt: expiryOf(token, lifetime, askedAt), scopes };
}

function expiryOf(token: string, lifetime: unknown, askedAt: number): number {
  // Some providers write the number as text.
  const seconds = typeof lifetime === 'string' && lifetime !== '' ? Number(lifetime) : lifetime;
  if (typeof seconds === 'number' && Number.isFinite(seconds) && seconds >= 0)
    return askedAt + Math.min(Math.floor(seconds), MAX_LIFETIME);
  const exp = own(claimsIn(token), 'exp');
  const end = typeof exp === 'number' && Number.isFinite(exp) ? exp : askedAt + UNKNOWN_LIFETIME;
  return Math.min(end, askedAt + MAX_LIFETIME);
}

function refusal(status: number, answered: OAuthAnswerError | undefined): Error {
  const { error, claims } = answered ?? { error: undefined, claims: undefined };
  if (error === undefined || OUTAGES.includes(error)) {
    const message = `the endpoint answered ${status}${error === undefined ? ' without an error code' : ` (${error})`}`;
    return new FetchError('status', message, { status });
  }
  if (CLIENT_ERRORS.includes(error)) return new ClientRefused(error);
  return new AuthError(
    'ERR_EXCHANGE_REFUSED',
    `The issuer refused a token on behalf of this caller (${JSON.stringify(error)}).`,
    { oauthError: error, ...(claims !== undefined && { claims }) },
  );
}

const unusable = (): FetchError => new FetchError('unusable', 'the endpoint did not answer with a token');
