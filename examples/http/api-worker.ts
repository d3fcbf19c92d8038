// Run it with: npx wrangler dev api-worker.ts
import { gate } from './api-gate.js';

const routes: Readonly<Record<string, (request: Request) => Response | Promise<Response>>> = {
  'GET /health': () => new Response('ok'),
  'GET /me': gate.fetch((_request, { authInfo: { clientId, scopes } }) =>
    Response.json({ clientId, scopes }),
  ),
  'PUT /files': gate.fetch(() => Response.json({ written: true }), { scopes: ['files:write'] }),
};
// It also serves the metadata.
const others = gate.fetch(() => new Response('Not found', { status: 404 }));

export default {
  fetch(request: Request): Response | Promise<Response> {
    const { pathname } = new URL(request.url);
    return (routes[`${request.method} ${pathname}`] ?? others)(request);
  },
};
