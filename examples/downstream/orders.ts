import { AuthError, createAuthClient } from 'intentkit-auth';
import { createDownstream } from 'intentkit-auth/downstream';
import { createIntrospection } from 'intentkit-auth/introspection';
import { type AuthInfo, protectMcp } from 'intentkit-auth/mcp';

const issuer = 'https://id.example.com';
const resource = 'https://mcp.example.com/mcp';
const client = { issuer, clientId: 'mcp-server', clientAuth: { secret: process.env.CLIENT_SECRET ?? '' } };

// The callers' tokens are opaque: the gate asks the issuer about them.
const auth = createAuthClient({ audience: resource, introspection: createIntrospection(client) });
export const gate = protectMcp(auth, { resource });

const orders = createDownstream(client).for({
  resource: 'https://orders.internal/',
  scopes: ['orders:read'],
});

/** Call it in a tool, with the `authInfo` of the gate. It reads the orders of that user. */
export async function openOrders(authInfo: AuthInfo): Promise<string> {
  try {
    const response = await orders.fetch(authInfo, '/open');
    return await response.text();
  } catch (error) {
    if (!(error instanceof AuthError)) throw error;
    if (error.oauthError === 'interaction_required') return 'Sign in again, then repeat the request.';
    if (error.code === 'ERR_EXCHANGE_UNAVAILABLE') return `Try again in ${error.retryAfter} s.`;
    throw error;
  }
}
