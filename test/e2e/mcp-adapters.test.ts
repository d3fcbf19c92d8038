// `gate.node()` behind what calls middleware in a way of its own: adapters, mocks, frameworks and HTTP/2.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, request } from 'node:http';
import { connect, createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import middie from '@fastify/middie';
import express from 'express';
import fastify from 'fastify';
import type { NodeMiddleware } from 'intentkit-auth/mcp';
import httpMocks from 'node-mocks-http';
import serverless from 'serverless-http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startChild } from '../support/child.js';
import { createDpopKey } from '../support/dpop.js';
import { createGate, ISSUER, RESOURCE, SECRET, tokenWith } from '../support/gate.js';
import { titled } from '../support/titled.js';

type Header = readonly [name: string, value: string];
interface Answer {
  readonly status: number;
  readonly body: string;
}
type Ask = (headers: readonly Header[]) => Promise<Answer>;

const callerOf = (request: object): unknown => (request as { auth?: unknown }).auth;
const app = () =>
  express()
    .use(createGate().node())
    .use((request, response) => void response.json(callerOf(request)));
const bearer = (token: string): Header => ['Authorization', `Bearer ${token}`];
/** The headers as an object, which has the last value of each. */
const byName = (headers: readonly Header[]): Record<string, string> => Object.fromEntries(headers);
const allByName = (headers: readonly Header[]): Record<string, string[]> => {
  const all: Record<string, string[]> = {};
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    all[key] = [...(all[key] ?? []), value];
  }
  return all;
};

/** Calls a handler for AWS Lambda with the event of an API Gateway, and reads its answer. */
function inLambda(eventOf: (headers: readonly Header[]) => object): Ask {
  const handler = serverless(app());
  return async (headers) => {
    const event = { body: '', isBase64Encoded: false, ...eventOf(headers) };
    const { statusCode, body } = (await handler(event, {})) as { statusCode: number; body: string };
    return { status: statusCode, body };
  };
}
/** A REST API, or a load balancer. */
const version1 = inLambda((headers) => ({
  httpMethod: 'POST',
  path: '/mcp',
  headers: byName(headers),
  multiValueHeaders: allByName(headers),
  requestContext: { identity: { sourceIp: '127.0.0.1' } },
}));
/** An HTTP API, which joins equal headers by commas. */
const version2 = inLambda((headers) => ({
  version: '2.0',
  rawPath: '/mcp',
  rawQueryString: '',
  headers: Object.fromEntries(
    Object.entries(allByName(headers)).map(([name, values]) => [name, values.join(',')]),
  ),
  requestContext: { http: { method: 'POST', sourceIp: '127.0.0.1' } },
}));

/** The middleware alone, before a request and a response that are objects of a test. */
async function withMocks(
  protect: NodeMiddleware,
  headers: Record<string, string | string[]>,
): Promise<Answer> {
  const request = httpMocks.createRequest({ method: 'POST', url: '/mcp', headers });
  const response = httpMocks.createResponse();
  const answered = new Promise<void>((resolve) => {
    const { end } = response;
    response.end = (...all: unknown[]) => {
      resolve();
      return Reflect.apply(end, response, all);
    };
    protect(request, response, () => response.end(JSON.stringify(callerOf(request))));
  });
  await answered;
  return { status: response.statusCode, body: response._getData() };
}

/** A listener on a server of its own, which gets each header on a line of its own. */
async function onNode(listener: RequestListener): Promise<Ask> {
  const server = createServer(listener);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return async (headers) => {
    const outgoing = request({
      port,
      path: '/mcp',
      method: 'POST',
      headers: ['host', 'a', 'content-length', '0', ...headers.flat()],
    });
    const [incoming] = (await once(outgoing.end(), 'response')) as [IncomingMessage];
    return { status: incoming.statusCode ?? 0, body: await text(incoming) };
  };
}

async function onFastify(): Promise<Ask> {
  const server = fastify();
  onTestFinished(() => server.close());
  await server.register(middie);
  server.use(createGate().node());
  server.post('/mcp', ({ raw }) => callerOf(raw));
  await server.ready();
  return onNode(server.routing);
}

async function onHttp2(): Promise<Ask> {
  const protect = createGate().node();
  const server = createHttp2Server((request, response) =>
    protect(request, response, () => response.end(JSON.stringify(callerOf(request)))),
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  onTestFinished(() => {
    session.close();
    server.close();
  });
  return async (headers) => {
    const lines = { ':method': 'POST', ':path': '/mcp', ...Object.fromEntries(headers) };
    const stream = session.request(lines).end();
    const [answer] = (await once(stream, 'response')) as [{ ':status': number }];
    return { status: answer[':status'], body: await text(stream) };
  };
}

const PLACES: { what: string; start: () => Promise<Ask> }[] = [
  { what: 'express on Lambda, for a REST API', start: async () => version1 },
  { what: 'express on Lambda, for an HTTP API', start: async () => version2 },
  {
    what: 'mocks',
    start: async () => {
      const protect = createGate().node();
      return (headers) => withMocks(protect, byName(headers));
    },
  },
  { what: 'express', start: () => onNode(app()) },
  { what: 'fastify with middie', start: onFastify },
  { what: 'HTTP/2', start: onHttp2 },
];

describe.each(titled(PLACES))('The middleware behind %s', (_, { start }) => {
  it('admits a valid token, and refuses an invalid one and a request without a token', async () => {
    const ask = await start();
    const [good, bad, none] = [
      await ask([bearer(tokenWith())]),
      await ask([bearer(tokenWith({ aud: 'https://other.example.com' }))]),
      await ask([]),
    ];
    expect([good.status, bad.status, none.status]).toEqual([200, 401, 401]);
    expect(JSON.parse(good.body)).toMatchObject({ clientId: 'agent', scopes: ['mcp'] });
    expect(JSON.parse(bad.body)).toMatchObject({ error_description: 'The token is not for this resource.' });
    expect(JSON.parse(none.body)).toMatchObject({ error_description: 'The request has no access token.' });
  });

  it('admits a bound token by its proof, once', async () => {
    const ask = await start();
    const key = createDpopKey();
    const token = tokenWith({ cnf: { jkt: key.thumbprint } });
    const headers: Header[] = [
      ['Authorization', `DPoP ${token}`],
      ['DPoP', key.proof('POST', RESOURCE, token)],
    ];
    const [first, again] = [await ask(headers), await ask(headers)];
    expect([first.status, again.status]).toEqual([200, 401]);
  });
});

describe('A request with two Authorization headers is refused', () => {
  const two: Header[] = [bearer(tokenWith()), ['authorization', 'Bearer x']];
  const REFUSED = {
    status: 400,
    body: JSON.stringify({
      error: 'invalid_request',
      error_description: 'The request has more than one Authorization value.',
    }),
  };

  it.each(
    titled<{ what: string; ask: () => Promise<Answer> }>([
      // For a REST API, the adapter itself keeps the last one only.
      { what: 'on Lambda, for an HTTP API', ask: () => version2(two) },
      {
        what: 'by mocks, as a list',
        ask: () => withMocks(createGate().node(), { authorization: two.map(([, value]) => value) }),
      },
      { what: 'on express', ask: async () => (await onNode(app()))(two) },
      { what: 'on fastify with middie', ask: async () => (await onFastify())(two) },
    ]),
  )('%s', async (_, { ask }) => {
    expect(await ask()).toEqual(REFUSED);
  });

  it('in two spellings of a plain object', async () => {
    const [status, body] = await new Promise<[number, unknown]>((resolve) => {
      let status = 0;
      const headers = { Authorization: `Bearer ${tokenWith()}`, authorization: 'Bearer x' };
      const response = {
        writeHead: (code: number) => {
          status = code;
        },
        end: (body?: string) => resolve([status, body]),
      };
      createGate().node()({ headers }, response, () => resolve([200, undefined]));
    });
    expect({ status, body }).toEqual(REFUSED);
  });
});

describe('An error of the application behind the middleware', () => {
  it('reaches the error handler of express', async () => {
    const failing = express()
      .use(createGate().node())
      .use(() => Promise.reject(new Error('boom')))
      .use(((error: Error, _request, response, _next) => {
        response.status(500).json({ caught: error.message });
      }) satisfies express.ErrorRequestHandler);
    const ask = await onNode(failing);
    expect(await ask([bearer(tokenWith())])).toEqual({ status: 500, body: '{"caught":"boom"}' });
  });

  it.each([
    { what: 'is thrown', next: `() => { throw new Error('boom'); }` },
    { what: 'rejects', next: `async () => { throw new Error('boom'); }` },
  ])('that $what is an uncaught exception, never an unhandled rejection', async ({ next }) => {
    const child = await startChild(`
      import { createAuthClient } from 'intentkit-auth';
      import { protectMcp } from '../../mcp/index.js';
      for (const event of ['uncaughtException', 'unhandledRejection']) {
        process.on(event, (error) => process.stdout.write(event + ' ' + error.message + '\\n'));
      }
      const auth = createAuthClient({ secret: '${SECRET}', issuer: '${ISSUER}', audience: '${RESOURCE}' });
      const rawHeaders = ['Authorization', 'Bearer ${tokenWith()}'];
      const response = { writeHead() {}, end() {} };
      protectMcp(auth, { resource: '${RESOURCE}' }).node()({ rawHeaders }, response, ${next});
    `);
    expect(await child.ended).toBe(0);
    expect(child.lines).toEqual(['uncaughtException boom']);
  });
});
