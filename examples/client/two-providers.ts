// An MCP server on stdin and stdout. Run it with: JWT_SECRET="$(openssl rand -base64 48)" npx tsx two-providers.ts
import { createContext, IntentRegistry, serve } from 'intentkit';
import { createAuthProvider } from 'intentkit-auth';
import { createToken, createTokenFunctions, decodeToken, verifyToken } from 'intentkit-auth/functions';

const { JWT_SECRET: secret = '' } = process.env;
const auth = createAuthProvider({ secret, issuer: 'my-service', audience: 'my-api' });
const partner = createAuthProvider({
  name: 'partner',
  issuers: [{ issuer: 'https://partner.example.com', audience: 'my-api' }],
});
const ofPartner = createTokenFunctions({ provider: partner, prefix: 'partner_' });

await serve({
  name: 'my-auth-agent',
  registry: new IntentRegistry()
    .register(createToken, verifyToken, decodeToken)
    .register(ofPartner.verifyToken, ofPartner.decodeToken),
  context: await createContext({ events: true }),
  providers: [auth, partner],
});
