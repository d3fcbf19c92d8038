import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { gate } from './gate.js';

export const handler = createMcpHandler(() => {
  const server = new McpServer({ name: 'files', version: '1.0.0' });
  server.registerTool('who_am_i', {}, ({ http }) => ({
    content: [{ type: 'text', text: http?.authInfo?.clientId ?? '' }],
  }));
  server.registerTool(
    'write_file',
    { inputSchema: z.object({ name: z.string() }), scopeChallenge: gate.requireScopes('files:write') },
    ({ name }) => ({ content: [{ type: 'text', text: `wrote ${name}` }] }),
  );
  return server;
});
