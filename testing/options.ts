import type { JwksOptions } from '../src/config/options.js';
import type { AsymmetricAlgorithm } from '../src/signature/algorithms.js';

/**
 * What can go wrong with an issuer.
 *
 * - `404`, `500`, `503`: this status
 * - `429`: this status, with `Retry-After: 2`
 * - `hang`: the request is taken and never answered
 * - `reset`: the connection is cut
 * - `truncated`: the connection is cut in the middle of the body
 * - `empty`: a key set without keys
 * - `weak`: a key set with nothing but a 1024-bit RSA key
 * - `html`: a page instead of JSON
 * - `redirect`: a redirect, which must not be followed, to a good answer
 * - `too-large`: more than a megabyte
 * - `wrong-issuer`: a discovery document of an issuer that differs by a slash
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
  | 'wrong-issuer';

/** Options of `createTestIssuer`. */
export interface TestIssuerOptions {
  /** The algorithm that signs its tokens. Default `'ES256'`, whose keys are made in a millisecond. */
  algorithm?: AsymmetricAlgorithm;
  /** The issuer, as tokens name it. Default `'https://issuer.test'`. `listen` replaces its origin and keeps its path. */
  url?: string;
  /** The `aud` of its tokens. Default: none. */
  audience?: string | string[];
}

/** Options of {@link TestIssuer.token}. */
export interface TestTokenOptions {
  /** Time until `exp`, such as `'5m'`, or `'-5m'` for a token that has expired. Default `'1h'`. */
  expiresIn?: string;
  /** The `aud` of this token. Default: that of the issuer. */
  audience?: string | string[];
  /**
   * The `kid`. One that {@link TestIssuer.rotate} returned signs with that very key, whether it is still in the key set
   * or not. Any other is only written, and the current key signs. Default: the current key.
   */
  keyId?: string;
  /** Further header parameters, such as `{ typ: 'at+jwt' }`. `alg` is always the algorithm of the issuer. */
  header?: Record<string, unknown>;
}

/** A request that the issuer received, whatever it was answered. */
export interface TestRequest {
  /** The method, such as `GET`. */
  readonly method: string;
  /** The path, with the query. */
  readonly path: string;
  /** The headers, by their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Options of {@link TestIssuer.fail}. */
export interface TestFaultOptions {
  /** What fails: the key set or the discovery documents. Default: both. */
  only?: 'keys' | 'discovery';
}

/** Options of {@link TestIssuer.rotate}. */
export interface TestRotationOptions {
  /** Whether the old keys stay in the key set, as in a planned rotation. Default `false`. */
  keepOld?: boolean;
}

/** An identity provider for tests. Its methods do not use `this`, so that they may be taken off it. */
export interface TestIssuer {
  /** The issuer, which is the `iss` of its tokens. Changes with {@link TestIssuer.listen}. */
  readonly url: string;
  /** Where its keys are. Changes with {@link TestIssuer.listen}. */
  readonly jwksUrl: string;
  /** The `kid` of the key that signs. */
  readonly keyId: string;
  /** What came in so far, the oldest first. */
  readonly requests: readonly TestRequest[];
  /** Answers in memory what a `fetch` of this issuer would. It opens no connection and follows no redirect. */
  readonly fetch: NonNullable<JwksOptions['fetch']>;
  /**
   * A token by its current key, with `iss`, `iat` and `exp`.
   *
   * @param claims win over those. A claim that is `undefined` is left out: `{ exp: undefined }`.
   */
  token(claims?: Record<string, unknown>, options?: TestTokenOptions): Promise<string>;
  /** Signs with a new key from now on, and returns its `kid`. The old ones leave the key set. */
  rotate(options?: TestRotationOptions): string;
  /** Answers every request with this fault until {@link TestIssuer.recover}. */
  fail(fault: TestFault, options?: TestFaultOptions): void;
  /** Answers well again. Requests that hang go on hanging. */
  recover(): void;
  /** Listens on a free port of 127.0.0.1, on Node, Bun and Deno. The issuer is at home there from then on. */
  listen(): Promise<void>;
  /** Ends what hangs, and the server if there is one. May be called twice. */
  close(): Promise<void>;
}
