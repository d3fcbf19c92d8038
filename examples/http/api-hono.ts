import { Hono } from 'hono';
import type { AuthInfo } from 'intentkit-auth/mcp';
import { gate } from './gate.js';

export const app = new Hono<{ Variables: { auth: AuthInfo } }>();
app.use(async (context, next) => {
  const decision = gate.metadata(context.req.raw) ?? (await gate.authenticate(context.req.raw));
  if (decision instanceof Response) return decision;
  context.set('auth', decision);
  return next();
});
app.get('/me', (context) => {
  const { clientId, scopes } = context.get('auth');
  return context.json({ clientId, scopes });
});
