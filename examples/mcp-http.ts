/**
 * A protected MCP server over HTTP, a real authorization server, and an agent that discovers where to get a token. It exits
 * with status 1 if a result is not as expected. Run it with `npm run example:http`.
 */
import type { RequestListener } from 'node:http';
import {
  Client,
  ClientCredentialsProvider,
  DpopSession,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { createAuthClient } from 'intentkit-auth';
import { protectMcp } from 'intentkit-auth/mcp';
import { z } from 'zod';
import { CLIENT, startAuthorizationServer, startServer } from './authorization-server.js';
import { expect, say } from './demo-screen.js';

/** The protected server. One of its tools needs a further scope. */
function protectedServer(issuer: string, resource: string): RequestListener {
  const auth = createAuthClient({ issuers: [{ issuer, audience: resource, typ: 'at+jwt' }] });
  const gate = protectMcp(auth, { resource, requiredScopes: ['mcp'] });
  const handler = createMcpHandler(() => {
    const server = new McpServer({ name: 'files', version: '1.0.0' });
    server.registerTool('who_am_i', { inputSchema: z.object({}) }, (_, { http }) => ({
      content: [{ type: 'text', text: `${http?.authInfo?.clientId}: ${http?.authInfo?.scopes.join(' ')}` }],
    }));
    server.registerTool(
      'write_file',
      { inputSchema: z.object({ name: z.string() }), scopeChallenge: gate.requireScopes('files:write') },
      ({ name }) => ({ content: [{ type: 'text', text: `wrote ${name}` }] }),
    );
    return server;
  });
  const protect = gate.node();
  // The cast is for TypeScript's `exactOptionalPropertyTypes`.
  const serve = toNodeHandler(handler) as RequestListener;
  return (request, response) => protect(request, response, () => serve(request, response));
}

/** An agent that knows the URL of the server and its own credentials, and discovers the rest. */
async function connect(resource: string, provider: ClientCredentialsProvider) {
  const agent = new Client({ name: 'agent', version: '1.0.0' });
  await agent.connect(new StreamableHTTPClientTransport(new URL(resource), { authProvider: provider }));
  const call = async (name: string, args = {}): Promise<string> => {
    const [content] = (await agent.callTool({ name, arguments: args })).content;
    return content?.type === 'text' ? content.text : '';
  };
  return { call, close: () => agent.close() };
}

/** Credentials for tokens that are bound to a key, which never leaves the agent. */
class BoundCredentials extends ClientCredentialsProvider {
  readonly #session = DpopSession.create();
  dpop(): Promise<DpopSession> {
    return this.#session;
  }
}

async function demo(issuer: string, resource: string): Promise<void> {
  say('1. A request without a token gets a challenge, which names the metadata.');
  const refused = await fetch(resource, { method: 'POST' });
  say(`      ${refused.status}  ${refused.headers.get('www-authenticate')}`);
  expect('the request is refused with 401', refused.status === 401);
  const place = /resource_metadata="([^"]+)"/.exec(refused.headers.get('www-authenticate') ?? '')?.[1] ?? '';
  const metadata = (await (await fetch(place)).json()) as { authorization_servers?: string[] };
  expect('the metadata names the authorization server', metadata.authorization_servers?.[0] === issuer);

  say('2. An agent follows the challenge, gets a token and calls a tool.');
  const bearer = new ClientCredentialsProvider({ ...CLIENT, expectedIssuer: issuer });
  const agent = await connect(resource, bearer);
  expect(
    'the server knows the agent, and the scope that every request needs',
    (await agent.call('who_am_i')) === 'agent: mcp',
  );

  say('3. The agent calls a tool that needs another scope, and gets a token with both.');
  expect('the file is written', (await agent.call('write_file', { name: 'a.txt' })) === 'wrote a.txt');
  expect('the new token has both scopes', (await agent.call('who_am_i')) === 'agent: mcp files:write');
  await agent.close();

  say('4. Another agent uses tokens that are bound to its key.');
  const bound = new BoundCredentials({ ...CLIENT, expectedIssuer: issuer });
  const boundAgent = await connect(resource, bound);
  expect('the server knows the agent', (await boundAgent.call('who_am_i')) === 'agent: mcp');
  await boundAgent.close();

  say('5. Someone steals that token and sends it.');
  const stolen = bound.tokens()?.access_token ?? '';
  const theft = await fetch(resource, { method: 'POST', headers: { authorization: `Bearer ${stolen}` } });
  say(`      ${theft.status}  ${((await theft.json()) as { error_description: string }).error_description}`);
  expect('the request is refused, because it has no proof of the key', theft.status === 401);
}

const authorizationServer = await startAuthorizationServer('mcp files:write');
const issuer = authorizationServer.url;
const server = await startServer((url) => protectedServer(issuer, `${url}/mcp`));
try {
  await demo(issuer, `${server.url}/mcp`);
  say('\nAll as expected.');
} catch (error) {
  say(`\n${error instanceof Error ? error.message : 'The example failed.'}`);
  process.exitCode = 1;
} finally {
  await Promise.all([server.stop(), authorizationServer.stop()]);
}
