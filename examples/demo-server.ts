/** The server of the demo: the functions of the quick start, and a custom one. `npm start` starts it. */
import { createContext, IntentRegistry, serve } from 'intentkit';
import { createAuthProvider } from 'intentkit-auth';
import { createToken, decodeToken, verifyToken } from 'intentkit-auth/functions';
import { loginUser } from './login-user.js';

await serve({
  name: 'demo',
  registry: new IntentRegistry().register(createToken, verifyToken, decodeToken, loginUser),
  context: await createContext({ events: true }),
  providers: [
    createAuthProvider({ secret: process.env.JWT_SECRET ?? '', issuer: 'my-service', audience: 'my-api' }),
  ],
});
