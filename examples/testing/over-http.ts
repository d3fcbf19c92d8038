// Run it with: npx tsx over-http.ts
import { createAuthClient } from 'intentkit-auth';
import { createTestIssuer } from 'intentkit-auth/testing';

const issuer = await createTestIssuer({ audience: 'my-api' });
await issuer.listen();
// Instead of creating this client, start your server with `issuer.url`.
const server = createAuthClient({ issuers: [{ issuer: issuer.url, audience: 'my-api' }] });

const { valid } = await server.verify(await issuer.token({ sub: 'user-1' }));
process.stdout.write(`${valid}, after ${issuer.requests.length} requests\n`); // true, after 2 requests
await issuer.close();
