// Run it with: npx tsx opaque-tokens.ts
import { createAuthClient } from 'intentkit-auth';
import { createDownstream } from 'intentkit-auth/downstream';
import { createIntrospection } from 'intentkit-auth/introspection';
import { createTestIssuer } from 'intentkit-auth/testing';

const { url, fetch, opaqueToken, revokeToken } = await createTestIssuer({ audience: 'my-api' });
// The test issuer accepts any credentials.
const client = { issuer: url, fetch, clientId: 'my-server', clientAuth: { secret: 'any' } };
const auth = createAuthClient({ audience: 'my-api', introspection: createIntrospection(client) });
const orders = createDownstream(client).for({ resource: 'https://orders.example.com' });

const token = opaqueToken({ sub: 'user-1' });
const { valid } = await auth.verify(token);
const exchanged = auth.decode((await orders(token)).token);
revokeToken(token);
const { reason } = await auth.verify(token);
process.stdout.write(`${valid}, ${exchanged.aud}, ${reason}\n`); // true, https://orders.example.com, inactive
