import { createServer, type RequestListener } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { gate } from './gate.js';
import { handler } from './mcp-server.js';

const serve = toNodeHandler({
  fetch: gate.fetch((request, { authInfo }) => handler.fetch(request, { authInfo })),
});

// The cast is for TypeScript's `exactOptionalPropertyTypes`. You do not need it without that option.
export const server = createServer(serve as RequestListener);
