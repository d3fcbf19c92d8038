// Run it with: npx tsx api-hosts.ts
import { serve } from '@hono/node-server';
import { createAuthClient } from 'intentkit-auth';
import { protectApi } from 'intentkit-auth/http';

const { ISSUER: issuer = '' } = process.env;
if (!issuer) throw new Error('Set the variable ISSUER.');
const hosts = ['one.example.com', 'two.example.com'];
// The client has no `audience`, so each gate demands that the token is for its own resource.
const auth = createAuthClient({ issuers: [{ issuer }] });

function serverOf(host: string) {
  const gate = protectApi(auth, {
    resource: `https://${host}`,
    requiredScopes: ['api'],
    initialScopes: ['api', 'files:write'],
    scopesSupported: ['api', 'files:write'],
  });
  const files = gate.fetch(() => Response.json({ written: true }), { scopes: ['files:write'] });
  const others = gate.fetch((_request, { authInfo: { clientId, scopes } }) =>
    Response.json({ host, clientId, scopes }),
  );
  return (request: Request) => (new URL(request.url).pathname === '/files' ? files : others)(request);
}
const servers = new Map(hosts.map((host) => [host, serverOf(host)]));

function fetch(request: Request): Response | Promise<Response> {
  const { host, pathname } = new URL(request.url);
  if (pathname === '/health') return new Response('ok');
  // A host that is not listed gets no gate, because a caller can send any `Host`.
  return servers.get(host)?.(request) ?? new Response('No such host', { status: 421 });
}

serve({ fetch, port: 3000 });
