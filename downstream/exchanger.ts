import type { Answer, Endpoint } from '../oauth/endpoint.js';
import { Pace } from '../oauth/pace.js';
import { AuthError } from '../src/errors.js';
import { FetchError } from '../src/keys/remote/fetch-error.js';
import { secondsNow } from '../src/shared/clock.js';
import { Outage } from '../src/shared/outage.js';
import { shownUrl } from '../src/shared/url.js';
import { ClientRefused, exchangeForm, readToken } from './exchange.js';
import type { Settings, Target } from './options.js';
import type { DownstreamToken } from './token.js';

/** Exchanges the token of a caller. The key tells callers apart, and does not tell the token. */
export type Exchange = (callerToken: string, key: string) => Promise<DownstreamToken>;

/**
 * Returns the function that exchanges tokens for one API. Each API has its own {@link Pace}: an issuer that refuses one API to this
 * client may still grant another one.
 *
 * It sends no control question, because an issuer would take a made-up token for an attack.
 */
export function exchangerOf({ server, grant }: Settings, endpoint: Endpoint, target: Target): Exchange {
  const issuer = JSON.stringify(server.issuer);
  const pace = new Pace(server.timeoutMs);
  const outage = new Outage(server.warn, {
    subject: `The token endpoint of ${issuer}`,
    failing: 'EXCHANGE_FAILING',
    recovered: 'EXCHANGE_RECOVERED',
  });
  const api = JSON.stringify(shownUrl(target.resource ?? target.audience ?? target.scopes.join(' ')));
  const consequence = `no token for ${api} can be exchanged until it answers`;

  return async (callerToken, key) => {
    const askedAt = secondsNow();
    const question = {
      fields: exchangeForm(grant, target, callerToken),
      accept: 'application/json',
      read: (answer: Answer) => readToken(answer, target, askedAt, callerToken),
    };
    try {
      return await pace.ask(key, (attempt) => endpoint.ask(question, attempt));
    } catch (error) {
      throw error instanceof AuthError ? error : failure(error, pace.retryAfter(key));
    } finally {
      const { problem } = pace;
      if (problem) outage.failed(problem.message, consequence);
      else outage.succeeded();
    }
  };

  function failure(error: unknown, retryAfter: number): AuthError {
    if (error instanceof ClientRefused) {
      return new AuthError(
        'ERR_EXCHANGE_CONFIG',
        `${issuer} refuses this client or its grant (${JSON.stringify(error.oauthError)}): compare "clientId", "clientAuth" and "grant" with its registration.`,
        { oauthError: error.oauthError },
      );
    }
    const message = error instanceof FetchError ? error.message : 'the exchange failed';
    return new AuthError(
      'ERR_EXCHANGE_UNAVAILABLE',
      `${issuer} did not answer the token exchange (${message}); try again in ${retryAfter} s.`,
      { retryAfter },
    );
  }
}
