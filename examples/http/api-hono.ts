// Run it with: npx tsx api-hono.ts
import { serve } from '@hono/node-server';
import { Hono, type MiddlewareHandler } from 'hono';
import type { OptionalRoute, StrictRoute } from 'intentkit-auth/http';
import { gate } from './api-gate.js';

const protect =
  (options: StrictRoute | OptionalRoute = {}): MiddlewareHandler =>
  async ({ req }, next) => {
    const decision = await gate.authenticate(req.raw, { optional: false, ...options });
    if (decision instanceof Response) return decision;
    return next();
  };

const app = new Hono();
app.use(async ({ req }, next) => gate.metadata(req.raw) ?? next());
app.get('/health', (context) => context.text('ok'));
app.get('/news', protect({ optional: true }), (context) => {
  const reader = gate.authOf(context.req.raw, { optional: true });
  return context.json({ reader: reader?.subject ?? null });
});
// All routes below need a token.
app.use(protect());
app.get('/me', (context) => {
  const { clientId, scopes } = gate.authOf(context.req.raw);
  return context.json({ clientId, scopes });
});
app.put('/files', protect({ scopes: ['files:write'] }), (context) => context.json({ written: true }));
serve({ fetch: app.fetch, port: 3000 });
