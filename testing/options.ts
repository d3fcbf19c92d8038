import * as z from 'zod/mini';
import type { JwksOptions } from '../src/config/options.js';
import { parseDuration } from '../src/shared/duration.js';
import { isObject } from '../src/shared/own-properties.js';
import { oneOf, readBy, textOrTexts, trueOrFalse, wholeNumber } from '../src/shared/schema.js';
import { ASYMMETRIC_ALGORITHMS, type AsymmetricAlgorithm } from '../src/signature/algorithms.js';

/**
 * A fault of a test issuer.
 *
 * - `404`, `500`, `503`: this status
 * - `429`: this status, with `Retry-After: 2`
 * - `hang`: the request is accepted and never answered
 * - `reset`: the connection is cut
 * - `truncated`: the connection is cut in the middle of the body
 * - `empty`: an empty key set
 * - `weak`: a key set with a single RSA key of 1024 bits
 * - `html`: an HTML page instead of JSON
 * - `redirect`: a redirect to the document, which a client must not follow
 * - `too-large`: more than 1 MiB
 * - `wrong-issuer`: a discovery document whose `issuer` differs by a slash at the end
 * - `inactive`: the introspection endpoint says that no token is active
 * - `invalid_client`: the token endpoint and the introspection endpoint refuse the client
 * - `invalid_grant`, `invalid_target`, `interaction_required`: the token endpoint answers with this error
 */
export type TestFault =
  | '404'
  | '429'
  | '500'
  | '503'
  | 'hang'
  | 'reset'
  | 'truncated'
  | 'empty'
  | 'weak'
  | 'html'
  | 'redirect'
  | 'too-large'
  | 'wrong-issuer'
  | 'inactive'
  | 'invalid_client'
  | 'invalid_grant'
  | 'invalid_target'
  | 'interaction_required';

/** A part of a test issuer: its key set, its discovery documents, its token endpoint or its introspection endpoint. */
export type TestEndpoint = 'keys' | 'discovery' | 'token' | 'introspection';

/** Options of `createTestIssuer`. */
export interface TestIssuerOptions {
  /** The algorithm that signs its tokens. Default: `'ES256'`, whose keys are created in a millisecond. */
  algorithm?: AsymmetricAlgorithm;
  /** The issuer: the `iss` of its tokens. `listen` replaces its origin and keeps its path. Default: `'https://issuer.test'`. */
  url?: string;
  /** The `aud` of its tokens. Default: none. */
  audience?: string | string[];
}

/**
 * The options of `createTestIssuer`, as they are checked.
 *
 * @internal
 */
export const TEST_ISSUER_OPTIONS = {
  algorithm: oneOf(ASYMMETRIC_ALGORITHMS, `one of ${ASYMMETRIC_ALGORITHMS.join(', ')}`),
  url: readBy(plainUrl, 'an http: or https: URL without credentials, query and fragment'),
  audience: textOrTexts,
};

function plainUrl(text: unknown): string | undefined {
  if (typeof text !== 'string' || !URL.canParse(text)) return undefined;
  const { protocol, username, password, search, hash } = new URL(text);
  return /^https?:$/.test(protocol) && !username && !password && !search && !hash ? text : undefined;
}

/** Options of {@link TestIssuer.token}. */
export interface TestTokenOptions {
  /**
   * Time until `exp`, such as `'5m'`, or `'-5m'` for an expired token, whose `iat` is an hour before its `exp`. Default: `'1h'`.
   */
  expiresIn?: string;
  /** The `aud` of this token. Default: the `audience` of the issuer. */
  audience?: string | string[];
  /**
   * The `kid`. If it is the `keyId` of a current or former key of the issuer, that key signs. With any other text, the
   * current key signs, under this wrong `kid`. Default: the `kid` of the current key.
   */
  keyId?: string;
  /** Further header parameters, such as `{ typ: 'at+jwt' }`. `alg` is always the algorithm of the issuer. Default: none. */
  header?: Record<string, unknown>;
}

/** Options of {@link TestIssuer.opaqueToken}. */
export type TestOpaqueTokenOptions = Pick<TestTokenOptions, 'expiresIn' | 'audience'>;

/**
 * The options of `token`, as they are checked.
 *
 * @internal
 */
export const TEST_TOKEN_OPTIONS = {
  expiresIn: readBy(parseDuration, 'a duration, such as "5m" or "-5m"'),
  audience: textOrTexts,
  keyId: z.string('text'),
  header: z.custom<Record<string, unknown>>(isObject, 'an object of header parameters'),
};

/**
 * The options of `opaqueToken`, as they are checked.
 *
 * @internal
 */
export const TEST_OPAQUE_TOKEN_OPTIONS = {
  expiresIn: TEST_TOKEN_OPTIONS.expiresIn,
  audience: TEST_TOKEN_OPTIONS.audience,
};

/** A request that the issuer received. */
export interface TestRequest {
  /** The method, such as `GET`. */
  readonly method: string;
  /** The path, with the query. */
  readonly path: string;
  /** The headers. Their names are in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body, such as the form of a POST. Absent if it is empty, as with a GET. */
  readonly body?: string;
}

/** Options of {@link TestIssuer.fail}. */
export interface TestFaultOptions {
  /** The part that fails. Default: all of them. */
  only?: TestEndpoint;
}

/**
 * The options of `fail`, as they are checked.
 *
 * @internal
 */
export const TEST_FAULT_OPTIONS = {
  only: oneOf(
    ['keys', 'discovery', 'token', 'introspection'],
    '"keys", "discovery", "token" or "introspection"',
  ),
};

/** Options of {@link TestIssuer.rotate}. */
export interface TestRotationOptions {
  /** Whether the old keys stay in the key set, as in a planned rotation. Default: `false`. */
  keepOld?: boolean;
}

/**
 * The options of `rotate`, as they are checked.
 *
 * @internal
 */
export const TEST_ROTATION_OPTIONS = { keepOld: trueOrFalse };

/** Options of {@link TestIssuer.listen}. */
export interface TestListenOptions {
  /** The port. Default: a free one. */
  port?: number;
}

/**
 * The options of `listen`, as they are checked.
 *
 * @internal
 */
export const TEST_LISTEN_OPTIONS = { port: wholeNumber(1, 65_535, 'a port, from 1 to 65535') };

/** An identity provider for tests. Its methods do not use `this`, so they can be destructured. */
export interface TestIssuer {
  /** The issuer: the `iss` of its tokens. {@link TestIssuer.listen} changes it. */
  readonly url: string;
  /** The URL of its keys. {@link TestIssuer.listen} changes it. */
  readonly jwksUrl: string;
  /** The `kid` of the key that signs. */
  readonly keyId: string;
  /** The requests so far, the oldest first. */
  readonly requests: readonly TestRequest[];
  /** A `fetch` that reaches this issuer in memory. It opens no connection and follows no redirect. */
  readonly fetch: NonNullable<JwksOptions['fetch']>;
  /**
   * Creates a token with `iss`, `iat` and `exp`, signed with the current key.
   *
   * @param claims replace those. `undefined` leaves a claim out: `{ exp: undefined }`.
   * @throws {AuthError} `ERR_AUTH_CONFIG` for an option that is unknown or unusable.
   */
  token(claims?: Record<string, unknown>, options?: TestTokenOptions): Promise<string>;
  /**
   * Creates an opaque token with `iss`, `iat` and `exp`. The introspection endpoint answers with these claims.
   *
   * @param claims replace those. `undefined` leaves a claim out.
   * @throws {AuthError} `ERR_AUTH_CONFIG` for an option that is unknown or unusable.
   * @see RFC 7662
   */
  opaqueToken(claims?: Record<string, unknown>, options?: TestOpaqueTokenOptions): string;
  /** Makes a token of this issuer inactive: it can neither be introspected nor exchanged any more. */
  revokeToken(token: string): void;
  /**
   * Signs with a new key from now on, and returns its `kid`. The key set no longer has the old keys, unless `keepOld` is true.
   *
   * @throws {AuthError} `ERR_AUTH_CONFIG` for an option that is unknown or unusable.
   */
  rotate(options?: TestRotationOptions): string;
  /**
   * Answers every request with this fault, until {@link TestIssuer.recover} is called.
   *
   * @throws {AuthError} `ERR_AUTH_CONFIG` for a fault or an option that is unknown.
   */
  fail(fault: TestFault, options?: TestFaultOptions): void;
  /** Ends the fault. Requests that hang stay unanswered. */
  recover(): void;
  /**
   * Listens on 127.0.0.1. `url` and `jwksUrl` then have its port. It needs Node, Bun or Deno.
   *
   * @throws {Error} of the runtime, such as `EADDRINUSE`, if the port is in use.
   */
  listen(options?: TestListenOptions): Promise<void>;
  /** Ends requests that hang, and stops the server if there is one. It may be called twice. */
  close(): Promise<void>;
}
