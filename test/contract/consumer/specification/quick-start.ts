// biome-ignore-all lint: the code of the specification, untouched.
// biome-ignore-all format: the code of the specification, untouched.
// biome-ignore-all assist: the code of the specification, untouched.

// Left out by the sample, and in another one:
import { createToken, verifyToken, decodeToken } from 'intentkit-auth/functions';

// The sample:
import { defineFunction, IntentRegistry, createContext, serve, z } from 'intentkit';
import { createAuthProvider, type AuthClient } from 'intentkit-auth';

// Register your functions
const registry = new IntentRegistry().register(createToken, verifyToken, decodeToken);

// Create context (no database needed for auth-only projects)
const context = await createContext({ events: true });

// Boot MCP server with auth provider
await serve({
  name: 'my-auth-agent',
  registry,
  context,
  providers: [
    createAuthProvider({
      secret: process.env.JWT_SECRET!,
      issuer: 'my-service',
      audience: 'my-api',
    }),
  ],
});
