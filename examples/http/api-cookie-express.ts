// Run it with: npx tsx api-cookie-express.ts
import express from 'express';
import { gate } from './api-gate.js';

const COOKIE = '__Host-session';
const OPTIONS = { path: '/', secure: true, httpOnly: true, sameSite: 'strict' } as const;

const app = express();
app.use(gate.nodeMetadata());
app.get('/health', (_request, response) => void response.send('ok'));
app.use((request, _response, next) => {
  const cookies = request.get('cookie')?.split('; ') ?? [];
  const token = cookies.find((cookie) => cookie.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1) ?? '';
  const isOwnPage = request.get('sec-fetch-site') === 'same-origin';
  if (isOwnPage && request.get('authorization') === undefined && /^[\w.-]+$/.test(token)) {
    // The gate reads `rawHeaders`.
    request.rawHeaders.push('Authorization', `Bearer ${token}`);
  }
  next();
});
app.delete('/session', (_request, response) => void response.clearCookie(COOKIE, OPTIONS).status(204).end());
// All routes below need a token.
app.use(gate.node());
app.post('/session', (request, response) => {
  response.cookie(COOKIE, gate.authOf(request).token, OPTIONS).status(204).end();
});
app.get('/me', (request, response) => {
  const { clientId, scopes } = gate.authOf(request);
  response.json({ clientId, scopes });
});
app.put('/files', gate.node({ scopes: ['files:write'] }), (_request, response) => {
  response.json({ written: true });
});
app.listen(3000);
