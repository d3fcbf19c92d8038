import { defineFunction, z } from 'intentkit';
// By the package's own name, so that the built entry shares one `AuthError` with the root entry.
import { type AuthClient, AuthError, VERIFY_FAILURES } from 'intentkit-auth';

const authClient = (ctx: { providers: Record<string, unknown> }): AuthClient =>
  ctx.providers.auth as AuthClient;

const token = z.string();
const payload = z.record(z.string(), z.unknown());

/** What an agent must use instead of each claim that `sign` or the operator sets. */
const RESERVED_CLAIMS: Readonly<Record<string, string>> = {
  sub: 'use the "subject" field',
  exp: 'use the "expires_in" field',
  iat: 'it is always the time of signing',
  nbf: 'a token is valid from the time of signing',
  iss: 'it is set by the server',
  aud: 'it is set by the server',
};

/** `create_token`: signs a JWT with custom claims. Permission `auth:sign`. */
export const createToken = defineFunction({
  name: 'create_token',
  intent: 'Create a signed JWT token with custom claims',
  permissions: ['auth:sign'],
  requires: ['auth'],
  input: z.strictObject({
    claims: z
      .record(z.string(), z.unknown())
      .optional()
      .describe('Claims to put into the token, except iss, aud, exp, iat, nbf and sub'),
    subject: z.string().min(1).optional().describe('Whom the token is about: the "sub" claim'),
    expires_in: z
      .string()
      .optional()
      .describe('Lifetime such as "15m", "2h" or "7d"; the server sets a default'),
  }),
  output: z.object({
    token: token.describe('The signed JWT'),
    expires_at: z.number().describe('When the token expires, in seconds since the epoch'),
  }),
  execute: async ({ claims = {}, subject, expires_in: expiresIn }, ctx) => {
    for (const [claim, instead] of Object.entries(RESERVED_CLAIMS)) {
      if (Object.hasOwn(claims, claim)) {
        throw new AuthError('ERR_SIGN_INPUT', `"claims" must not hold "${claim}": ${instead}.`);
      }
    }
    const auth = authClient(ctx);
    const signed = await auth.sign(claims, { subject, expiresIn });
    return { token: signed, expires_at: auth.decode(signed).exp as number };
  },
});

/** `verify_token`: verifies signature, expiry and the configured claims. Permission `auth:verify`. */
export const verifyToken = defineFunction({
  name: 'verify_token',
  intent: "Verify a token's signature and expiration",
  permissions: ['auth:verify'],
  requires: ['auth'],
  input: z.strictObject({ token: token.describe('The JWT to verify') }),
  output: z.object({
    valid: z.boolean().describe('Whether the token can be trusted'),
    expired: z.boolean().describe('Whether expiry is the one thing wrong with it'),
    payload: payload.describe('Its claims; empty when the signature is not good'),
    reason: z.enum(VERIFY_FAILURES).optional().describe('Why it is not valid'),
  }),
  execute: async (input, ctx) => {
    const { valid, expired, payload, reason } = await authClient(ctx).verify(input.token);
    return { valid, expired, payload, ...(reason && { reason }) };
  },
});

/** `decode_token`: reads a token's claims without verifying anything. Permission `auth:read`. */
export const decodeToken = defineFunction({
  name: 'decode_token',
  intent: 'Decode a token without verification',
  permissions: ['auth:read'],
  requires: ['auth'],
  input: z.strictObject({ token: token.describe('The JWT to decode') }),
  output: z.object({
    payload: payload.describe('Its claims, which anyone can have written: never decide anything by them'),
  }),
  execute: async (input, ctx) => ({ payload: authClient(ctx).decode(input.token) }),
});
