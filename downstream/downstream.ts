import { Endpoint } from '../oauth/endpoint.js';
import { AuthError } from '../src/errors.js';
import { FetchError } from '../src/keys/remote/fetch-error.js';
import { secondsNow } from '../src/shared/clock.js';
import { configError } from '../src/shared/options.js';
import { Outage } from '../src/shared/outage.js';
import { withoutPrototype } from '../src/shared/own-properties.js';
import { isWorkers } from '../src/shared/runtime.js';
import { type Caller, type Subject, subjectOf } from './caller.js';
import { ClientRefused, exchangeForm, readToken } from './exchange.js';
import { KeptTokens } from './kept-tokens.js';
import {
  type DownstreamOptions,
  type DownstreamTarget,
  parseOptions,
  parseTarget,
  type Target,
} from './options.js';
import { type Seal, sealFor } from './seal.js';
import type { DownstreamToken } from './token.js';

/** Obtains tokens for one API. It is safe for concurrent use. */
export interface DownstreamApi {
  /**
   * Returns a token for the API on behalf of a caller: one that is kept, or a new one. All who ask for the same caller at the same
   * time share one exchange.
   *
   * @throws {AuthError} `ERR_EXCHANGE_REFUSED` with `oauthError`, `ERR_EXCHANGE_UNAVAILABLE` with `retryAfter`, or
   *   `ERR_EXCHANGE_CONFIG`.
   * @see RFC 8693 section 2
   */
  (caller: Caller): Promise<DownstreamToken>;
  /**
   * Sends a request to the API with such a token. Redirects are not followed, because they could lead to another host.
   *
   * @param input a path, or a URL of the origin of `resource`.
   * @throws {AuthError} like the function itself, and `ERR_AUTH_CONFIG` for another origin, or without a `resource` over `https:`.
   */
  fetch(caller: Caller, input: string | URL, init?: RequestInit): Promise<Response>;
}

/** Obtains tokens on behalf of callers. */
export interface Downstream {
  /**
   * Returns the function that obtains tokens for one API. Create it once.
   *
   * @throws {AuthError} `ERR_AUTH_CONFIG` if an option is unknown or unusable.
   */
  for(target: DownstreamTarget): DownstreamApi;
}

/**
 * Creates what a server needs to call other APIs on behalf of its callers: it exchanges the caller's token for one that is for the
 * other API. Tokens are kept until 30 s before they or the caller's token expire. What is kept is sealed with a key that is derived
 * from the caller's token.
 *
 * @throws {AuthError} `ERR_AUTH_CONFIG` if an option is missing, unknown or unusable.
 * @see RFC 8693
 * @example
 * ```ts
 * import { type Caller, createDownstream } from 'intentkit-auth/downstream';
 *
 * export function createOrders(secret: string) {
 *   const issuer = 'https://id.example.com';
 *   const downstream = createDownstream({ issuer, clientId: 'mcp-server', clientAuth: { secret } });
 *   const orders = downstream.for({ resource: 'https://orders.example.com/', scopes: ['orders:read'] });
 *   return (authInfo: Caller) => orders.fetch(authInfo, '/open');
 * }
 * ```
 */
export function createDownstream(options: DownstreamOptions): Downstream {
  const { server, grant, cache, maxEntries } = parseOptions(options);
  const { issuer, clientId, warn } = server;
  const endpoint = new Endpoint(server, 'token_endpoint');
  const kept = new KeptTokens(maxEntries, cache, warn);
  const pending = new Map<string, Promise<DownstreamToken>>();
  const outage = new Outage(warn, {
    subject: `The token endpoint of ${JSON.stringify(issuer)}`,
    failing: 'EXCHANGE_FAILING',
    recovered: 'EXCHANGE_RECOVERED',
    // An endpoint that fails now and then must not fill the log.
    quietMs: 10_000,
  });

  async function exchange(subject: Subject, target: Target): Promise<DownstreamToken> {
    const askedAt = secondsNow();
    try {
      const token = await endpoint.ask({
        fields: exchangeForm(grant, target, subject.token),
        accept: 'application/json',
        read: (answer) => readToken(answer, target, grant === 'token-exchange', askedAt, subject.token),
      });
      outage.succeeded();
      return token;
    } catch (error) {
      if (error instanceof AuthError) throw error;
      throw failure(error);
    }
  }

  function failure(error: unknown): AuthError {
    if (error instanceof ClientRefused) {
      return new AuthError(
        'ERR_EXCHANGE_CONFIG',
        `${JSON.stringify(issuer)} refuses this client or its grant (${JSON.stringify(error.oauthError)}): compare "clientId", "clientAuth" and "grant" with its registration.`,
        { oauthError: error.oauthError },
      );
    }
    const message = error instanceof FetchError ? error.message : 'the exchange failed';
    if (endpoint.lastError) outage.failed(message, 'no token can be exchanged until it answers');
    const { retryAfter } = endpoint;
    return new AuthError(
      'ERR_EXCHANGE_UNAVAILABLE',
      `${JSON.stringify(issuer)} did not answer the token exchange (${message}); try again in ${retryAfter} s.`,
      { retryAfter },
    );
  }

  /** Gets a token that this process does not keep: from the store, or by an exchange. */
  async function obtain(subject: Subject, target: Target, seal: Seal): Promise<DownstreamToken> {
    const stored = await kept.load(seal, subject.end);
    if (stored) return stored;
    const token = await exchange(subject, target);
    await kept.add(seal, token, subject.end);
    return token;
  }

  return {
    for(given) {
      const target = parseTarget(given, grant);
      const { resource, url, audience, scopes } = target;
      // The entries of another target, client or issuer have other names and other keys.
      const context = JSON.stringify([grant, issuer, clientId, resource, audience, ...scopes]);

      async function tokenFor(caller: Caller): Promise<DownstreamToken> {
        const subject = subjectOf(caller);
        const seal = await sealFor(subject.token, context);
        const known = await kept.get(seal, subject.end);
        if (known) return known;
        // On Workers, a request must not wait for the I/O of another one.
        if (isWorkers()) return obtain(subject, target, seal);
        let obtained = pending.get(seal.name);
        if (!obtained) {
          obtained = obtain(subject, target, seal).finally(() => pending.delete(seal.name));
          pending.set(seal.name, obtained);
        }
        const token = await obtained;
        // All who have asked get a copy of their own.
        return { ...token, scopes: [...token.scopes] };
      }

      async function fetchApi(
        caller: Caller,
        input: string | URL,
        init: RequestInit = {},
      ): Promise<Response> {
        if (!url) throw configError('"fetch" needs a "resource" that is an https: URL, given to "for".');
        const to = URL.canParse(String(input), url.href) ? new URL(String(input), url.href) : undefined;
        if (to?.origin !== url.origin)
          throw configError('"fetch" sends requests only to the origin of the "resource" given to "for".');
        const { token } = await tokenFor(caller);
        const { headers: given, redirect, ...others } = withoutPrototype(init);
        const headers = new Headers(given);
        headers.set('authorization', `Bearer ${token}`);
        const send = target.fetch ?? globalThis.fetch;
        const mode: RequestRedirect = redirect === 'error' ? 'error' : 'manual';
        return send(to.href, withoutPrototype<RequestInit>({ ...others, headers, redirect: mode }));
      }

      // Assigning would call a setter of a polluted `Object.prototype`.
      return Object.defineProperty(tokenFor, 'fetch', { value: fetchApi, enumerable: true }) as DownstreamApi;
    },
  };
}
