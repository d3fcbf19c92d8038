import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { builtin } from '../src/shared/runtime.js';
import type { Reply } from './faults.js';
import type { TestRequest } from './options.js';

/** A server that is listening. */
export interface HttpServer {
  /** `http://127.0.0.1` and the port. */
  readonly origin: string;
  /** Stops the server, and closes its open connections. */
  close(): Promise<void>;
}

/**
 * Starts a server on 127.0.0.1.
 *
 * @param listenOn the port. With 0, the system chooses a free one.
 */
export async function startHttpServer(
  answer: (request: TestRequest) => Promise<Reply>,
  listenOn: number,
): Promise<HttpServer> {
  const http = builtin<typeof import('node:http')>('node:http');
  if (!http)
    throw new Error(
      'listen() needs Node 20.16 or later, Bun or Deno; on other runtimes, use the issuer\'s "fetch".',
    );
  const server = http.createServer((request, response) => {
    asTestRequest(request)
      .then(answer)
      .then(
        (answered) => send(answered, request, response),
        () => response.writeHead(500).end(),
      );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(listenOn, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function asTestRequest(request: IncomingMessage): Promise<TestRequest> {
  const { method = '', url = '', headers } = request;
  const texts = Object.entries(headers).map(([name, value]) => [name, String(value)]);
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += chunk;
  return { method, path: url, headers: Object.fromEntries(texts), ...(body !== '' && { body }) };
}

function send(answer: Reply, { socket }: IncomingMessage, response: ServerResponse): void {
  if (answer === 'hang') return;
  if (answer === 'reset') {
    // Bun cannot reset a connection.
    if (socket.resetAndDestroy) socket.resetAndDestroy();
    else socket.destroy();
    return;
  }
  const { status, headers, body, breaksOff = false } = answer;
  response.writeHead(status, { ...headers, 'content-length': new TextEncoder().encode(body).length });
  if (breaksOff) response.write(body.slice(0, body.length / 2), () => socket.destroy());
  else response.end(body);
}
