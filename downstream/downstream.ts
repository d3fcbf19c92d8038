import { Endpoint } from '../oauth/endpoint.js';
import { SharedWork } from '../src/shared/shared-work.js';
import { apiUrl, ownInit, sendTo } from './api-request.js';
import { type Caller, subjectOf } from './caller.js';
import { exchangerOf } from './exchanger.js';
import { KeptTokens, type Place } from './kept-tokens.js';
import { type DownstreamOptions, type DownstreamTarget, parseOptions, parseTarget } from './options.js';
import { sealFor } from './seal.js';
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
   * Sends a request to the API with such a token. Redirects are not followed, because they could lead to another host:
   * `redirect: 'follow'` counts as `'manual'`. If the API answers 401, the token is dropped, and the next call gets a new one.
   *
   * @param input a path, or a URL of the origin of `resource`, without credentials.
   * @param init its `authorization` and `host` headers are not sent. It must be a plain object, not a `Request`.
   * @throws {AuthError} like the function itself, and `ERR_AUTH_CONFIG` for another `input` or `init`, without a `resource` over
   *   `https:`, or if the `fetch` of the target has followed a redirect.
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
  const settings = parseOptions(options);
  const { server, grant, cache, maxEntries } = settings;
  const endpoint = new Endpoint(server, 'token_endpoint');
  const kept = new KeptTokens(maxEntries, cache, server.warn);
  const exchanges = new SharedWork<DownstreamToken>();

  return {
    for(targetOptions) {
      const target = parseTarget(targetOptions, grant);
      const { resource, url, audience, scopes, requiredScopes } = target;
      const exchange = exchangerOf(settings, endpoint, target);
      // The entries of another target, client or endpoint have other names and other keys.
      const { issuer, clientId } = server;
      const configured = server.endpoint?.href;
      const parts = [grant, issuer, configured, clientId, resource, audience, ...scopes];
      // Each part alone, because a polluted `toJSON` could make the lists of two targets equal. Texts have no `toJSON`.
      const context = `[${parts.map((part) => JSON.stringify(part ?? null)).join(',')}]`;

      /** Gets a token that this process does not keep: from the store, or by an exchange. */
      async function obtain(place: Place): Promise<DownstreamToken> {
        const stored = await kept.load(place);
        if (stored) return stored;
        const token = await exchange(place.caller.token, place.seal.name);
        await kept.add(place, token);
        return token;
      }

      async function placeOf(given: Caller): Promise<Place> {
        const caller = subjectOf(given);
        return { seal: await sealFor(caller.token, context), caller, required: requiredScopes };
      }

      async function tokenAt(place: Place): Promise<DownstreamToken> {
        const known = await kept.get(place);
        if (known) return known;
        const token = await exchanges.run(place.seal.name, () => obtain(place));
        // All who have asked get a copy of their own.
        return { ...token, scopes: [...token.scopes] };
      }

      const tokenFor = async (caller: Caller): Promise<DownstreamToken> => tokenAt(await placeOf(caller));

      async function fetchApi(
        caller: Caller,
        input: string | URL,
        init: RequestInit = {},
      ): Promise<Response> {
        const to = apiUrl(input, url);
        const options = ownInit(init);
        const place = await placeOf(caller);
        const { token } = await tokenAt(place);
        const response = await sendTo(to, token, options, target.fetch);
        if (response.status === 401) await kept.drop(place);
        return response;
      }

      // Assigning would call a setter of a polluted `Object.prototype`.
      return Object.defineProperty(tokenFor, 'fetch', { value: fetchApi, enumerable: true }) as DownstreamApi;
    },
  };
}
