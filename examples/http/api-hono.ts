import { Hono, type MiddlewareHandler } from 'hono';
import type { StrictRoute } from 'intentkit-auth/http';
import { gate } from './api-gate.js';

const protect =
  (options?: StrictRoute): MiddlewareHandler =>
  async ({ req }, next) => {
    const decision = await gate.authenticate(req.raw, options);
    if (decision instanceof Response) return decision;
    return next();
  };

export const app = new Hono();
app.use(async ({ req }, next) => gate.metadata(req.raw) ?? next());
app.get('/health', (context) => context.text('ok'));
// All routes below need a token.
app.use(protect());
app.get('/me', (context) => {
  const { clientId, scopes } = gate.authOf(context.req.raw);
  return context.json({ clientId, scopes });
});
app.put('/files', protect({ scopes: ['files:write'] }), (context) => context.json({ written: true }));
