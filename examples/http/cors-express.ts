import { createMcpExpressApp } from '@modelcontextprotocol/express';
import { toNodeHandler } from '@modelcontextprotocol/node';
import cors from 'cors';
import { gate, resource } from './gate.js';
import { handler } from './mcp-server.js';

const serve = toNodeHandler(handler);

export const app = createMcpExpressApp({ host: '0.0.0.0', allowedHosts: [new URL(resource).hostname] });
// Before the gate, because a preflight has no token.
app.use(
  cors({ origin: ['https://app.example.com'], exposedHeaders: ['WWW-Authenticate', 'Mcp-Session-Id'] }),
);
app.use(gate.node());
app.all('/mcp', (request, response) => serve(request, response, request.body));
