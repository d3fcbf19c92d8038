import { createContext, IntentRegistry, serve } from 'intentkit';
import { createAuthProvider } from 'intentkit-auth';
import { createToken, decodeToken, verifyToken } from 'intentkit-auth/functions';

const { JWT_SECRET: secret = '' } = process.env;
await serve({
  name: 'my-auth-agent',
  registry: new IntentRegistry().register(createToken, verifyToken, decodeToken),
  context: await createContext({ events: true }),
  providers: [createAuthProvider({ secret, issuer: 'my-service', audience: 'my-api' })],
});
