import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface JwksServer {
  /** Where the JWKS is, on 127.0.0.1. */
  readonly url: string;
  /** How many requests have come in, whatever they were answered. May be set back to 0. */
  requests: number;
  /** Answers instead of the JWKS while it is set. */
  handler: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;
  /** Ends open connections too, so that nothing outlives the test. */
  close(): Promise<void>;
}

/** A certificate with its key, as PEM. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** A real HTTP server with a JWKS, on a free port. With a certificate, it is reached by TLS. */
export async function startJwksServer(
  { keys, certificate }: { keys: readonly object[]; certificate?: Certificate | undefined } = { keys: [] },
): Promise<JwksServer> {
  const listener: RequestListener = (request, response) => {
    server.requests += 1;
    if (server.handler) return server.handler(request, response);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ keys }));
  };
  const http = certificate ? createTlsServer(certificate, listener) : createServer(listener);
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(0, '127.0.0.1', resolve);
  });
  const { port } = http.address() as AddressInfo;
  let closed: Promise<void> | undefined;
  const server: JwksServer = {
    url: `${certificate ? 'https' : 'http'}://127.0.0.1:${port}/.well-known/jwks.json`,
    requests: 0,
    handler: undefined,
    close: () => {
      closed ??= new Promise((resolve, reject) => {
        http.close((error) => (error ? reject(error) : resolve()));
        http.closeAllConnections();
      });
      return closed;
    },
  };
  return server;
}
