import { createMcpExpressApp } from '@modelcontextprotocol/express';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { gate, resource } from './gate.js';
import { handler } from './mcp-server.js';

const serve = toNodeHandler(handler);

// Without options, it serves this machine only: it answers 403 to any `Host` but localhost.
export const app = createMcpExpressApp({ host: '0.0.0.0', allowedHosts: [new URL(resource).hostname] });
app.use(gate.node());
app.all('/mcp', (request, response) => serve(request, response, request.body));
