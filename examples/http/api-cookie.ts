// Run it with: npx tsx api-cookie.ts
import { serve } from '@hono/node-server';
import { Hono, type MiddlewareHandler } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { AuthInfo, StrictRoute } from 'intentkit-auth/http';
import { gate } from './api-gate.js';

const COOKIE = { prefix: 'host', path: '/', secure: true, httpOnly: true, sameSite: 'Strict' } as const;
type Env = { Variables: { caller: AuthInfo } };

const protect =
  (options?: StrictRoute): MiddlewareHandler<Env> =>
  async (context, next) => {
    const { url, method, headers: sent } = context.req.raw;
    const headers = new Headers(sent);
    const token = getCookie(context, 'session', 'host') ?? '';
    // The cookie is used only for requests from this origin, so that no other page can act for the user.
    const isOwnPage = headers.get('sec-fetch-site') === 'same-origin';
    if (isOwnPage && !headers.has('authorization') && /^[\w.-]+$/.test(token)) {
      headers.set('authorization', `Bearer ${token}`);
    }
    const caller = await gate.authenticate(new Request(url, { method, headers }), options);
    if (caller instanceof Response) return caller;
    context.set('caller', caller);
    return next();
  };

const app = new Hono<Env>();
app.use(async ({ req }, next) => gate.metadata(req.raw) ?? next());
app.get('/health', (context) => context.text('ok'));
// After login, a page sends its token once, in the header. Scripts cannot read the cookie.
app.post('/session', protect(), (context) => {
  setCookie(context, 'session', context.var.caller.token, COOKIE);
  return context.body(null, 204);
});
app.delete('/session', (context) => {
  deleteCookie(context, 'session', COOKIE);
  return context.body(null, 204);
});
app.get('/me', protect(), ({ json, var: { caller } }) =>
  json({ clientId: caller.clientId, scopes: caller.scopes }),
);
app.put('/files', protect({ scopes: ['files:write'] }), (context) => context.json({ written: true }));
serve({ fetch: app.fetch, port: 3000 });
