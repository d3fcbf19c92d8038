// Servers with public and protected tools, of both SDK lines, before the official clients without a token.
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import {
  Client,
  StreamableHTTPClientTransport,
  type VersionNegotiationMode,
} from '@modelcontextprotocol/client';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as Transport1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpServer as McpServer1 } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import express from 'express';
import { createAuthClient } from 'intentkit-auth';
import { protectMcp } from 'intentkit-auth/mcp';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ISSUER, RESOURCE, SECRET, tokenWith } from '../support/gate.js';

const auth = createAuthClient({ secret: SECRET, issuer: ISSUER, audience: RESOURCE });
const gate = protectMcp(auth, { resource: RESOURCE, publicTools: ['search'] });

const say = (caller: { clientId: string } | undefined) => ({
  content: [{ type: 'text' as const, text: caller?.clientId ?? 'nobody' }],
});
const handler = createMcpHandler(() => {
  const server = new McpServer({ name: 'shop', version: '1.0.0' });
  server.registerTool('search', {}, ({ http }) => say(http?.authInfo));
  server.registerTool('order', {}, ({ http }) => say(http?.authInfo));
  return server;
});

/** A server of SDK 1.x without sessions. */
const app1 = express()
  .use(express.json())
  .use(gate.node())
  .post('/mcp', async (request, response) => {
    const server = new McpServer1({ name: 'shop', version: '1.0.0' });
    server.registerTool('search', {}, ({ authInfo }) => say(authInfo));
    server.registerTool('order', {}, ({ authInfo }) => say(authInfo));
    const transport = new StreamableHTTPServerTransport();
    // The cast is for `exactOptionalPropertyTypes`.
    await server.connect(transport as Parameters<typeof server.connect>[0]);
    await transport.handleRequest(request, response, request.body);
  });

const serve2 = toNodeHandler(handler);
const SERVERS: Readonly<Record<string, RequestListener>> = {
  'SDK 2, behind fetch': getRequestListener(
    gate.fetch((request, context) => handler.fetch(request, context)),
  ),
  'SDK 2, on express': express()
    .use(express.json())
    .use(gate.node())
    .all('/mcp', (request, response) => serve2(request, response, request.body)),
  'SDK 1.x, on express': app1,
};

async function start(listener: RequestListener): Promise<URL> {
  const server = createServer(listener);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`);
}

type Call = (name: string) => Promise<string>;
const headersOf = (token: string | undefined) => ({
  requestInit: { headers: { ...(token && { authorization: `Bearer ${token}` }) } },
});

const connect2 =
  (mode: VersionNegotiationMode) =>
  async (url: URL, token?: string): Promise<Call> => {
    const client = new Client({ name: 'agent', version: '1.0.0' }, { versionNegotiation: { mode } });
    onTestFinished(() => client.close());
    await client.connect(new StreamableHTTPClientTransport(url, headersOf(token)));
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(['search', 'order']);
    return async (name) => {
      const { content } = await client.callTool({ name });
      return content[0]?.type === 'text' ? content[0].text : '';
    };
  };
async function connect1(url: URL, token?: string): Promise<Call> {
  const client = new Client1({ name: 'agent', version: '1.0.0' });
  onTestFinished(() => client.close());
  await client.connect(new Transport1(url, headersOf(token)) as Parameters<typeof client.connect>[0]);
  return async (name) => {
    const { content } = (await client.callTool({ name })) as { content: { text: string }[] };
    return content[0]?.text ?? '';
  };
}
const CLIENTS = {
  'the client of SDK 2': connect2('legacy'),
  'the client of SDK 2, by the new protocol': connect2('auto'),
  'the client of SDK 1.x': connect1,
};

describe.each(Object.entries(SERVERS))('A server of %s', (_, listener) => {
  it.each(Object.entries(CLIENTS))(
    'has a public tool for %s, and asks for a token for another',
    async (_, connect) => {
      const url = await start(listener);
      const anonymous = await connect(url);
      expect(await anonymous('search')).toBe('nobody');
      await expect(anonymous('order')).rejects.toThrow(/401|no access token/i);
      expect(await anonymous('search')).toBe('nobody');

      const known = await connect(url, tokenWith());
      expect([await known('search'), await known('order')]).toEqual(['agent', 'agent']);
      await expect(connect(url, tokenWith({ exp: 1 }))).rejects.toThrow(/401|expired/i);
    },
  );
});
