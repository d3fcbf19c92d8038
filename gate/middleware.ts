/*
 * The parts of `node:http` that the gate uses. They are declared here, because frameworks and adapters have requests and
 * responses of their own.
 */

/**
 * The part of a `node:http` request that the middleware reads, and `auth`, which it sets. A gate with `publicTools` also reads
 * `body`, where a parser such as `express.json()` ran before.
 */
export interface NodeRequest {
  // `body` is not declared, because express would give its type to `request.body` in the handlers behind the gate.
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
  /** The `AuthInfo` once the request is admitted. A request that is admitted without a token gets none. */
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
