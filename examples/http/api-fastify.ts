import fastify from 'fastify';
import type { AuthInfo } from 'intentkit-auth/mcp';
import { gate } from './gate.js';

const protect = gate.node();

export const app = fastify();
app.addHook('onRequest', ({ raw }, reply, done) => {
  // The gate answers through `reply`, which also sends the headers that plugins have set.
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
  const { clientId, scopes } = (raw as { auth?: AuthInfo }).auth as AuthInfo;
  return { clientId, scopes };
});
