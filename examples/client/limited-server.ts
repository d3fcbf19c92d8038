// An MCP server on stdin and stdout. Run it with: JWT_SECRET="$(openssl rand -base64 48)" npx tsx limited-server.ts
import { createContext, IntentRegistry, serve, z } from 'intentkit';
import { createAuthProvider } from 'intentkit-auth';
import { createTokenFunctions } from 'intentkit-auth/functions';

const { JWT_SECRET: secret = '' } = process.env;
const auth = createAuthProvider({
  secret,
  issuer: 'my-service',
  audience: 'my-api',
  onSign: (signed) => process.stderr.write(`${JSON.stringify({ event: 'auth.sign', ...signed })}\n`),
});

const { createToken, verifyToken } = createTokenFunctions({
  provider: auth,
  mint: {
    claims: z.object({ role: z.enum(['reader', 'editor']).describe('What its bearer may do') }),
    subject: 'required',
    maxExpiry: '15m',
  },
});

await serve({
  name: 'my-auth-agent',
  registry: new IntentRegistry().register(createToken, verifyToken),
  context: await createContext({
    roles: { clerk: ['auth:sign', 'auth:verify'], reader: ['auth:verify'] },
    defaultRole: 'clerk',
  }),
  providers: [auth],
});
