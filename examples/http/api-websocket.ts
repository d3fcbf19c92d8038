// Run it with: npx tsx api-websocket.ts
import { createServer, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import { gate } from './api-gate.js';

const metadata = gate.nodeMetadata();
const protect = gate.node({ scopes: ['files:write'] });
const sockets = new WebSocketServer({ noServer: true });
const LONGEST_TIMER = 2 ** 31 - 1;

const server = createServer((request, response) => {
  metadata(request, response, () => response.writeHead(request.url === '/health' ? 200 : 404).end());
});
server.on('upgrade', (request, socket: Socket, head) => {
  // Without it, a client that hangs up during the check would end the process.
  socket.on('error', () => socket.destroy());
  // Node creates no response object for an upgrade request. This one sends a refusal.
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  try {
    response.assignSocket(socket);
  } catch {
    // The client has not waited for the answer to its request before this one.
    socket.destroy();
    return;
  }
  response.on('finish', () => socket.destroySoon());
  protect(request, response, () => {
    response.detachSocket(socket);
    sockets.handleUpgrade(request, socket, head, (connection) => {
      const { clientId, expiresAt } = gate.authOf(request);
      // The connection ends with its token.
      const left = Math.min(expiresAt * 1000 - Date.now(), LONGEST_TIMER);
      const end = setTimeout(() => connection.close(1008, 'The token has expired.'), left);
      connection.on('close', () => clearTimeout(end));
      connection.on('error', () => connection.terminate());
      connection.on('message', (data) => connection.send(`${clientId} says ${data}`));
    });
  });
});
server.listen(3000);
