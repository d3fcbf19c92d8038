import { AuthError, createAuthClient } from 'intentkit-auth';
import { type Caller, createDownstream } from 'intentkit-auth/downstream';
import { createIntrospection } from 'intentkit-auth/introspection';
import { protectMcp } from 'intentkit-auth/mcp';

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

/** Reads the orders of a caller. Call it in a tool with the `authInfo` of the gate: `http?.authInfo`, or `extra.authInfo` in SDK 1.x. */
export async function openOrders(caller: Caller | undefined): Promise<string> {
  if (!caller) throw new Error('The gate admits no request without a caller.');
  try {
    const response = await orders.fetch(caller, '/open');
    // The gate of the API answers with a status, such as 403 without the scope.
    if (!response.ok) throw new Error(`The orders API answered ${response.status}.`);
    return await response.text();
  } catch (error) {
    if (!(error instanceof AuthError)) throw error;
    if (error.oauthError === 'interaction_required') return 'Sign in again, then repeat the request.';
    if (error.code === 'ERR_EXCHANGE_UNAVAILABLE') return `Try again in ${error.retryAfter} s.`;
    throw error;
  }
}
