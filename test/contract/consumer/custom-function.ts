// A server with one function of its own, which uses the client of the provider.
import { createContext, IntentRegistry, serve } from 'intentkit';
import { createAuthProvider } from 'intentkit-auth';
import { loginUser } from './specification/using-in-functions.js';

await serve({
  name: 'custom-function',
  registry: new IntentRegistry().register(loginUser),
  context: await createContext(),
  providers: [createAuthProvider({ secret: process.env.JWT_SECRET ?? '' })],
});
