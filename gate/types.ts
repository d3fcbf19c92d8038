/*
 * These types fit those of `@modelcontextprotocol/server` and do not import them, so that the gate also serves where
 * that package is not installed.
 */

/** What is known of the caller of an admitted request. It fits the `AuthInfo` of the official SDK. */
export interface AuthInfo {
  /** The access token. Never pass it on to another server. */
  token: string;
  /** The client that the token was issued to: `client_id`, `azp`, `cid` or `appid`. Empty when it has none of them. */
  clientId: string;
  /** What the token allows, with what that implies. */
  scopes: string[];
  /** When the token stops being accepted here, in seconds since the epoch: `exp` and the clock tolerance. */
  expiresAt: number;
  /** The configured `resource`, whatever form the token's `aud` has. */
  resource: URL;
  /** Where the metadata of the resource is. Only a gate sets it. */
  resourceMetadataUrl?: string;
  /** The claims of the token. */
  extra: Record<string, unknown>;
}

/** Fits the `OAuthTokenVerifier` of the official SDK. */
export interface TokenVerifier {
  /**
   * Verifies a bearer token.
   *
   * @throws {OAuthError} `invalid_token` when the token is refused.
   * @throws {AuthError} When there is no verdict. The SDK answers that with 500, since it has no 503.
   */
  verifyAccessToken(token: string): Promise<AuthInfo>;
}

/** Serves an admitted request. Further arguments are those of the runtime, such as `env` and `ctx` of Workers. */
export type ProtectedHandler<Rest extends unknown[]> = (
  request: Request,
  context: { authInfo: AuthInfo },
  ...rest: Rest
) => Response | Promise<Response>;

/** What a tool demands. It fits the `ScopeChallengeHandler` of the official SDK. */
export type ScopeDemand = (context: { authInfo?: { readonly scopes: readonly string[] } }) =>
  | {
      /** All scopes that the token needs. */
      scopes: [string, ...string[]];
      /** One sentence for the challenge. */
      errorDescription: string;
    }
  | undefined;

/** The part of a `node:http` request that the middleware reads, and `auth`, which it sets. */
export interface NodeRequest {
  /** The method, such as `POST`. */
  readonly method?: string | undefined;
  /** The path, with the query. */
  readonly url?: string | undefined;
  /** The URL before a router cut its own part off, as express keeps it. */
  readonly originalUrl?: string;
  /** Names and values in turn, as they came, so that a header that is there twice is seen. */
  readonly rawHeaders: readonly string[];
  /** An {@link AuthInfo} once the request is admitted. */
  auth?: unknown;
}

/** The part of a `node:http` response that the middleware uses. */
export interface NodeResponse {
  /** Whether something has answered already. Then the gate does nothing more. */
  readonly headersSent?: boolean;
  /** Sends the status and the headers of a refusal or of the metadata. */
  writeHead(status: number, headers: Record<string, string>): unknown;
  /** Sends the body and ends the answer. */
  end(body?: string): unknown;
}

/** Middleware for express, connect and `node:http`. It calls `next` for admitted requests only, without arguments. */
export type NodeMiddleware = (request: NodeRequest, response: NodeResponse, next: () => unknown) => void;

/** Stands before a server and admits only requests with a good token. It is safe for concurrent use. */
export interface Gate {
  /**
   * Decides on a request: who calls, or the answer that refuses it. It takes the place of the SDK's
   * `requireBearerAuth`, and it never rejects.
   *
   * @see RFC 6750 section 3, RFC 9449 section 7
   */
  authenticate(request: Request): Promise<AuthInfo | Response>;

  /**
   * Puts the gate before a handler. The result answers requests for the metadata, refuses what is not admitted, and
   * leaves the rest to the handler.
   */
  fetch<Rest extends unknown[]>(
    handler: ProtectedHandler<Rest>,
  ): (request: Request, ...rest: Rest) => Promise<Response>;

  /**
   * The metadata of the resource where the request asks for it, otherwise `undefined`. Any origin may read it.
   *
   * @see RFC 9728 section 3
   */
  metadata(request: Request): Response | undefined;

  /** Middleware that does what `fetch` does, and sets `request.auth`, which the SDK's node adapter reads. */
  node(): NodeMiddleware;

  /**
   * What a tool gives as its `scopeChallenge` to demand more than `requiredScopes`. A token that lacks a scope gets
   * 403 with all scopes that it needs, those of the gate included.
   *
   * @throws {AuthError} `ERR_AUTH_CONFIG` when a scope is not a scope.
   * @see RFC 6750 section 3.1
   */
  requireScopes(...scopes: [string, ...string[]]): ScopeDemand;
}
