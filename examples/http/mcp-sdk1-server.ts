import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import express, { type RequestHandler } from 'express';
import { z } from 'zod';
import { gate } from './gate.js';

/** Starts a server for one request, or for one session. */
export async function connect(transport: object): Promise<McpServer> {
  const server = new McpServer({ name: 'files', version: '1.0.0' });
  server.registerTool('who_am_i', {}, ({ authInfo }) => ({
    content: [{ type: 'text', text: authInfo?.clientId ?? '' }],
  }));
  server.registerTool('write_file', { inputSchema: { name: z.string() } }, ({ name }) => ({
    content: [{ type: 'text', text: `wrote ${name}` }],
  }));
  // The cast is for TypeScript's `exactOptionalPropertyTypes`. You do not need it without that option.
  await server.connect(transport as Transport);
  return server;
}

/** Every tool, with the scopes that it needs in addition to `requiredScopes`. Calls to other tools are refused. */
const scopesOf = new Map([
  ['who_am_i', []],
  ['write_file', ['files:write']],
]);

// Every content type is parsed. Otherwise the SDK would read a body that the check below has not seen.
const parse = express.json({ type: () => true, limit: '4mb' });

/** Parses the body, and answers 403 if the token lacks a scope of the tool. SDK 1.x cannot do this itself. */
export const stepUp: RequestHandler = (request, response, next) => {
  parse(request, response, (failure?: { status?: number }) => {
    if (failure) {
      const error = { code: -32700, message: 'Parse error' };
      response.status(failure.status ?? 400).json({ jsonrpc: '2.0', error, id: null });
      return;
    }
    // A body can also be a list of messages.
    const calls = [request.body].flat().filter((message) => message?.method === 'tools/call');
    const unknown = calls.find(({ params }) => !scopesOf.has(params?.name));
    if (unknown) {
      const error = { code: -32602, message: 'Unknown tool' };
      response.json({ jsonrpc: '2.0', error, id: unknown.id ?? null });
      return;
    }
    const scopes = calls.flatMap(({ params }) => scopesOf.get(params.name) ?? []);
    if (scopes.length > 0) gate.node({ scopes })(request, response, next);
    else next();
  });
};
