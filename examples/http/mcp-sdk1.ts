import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import express from 'express';
import { gate } from './gate.js';
import { connect, stepUp } from './mcp-sdk1-server.js';

export const app = express();
app.use(gate.node());
app.post('/mcp', stepUp, async (request, response) => {
  const transport = new StreamableHTTPServerTransport();
  const server = await connect(transport);
  response.on('close', () => server.close());
  await transport.handleRequest(request, response, request.body);
});
// Without sessions, a client can neither open a stream nor delete a session.
app.all('/mcp', (_, response) => {
  response.status(405).set('Allow', 'POST').end();
});
