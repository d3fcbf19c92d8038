import { AuthError } from '../../errors.js';
import { Outage } from '../../shared/outage.js';
import { shownUrl } from '../../shared/url.js';
import type { WarningHandler } from '../../shared/warnings.js';

/** The source of keys: a URL, or an issuer whose metadata has the URL. */
interface Endpoint {
  readonly issuer: string | undefined;
  readonly url: URL | undefined;
}

/** The error that `verify` throws when a token cannot be verified right now. `retryInMs` is rounded up to whole seconds. */
export function noVerdict(problem: string, retryInMs: number, cause?: Error): AuthError {
  const retryAfter = Math.max(1, Math.ceil(retryInMs / 1000));
  return new AuthError(
    'ERR_JWKS_UNAVAILABLE',
    `The token was neither accepted nor refused, because ${problem}; try again in ${retryAfter} s.`,
    { retryAfter, ...(cause && { cause }) },
  );
}

/** Says that keys could not be fetched, and why. An issuer is not secret, but a `jwksUrl` may be. */
export const unfetched = ({ issuer }: Endpoint, { message }: Error): string => {
  const keys = issuer === undefined ? 'the keys behind "jwksUrl"' : `the keys of ${JSON.stringify(issuer)}`;
  return `${keys} could not be fetched (${message})`;
};

/** Makes a sentence of a phrase. */
export const sentenceOf = (phrase: string): string => `${phrase.charAt(0).toUpperCase()}${phrase.slice(1)}.`;

/** The name of an endpoint, with which a warning begins. */
export const subjectOf = ({ issuer, url }: Endpoint): string =>
  `The JWKS endpoint ${url ? shownUrl(url.href) : `of ${JSON.stringify(issuer)}`}`;

/** Warns of the outages of an endpoint. */
export const outageOf = (endpoint: Endpoint, warn: WarningHandler): Outage =>
  new Outage(warn, {
    subject: subjectOf(endpoint),
    failing: 'JWKS_FAILING',
    recovered: 'JWKS_RECOVERED',
    quietMs: 0,
  });

/** Says whether cached keys are still used during an outage, and for how long. */
export const consequenceOf = (servesForMs: number): [consequence: string, details?: string] =>
  servesForMs > 0
    ? ['the last good keys are used', ` for another ${Math.ceil(servesForMs / 1000)} s`]
    : ['its tokens cannot be verified until it answers'];
