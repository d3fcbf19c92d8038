import { fork } from 'node:child_process';
import { once } from 'node:events';
import { startJwksServer } from '../test/support/jwks-server.js';
import { accepts } from './contenders/all.js';
import type { OnToken } from './contenders/contender.js';
import type { Latencies } from './http-load.js';

export interface LoadedServer {
  /** Serves a turn of requests, whose token this verifier checks. */
  serve(verifier: OnToken): Promise<Latencies>;
  close(): Promise<void>;
}

/** Starts a `node:http` server, and a process that sends it requests with a token. */
export async function startLoadedServer(
  token: string,
  requests: number,
  connections: number,
): Promise<LoadedServer> {
  const server = await startJwksServer();
  let verify: OnToken = () => ({});
  server.handler = async ({ headers }, response) => {
    const isAccepted = await accepts(verify, headers.authorization?.slice('Bearer '.length) ?? '');
    response.writeHead(isAccepted ? 200 : 401).end();
  };
  const options = [server.url, token, String(requests), String(connections)];
  const load = fork(new URL('./http-load.ts', import.meta.url), options);
  load.once('exit', (code) => code && process.exit(code));
  return {
    async serve(verifier) {
      verify = verifier;
      load.send('another turn');
      const [latencies] = await once(load, 'message');
      return latencies;
    },
    async close() {
      load.disconnect();
      await server.close();
    },
  };
}
