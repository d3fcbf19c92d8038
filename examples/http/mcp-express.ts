import { createMcpExpressApp } from '@modelcontextprotocol/express';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { gate } from './gate.js';
import { handler } from './mcp-server.js';

const serve = toNodeHandler(handler);

export const app = createMcpExpressApp();
app.use(gate.node());
app.all('/mcp', (request, response) => serve(request, response, request.body));
