import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';

/** What a server does with one request, to be set as the `handler` of `startJwksServer`. */
export type Fault = (request: IncomingMessage, response: ServerResponse) => void;

/** Any status, headers and body that HTTP can carry. */
export const answer =
  (status: number, headers: Record<string, string> = {}, body: string | Uint8Array = ''): Fault =>
  (_, response) => {
    response.writeHead(status, headers).end(body);
  };

/** 200 with this body. */
export const body = (text: string | Uint8Array, type = 'application/json'): Fault => {
  return (_, response) => {
    response.writeHead(200, { 'content-type': type }).end(text);
  };
};

/** 200 with these keys. */
export const keys = (...jwks: readonly unknown[]): Fault => body(JSON.stringify({ keys: jwks }));

/** Takes the request and never answers. */
export const blackHole: Fault = () => {};

/** A TCP reset instead of an answer. */
export const reset: Fault = (request) => {
  request.socket.resetAndDestroy();
};

/** A TCP reset in the middle of the body. */
export const resetInBody: Fault = (request, response) => {
  response.writeHead(200, { 'content-length': '1000' }).write('{"keys":[');
  // Not before the client has begun to read.
  setTimeout(() => request.socket.resetAndDestroy(), 20);
};

/** The end of the connection before the end of the body. */
export const closedInBody: Fault = (request, response) => {
  response.writeHead(200, { 'content-length': '1000' }).write('{"keys":[');
  request.socket.end();
};

/** Something that is not HTTP. */
export const notHttp: Fault = (request) => {
  request.socket.end('SSH-2.0-OpenSSH_9.6\r\n');
};

/** The head of an answer, and then nothing. */
export const headOnly: Fault = (_, response) => {
  response.writeHead(200).flushHeaders();
};

/** A byte every 10 ms, for ever. */
export const slowDrip: Fault = (_, response) => {
  response.writeHead(200);
  const drip = setInterval(() => response.write(' '), 10);
  response.once('close', () => clearInterval(drip));
};

const CHUNK = Buffer.alloc(64 * 1024, ' ');

/** A status and then as many bytes as are asked for, at the pace at which the client takes them. */
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

/** A few bytes that become this many when they are unpacked. */
export const gzipBomb = (bytes: number): Fault =>
  answer(200, { 'content-encoding': 'gzip' }, gzipSync(Buffer.alloc(bytes, ' ')));

/** Does what `then` does, and notes whether the client hung up before it had the whole answer. */
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
