/**
 * The quick start: an MCP server on stdin and stdout that creates, verifies and decodes tokens.
 *
 *     JWT_SECRET=… npm run --silent serve
 *
 * | variable         | meaning                                                                        |
 * | ---------------- | ------------------------------------------------------------------------------ |
 * | `JWT_SECRET`     | signs and verifies; at least 32 bytes, for example `openssl rand -base64 48`   |
 * | `JWKS_URL`       | optional: also accepts tokens of the identity provider with these keys         |
 * | `JWKS_ISSUER`    | with `JWKS_URL`: the `iss` of its tokens                                       |
 * | `JWKS_AUDIENCE`  | with `JWKS_URL`: the `aud` of its tokens                                       |
 * | `INTENTKIT_ROLE` | `admin` (default) may do everything; `reader` may verify and decode            |
 */
import { createContext, IntentRegistry, serve } from 'intentkit';
import { createAuthProvider } from 'intentkit-auth';
import { createToken, decodeToken, verifyToken } from 'intentkit-auth/functions';

async function main(): Promise<void> {
  // An empty variable counts as unset, as it does in a shell.
  const secret = process.env.JWT_SECRET || undefined;
  const jwksUrl = process.env.JWKS_URL || undefined;
  const jwksIssuer = process.env.JWKS_ISSUER || undefined;
  const jwksAudience = process.env.JWKS_AUDIENCE || undefined;
  const defaultRole = process.env.INTENTKIT_ROLE || 'admin';
  if (secret === undefined) {
    throw new Error('Set JWT_SECRET to the secret that signs the tokens: at least 32 random bytes.');
  }

  if (jwksUrl !== undefined && (jwksIssuer === undefined || jwksAudience === undefined)) {
    throw new Error(
      'Set JWKS_ISSUER and JWKS_AUDIENCE to the "iss" and "aud" of the tokens behind JWKS_URL.',
    );
  }

  await serve({
    name: 'my-auth-agent',
    instructions:
      'A token is a credential: pass it on only where it is needed, and do not print it. Only verify_token tells whether a ' +
      'token can be trusted; decode_token checks nothing. Lifetimes are durations from now, such as "15m".',
    registry: new IntentRegistry().register(createToken, verifyToken, decodeToken),
    context: await createContext({
      events: true,
      roles: { admin: ['*'], reader: ['auth:verify', 'auth:read'] },
      defaultRole,
    }),
    providers: [
      createAuthProvider({
        secret,
        issuer: 'my-service',
        audience: 'my-api',
        ...(jwksUrl !== undefined &&
          jwksIssuer !== undefined &&
          jwksAudience !== undefined && {
            jwksUrl,
            jwks: { issuer: jwksIssuer, audience: jwksAudience },
          }),
      }),
    ],
  });
}

try {
  await main();
} catch (error) {
  // To stderr, because stdout carries MCP. These messages name options, never their values.
  process.stderr.write(`${error instanceof Error ? error.message : 'The server did not start.'}\n`);
  process.exitCode = 1;
}
