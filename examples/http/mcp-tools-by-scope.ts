// Run it with: npx tsx mcp-tools-by-scope.ts
import { serve } from '@hono/node-server';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { gate } from './gate.js';

const handler = createMcpHandler(({ authInfo }) => {
  const server = new McpServer({ name: 'files', version: '1.0.0' });
  server.registerTool('who_am_i', {}, () => ({
    content: [{ type: 'text', text: authInfo?.clientId ?? '' }],
  }));
  const writeFile = server.registerTool(
    'write_file',
    { inputSchema: z.object({ name: z.string() }) },
    ({ name }) => ({ content: [{ type: 'text', text: `wrote ${name}` }] }),
  );
  // A disabled tool is not listed, and calls to it are refused.
  if (!authInfo?.scopes.includes('files:write')) writeFile.disable();
  return server;
});

serve({
  fetch: gate.fetch((request, { authInfo }) => handler.fetch(request, { authInfo })),
  port: 3000,
});
