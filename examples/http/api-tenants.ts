// Run it with: npx tsx api-tenants.ts
import { serve } from '@hono/node-server';
import { createAuthClient } from 'intentkit-auth';
import { type Gate, protectApi } from 'intentkit-auth/http';

const issuer = process.env.ISSUER ?? 'https://issuer.example.com';
// The client has no `audience`, so each gate demands that the token is for its own resource.
const auth = createAuthClient({ issuers: [{ issuer }] });
const scopes = { requiredScopes: ['api'], initialScopes: ['api', 'files:write'] };
const gates = new Map<string, Gate>();

/** The gate of a host. Anyone can write any `Host`, so only yours may get one. */
function gateOf(host: string): Gate | undefined {
  if (!/^(acme|globex)\.example\.com$/.test(host)) return undefined;
  const gate = gates.get(host) ?? protectApi(auth, { resource: `https://${host}`, ...scopes });
  gates.set(host, gate);
  return gate;
}

async function fetch(request: Request): Promise<Response> {
  const { host, pathname } = new URL(request.url);
  if (pathname === '/health') return new Response('ok');
  const gate = gateOf(host);
  if (!gate) return new Response('No such host', { status: 421 });
  const route = pathname === '/files' ? { scopes: ['files:write'] } : undefined;
  const serveHost = gate.fetch(
    (_request, { authInfo: { clientId, scopes } }) => Response.json({ host, clientId, scopes }),
    route,
  );
  return serveHost(request);
}

serve({ fetch, port: 3000 });
