import fastify from 'fastify';
import type { AuthInfo } from 'intentkit-auth/mcp';
import { gate } from './gate.js';

const protect = gate.node();

export const app = fastify();
// If the gate refuses a request, it answers it and never calls `done`.
app.addHook('onRequest', ({ raw }, reply, done) => protect(raw, reply.raw, done));
app.get('/me', ({ raw }) => {
  const { clientId, scopes } = (raw as { auth?: AuthInfo }).auth as AuthInfo;
  return { clientId, scopes };
});
