// The protected server that `npm run test:clients` lets clients log in to, with its own identity provider.
import { toNodeHandler } from '@modelcontextprotocol/node';
import { McpServer as McpServer1 } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import express, { type RequestHandler } from 'express';
import { createAuthClient } from 'intentkit-auth';
import { type McpGate, protectMcp } from 'intentkit-auth/mcp';
import { createRevocationList } from 'intentkit-auth/revocation';
import { startServer } from '../../examples/authorization-server.js';
import { type LoginServer, startLoginServer, USER } from '../support/login-server.js';
import { memoryStore } from '../support/stores.js';

/** The lines of the SDK that the server can be written with. */
export const SERVER_LINES = ['1.x', '2'] as const;
export type ServerLine = (typeof SERVER_LINES)[number];

export interface ProtectedServer {
  readonly url: string;
  readonly provider: LoginServer;
  /** Ends the tokens of the user, here and at the provider. */
  signOut(): Promise<void>;
  stop(): Promise<void>;
}

const SCOPES = ['mcp', 'files:write'];

const says = (text: string) => ({ content: [{ type: 'text' as const, text }] });

const HANDLERS: Readonly<Record<ServerLine, (gate: McpGate) => RequestHandler[]>> = {
  '1.x': (gate) => {
    const forWriting = gate.node({ scopes: ['files:write'] });
    return [
      express.json({ type: () => true }),
      (request, response, next) => {
        if (request.body?.params?.name === 'write_file') forWriting(request, response, next);
        else next();
      },
      async (request, response) => {
        if (request.method !== 'POST') return void response.status(405).end();
        const server = new McpServer1({ name: 'files', version: '1.0.0' });
        server.registerTool('who_am_i', {}, ({ authInfo }) => says(authInfo?.clientId ?? ''));
        server.registerTool('write_file', {}, () => says('written'));
        const transport = new StreamableHTTPServerTransport();
        // The cast is for `exactOptionalPropertyTypes`.
        await server.connect(transport as Parameters<typeof server.connect>[0]);
        await transport.handleRequest(request, response, request.body);
      },
    ];
  },
  '2': (gate) => {
    const handler = createMcpHandler(() => {
      const server = new McpServer({ name: 'files', version: '1.0.0' });
      server.registerTool('who_am_i', {}, ({ http }) => says(http?.authInfo?.clientId ?? ''));
      server.registerTool('write_file', { scopeChallenge: gate.requireScopes('files:write') }, () =>
        says('written'),
      );
      return server;
    });
    const serve = toNodeHandler(handler);
    return [(request, response) => serve(request, response)];
  },
};

/**
 * Starts a provider and a server. Its tool `who_am_i` returns the client's id, and `write_file` needs a further scope.
 *
 * @param announces whether the first challenge asks for the scopes of all tools, by `initialScopes`, and the metadata lists them.
 */
export async function startProtectedServer(line: ServerLine, announces: boolean): Promise<ProtectedServer> {
  const provider = await startLoginServer({ bindsScopes: announces });
  const revocation = createRevocationList(memoryStore(), { maxLifetime: '1d' });
  const server = await startServer((origin) => {
    const resource = `${origin}/mcp`;
    const auth = createAuthClient({ issuers: [{ issuer: provider.url, audience: resource }], revocation });
    const gate = protectMcp(auth, {
      resource,
      requiredScopes: ['mcp'],
      // Some clients take the scopes from the metadata, and not from the challenge.
      ...(announces && { initialScopes: SCOPES, scopesSupported: SCOPES }),
    });
    return express()
      .use(gate.node())
      .all('/mcp', ...HANDLERS[line](gate));
  });
  return {
    url: `${server.url}/mcp`,
    provider,
    async signOut() {
      await provider.revoke();
      await revocation.revokeSubject(USER, { issuer: provider.url });
    },
    stop: async () => {
      await Promise.all([server.stop(), provider.stop()]);
    },
  };
}
