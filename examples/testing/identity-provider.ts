// Run it with: RESOURCE=http://localhost:3000 npx tsx identity-provider.ts
import { createTestIssuer } from 'intentkit-auth/testing';

const { RESOURCE = '' } = process.env;
if (!RESOURCE) throw new Error('Set the variable RESOURCE to the URL of your server.');
const issuer = await createTestIssuer({ audience: RESOURCE });
// It listens on this machine only, until you press Ctrl-C.
await issuer.listen({ port: 8080 });
const token = await issuer.token({ sub: 'user-1', client_id: 'my-client', scope: 'api mcp' });
process.stdout.write(`export ISSUER=${issuer.url}\nexport TOKEN=${token}\n`);
