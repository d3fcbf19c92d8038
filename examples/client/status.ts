import { AuthError, createAuthClient } from 'intentkit-auth';

const auth = createAuthClient({
  jwksUrl: 'https://your-tenant.auth0.com/.well-known/jwks.json',
  issuer: 'https://your-tenant.auth0.com/',
  audience: 'https://your-api.example.com',
});

export async function statusFor(token: string): Promise<number> {
  try {
    return (await auth.verify(token)).valid ? 200 : 401;
  } catch (error) {
    // Only an error without a verdict has it. Send it as `Retry-After`.
    if (error instanceof AuthError && error.retryAfter !== undefined) return 503;
    throw error;
  }
}
