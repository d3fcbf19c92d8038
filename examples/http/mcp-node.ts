import { createServer, type RequestListener } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { gate } from './gate.js';
import { handler } from './mcp-server.js';

const serve = toNodeHandler({
  fetch: gate.fetch((request, { authInfo }) => handler.fetch(request, { authInfo })),
});

// The type is named for TypeScript's `exactOptionalPropertyTypes`, and needless without it.
export const server = createServer(serve as RequestListener);
