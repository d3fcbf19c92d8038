import type { TokenPayload, VerifyResult } from '../src/types.js';
import type { NodeMiddleware } from './middleware.js';

/*
 * `AuthInfo` fits that of `@modelcontextprotocol/server` and of `@modelcontextprotocol/sdk`. It does not import theirs, so that
 * the gate also works where no MCP SDK is installed.
 */

/** Verifies tokens. Every `AuthClient` is a verifier, and you can write your own, such as one for API keys. */
export interface Verifier {
  /** Verifies a token. If the promise rejects, the token cannot be verified right now, and the gate answers 503. */
  verify(token: string): Promise<VerifyResult>;
}

/** The caller of an admitted request. It fits the `AuthInfo` of the official MCP SDK. */
export interface AuthInfo<Claims = TokenPayload> {
  /** The access token. Never pass it on to another server. */
  token: string;
  /** The client that the token was issued to: `client_id`, `azp`, `cid` or `appid`. Empty if the token has none of them. */
  clientId: string;
  /** The user or service that the token is about: `sub`. Absent if the token has none. */
  subject?: string;
  /** The issuer of the token: `iss`. Absent if the token has none. A `subject` is unique only within its issuer. */
  issuer?: string;
  /** The scopes of the token and the scopes that they imply. */
  scopes: string[];
  /** When the gate stops accepting the token, in seconds since the epoch: `exp` plus the clock tolerance. */
  expiresAt: number;
  /** The configured `resource`, even if the token's `aud` is different. */
  resource: URL;
  /** The URL of the metadata of the resource. Only a gate sets it. */
  resourceMetadataUrl?: string;
  /** The output of the schema that was given as `claims`, otherwise the claims of the token. */
  claims: Claims;
  /** The claims of the token, unchanged by the schema. */
  extra: Record<string, unknown>;
}

/** What a route requires, in addition to what the gate requires of every request. */
export interface RouteOptions {
  /** The scopes that the route needs in addition to `requiredScopes`. If a token lacks one, the 403 names all of them. Default: none. */
  scopes?: readonly string[];
  /** If true, requests without a token pass. If a token is present, it must be valid. Default: false. */
  optional?: boolean;
}

/** The options of a route that requires a token. */
export interface StrictRoute extends RouteOptions {
  /** Requests without a token are refused. */
  optional?: false;
}

/** The options of a route where the token can be optional. */
export interface OptionalRoute extends RouteOptions {
  /** Whether requests without a token pass. */
  optional: boolean;
}

/** Serves an admitted request. Further arguments are those of the runtime, such as `env` and `ctx` of Workers. */
export type ProtectedHandler<Rest extends unknown[], Claims = TokenPayload> = (
  request: Request,
  context: { authInfo: AuthInfo<Claims> },
  ...rest: Rest
) => Response | Promise<Response>;

/** Serves an admitted request, or a request without a token, which has no `authInfo`. */
export type OptionalHandler<Rest extends unknown[], Claims = TokenPayload> = (
  request: Request,
  context: { authInfo?: AuthInfo<Claims> },
  ...rest: Rest
) => Response | Promise<Response>;

/** Serves a request that may pass without a token, because it calls a public tool. */
export type PublicHandler<Rest extends unknown[], Claims = TokenPayload> = (
  request: Request,
  context: {
    /** The caller. Absent for a request without a token. */
    authInfo?: AuthInfo<Claims>;
    /** The body of a request without a token. The gate has parsed it, and the request can still be read. */
    parsedBody?: unknown;
  },
  ...rest: Rest
) => Response | Promise<Response>;

/**
 * Protects a server: it admits only requests with a valid token. It is safe for concurrent use. The gate checks a request only
 * once, because a DPoP proof can be used only once. After that, it checks only additional scopes.
 */
export interface Gate<Claims = TokenPayload> {
  /** Returns `undefined` for a request without a token, if the route is optional. */
  authenticate(request: Request, options: OptionalRoute): Promise<AuthInfo<Claims> | Response | undefined>;
  /**
   * Returns the caller of a request that is admitted, or the answer to one that is refused. Use it in place of the MCP SDK's
   * `requireBearerAuth`.
   *
   * @throws {AuthError} `ERR_AUTH_CONFIG` when the options cannot be used. It never rejects because of the request.
   * @see RFC 6750 section 3, RFC 9449 section 7
   */
  authenticate(request: Request, options?: StrictRoute): Promise<AuthInfo<Claims> | Response>;

  /** Calls the handler without `authInfo` for a request without a token, if the route is optional. */
  fetch<Rest extends unknown[]>(
    handler: OptionalHandler<Rest, Claims>,
    options: OptionalRoute,
  ): (request: Request, ...rest: Rest) => Promise<Response>;
  /**
   * Puts the gate in front of a handler. The returned function answers requests for the metadata, refuses requests that
   * are not admitted, and passes all others to the handler.
   *
   * @throws {AuthError} `ERR_AUTH_CONFIG` when the options cannot be used.
   */
  fetch<Rest extends unknown[]>(
    handler: ProtectedHandler<Rest, Claims>,
    options?: StrictRoute,
  ): (request: Request, ...rest: Rest) => Promise<Response>;

  /**
   * Returns middleware that does what `fetch` does. It sets `request.auth`, which the transports of the MCP SDKs read.
   *
   * @throws {AuthError} `ERR_AUTH_CONFIG` when the options cannot be used.
   */
  node(options?: RouteOptions): NodeMiddleware;

  /** Returns middleware that answers requests for the metadata, and passes all others on without a check. */
  nodeMetadata(): NodeMiddleware;

  /**
   * Returns the metadata of the resource if the request asks for it, otherwise `undefined`. Every origin may read it.
   *
   * @see RFC 9728 section 3
   */
  metadata(request: Request): Response | undefined;

  /** Returns `undefined` instead of throwing, for a route that is optional. */
  authOf(request: object, options: { optional: boolean }): AuthInfo<Claims> | undefined;
  /**
   * Returns the caller of a request that this gate has admitted. Pass the same object that the gate was given: the request of
   * express or `node:http`, the `raw` of fastify's request, or the web standard `Request`.
   *
   * @throws {AuthError} `ERR_AUTH_CONFIG` when this gate has not admitted the request.
   */
  authOf(request: object): AuthInfo<Claims>;
}
