import { defineFunction, z } from 'intentkit';
import { AuthError, VERIFY_FAILURES } from 'intentkit-auth';
import { getAuthClient } from './get-auth-client.js';

// Named by what the specification has, so that the types of the built entry name nothing else of IntentKit.
type TokenFunction<Input extends z.ZodObject, Output extends z.ZodObject> = ReturnType<
  typeof defineFunction<Input, Output>
>;

const token = z.string();
// zod describes any value by an empty schema, at which strict MCP clients balk. `true` says the same.
const claims = z
  .record(z.string(), z.unknown(), 'it must be an object of claims')
  .meta({ additionalProperties: true });

/** What an agent must use instead of each claim that `sign` or the operator sets. */
const RESERVED_CLAIMS: Readonly<Record<string, string>> = {
  sub: 'use the "subject" field',
  exp: 'use the "expires_in" field',
  iat: 'it is always the time of signing',
  nbf: 'a token is valid from the time of signing',
  iss: 'it is set by the server',
  aud: 'it is set by the server',
};

const createTokenInput = z.strictObject({
  claims: claims.optional().describe('Claims to put into the token, except iss, aud, exp, iat, nbf and sub'),
  subject: z.string().min(1).optional().describe('Whom the token is about: the "sub" claim'),
  expires_in: z
    .string()
    .optional()
    .describe('Lifetime such as "15m", "2h" or "7d"; the server sets a default'),
});
const createTokenOutput = z.object({
  token: token.describe('The signed JWT'),
  expires_at: z.number().describe('When the token expires, in seconds since the epoch'),
});

/** `create_token`: signs a JWT with custom claims. Permission `auth:sign`. */
export const createToken: TokenFunction<typeof createTokenInput, typeof createTokenOutput> = defineFunction({
  name: 'create_token',
  title: 'Create token',
  intent: 'Create a signed JWT token with custom claims',
  permissions: ['auth:sign'],
  requires: ['auth'],
  input: createTokenInput,
  output: createTokenOutput,
  execute: async ({ claims = {}, subject, expires_in: expiresIn }, ctx) => {
    for (const [claim, instead] of Object.entries(RESERVED_CLAIMS)) {
      if (Object.hasOwn(claims, claim)) {
        throw new AuthError('ERR_SIGN_INPUT', `"claims" must not hold "${claim}": ${instead}.`);
      }
    }
    const auth = getAuthClient(ctx);
    const signed = await auth.sign(claims, { subject, expiresIn });
    return { token: signed, expires_at: auth.decode(signed).exp as number };
  },
});

const verifyTokenInput = z.strictObject({ token: token.describe('The JWT to verify') });
const verifyTokenOutput = z.object({
  valid: z.boolean().describe('Whether the token can be trusted'),
  expired: z.boolean().describe('Whether expiry is the one thing wrong with it'),
  payload: claims.describe('Its claims; empty when the signature is not good'),
  reason: z.enum(VERIFY_FAILURES).optional().describe('Why it is not valid'),
  message: z.string().optional().describe('The same in one sentence'),
});

/** `verify_token`: verifies signature, expiry and the configured claims. Permission `auth:verify`. */
export const verifyToken: TokenFunction<typeof verifyTokenInput, typeof verifyTokenOutput> = defineFunction({
  name: 'verify_token',
  title: 'Verify token',
  readOnly: true,
  intent: "Verify a token's signature and expiration",
  permissions: ['auth:verify'],
  requires: ['auth'],
  input: verifyTokenInput,
  output: verifyTokenOutput,
  execute: async (input, ctx) => getAuthClient(ctx).verify(input.token),
});

const decodeTokenInput = z.strictObject({ token: token.describe('The JWT to decode') });
const decodeTokenOutput = z.object({
  payload: claims.describe('Its claims, which anyone can have written: never decide anything by them'),
});

/** `decode_token`: reads a token's claims without verifying anything. Permission `auth:read`. */
export const decodeToken: TokenFunction<typeof decodeTokenInput, typeof decodeTokenOutput> = defineFunction({
  name: 'decode_token',
  title: 'Decode token',
  readOnly: true,
  intent: 'Decode a token without verification',
  permissions: ['auth:read'],
  requires: ['auth'],
  input: decodeTokenInput,
  output: decodeTokenOutput,
  execute: async (input, ctx) => ({ payload: getAuthClient(ctx).decode(input.token) }),
});
