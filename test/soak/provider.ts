import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { answer, closedInBody, type Fault, keys, large, reset } from '../support/faulty-jwks-server.js';
import { startJwksServer } from '../support/jwks-server.js';

export const FAULTS: readonly Fault[] = [
  answer(500),
  reset,
  closedInBody,
  answer(200, { 'content-type': 'text/html' }, '<!doctype html><title>Sign in</title>'),
  answer(302, { location: '/elsewhere' }),
  answer(200, {}, '{}'),
  large(8 * 1024 * 1024),
];

/** A change: new keys, or the index of a fault. -1 means that the endpoint works. */
type Order = { keys?: object[]; fault?: number };

/** Starts an identity provider in a separate process. The test can make it fail. */
export async function startProvider() {
  const child = fork(fileURLToPath(import.meta.url), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const [url]: string[] = await once(child, 'message');
  /** Sends a change. Resolves to the number of requests so far, as soon as the change applies to the next request. */
  async function order(order: Order): Promise<number> {
    child.send(order);
    return Number((await once(child, 'message'))[0]);
  }
  return { url: url ?? '', order, stop: () => child.disconnect() };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const server = await startJwksServer();
  let working = keys();
  process.on('message', (order: Order) => {
    if (order.keys) working = keys(...order.keys);
    if (order.fault !== undefined) server.handler = FAULTS[order.fault] ?? working;
    process.send?.(server.requests);
  });
  process.once('disconnect', () => void server.close());
  process.send?.(server.url);
}
