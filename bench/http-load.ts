/**
 * Sends requests each time its parent asks for a turn, and answers with how long they took. It is a separate process, so that only
 * the server's time is measured, and it writes to its sockets itself, because an HTTP client would need more time than the server.
 * Its arguments are the URL, the token, the number of requests per turn and the number of connections.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** The time of a request in milliseconds: the median and the 99th percentile. */
export interface Latencies {
  readonly p50: number;
  readonly p99: number;
}

const [url = '', token = '', requests, connections] = process.argv.slice(2);
const { hostname, host, port, pathname } = new URL(url);
const REQUEST = `GET ${pathname} HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${token}\r\n\r\n`;
const sockets = await Promise.all(
  Array.from({ length: Number(connections) }, async () => {
    const socket = connect(Number(port), hostname).setNoDelay().setEncoding('latin1');
    await once(socket, 'connect');
    return socket;
  }),
);

/** Sends a request, and resolves with its time. The server's answer has no body. */
async function send(socket: Socket): Promise<number> {
  const began = performance.now();
  socket.write(REQUEST);
  let answer = '';
  while (!answer.endsWith('\r\n\r\n')) answer += (await once(socket, 'data'))[0];
  if (!answer.startsWith('HTTP/1.1 200 ')) throw new Error(`The server answered: ${answer}`);
  return performance.now() - began;
}

async function takeTurn(): Promise<Latencies> {
  const times: number[] = [];
  const sendOften = async (socket: Socket): Promise<void> => {
    for (let sent = 0; sent < Number(requests) / sockets.length; sent += 1) times.push(await send(socket));
  };
  await Promise.all(sockets.map(sendOften));
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.floor(share * times.length)] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

process.on('message', async () => process.send?.(await takeTurn()));
process.once('disconnect', () => process.exit());
