import cors from '@fastify/cors';
import fastify from 'fastify';
import { gate } from './gate.js';

const protect = gate.node();

export const app = fastify();
// Before the gate, because a preflight has no token.
await app.register(cors, {
  origin: ['https://app.example.com'],
  methods: ['GET', 'POST', 'DELETE'],
  exposedHeaders: ['WWW-Authenticate', 'Mcp-Session-Id'],
});
app.addHook('onRequest', ({ raw }, reply, done) => {
  const response = {
    get headersSent() {
      return reply.sent;
    },
    writeHead: (status: number, headers: Record<string, string>) => reply.code(status).headers(headers),
    end: (body: string) => reply.send(body),
  };
  protect(raw, response, done);
});
app.get('/me', ({ raw }) => {
  const { clientId, scopes } = gate.authOf(raw);
  return { clientId, scopes };
});
