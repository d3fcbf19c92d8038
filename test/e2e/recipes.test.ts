// Every recipe for an API, as docs/http.md shows it, over HTTP. The same cases are for all of them.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createTestIssuer, type TestIssuer } from 'intentkit-auth/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { RunningServer } from '../../examples/authorization-server.js';
import { ROOT } from '../support/built-project.js';
import {
  type Answer,
  type HeaderFields,
  listening,
  type Route,
  type Start,
  send,
  startLambda,
  startNext,
  startWorkerRecipe,
  type Variables,
} from '../support/recipes.js';
import { titled } from '../support/titled.js';

const RESOURCE = 'https://api.example.com';

const API_KEY = `key_${randomBytes(32).toString('hex')}`;
const API_KEY_SHA256 = createHash('sha256').update(API_KEY).digest('hex');

let issuer: TestIssuer;
beforeAll(async () => {
  issuer = await createTestIssuer();
  await issuer.listen();
});
afterAll(() => issuer.close());

interface Recipe {
  /** The file in `examples/http`. */
  readonly what: string;
  readonly start: Start;
  /** A route that needs `scope`. */
  readonly read?: Route;
  /** A route that needs `scope` and `files:write`. */
  readonly write?: Route;
  /** A route that admits requests without a token. */
  readonly news?: Route;
  /** A route that is not protected. */
  readonly health?: Route;
  /** The `aud` of its tokens. */
  readonly resource: string;
  readonly scope: string;
  /** The scopes that the challenge of every 401 asks for. */
  readonly initialScopes: string;
  /** The headers of each request that is not for the metadata. */
  readonly headers: HeaderFields;
  /** The headers that carry a token. */
  readonly credentials: (token: string) => HeaderFields;
  readonly body: string;
}

const bearer = (token: string): HeaderFields => ({ authorization: `Bearer ${token}` });
const recipe = (what: string, { start = listening(what), ...more }: Partial<Recipe>): Recipe => ({
  what,
  start,
  resource: RESOURCE,
  scope: 'api',
  initialScopes: 'api files:write',
  headers: {},
  credentials: bearer,
  body: '',
  ...more,
});

const PRIVATE = { read: ['GET', '/me'], write: ['PUT', '/files'], health: ['GET', '/health'] } as const;
const ALL = { ...PRIVATE, news: ['GET', '/news'] } as const;
const UPGRADE = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
};
const OF_MCP = {
  accept: 'application/json, text/event-stream',
  'content-type': 'application/json',
  'mcp-protocol-version': '2025-11-25',
};

const RECIPES: readonly Recipe[] = [
  recipe('api-express', ALL),
  recipe('api-fastify', ALL),
  recipe('api-hono', ALL),
  recipe('api-node', PRIVATE),
  recipe('api-nest', ALL),
  recipe('api-worker', { start: startWorkerRecipe, ...PRIVATE }),
  recipe('api-lambda', { start: startLambda, ...PRIVATE }),
  recipe('api-next-route', { start: startNext, read: ['GET', '/api/files'], write: ['PUT', '/api/files'] }),
  recipe('api-next-proxy', { start: startNext, read: ['GET', '/reports/1'] }),
  recipe('api-websocket', { write: ['GET', '/'], health: PRIVATE.health, headers: UPGRADE }),
  recipe('api-cookie', {
    ...PRIVATE,
    headers: { 'sec-fetch-site': 'same-origin' },
    credentials: (token) => ({ cookie: `__Host-session=${token}` }),
  }),
  recipe('api-cookie-express', {
    ...PRIVATE,
    headers: { 'sec-fetch-site': 'same-origin' },
    credentials: (token) => ({ cookie: `theme=dark; __Host-session=${token}` }),
  }),
  recipe('api-two-resources', { ...PRIVATE, read: ['GET', '/files'], resource: `${RESOURCE}/files` }),
  recipe('api-hosts', {
    ...PRIVATE,
    headers: { host: 'one.example.com' },
    resource: 'https://one.example.com',
  }),
  recipe('api-keys', PRIVATE),
  recipe('mcp-tools-by-scope', {
    read: ['POST', '/'],
    scope: 'mcp',
    initialScopes: 'mcp',
    headers: OF_MCP,
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
  }),
];

const tokenFor = (audience: string, scope: string, expiresIn = '1h'): Promise<string> =>
  issuer.token({ scope, client_id: 'agent', sub: 'user-1' }, { audience, expiresIn });
const startRecipe = ({ start }: Pick<Recipe, 'start'>): Promise<RunningServer> =>
  start({ ISSUER: issuer.url, RESOURCE, API_KEY_SHA256 });

it('Every recipe for an API has a test', async () => {
  const files = (await readdir(join(ROOT, 'examples/http'))).filter((file) => file.startsWith('api-'));
  // The other recipes import these two.
  const tested = ['api-gate', 'api-nest-guard', ...RECIPES.map(({ what }) => what)];
  expect(tested).toEqual(expect.arrayContaining(files.map((file) => file.replace('.ts', ''))));
});

it.each(['gate', 'api-gate', 'api-hosts', 'api-keys', 'api-two-resources'])(
  '%s.ts does not start without its variables',
  async (file) => {
    const start = (variables: Variables) => startRecipe({ start: () => listening(file)(variables) });
    await expect(start({ ISSUER: '', RESOURCE })).rejects.toThrow(/^Set the variables? ISSUER/);
    if (file !== 'api-hosts') {
      await expect(start({ ISSUER: issuer.url, RESOURCE: '' })).rejects.toThrow(
        'Set the variables ISSUER and',
      );
    }
  },
);

describe.each(titled(RECIPES))('The recipe %s', (_, given) => {
  const { read, write, news, health, resource, scope, initialScopes, credentials } = given;
  const routes = [
    ...(read ? [{ what: read.join(' '), route: read, needed: scope, lacking: 'other' }] : []),
    ...(write
      ? [{ what: write.join(' '), route: write, needed: `${scope} files:write`, lacking: scope }]
      : []),
  ];
  const { origin, pathname } = new URL(resource);
  const metadata = `/.well-known/oauth-protected-resource${pathname === '/' ? '' : pathname}`;
  let running: RunningServer;
  beforeAll(async () => {
    running = await startRecipe(given);
  }, 30_000);
  afterAll(() => running?.stop());

  const ask = (route: Route, token?: string): Promise<Answer> =>
    send(
      running.url,
      route,
      { ...given.headers, ...(token !== undefined && credentials(token)) },
      given.body,
    );

  it('serves the metadata', async () => {
    const { host } = given.headers;
    const { status, body } = await send(running.url, ['GET', metadata], host === undefined ? {} : { host });
    expect([status, JSON.parse(body)]).toEqual([
      200,
      expect.objectContaining({
        resource,
        authorization_servers: [issuer.url],
        scopes_supported: initialScopes.split(' '),
      }),
    ]);
  });

  it.each(health ? [health] : [])('serves %s %s to everyone', async (...route) => {
    expect((await send(running.url, route)).status).toBe(200);
  });

  it.each(titled(routes))('answers %s without a token with a challenge', async (_, { route }) => {
    const { status, headers } = await ask(route);
    const challenge = `Bearer scope="${initialScopes}", resource_metadata="${origin}${metadata}"`;
    expect([status, headers['www-authenticate']]).toEqual([401, expect.stringContaining(challenge)]);
  });

  it.each(titled(routes))('refuses %s with a bad token', async (_, { route }) => {
    for (const bad of ['a.b.c', await tokenFor('https://other.example.com', `${scope} files:write`)]) {
      const { status, headers } = await ask(route, bad);
      const challenge = expect.stringContaining('error="invalid_token"');
      expect([status, headers['www-authenticate']]).toEqual([401, challenge]);
    }
  });

  it.each(titled(routes))(
    'refuses %s to a token that lacks a scope, and names all of them',
    async (_, { route, needed, lacking }) => {
      const { status, headers } = await ask(route, await tokenFor(resource, lacking));
      const challenge = expect.stringMatching(`error="insufficient_scope".* scope="${needed}"`);
      expect([status, headers['www-authenticate']]).toEqual([403, challenge]);
    },
  );

  it.each(titled(routes))('refuses %s with two Authorization headers', async (_, { route, needed }) => {
    const good = `Bearer ${await tokenFor(resource, needed)}`;
    const headers = { ...given.headers, authorization: [good, 'Bearer x'] };
    const { status, body } = await send(running.url, route, headers, given.body);
    expect([status, JSON.parse(body)]).toEqual([400, expect.objectContaining({ error: 'invalid_request' })]);
  });

  it.each(titled(routes))('admits %s with a good token', async (_, { route, needed }) => {
    const { status } = await ask(route, await tokenFor(resource, needed));
    expect(status).toBe('upgrade' in given.headers ? 101 : 200);
  });

  it.each(news ? [news] : [])('serves %s %s without a token, and refuses a bad one', async (...route) => {
    const readNews = async (token?: string): Promise<unknown> => {
      const { status, body } = await ask(route, token);
      return status === 200 ? JSON.parse(body) : status;
    };
    const good = await tokenFor(resource, scope);
    expect([await readNews(), await readNews(good), await readNews('a.b.c')]).toEqual([
      { reader: null },
      { reader: 'user-1' },
      401,
    ]);
  });

  it('answers 503 while the keys cannot be fetched', async () => {
    vi.spyOn(process, 'emitWarning').mockReturnValue();
    issuer.rotate();
    issuer.fail('503');
    onTestFinished(() => issuer.recover());
    const token = await tokenFor(resource, `${scope} files:write`);
    for (const route of [...routes.map(({ route }) => route), ...(news ? [news] : [])]) {
      const { status, headers } = await ask(route, token);
      expect([status, headers['retry-after']]).toEqual([503, expect.stringMatching(/^[1-9]\d*$/)]);
    }
  });
});

/** Starts a recipe anew, and asks it. It is stopped after the test. */
async function startAnew(file: string) {
  const running = await startRecipe({ start: listening(file) });
  onTestFinished(() => running.stop());
  const ask = (route: Route, headers?: HeaderFields, body?: string) =>
    send(running.url, route, headers, body);
  return { url: running.url, ask };
}

describe('The recipe for WebSockets', () => {
  it('knows the caller of each connection, and ends the connection when its token expires', async () => {
    const { url } = await startAnew('api-websocket');
    const headers = bearer(await tokenFor(RESOURCE, 'api files:write', '2s'));
    const socket = new WebSocket(url.replace('http', 'ws'), { headers });
    await once(socket, 'open');
    socket.send('hello');
    expect(String((await once(socket, 'message'))[0])).toBe('agent says hello');
    const [code, reason] = await once(socket, 'close');
    expect([code, String(reason)]).toEqual([1008, 'The token has expired.']);
  });

  it('closes the connection of a client that it refuses', async () => {
    const { ask } = await startAnew('api-websocket');
    const { status, headers } = await ask(['GET', '/'], UPGRADE);
    expect([status, headers.connection]).toEqual([401, 'close']);
  });

  it('keeps running when a client hangs up while its token is checked', async () => {
    const { url, ask } = await startAnew('api-websocket');
    issuer.fail('hang');
    onTestFinished(() => issuer.recover());
    const before = issuer.requests.length;
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    const fields = { host: 'a', ...UPGRADE, ...bearer(await tokenFor(RESOURCE, 'api files:write')) };
    const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`GET / HTTP/1.1\r\n${lines.join('')}\r\n`);
    await vi.waitUntil(() => issuer.requests.length > before);
    socket.resetAndDestroy();
    await once(socket, 'close');
    expect((await ask(PRIVATE.health)).status).toBe(200);
  });

  it('keeps running when a client asks for an upgrade before it has an answer to another request', async () => {
    const { url, ask } = await startAnew('api-websocket');
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    const fields = Object.entries({ host: 'a', ...UPGRADE }).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.resume().write(`GET /health HTTP/1.1\r\nhost: a\r\n\r\nGET / HTTP/1.1\r\n${fields.join('')}\r\n`);
    await once(socket, 'close');
    expect((await ask(PRIVATE.health)).status).toBe(200);
  });
});

describe.each(['api-cookie', 'api-cookie-express'])('The recipe %s', (file) => {
  const OWN = { 'sec-fetch-site': 'same-origin' };

  it('accepts the token once, and admits its session until it ends', async () => {
    const { ask } = await startAnew(file);
    const token = await tokenFor(RESOURCE, 'api');
    const opened = await ask(['POST', '/session'], bearer(token));
    const [cookie = '', ...attributes] = opened.headers['set-cookie']?.[0]?.split('; ') ?? [];
    expect([opened.status, cookie, attributes.sort()]).toEqual([
      204,
      `__Host-session=${token}`,
      ['HttpOnly', 'Path=/', 'SameSite=Strict', 'Secure'],
    ]);
    expect(JSON.parse((await ask(PRIVATE.read, { ...OWN, cookie })).body)).toEqual({
      clientId: 'agent',
      scopes: ['api'],
    });
    const ended = await ask(['DELETE', '/session']);
    expect(ended.headers['set-cookie']?.[0]).toMatch(
      /^__Host-session=;(?=.* Path=\/;)(?=.* Secure).* (Max-Age=0|Expires=Thu, 01 Jan 1970)/,
    );
  });

  it.each([
    { what: 'of another site', headers: { 'sec-fetch-site': 'cross-site' } },
    { what: 'of another host of this site', headers: { 'sec-fetch-site': 'same-site' } },
    { what: 'that does not say where it is from', headers: {} },
    { what: 'with a bad token in the header', headers: { ...OWN, ...bearer('a.b.c') } },
  ])('ignores the cookie of a request $what', async ({ headers }) => {
    const { ask } = await startAnew(file);
    const cookie = `__Host-session=${await tokenFor(RESOURCE, 'api')}`;
    expect((await ask(PRIVATE.read, { ...headers, cookie })).status).toBe(401);
  });

  it.each(['a%0Ab', 'a%2C%20Bearer%20b', '%E2%82%AC', '%', ''])(
    'refuses the cookie value "%s"',
    async (value) => {
      const { ask } = await startAnew(file);
      expect((await ask(PRIVATE.read, { ...OWN, cookie: `__Host-session=${value}` })).status).toBe(401);
    },
  );
});

it('The recipe with two resources refuses a token for the other resource, and serves the metadata of both', async () => {
  const { ask } = await startAnew('api-two-resources');
  for (const [path, other] of [
    ['/files', '/mail'],
    ['/mail', '/files'],
  ] as const) {
    const own = await ask(['GET', path], bearer(await tokenFor(RESOURCE + path, 'api')));
    const wrong = await ask(['GET', path], bearer(await tokenFor(RESOURCE + other, 'api')));
    expect([own.status, wrong.status]).toEqual([200, 401]);
    const place = `/.well-known/oauth-protected-resource${path}`;
    expect(wrong.headers['www-authenticate']).toContain(`resource_metadata="${RESOURCE}${place}"`);
    expect(JSON.parse((await ask(['GET', place])).body)).toMatchObject({ resource: RESOURCE + path });
  }
  const atRoot = await ask(['GET', '/.well-known/oauth-protected-resource']);
  expect(JSON.parse(atRoot.body)).toMatchObject({ resource: `${RESOURCE}/files` });
});

it('The recipe with a gate for each host refuses the token of another host, and other hosts', async () => {
  const { ask } = await startAnew('api-hosts');
  const token = bearer(await tokenFor('https://one.example.com', 'api'));
  const statusAt = async (host: string): Promise<number> =>
    (await ask(PRIVATE.read, { host, ...token })).status;
  expect(await statusAt('one.example.com')).toBe(200);
  expect(await statusAt('two.example.com')).toBe(401);
  expect(await statusAt('evil.example.com')).toBe(421);
});

describe('The recipe with API keys', () => {
  it('admits a key also in an outage, and refuses unknown keys and scopes that a key lacks', async () => {
    const { ask } = await startAnew('api-keys');
    issuer.fail('503');
    onTestFinished(() => issuer.recover());
    const good = await ask(PRIVATE.read, bearer(API_KEY));
    expect(JSON.parse(good.body)).toEqual({ clientId: 'reports', scopes: ['api'] });
    const unknown = await ask(PRIVATE.read, bearer(`key_${API_KEY}`));
    expect([unknown.status, unknown.headers['www-authenticate']]).toEqual([
      401,
      expect.stringContaining('error_description="The token is not active."'),
    ]);
    const lacking = await ask(PRIVATE.write, bearer(API_KEY));
    expect([lacking.status, lacking.headers['www-authenticate']]).toEqual([
      403,
      expect.stringContaining('scope="api files:write"'),
    ]);
  });

  it('refuses a key that has expired', async () => {
    const { ask } = await startAnew('api-keys');
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2100-01-01') });
    onTestFinished(() => void vi.useRealTimers());
    expect((await ask(PRIVATE.read, bearer(API_KEY))).status).toBe(401);
  });
});

it.each([
  { scope: 'mcp', names: ['who_am_i'] },
  { scope: 'mcp files:write', names: ['who_am_i', 'write_file'] },
])('The recipe with tools by scope lists for "$scope" the tools $names', async ({ scope, names }) => {
  const { ask } = await startAnew('mcp-tools-by-scope');
  const headers = { ...OF_MCP, ...bearer(await tokenFor(RESOURCE, scope)) };
  const call = async (method: string, params = {}) => {
    const { body } = await ask(
      ['POST', '/'],
      headers,
      JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    );
    return JSON.parse(body.replace(/^[\s\S]*?data: /, ''));
  };
  const { result } = await call('tools/list');
  expect(result.tools.map(({ name }: { name: string }) => name)).toEqual(names);
  const called = await call('tools/call', { name: 'write_file', arguments: { name: 'a.txt' } });
  expect('result' in called).toBe(names.includes('write_file'));
});
