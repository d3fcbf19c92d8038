import type { ApiOptions, ResourceOptions } from '../gate/options.js';
import type { AuthInfo, Gate, PublicHandler, RouteOptions } from '../gate/types.js';
import type { TokenPayload } from '../src/types.js';

/** Options of `protectMcp`: those of `protectApi`, and `publicTools`. `Claims` is the output of the schema `claims`. */
export interface McpOptions<Claims = TokenPayload> extends ApiOptions<Claims> {
  /**
   * The names of tools that clients may call without a token. Messages that clients send before they call a tool, such as
   * `initialize` and `tools/list`, then pass too. If a token is present, it must be valid. The option applies to `fetch` and
   * `node`. `node` needs a parser before it, such as `express.json()`. Default: none.
   */
  publicTools?: readonly string[];
}

/** The options of a gate without public tools. */
export interface PrivateMcpOptions<Claims = TokenPayload> extends McpOptions<Claims> {
  /** Every request needs a token. */
  publicTools?: never;
}

/** Options of `createTokenVerifier`. */
export interface TokenVerifierOptions extends ResourceOptions {
  /**
   * Creates the error that your MCP SDK answers with 401 and a challenge. The message is one sentence that is safe to show.
   *
   * - SDK 1.x: `(message) => new InvalidTokenError(message)`
   * - SDK 2: `(message) => new OAuthError(OAuthErrorCode.InvalidToken, message)`
   *
   * Each SDK recognises only its own class. It answers 500 without a challenge for every other error.
   */
  invalidToken: (message: string) => Error;
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

/** The scopes that a tool requires. It fits the `ScopeChallengeHandler` of the official SDK. */
export type ScopeDemand = (context: { authInfo?: { readonly scopes: readonly string[] } }) =>
  | {
      /** All scopes that the token needs. */
      scopes: [string, ...string[]];
      /** One sentence for the challenge. */
      errorDescription: string;
    }
  | undefined;

/** Protects an MCP server. It is a {@link Gate} with `requireScopes`. */
export interface McpGate<Claims = TokenPayload> extends Gate<Claims> {
  /**
   * Returns the `scopeChallenge` of a tool that requires more than `requiredScopes`. A token that lacks a scope gets a 403
   * that names all required scopes, those of the gate included.
   *
   * @throws {AuthError} `ERR_AUTH_CONFIG` when an argument is not a scope.
   * @see RFC 6750 section 3.1
   */
  requireScopes(...scopes: [string, ...string[]]): ScopeDemand;
}

/** A {@link McpGate} with public tools. Its handlers may get requests without a caller. */
export interface PublicMcpGate<Claims = TokenPayload> extends Omit<McpGate<Claims>, 'fetch'> {
  /**
   * Puts the gate in front of a handler, as {@link Gate.fetch} does. For a request without a token, the handler gets
   * `parsedBody` and no `authInfo`. Pass the whole context to the SDK: `(request, context) => handler.fetch(request, context)`.
   *
   * @throws {AuthError} `ERR_AUTH_CONFIG` when the options cannot be used.
   */
  fetch<Rest extends unknown[]>(
    handler: PublicHandler<Rest, Claims>,
    options?: RouteOptions,
  ): (request: Request, ...rest: Rest) => Promise<Response>;
}
