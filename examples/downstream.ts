/**
 * An MCP server behind opaque tokens that calls another API on behalf of its user. It starts the provider, the MCP server, the
 * API and an MCP client, and exits with status 1 if a result is not as expected. Run it with `npm run example:downstream`.
 */
import type { RequestListener } from 'node:http';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { type AuthError, createAuthClient } from 'intentkit-auth';
import { createDownstream, type DownstreamApi } from 'intentkit-auth/downstream';
import { protectApi } from 'intentkit-auth/http';
import { createIntrospection } from 'intentkit-auth/introspection';
import { protectMcp } from 'intentkit-auth/mcp';
import { createTestIssuer } from 'intentkit-auth/testing';
import { z } from 'zod';
import { startServer } from './authorization-server.js';
import { expect, say } from './demo-screen.js';

/** How the MCP server identifies itself at the provider. */
const CLIENT = { clientId: 'mcp-server', clientAuth: { secret: 'the-secret-of-the-mcp-server' } };

/** The API behind the MCP server. It accepts only tokens that are for it. */
function ordersApi(issuer: string, resource: string): RequestListener {
  const auth = createAuthClient({ issuers: [{ issuer, audience: resource }] });
  const gate = protectApi(auth, { resource, requiredScopes: ['orders:read'] });
  const protect = gate.node();
  return (request, response) =>
    protect(request, response, () => {
      const { subject, clientId } = gate.authOf(request);
      response.end(JSON.stringify({ open: 3, subject, clientId }));
    });
}

/** The MCP server. Its tool calls the API with a token of its own for this caller. */
function mcpServer(issuer: string, resource: string, orders: DownstreamApi): RequestListener {
  const introspection = createIntrospection({ issuer, ...CLIENT, onWarning: () => {} });
  const gate = protectMcp(createAuthClient({ audience: resource, introspection }), { resource });
  const handler = createMcpHandler(() => {
    const server = new McpServer({ name: 'orders', version: '1.0.0' });
    server.registerTool('open_orders', { inputSchema: z.object({}) }, async (_, { http }) => {
      if (!http?.authInfo) throw new Error('The gate admits no request without a caller.');
      try {
        const response = await orders.fetch(http.authInfo, '/open');
        return { content: [{ type: 'text', text: await response.text() }] };
      } catch (error) {
        const { code, oauthError = '' } = error as AuthError;
        return { isError: true, content: [{ type: 'text', text: `${code} ${oauthError}` }] };
      }
    });
    return server;
  });
  const protect = gate.node();
  // The cast is for TypeScript's `exactOptionalPropertyTypes`.
  const serve = toNodeHandler(handler) as RequestListener;
  return (request, response) => protect(request, response, () => serve(request, response));
}

async function callTool(resource: string, token: string): Promise<string> {
  const agent = new Client({ name: 'agent', version: '1.0.0' });
  const authProvider = { token: async () => token };
  await agent.connect(new StreamableHTTPClientTransport(new URL(resource), { authProvider }));
  const [content] = (await agent.callTool({ name: 'open_orders', arguments: {} })).content;
  await agent.close();
  return content?.type === 'text' ? content.text : '';
}

const provider = await createTestIssuer();
await provider.listen();
const exchanges = (): number => provider.requests.filter(({ path }) => path === '/token').length;
const api = await startServer((url) => ordersApi(provider.url, `${url}/`));
const downstream = createDownstream({ issuer: provider.url, ...CLIENT, onWarning: () => {} });
const orders = downstream.for({ resource: `${api.url}/`, scopes: ['orders:read'] });
const server = await startServer((url) => mcpServer(provider.url, `${url}/mcp`, orders));
const resource = `${server.url}/mcp`;
try {
  say('1. A user calls a tool with an opaque token, which is for the MCP server.');
  const token = provider.opaqueToken({ sub: 'ada', client_id: 'agent' }, { audience: resource });
  const answer = await callTool(resource, token);
  say(`      ${answer}`);
  expect(
    'the API knows the user, and who acts on her behalf',
    answer.includes('"subject":"ada","clientId":"mcp-server"'),
  );

  say('2. The same user calls again.');
  await callTool(resource, token);
  expect('the token for the API is kept, so there was one exchange', exchanges() === 1);

  say("3. Someone sends the user's token to the API itself.");
  const direct = await fetch(`${api.url}/open`, { headers: { authorization: `Bearer ${token}` } });
  expect('the API refuses it', direct.status === 401);

  say('4. The provider wants to see another user again before it grants a token.');
  provider.fail('interaction_required', { only: 'token' });
  const other = provider.opaqueToken({ sub: 'bob' }, { audience: resource });
  const refused = await callTool(resource, other);
  say(`      ${refused}`);
  expect('the tool can tell', refused === 'ERR_EXCHANGE_REFUSED interaction_required');
  provider.recover();

  say('5. The first user signs out.');
  provider.revokeToken(token);
  const after = await fetch(resource, { method: 'POST', headers: { authorization: `Bearer ${token}` } });
  expect('the MCP server refuses the token', after.status === 401);
  say('\nAll as expected.');
} catch (error) {
  say(`\n${error instanceof Error ? error.message : 'The example failed.'}`);
  process.exitCode = 1;
} finally {
  await Promise.all([server.stop(), api.stop(), provider.close()]);
}
