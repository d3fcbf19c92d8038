/*
 * These types fit those of `@modelcontextprotocol/server`. They do not import them, so that the gate also works where no
 * MCP SDK is installed.
 */

/** The caller of an admitted request. It fits the `AuthInfo` of the official SDK. */
export interface AuthInfo {
  /** The access token. Never pass it on to another server. */
  token: string;
  /** The client that the token was issued to: `client_id`, `azp`, `cid` or `appid`. Empty if the token has none of them. */
  clientId: string;
  /** The scopes of the token and the scopes that they imply. */
  scopes: string[];
  /** When the gate stops accepting the token, in seconds since the epoch: `exp` plus the clock tolerance. */
  expiresAt: number;
  /** The configured `resource`, whatever the token's `aud` is. */
  resource: URL;
  /** The URL of the metadata of the resource. Only a gate sets it. */
  resourceMetadataUrl?: string;
  /** The claims of the token. */
  extra: Record<string, unknown>;
}

/** Verifies bearer tokens. It fits the `OAuthTokenVerifier` of the official SDK. */
export interface TokenVerifier {
  /**
   * Verifies a bearer token and returns its caller.
   *
   * @throws The error of `invalidToken`, when the token is refused.
   * @throws {AuthError} When the token cannot be verified right now. The SDK answers it with 500, because it has no 503.
   */
  verifyAccessToken(token: string): Promise<AuthInfo>;
}

/** Serves an admitted request. Further arguments are those of the runtime, such as `env` and `ctx` of Workers. */
export type ProtectedHandler<Rest extends unknown[]> = (
  request: Request,
  context: { authInfo: AuthInfo },
  ...rest: Rest
) => Response | Promise<Response>;

/** The scopes that a tool requires. It fits the `ScopeChallengeHandler` of the official SDK. */
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
  /** The path and the query. */
  readonly url?: string | undefined;
  /** The path and the query as they were before a router removed its own prefix. express sets it. */
  readonly originalUrl?: string | undefined;
  /** Names and values in turn, as they were received, so that a repeated header is found. */
  readonly rawHeaders?: readonly string[] | undefined;
  /** The headers by name. They are read only if `rawHeaders` is missing or empty, as behind adapters for Lambda. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>> | undefined;
  /** An {@link AuthInfo} once the request is admitted. */
  auth?: unknown;
}

/** The part of a `node:http` response that the middleware uses. */
export interface NodeResponse {
  /** Whether something has already answered. If so, the gate does nothing more. */
  readonly headersSent?: boolean;
  /** Sends the status and the headers of a refusal or of the metadata. */
  writeHead(status: number, headers: Record<string, string>): unknown;
  /** Sends the body, if there is one, and ends the answer. */
  end(body: string): unknown;
}

/**
 * Middleware for express, connect and `node:http`. It calls `next`, without arguments, only for admitted requests. An error
 * that `next` throws or rejects with is thrown as an uncaught exception, unless the framework has caught it, as express does.
 */
export type NodeMiddleware = (request: NodeRequest, response: NodeResponse, next: () => unknown) => void;

/** Protects a server: it admits only requests with a valid token. It is safe for concurrent use. */
export interface Gate {
  /**
   * Returns the caller of a request that is admitted, or the answer to one that is refused. It never rejects. Use it in
   * place of the SDK's `requireBearerAuth`.
   *
   * @see RFC 6750 section 3, RFC 9449 section 7
   */
  authenticate(request: Request): Promise<AuthInfo | Response>;

  /**
   * Puts the gate in front of a handler. The returned function answers requests for the metadata, refuses requests that
   * are not admitted, and passes all others to the handler.
   */
  fetch<Rest extends unknown[]>(
    handler: ProtectedHandler<Rest>,
  ): (request: Request, ...rest: Rest) => Promise<Response>;

  /**
   * Returns the metadata of the resource if the request asks for it, otherwise `undefined`. Every origin may read it.
   *
   * @see RFC 9728 section 3
   */
  metadata(request: Request): Response | undefined;

  /** Returns middleware that does what `fetch` does. It sets `request.auth`, which the SDK's node adapter reads. */
  node(): NodeMiddleware;

  /**
   * Returns the `scopeChallenge` of a tool that requires more than `requiredScopes`. A token that lacks a scope gets a 403
   * that names all required scopes, those of the gate included.
   *
   * @throws {AuthError} `ERR_AUTH_CONFIG` when an argument is not a scope.
   * @see RFC 6750 section 3.1
   */
  requireScopes(...scopes: [string, ...string[]]): ScopeDemand;
}
