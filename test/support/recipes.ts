// Runs the recipes of `examples/http`, each as its users would, on a free port of this machine.
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { createRequire } from 'node:module';
import { type AddressInfo, Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { getRequestListener } from '@hono/node-server';
import { build } from 'esbuild';
import { vi } from 'vitest';
import { type RunningServer, startServer } from '../../examples/authorization-server.js';
import { ROOT } from './built-project.js';
import { answerByFunction, type LambdaHandler } from './lambda.js';
import { startWorker } from './worker.js';

export type Route = readonly [method: string, path: string];
/** A list of values is sent as a line for each. */
export type HeaderFields = Readonly<Record<string, string | string[]>>;
/** The variables that a recipe reads. */
export type Variables = Readonly<Record<string, string>>;
export type Start = (variables: Variables) => Promise<RunningServer>;

function setVariables(variables: Variables): void {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
}

/** Loads a file anew, so that its client knows no keys. */
function load<Module>(file: string, variables: Variables, folder = 'http'): Promise<Module> {
  vi.resetModules();
  setVariables(variables);
  return import(`../../examples/${folder}/${file}.ts`);
}

/** Starts a recipe that listens by itself, or a file of another folder of `examples`. Its port is replaced by a free one. */
export const listening =
  (file: string, folder?: string): Start =>
  async (variables) => {
    const { listen } = Server.prototype;
    const spy = vi.spyOn(Server.prototype, 'listen').mockImplementation(function (this: Server, ...args) {
      const done = args.find((one) => typeof one === 'function');
      return Reflect.apply(listen, this, [0, '127.0.0.1', done]);
    });
    await load(file, variables, folder);
    // fastify has one for each address of `localhost`.
    const servers = spy.mock.contexts as (Server & { closeAllConnections(): void })[];
    spy.mockRestore();
    const [server] = servers;
    if (!server) throw new Error(`${file} does not listen.`);
    if (!server.listening) await once(server, 'listening');
    const stop = async (): Promise<void> => {
      for (const one of servers) {
        const closed = new Promise((resolve) => one.close(resolve));
        one.closeAllConnections();
        await closed;
      }
    };
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop };
  };

/** Starts the worker in workerd. */
export const startWorkerRecipe: Start = (variables) =>
  startWorker(join(ROOT, 'examples/http/api-worker.ts'), variables);

/** Starts what stands before the recipes of Next: it calls the proxy by its matcher, and the route by its path. */
export const startNext: Start = async (variables) => {
  const { proxy, config } = await load<typeof import('../../examples/http/api-next-proxy.js')>(
    'api-next-proxy',
    variables,
  );
  const route: Record<string, (request: Request) => Promise<Response>> = {
    ...(await import('../../examples/http/api-next-route.js')),
  };
  const matched = config.matcher.map((one) => one.replace('/:path*', ''));
  return startServer(() =>
    getRequestListener(async (incoming) => {
      const { pathname } = new URL(incoming.url);
      const answer = matched.some((one) => pathname.startsWith(one)) && (await proxy(incoming));
      if (answer) return answer;
      if (pathname !== '/api/files') return Response.json({ page: pathname });
      return (await route[incoming.method]?.(incoming)) ?? new Response(null, { status: 405 });
    }),
  );
};

/** Starts what stands before the bundle of the recipe for Lambda. */
export const startLambda: Start = async (variables) => {
  const outfile = join(ROOT, `node_modules/.cache/lambda-${process.pid}.cjs`);
  const entryPoints = [join(ROOT, 'examples/http/api-lambda.ts')];
  await build({ entryPoints, bundle: true, platform: 'node', logLevel: 'silent', outfile });
  setVariables(variables);
  const { handler }: { handler: LambdaHandler } = createRequire(import.meta.url)(outfile);
  await rm(outfile);
  return startServer(() => answerByFunction(handler));
};

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Sends a request as it is given, with any host. The answer to an upgrade has no body. */
export async function send(
  url: string,
  [method, path]: Route,
  headers: HeaderFields = {},
  body = '',
): Promise<Answer> {
  const outgoing = request(new URL(path, url), { method, headers, agent: false });
  const answered = new Promise<[IncomingMessage, Socket?]>((resolve, reject) => {
    outgoing.on('response', (incoming) => resolve([incoming]));
    outgoing.on('upgrade', (incoming, socket: Socket) => resolve([incoming, socket]));
    outgoing.on('error', reject);
  });
  outgoing.end(body);
  const [incoming, socket] = await answered;
  socket?.destroy();
  const { statusCode: status = 0, headers: received } = incoming;
  return { status, headers: received, body: socket ? '' : await text(incoming) };
}
