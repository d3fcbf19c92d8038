import { createServer, type RequestListener } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { gate } from './gate.js';
import { handler } from './mcp-server.js';

const protect = gate.node();
// The cast is for TypeScript's `exactOptionalPropertyTypes`. You do not need it without that option.
const serve = toNodeHandler(handler) as RequestListener;

export const server = createServer((request, response) => {
  protect(request, response, () => serve(request, response));
});
