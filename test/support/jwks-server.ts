import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface JwksServer {
  /** The URL of the JWKS, on 127.0.0.1. */
  readonly url: string;
  /** The number of requests received. A test may reset it to 0. */
  requests: number;
  /** While it is set, this handler answers instead of the JWKS. */
  handler: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;
  /** Stops the server and closes all open connections. */
  close(): Promise<void>;
}

/** A certificate and its private key, as PEM. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** Starts a real HTTP server with a JWKS on a free port. With a certificate, it uses TLS. */
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
