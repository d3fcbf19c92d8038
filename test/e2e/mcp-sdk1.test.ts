// The servers of SDK 1.x of `examples/http`, as the guide shows them, before raw requests and the official clients.
import { gzipSync } from 'node:zlib';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as Transport1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Express } from 'express';
import { createAuthClient } from 'intentkit-auth';
import { protectMcp } from 'intentkit-auth/mcp';
import { createTestIssuer, type TestIssuer } from 'intentkit-auth/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { startServer } from '../../examples/authorization-server.js';
import { until } from '../support/until.js';

const AUDIENCE = 'https://api.example.com/mcp';
const METADATA = 'https://api.example.com/.well-known/oauth-protected-resource/mcp';
const CLAIMS = { sub: 'user-1', client_id: 'agent', scope: 'mcp' };

let issuer: TestIssuer;
beforeAll(async () => {
  issuer = await createTestIssuer({ audience: AUDIENCE });
  await issuer.listen();
});
afterAll(() => issuer.close());

const SERVERS: Readonly<Record<string, () => Promise<{ app: Express }>>> = {
  'without sessions': () => import('../../examples/http/mcp-sdk1.js'),
  'with sessions': () => import('../../examples/http/mcp-sdk1-sessions.js'),
  'behind requireBearerAuth': () => import('../../examples/http/mcp-sdk1-verifier.js'),
};
const WITH_SESSIONS = SERVERS['with sessions'] as () => Promise<{ app: Express }>;

/** The URL of a server that is gone when the test is over. Its public URL is another one, as behind a proxy. */
async function start(load: () => Promise<{ app: Express }>): Promise<string> {
  vi.resetModules();
  vi.stubEnv('ISSUER', issuer.url);
  vi.stubEnv('RESOURCE', AUDIENCE);
  const { app } = await load();
  const server = await startServer(() => app);
  onTestFinished(() => server.stop());
  return `${server.url}/mcp`;
}

const ACCEPT = { accept: 'application/json, text/event-stream' };
const headersOf = (token: string | undefined): Record<string, string> => ({
  ...ACCEPT,
  'content-type': 'application/json',
  ...(token !== undefined && { authorization: `Bearer ${token}` }),
});
const call = (name: string) => ({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name, arguments: { name: 'a.txt' } },
});
const INITIALIZE = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'agent', version: '1.0.0' },
  },
};

const post = (url: string, token: string | undefined, message: object, headers = {}): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { ...headersOf(token), ...headers },
    body: JSON.stringify(message),
  });

/** Calls a tool. A server with sessions gets a new one first. */
async function callTool(url: string, token: string, name: string): Promise<Response> {
  const { headers } = await post(url, token, INITIALIZE);
  const id = headers.get('mcp-session-id');
  return post(url, token, call(name), { ...(id && { 'mcp-session-id': id }) });
}

/** What the official client of a line gets from a tool. */
const CLIENTS: readonly [
  string,
  (url: string, token: string) => Promise<(name: string) => Promise<unknown>>,
][] = [
  [
    'SDK 1.x',
    async (url, token) => {
      const client = new Client1({ name: 'agent', version: '1.0.0' });
      onTestFinished(() => client.close());
      const transport = new Transport1(new URL(url), { requestInit: { headers: headersOf(token) } });
      await client.connect(transport as Parameters<typeof client.connect>[0]);
      return async (name) => (await client.callTool({ name, arguments: { name: 'a.txt' } })).content;
    },
  ],
  [
    'SDK 2',
    async (url, token) => {
      const client = new Client({ name: 'agent', version: '1.0.0' });
      onTestFinished(() => client.close());
      await client.connect(
        new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers: headersOf(token) } }),
      );
      return async (name) => (await client.callTool({ name, arguments: { name: 'a.txt' } })).content;
    },
  ],
];

describe.each(Object.entries(SERVERS))('A server of SDK 1.x %s', (kind, load) => {
  it.each(CLIENTS)('serves the client of %s, and knows who calls', async (_, connect) => {
    const ask = await connect(await start(load), await issuer.token({ ...CLAIMS, scope: 'mcp files:write' }));
    expect(await ask('who_am_i')).toEqual([{ type: 'text', text: 'agent' }]);
    expect(await ask('write_file')).toEqual([{ type: 'text', text: 'wrote a.txt' }]);
  });

  it.each<[string, () => Promise<string>, string]>([
    ['has expired', () => issuer.token(CLAIMS, { expiresIn: '-5m' }), 'The token has expired.'],
    ['is malformed', async () => 'a.b', 'The token is malformed.'],
    [
      'is for another server',
      () => issuer.token({ ...CLAIMS, aud: 'https://other.example.com' }),
      'The token is not for this resource.',
    ],
  ])('answers 401 with a challenge to a token that %s', async (_, token, says) => {
    const response = await post(await start(load), await token(), call('who_am_i'));
    const expected = `Bearer error="invalid_token", error_description="${says}", scope="mcp", resource_metadata="${METADATA}"`;
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe(expected);
    expect(await response.json()).toEqual({ error: 'invalid_token', error_description: says });
  });

  it('answers 401 to a request without a token, and the challenge leads to the metadata', async () => {
    const url = await start(load);
    const { status, headers } = await post(url, undefined, call('who_am_i'));
    const [, place = ''] = /resource_metadata="([^"]+)"/.exec(headers.get('www-authenticate') ?? '') ?? [];
    const metadata = await fetch(new URL(new URL(place).pathname, url));
    expect([status, await metadata.json()]).toMatchObject([
      401,
      { resource: AUDIENCE, authorization_servers: [issuer.url] },
    ]);
  });

  it('answers 403 to the call of a tool that needs more scopes, and not to that of another', async () => {
    const url = await start(load);
    const token = await issuer.token(CLAIMS);
    expect((await callTool(url, token, 'who_am_i')).status).toBe(200);
    const refused = await callTool(url, token, 'write_file');
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
      403,
      `Bearer error="insufficient_scope", error_description="The token lacks a required scope.", scope="mcp files:write", resource_metadata="${METADATA}"`,
    ]);
  });

  it.each<[string, string | Uint8Array<ArrayBuffer>, Record<string, string>]>([
    ['in a list', JSON.stringify([call('who_am_i'), call('write_file')]), {}],
    ['with a type that is not JSON', JSON.stringify(call('write_file')), { 'content-type': 'text/plain' }],
    [
      'with a type that is nearly JSON',
      JSON.stringify(call('write_file')),
      { 'content-type': 'application/json;' },
    ],
    [
      'with an empty charset',
      JSON.stringify(call('write_file')),
      { 'content-type': 'application/json; charset=' },
    ],
    [
      'compressed',
      new Uint8Array(gzipSync(JSON.stringify(call('write_file')))),
      { 'content-encoding': 'gzip' },
    ],
    [
      'with the name twice',
      JSON.stringify(call('write_file')).replace('"name"', '"name":"who_am_i","name"'),
      {},
    ],
    ['with an escaped name', JSON.stringify(call('write_file')).replace('write', '\\u0077rite'), {}],
  ])('also answers 403 to such a call %s', async (_, body, changes) => {
    const url = await start(load);
    const token = await issuer.token(CLAIMS);
    const id = (await post(url, token, INITIALIZE)).headers.get('mcp-session-id');
    const headers = { ...headersOf(token), ...(id && { 'mcp-session-id': id }), ...changes };
    const response = await fetch(url, { method: 'POST', headers, body });
    expect(await response.text()).not.toContain('wrote');
    expect(response.status).toBe(403);
  });

  it(`answers ${kind === 'behind requireBearerAuth' ? '500' : '503'} without a challenge during an outage`, async () => {
    vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const url = await start(load);
    issuer.fail('503');
    onTestFinished(issuer.recover);
    const { status, headers } = await post(url, await issuer.token(CLAIMS), call('who_am_i'));
    expect([status, headers.get('www-authenticate'), headers.has('retry-after')]).toEqual(
      kind === 'behind requireBearerAuth' ? [500, null, false] : [503, null, true],
    );
  });
});

it('A server of SDK 1.x without sessions has no stream', async () => {
  const url = await start(() => import('../../examples/http/mcp-sdk1.js'));
  const response = await fetch(url, { headers: headersOf(await issuer.token(CLAIMS)) });
  expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
});

describe('A session of SDK 1.x', () => {
  afterEach(() => void vi.useRealTimers());

  /** Opens a session, and returns how to use it with a token. */
  async function open(url: string, token: string) {
    const response = await post(url, token, INITIALIZE);
    const id = response.headers.get('mcp-session-id') ?? '';
    expect([response.status, id]).toEqual([200, expect.stringMatching(/^[\w-]{36}$/)]);
    return (by: string, method = 'POST') =>
      fetch(url, {
        method,
        headers: { ...headersOf(by), 'mcp-session-id': id },
        ...(method === 'POST' && { body: JSON.stringify(call('who_am_i')) }),
      });
  }

  it('belongs to who opened it: the user, the client and the issuer', async () => {
    const other = await createTestIssuer({ audience: AUDIENCE });
    onTestFinished(() => other.close());
    await other.listen();
    // The gate of the guide has one issuer. This one has two.
    const auth = createAuthClient({
      issuers: [issuer, other].map(({ url }) => ({ issuer: url, audience: AUDIENCE })),
    });
    const gate = protectMcp(auth, { resource: AUDIENCE, requiredScopes: ['mcp'] });
    vi.doMock('../../examples/http/gate.js', () => ({ auth, gate, resource: AUDIENCE }));
    onTestFinished(() => void vi.doUnmock('../../examples/http/gate.js'));

    const url = await start(WITH_SESSIONS);
    const use = await open(url, await issuer.token(CLAIMS));
    const others = [
      await issuer.token({ ...CLAIMS, sub: 'user-2' }),
      await issuer.token({ ...CLAIMS, sub: undefined }),
      await issuer.token({ ...CLAIMS, client_id: 'another-agent' }),
      await other.token(CLAIMS),
    ];
    const unknown = await post(url, await issuer.token(CLAIMS), call('who_am_i'), { 'mcp-session-id': 'x' });
    const notFound = await unknown.text();
    expect(unknown.status).toBe(404);
    for (const token of others) {
      for (const method of ['POST', 'GET', 'DELETE']) {
        const response = await use(token, method);
        expect([response.status, await response.text()]).toEqual([404, notFound]);
      }
    }
    expect((await use(await issuer.token(CLAIMS))).status).toBe(200);
  });

  it('outlives the token that opened it, and ends when its owner deletes it', async () => {
    const use = await open(await start(WITH_SESSIONS), await issuer.token(CLAIMS));
    const renewed = await issuer.token({ ...CLAIMS, scope: 'mcp files:write' });
    expect((await use(renewed)).status).toBe(200);
    expect((await use(await issuer.token(CLAIMS, { expiresIn: '-5m' }))).status).toBe(401);
    expect((await use(renewed, 'DELETE')).status).toBe(200);
    expect((await use(renewed)).status).toBe(404);
  });

  /** Whether a server has ended its stream. It has not if the connection just breaks. */
  function watch(response: Response): { readonly ended: boolean } {
    const state = { ended: false };
    response.text().then(
      () => {
        state.ended = true;
      },
      () => {},
    );
    return state;
  }
  const fakeTime = () => vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] });

  it('has a stream that ends with its token, and another one with the next token', async () => {
    fakeTime();
    const url = await start(WITH_SESSIONS);
    const token = await issuer.token(CLAIMS, { expiresIn: '1m' });
    const use = await open(url, token);
    const response = await use(token, 'GET');
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    const stream = watch(response);

    vi.advanceTimersByTime(58_000);
    expect((await use(token)).status).toBe(200);
    expect(stream.ended).toBe(false);
    vi.advanceTimersByTime(2_000);
    await until(() => stream.ended);
    expect((await use(token)).status).toBe(401);

    const next = await use(await issuer.token(CLAIMS), 'GET');
    expect(next.status).toBe(200);
    await next.body?.cancel();
  });

  it('has a stream with a token that is valid for longer than a timer can wait', async () => {
    fakeTime();
    const token = await issuer.token(CLAIMS, { expiresIn: '30d' });
    const use = await open(await start(WITH_SESSIONS), token);
    const response = await use(token, 'GET');
    const stream = watch(response);
    vi.advanceTimersByTime(60_000);
    expect((await use(token)).status).toBe(200);
    expect(stream.ended).toBe(false);
  });

  it('ends after a day without a request', async () => {
    fakeTime();
    const token = () => issuer.token(CLAIMS);
    const use = await open(await start(WITH_SESSIONS), await token());
    for (const hours of [23, 23]) {
      vi.advanceTimersByTime(hours * 3_600_000);
      expect((await use(await token())).status).toBe(200);
    }
    vi.advanceTimersByTime(24 * 3_600_000);
    expect((await use(await token())).status).toBe(404);
  });
});
