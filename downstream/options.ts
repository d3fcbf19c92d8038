import { SERVER_OPTIONS, type Server, type ServerOptions, serverOf } from '../oauth/options.js';
import type { Fetch } from '../src/config/options.js';
import { checkOptions, configError } from '../src/shared/options.js';
import { aFunction, loudStore, oneOf, readBy, scopeList, text, wholeNumber } from '../src/shared/schema.js';
import type { Store } from '../src/shared/store.js';
import { isSafeUrl } from '../src/shared/url.js';

/** Options of `createDownstream`. */
export interface DownstreamOptions extends ServerOptions {
  /**
   * How tokens are obtained. Default `'token-exchange'`.
   *
   * - `'token-exchange'`: RFC 8693, as most providers support it
   * - `'entra-on-behalf-of'`: the on-behalf-of flow of Microsoft Entra
   */
  grant?: 'token-exchange' | 'entra-on-behalf-of';
  /**
   * A store through which processes share the tokens, such as keyv. What is stored is encrypted with a key that only the caller's
   * token gives. If the store fails, tokens are exchanged again, with one warning. Default: none.
   */
  cache?: Store;
  /** The most tokens that this process keeps, from 1 to 1,000,000. Default 5,000. */
  maxEntries?: number;
}

/** The API that the tokens are for: `resource`, `audience` or both. Entra needs `audience` or `scopes`. */
export interface DownstreamTarget {
  /**
   * The URL of the API. Tokens are asked for it, and `fetch` sends requests only to its origin. It is never sent to Entra.
   * Default: none, so `fetch` cannot be used.
   * @see RFC 8707 section 2
   */
  resource?: string;
  /** The name of the API at the issuer. For Entra, the application id URI, such as `'api://orders'`. Default: none. */
  audience?: string;
  /** The scopes to ask for. A token with fewer scopes is refused, except from Entra. Default: those that the issuer chooses. */
  scopes?: readonly string[];
  /** A `fetch` for the requests to the API. It must not follow redirects. Default: the global `fetch`. */
  fetch?: Fetch;
}

/**
 * The options of `createDownstream`, as they are checked.
 *
 * @internal
 */
export const DOWNSTREAM_OPTIONS = {
  ...SERVER_OPTIONS,
  grant: oneOf(['token-exchange', 'entra-on-behalf-of'], '"token-exchange" or "entra-on-behalf-of"'),
  cache: loudStore,
  maxEntries: wholeNumber(1, 1_000_000),
};

/**
 * The options of `for`, as they are checked.
 *
 * @internal
 */
export const TARGET_OPTIONS = {
  resource: readBy((value) => {
    if (typeof value !== 'string' || !URL.canParse(value) || value.includes('#')) return undefined;
    const { username, password } = new URL(value);
    return username || password ? undefined : value;
  }, 'a URL without credentials and fragment'),
  audience: text,
  scopes: scopeList,
  fetch: aFunction<Fetch>(),
};

/**
 * The options as they are used.
 *
 * @internal
 */
export interface Settings {
  readonly server: Server;
  readonly grant: NonNullable<DownstreamOptions['grant']>;
  readonly cache: Store | undefined;
  readonly maxEntries: number;
}

/**
 * @throws {AuthError} `ERR_AUTH_CONFIG`
 * @internal
 */
export function parseOptions(given: DownstreamOptions): Settings {
  const options = checkOptions(given, DOWNSTREAM_OPTIONS, 'createDownstream');
  const { grant = 'token-exchange', cache, maxEntries = 5000 } = options;
  // Entra knows its token endpoint by its URL only.
  const server = serverOf(options, grant === 'entra-on-behalf-of' ? 'endpoint' : 'issuer');
  return { server, grant, cache, maxEntries };
}

/**
 * The target as it is used.
 *
 * @internal
 */
export interface Target {
  readonly resource: string | undefined;
  /** Where `fetch` may send the token. `undefined`: nowhere. */
  readonly url: URL | undefined;
  readonly audience: string | undefined;
  readonly scopes: readonly string[];
  /** Scopes that a token must have. Entra writes scopes in another way than they are asked for. */
  readonly requiredScopes: readonly string[];
  readonly fetch: Fetch | undefined;
}

/**
 * @throws {AuthError} `ERR_AUTH_CONFIG`
 * @internal
 */
export function parseTarget(given: DownstreamTarget, grant: Settings['grant']): Target {
  const options = checkOptions(given, TARGET_OPTIONS, 'for');
  const { resource, audience, scopes = [], fetch } = options;
  if (grant === 'entra-on-behalf-of') {
    if (audience === undefined && scopes.length === 0)
      throw configError('"for" needs "audience" or "scopes" with the grant "entra-on-behalf-of".');
  } else if (resource === undefined && audience === undefined) {
    throw configError('"for" needs "resource" or "audience".');
  }
  const url = resource === undefined ? undefined : new URL(resource);
  const requiredScopes = grant === 'entra-on-behalf-of' ? [] : scopes;
  return { resource, url: url && isSafeUrl(url) ? url : undefined, audience, scopes, requiredScopes, fetch };
}
