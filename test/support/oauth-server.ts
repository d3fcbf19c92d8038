import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { startJwksServer } from './jwks-server.js';

/** A request that the server received. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** The fields of the form, in their order. */
  readonly fields: readonly (readonly [name: string, value: string])[];
}

/** An answer, or a handler that does something else with the request, such as one of `faulty-jwks-server`. */
export type Reply = object | ((request: IncomingMessage, response: ServerResponse) => void);

export interface OAuthServer {
  /** The issuer: the origin of the server. */
  readonly issuer: string;
  /** All requests so far. A test may empty it. */
  readonly received: Received[];
  /** The requests to this path. */
  to(path: string): Received[];
  /** What each path answers. A test may replace it. The metadata is served unless a test replaces that, too. */
  readonly replies: Map<string, (received: Received) => Reply | Promise<Reply>>;
  close(): Promise<void>;
}

export const METADATA = '/.well-known/oauth-authorization-server';

/** Answers with this status and JSON. */
export const status =
  (code: number, document: object = {}, headers: Record<string, string> = {}): Reply =>
  (_: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(code, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(document));
  };

/** Starts a real HTTP server that answers as a test says, on a free port of 127.0.0.1. */
export async function startOAuthServer(): Promise<OAuthServer> {
  const server = await startJwksServer();
  const issuer = new URL(server.url).origin;
  const received: Received[] = [];
  const replies: OAuthServer['replies'] = new Map([
    [
      METADATA,
      () => ({
        issuer,
        introspection_endpoint: `${issuer}/introspect`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/jwks`,
      }),
    ],
  ]);
  server.handler = async (request, response) => {
    const { method = '', url = '', headers } = request;
    const fields = [...new URLSearchParams(await text(request))];
    const one = { method, path: url, headers, fields };
    received.push(one);
    const reply = await replies.get(url)?.(one);
    if (typeof reply === 'function') reply(request, response);
    else if (reply) {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(reply));
    } else response.writeHead(404).end();
  };
  return {
    issuer,
    received,
    to: (path) => received.filter((one) => one.path === path),
    replies,
    close: () => server.close(),
  };
}
