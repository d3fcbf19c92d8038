// A user's whole way with a real identity provider: the official MCP clients log in and get an opaque token. The MCP server
// introspects it, and exchanges it for a token for an API, which has a gate of its own.
import type { RequestListener } from 'node:http';
import { UnauthorizedError } from '@modelcontextprotocol/client';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { UnauthorizedError as UnauthorizedError1 } from '@modelcontextprotocol/sdk/client/auth.js';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { createAuthClient } from 'intentkit-auth';
import { createDownstream, type DownstreamApi } from 'intentkit-auth/downstream';
import { protectApi } from 'intentkit-auth/http';
import { createIntrospection } from 'intentkit-auth/introspection';
import { protectMcp } from 'intentkit-auth/mcp';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { startServer } from '../../examples/authorization-server.js';
import { browse, type LoginServer, startLoginServer, USER } from '../support/login-server.js';
import { LINES, Memory } from '../support/mcp-lines.js';

const CLIENT = { clientId: 'mcp-server', secret: 'the secret of the MCP server' };
const onWarning = (): void => {};

/** Accepts only tokens for the API, and answers with whom it sees. */
function apiOf(issuer: string, resource: string): RequestListener {
  const auth = createAuthClient({ issuers: [{ issuer, audience: resource, typ: 'at+jwt' }] });
  const gate = protectApi(auth, { resource, requiredScopes: ['orders:read'] });
  return (request, response) =>
    gate.node()(request, response, () => {
      const { subject, clientId, scopes } = gate.authOf(request);
      response.end(JSON.stringify({ subject, clientId, scopes }));
    });
}

/** Its tool calls the API on behalf of the caller, and answers with what the API says. */
function mcpServer(issuer: string, resource: string, orders: DownstreamApi): RequestListener {
  const clientAuth = { secret: CLIENT.secret };
  const introspection = createIntrospection({ issuer, clientId: CLIENT.clientId, clientAuth, onWarning });
  const auth = createAuthClient({ audience: resource, introspection });
  const gate = protectMcp(auth, { resource, requiredScopes: ['mcp'], authorizationServers: [issuer] });
  const handler = createMcpHandler(() => {
    const server = new McpServer({ name: 'orders', version: '1.0.0' });
    server.registerTool('open_orders', { inputSchema: z.object({}) }, async (_, { http }) => {
      const response = await orders.fetch(http?.authInfo ?? '', '/open');
      return { content: [{ type: 'text', text: await response.text() }] };
    });
    return server;
  });
  // The cast is for TypeScript's `exactOptionalPropertyTypes`.
  const serve = toNodeHandler(handler) as RequestListener;
  const protect = gate.node();
  return (request, response) => protect(request, response, () => serve(request, response));
}

async function start(): Promise<{ url: URL; api: string; provider: LoginServer }> {
  let serveApi: RequestListener | undefined;
  const api = await startServer(() => (request, response) => serveApi?.(request, response));
  onTestFinished(() => api.stop());
  const resource = `${api.url}/`;
  // The provider points out on the console that its store is in memory, and that it prefers a newer Node.
  const quiet = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const provider = await startLoginServer({ behind: { resource, scope: 'orders:read', ...CLIENT } });
  quiet.mockRestore();
  onTestFinished(() => provider.stop());
  serveApi = apiOf(provider.url, resource);
  const clientAuth = { secret: CLIENT.secret };
  const downstream = createDownstream({
    issuer: provider.url,
    clientId: CLIENT.clientId,
    clientAuth,
    onWarning,
  });
  const orders = downstream.for({ resource, scopes: ['orders:read'] });
  const mcp = await startServer((url) => mcpServer(provider.url, `${url}/mcp`, orders));
  onTestFinished(() => mcp.stop());
  return { url: new URL(`${mcp.url}/mcp`), api: resource, provider };
}

describe.each(Object.entries(LINES))('A client of %s', (_, open) => {
  it("calls an API through the MCP server, on its user's behalf and by a token for that API", async () => {
    const { url, api, provider } = await start();
    const memory = new Memory();
    const first = open(url, memory);
    onTestFinished(() => first.close());
    await expect(first.connect()).rejects.toThrow();
    await first.finish((await browse(memory.authorizationUrl)).searchParams);
    const line = open(url, memory);
    onTestFinished(() => line.close());
    await line.connect();

    const seen = { subject: USER, clientId: CLIENT.clientId, scopes: ['orders:read'] };
    for (let time = 0; time < 3; time += 1) {
      const { content } = await line.call('open_orders');
      expect(JSON.parse((content as { text: string }[])[0]?.text ?? '')).toEqual(seen);
    }
    expect([provider.counts.logins, provider.exchanged]).toEqual([1, 1]);

    // The API does not admit the caller's own token, which is opaque.
    const token = memory.tokens()?.access_token ?? '';
    expect(token).toMatch(/^[\w-]{20,}$/);
    const direct = await fetch(api, { headers: { authorization: `Bearer ${token}` } });
    expect(direct.status).toBe(401);

    // The kept token is not used after the user's login was revoked.
    await provider.revoke();
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const refused = await line.call('open_orders').catch((error: unknown) => error);
    expect([UnauthorizedError, UnauthorizedError1].some((type) => refused instanceof type)).toBe(true);
    expect(provider.exchanged).toBe(1);
  });
});
