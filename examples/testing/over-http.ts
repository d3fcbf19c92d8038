// Run it with: npx tsx over-http.ts
import { createAuthClient } from 'intentkit-auth';
import { createTestIssuer } from 'intentkit-auth/testing';

const issuer = await createTestIssuer({ audience: 'my-api' });
await issuer.listen();
// In the place of this client, start your server, and tell it the URL of the issuer.
const server = createAuthClient({ issuers: [{ issuer: issuer.url, audience: 'my-api' }] });

const { valid } = await server.verify(await issuer.token({ sub: 'user-1' }));
process.stdout.write(`${valid}, after ${issuer.requests.length} requests\n`); // true, after 2 requests
await issuer.close();
