import { SERVER_OPTIONS, type Server, type ServerOptions, serverOf } from '../oauth/options.js';
import { isDiscoverable } from '../src/config/remote.js';
import { checkOptions, configError } from '../src/shared/options.js';
import { millisecondsOrNone, text, trueOrFalse, wholeNumber } from '../src/shared/schema.js';

/** Options of `createIntrospection`. Durations are text, such as `'5s'`. */
export interface IntrospectionOptions extends ServerOptions {
  /**
   * Whether the answers must be JWTs that the issuer has signed. Their keys are discovered from the issuer. Default `false`.
   * @see RFC 9701
   */
  signed?: boolean;
  /**
   * How long the answer about an active token is remembered, at most until the token expires. A token that is revoked is accepted
   * for as long. Answers are remembered by the SHA-256 of the token, never by the token. Default `'0s'`.
   */
  cacheMaxAge?: string;
  /**
   * The most questions at once, from 1 to 1,000. Anyone can cause a question by sending a text, so `verify` throws
   * `ERR_INTROSPECTION_UNAVAILABLE` for further tokens. Default 32.
   */
  maxConcurrent?: number;
  /** How the tokens of this issuer begin, such as `'at_'`. Text that begins otherwise is not sent. Default: any. */
  prefix?: string;
}

/**
 * The options of `createIntrospection`, as they are checked.
 *
 * @internal
 */
export const INTROSPECTION_OPTIONS = {
  ...SERVER_OPTIONS,
  signed: trueOrFalse,
  cacheMaxAge: millisecondsOrNone,
  maxConcurrent: wholeNumber(1, 1000),
  prefix: text,
};

/**
 * The options as they are used.
 *
 * @internal
 */
export interface Settings {
  readonly server: Server;
  readonly isSigned: boolean;
  readonly cacheMaxAgeMs: number;
  readonly maxConcurrent: number;
  readonly prefix: string;
}

/**
 * @throws {AuthError} `ERR_AUTH_CONFIG`
 * @internal
 */
export function parseOptions(given: IntrospectionOptions): Settings {
  const options = checkOptions(given, INTROSPECTION_OPTIONS, 'createIntrospection');
  const { signed = false, cacheMaxAge = 0, maxConcurrent = 32, prefix = '' } = options;
  if (signed && !isDiscoverable(options.issuer)) {
    throw configError(
      '"signed" needs an "issuer" that is an https: URL without credentials, query and fragment, because its keys are discovered from it.',
    );
  }
  return { server: serverOf(options), isSigned: signed, cacheMaxAgeMs: cacheMaxAge, maxConcurrent, prefix };
}
