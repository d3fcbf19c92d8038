import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';

/** Handles one request in a faulty way. Set it as the `handler` of a server of `startJwksServer`. */
export type Fault = (request: IncomingMessage, response: ServerResponse) => void;

/** Answers with a status, headers and a body. */
export const answer =
  (status: number, headers: Record<string, string> = {}, body: string | Uint8Array = ''): Fault =>
  (_, response) => {
    response.writeHead(status, headers).end(body);
  };

/** Answers 200 with this body. */
export const body = (text: string | Uint8Array, type = 'application/json'): Fault => {
  return (_, response) => {
    response.writeHead(200, { 'content-type': type }).end(text);
  };
};

/** Answers 200 with these keys. */
export const keys = (...jwks: readonly unknown[]): Fault => body(JSON.stringify({ keys: jwks }));

/** Accepts the request and never answers. */
export const blackHole: Fault = () => {};

/** Resets the TCP connection instead of answering. */
export const reset: Fault = (request) => {
  request.socket.resetAndDestroy();
};

/** Resets the TCP connection in the middle of the body. */
export const resetInBody: Fault = (request, response) => {
  response.writeHead(200, { 'content-length': '1000' }).write('{"keys":[');
  // Gives the client time to start reading.
  setTimeout(() => request.socket.resetAndDestroy(), 20);
};

/** Closes the connection before the end of the body. */
export const closedInBody: Fault = (request, response) => {
  response.writeHead(200, { 'content-length': '1000' }).write('{"keys":[');
  request.socket.end();
};

/** Answers with something other than HTTP. */
export const notHttp: Fault = (request) => {
  request.socket.end('SSH-2.0-OpenSSH_9.6\r\n');
};

/** Sends the headers of an answer, but never its body. */
export const headOnly: Fault = (_, response) => {
  response.writeHead(200).flushHeaders();
};

/** Sends one byte every 10 ms without end. */
export const slowDrip: Fault = (_, response) => {
  response.writeHead(200);
  const drip = setInterval(() => response.write(' '), 10);
  response.once('close', () => clearInterval(drip));
};

const CHUNK = Buffer.alloc(64 * 1024, ' ');

/** Sends a status and this many bytes, no faster than the client reads them. */
export const large =
  (bytes: number, status = 200, headers: Record<string, string> = {}): Fault =>
  (_, response) => {
    response.writeHead(status, headers);
    let left = bytes;
    const write = (): void => {
      while (left > 0) {
        left -= CHUNK.length;
        if (!response.write(CHUNK)) {
          response.once('drain', write);
          return;
        }
      }
      response.end();
    };
    write();
  };

/** Sends a small body that decompresses to this many bytes. */
export const gzipBomb = (bytes: number): Fault =>
  answer(200, { 'content-encoding': 'gzip' }, gzipSync(Buffer.alloc(bytes, ' ')));

/** Does what `then` does, and records whether the client closed the connection before it had the whole answer. */
export function watched(then: Fault): Fault & { hungUp: boolean } {
  const fault: Fault & { hungUp: boolean } = Object.assign(
    (request: IncomingMessage, response: ServerResponse) => {
      response.once('close', () => {
        fault.hungUp = !response.writableFinished;
      });
      then(request, response);
    },
    { hungUp: false },
  );
  return fault;
}
