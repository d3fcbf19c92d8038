import * as z from 'zod/mini';
import type { Fetch } from '../src/config/options.js';
import { isDiscoverable } from '../src/config/remote.js';
import { configError } from '../src/shared/options.js';
import { aFunction, milliseconds, readBy, text } from '../src/shared/schema.js';
import type { Checked } from '../src/shared/shape.js';
import { isSafeUrl } from '../src/shared/url.js';
import { emitWarning, safely, type WarningHandler } from '../src/shared/warnings.js';
import { CLIENT_AUTH, type ClientAuth, type ClientAuthOptions, clientAuthOf } from './client-auth.js';

/** The authorization server, and how this process identifies itself there. */
export interface ServerOptions {
  /**
   * The issuer. Without `endpoint`, it must be an `https:` URL, because the endpoint is read from its metadata. Metadata of
   * another issuer is not used.
   * @see RFC 8414 section 3
   */
  issuer: string;
  /** The URL of the endpoint: `https:`, or `http:` on this machine. Default: discovered from the issuer. */
  endpoint?: string;
  /** The id that the issuer has given to this process. */
  clientId: string;
  /** How this process proves its id. What proves it is sent only to the endpoint, and never follows a redirect. */
  clientAuth: ClientAuthOptions;
  /** The time limit of a request, including its body. Default `'5s'`. */
  timeout?: string;
  /** A `fetch` for the requests to the issuer, for proxies and private CAs. It must not follow redirects. Default: the global `fetch`. */
  fetch?: Fetch;
  /** Receives warnings. Default: `process.emitWarning`, else `console.warn`; never stdout. */
  onWarning?: WarningHandler;
}

const ENDPOINT = 'the text of an https: URL without credentials and fragment';

/**
 * The options of {@link ServerOptions}, as they are checked.
 *
 * @internal
 */
export const SERVER_OPTIONS = {
  issuer: z.nonoptional(text),
  endpoint: readBy(endpointUrl, ENDPOINT),
  clientId: z.nonoptional(text),
  clientAuth: CLIENT_AUTH,
  timeout: milliseconds,
  fetch: aFunction<Fetch>(),
  onWarning: aFunction<WarningHandler>(),
};

function endpointUrl(value: unknown): URL | undefined {
  if (typeof value !== 'string' || !URL.canParse(value)) return undefined;
  const url = new URL(value);
  return isSafeUrl(url) && !url.username && !url.password && !url.hash ? url : undefined;
}

/**
 * The server as it is used: checked, complete and copied.
 *
 * @internal
 */
export interface Server {
  readonly issuer: string;
  /** `undefined`: it is discovered from the issuer. */
  readonly endpoint: URL | undefined;
  readonly clientId: string;
  readonly auth: ClientAuth;
  readonly timeoutMs: number;
  readonly fetch: Fetch | undefined;
  readonly warn: WarningHandler;
}

/**
 * @param assertionsAreFor the default `aud` of the assertions of the client.
 * @throws {AuthError} `ERR_AUTH_CONFIG`
 * @internal
 */
export function serverOf(
  options: Checked<typeof SERVER_OPTIONS>,
  assertionsAreFor: 'issuer' | 'endpoint' = 'issuer',
): Server {
  const { issuer, endpoint, clientId, clientAuth, timeout = 5000, fetch, onWarning = emitWarning } = options;
  if (!endpoint && !isDiscoverable(issuer)) {
    throw configError(
      '"issuer" must be an https: URL without credentials, query and fragment, because the endpoint is discovered from it. http: is for this machine only. For another issuer, give "endpoint" too.',
    );
  }
  const auth = clientAuthOf(clientAuth, clientId, assertionsAreFor === 'issuer' ? issuer : undefined);
  return { issuer, endpoint, clientId, auth, timeoutMs: timeout, fetch, warn: safely(onWarning) };
}
