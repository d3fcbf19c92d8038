// The servers of SDK 1.x of `examples/http`, as the guide shows them, before raw requests and the official clients.
import { gzipSync } from 'node:zlib';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as Transport1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { createTestIssuer } from 'intentkit-auth/testing';
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  headersOf,
  INITIALIZE,
  type Load,
  postMessage,
  startExample,
  toolCall,
} from '../support/mcp-messages.js';

const AUDIENCE = 'https://api.example.com/mcp';
const METADATA = 'https://api.example.com/.well-known/oauth-protected-resource/mcp';
const CLAIMS = { sub: 'user-1', client_id: 'agent', scope: 'mcp' };

const issuer = await createTestIssuer({ audience: AUDIENCE });
await issuer.listen();
afterAll(() => issuer.close());

const SERVERS: Readonly<Record<string, Load>> = {
  'without sessions': () => import('../../examples/http/mcp-sdk1.js'),
  'with sessions': () => import('../../examples/http/mcp-sdk1-sessions.js'),
  'behind requireBearerAuth': () => import('../../examples/http/mcp-sdk1-verifier.js'),
};
const start = (load: Load): Promise<string> => startExample(load, issuer.url, AUDIENCE);

/** Calls a tool. A server with sessions gets a new one first. */
async function callTool(url: string, token: string, name: string): Promise<Response> {
  const { headers } = await postMessage(url, token, INITIALIZE);
  const id = headers.get('mcp-session-id');
  return postMessage(url, token, toolCall(name), { ...(id && { 'mcp-session-id': id }) });
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
  it.each(CLIENTS)('serves the client of %s, and passes the caller to the tool', async (_, connect) => {
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
    const response = await postMessage(await start(load), await token(), toolCall('who_am_i'));
    const expected = `Bearer error="invalid_token", error_description="${says}", scope="mcp", resource_metadata="${METADATA}"`;
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe(expected);
    expect(await response.json()).toEqual({ error: 'invalid_token', error_description: says });
  });

  it('answers 401 to a request without a token, and the challenge leads to the metadata', async () => {
    const url = await start(load);
    const { status, headers } = await postMessage(url, undefined, toolCall('who_am_i'));
    const [, place = ''] = /resource_metadata="([^"]+)"/.exec(headers.get('www-authenticate') ?? '') ?? [];
    const metadata = await fetch(new URL(new URL(place).pathname, url));
    expect([status, await metadata.json()]).toMatchObject([
      401,
      { resource: AUDIENCE, authorization_servers: [issuer.url] },
    ]);
  });

  it('answers 403 to calls of a tool that needs more scopes, and admits calls of another tool', async () => {
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
    ['in a list', JSON.stringify([toolCall('who_am_i'), toolCall('write_file')]), {}],
    [
      'with a type that is not JSON',
      JSON.stringify(toolCall('write_file')),
      { 'content-type': 'text/plain' },
    ],
    [
      'with a type that is nearly JSON',
      JSON.stringify(toolCall('write_file')),
      { 'content-type': 'application/json;' },
    ],
    [
      'with an empty charset',
      JSON.stringify(toolCall('write_file')),
      { 'content-type': 'application/json; charset=' },
    ],
    [
      'compressed',
      new Uint8Array(gzipSync(JSON.stringify(toolCall('write_file')))),
      { 'content-encoding': 'gzip' },
    ],
    [
      'with the name twice',
      JSON.stringify(toolCall('write_file')).replace('"name"', '"name":"who_am_i","name"'),
      {},
    ],
    ['with an escaped name', JSON.stringify(toolCall('write_file')).replace('write', '\\u0077rite'), {}],
  ])('also answers 403 to a call without the scope, %s', async (_, body, changes) => {
    const url = await start(load);
    const token = await issuer.token(CLAIMS);
    const id = (await postMessage(url, token, INITIALIZE)).headers.get('mcp-session-id');
    const headers = { ...headersOf(token), ...(id && { 'mcp-session-id': id }), ...changes };
    const response = await fetch(url, { method: 'POST', headers, body });
    expect(await response.text()).not.toContain('wrote');
    expect(response.status).toBe(403);
  });

  it('does not run a tool whose scopes are not listed', async () => {
    const { connect } = McpServer.prototype;
    vi.spyOn(McpServer.prototype, 'connect').mockImplementation(function (this: McpServer, transport) {
      this.registerTool('write-file', {}, () => ({ content: [{ type: 'text', text: 'wrote' }] }));
      return connect.call(this, transport);
    });
    const url = await start(load);
    const response = await callTool(url, await issuer.token(CLAIMS), 'write-file');
    expect([response.status, await response.json()]).toEqual([
      200,
      { jsonrpc: '2.0', error: { code: -32602, message: 'Unknown tool' }, id: 1 },
    ]);
  });

  it.each([
    ['that is not JSON', '{', 400],
    ['that is too large', `"${'a'.repeat(4 * 1024 * 1024)}"`, 413],
  ])('answers a body %s as JSON-RPC does, and not with a page of express', async (_, body, status) => {
    const url = await start(load);
    const response = await fetch(url, {
      method: 'POST',
      headers: headersOf(await issuer.token(CLAIMS)),
      body,
    });
    expect([response.status, await response.json()]).toEqual([
      status,
      { jsonrpc: '2.0', error: { code: -32700, message: 'Parse error' }, id: null },
    ]);
  });

  it(`answers ${kind === 'behind requireBearerAuth' ? '500' : '503'} without a challenge during an outage`, async () => {
    vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const url = await start(load);
    issuer.fail('503');
    onTestFinished(issuer.recover);
    const { status, headers } = await postMessage(url, await issuer.token(CLAIMS), toolCall('who_am_i'));
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
