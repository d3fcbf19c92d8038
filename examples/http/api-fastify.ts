// Run it with: npx tsx api-fastify.ts
import fastify, { type onRequestHookHandler } from 'fastify';
import type { NodeMiddleware } from 'intentkit-auth/http';
import { gate } from './api-gate.js';

/** Turns middleware into a hook. It answers through `reply`, which also sends the headers that plugins have set. */
const hook =
  (middleware: NodeMiddleware): onRequestHookHandler =>
  ({ raw }, reply, done) => {
    const response = {
      get headersSent() {
        return reply.sent;
      },
      writeHead: (status: number, headers: Record<string, string>) => reply.code(status).headers(headers),
      end: (body: string) => reply.send(body),
    };
    middleware(raw, response, done);
  };

const app = fastify();
app.addHook('onRequest', hook(gate.nodeMetadata()));
app.get('/health', () => 'ok');
app.get('/news', { onRequest: hook(gate.node({ optional: true })) }, ({ raw }) => ({
  reader: gate.authOf(raw, { optional: true })?.subject ?? null,
}));
app.get('/me', { onRequest: hook(gate.node()) }, ({ raw }) => {
  const { clientId, scopes } = gate.authOf(raw);
  return { clientId, scopes };
});
app.put('/files', { onRequest: hook(gate.node({ scopes: ['files:write'] })) }, () => ({ written: true }));
await app.listen({ port: 3000 });
