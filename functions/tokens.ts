import { defineFunction, z } from 'intentkit';
import { AuthError } from '../src/errors.js';
import { VERIFY_FAILURES } from '../src/types.js';
import { getAuthClient } from './get-auth-client.js';
import { parseOptions, type TokenFunctionsOptions } from './options.js';

type Definition<Input extends z.ZodObject, Output extends z.ZodObject> = Parameters<
  typeof defineFunction<Input, Output>
>[0];
// An interface, because the types of the built entry would otherwise name more of IntentKit than the specification does.
interface TokenFunction<Input extends z.ZodObject, Output extends z.ZodObject>
  extends ReturnType<typeof defineFunction<Input, Output>> {}

const token = z.string();
// zod writes an empty schema for any value, and strict MCP clients reject that. `true` means the same.
const claims = z
  .record(z.string(), z.unknown(), 'it must be an object of claims')
  .meta({ additionalProperties: true });

/** The claims that an agent cannot set, and what to use instead. */
const RESERVED_CLAIMS: Readonly<Record<string, string>> = {
  sub: 'use the "subject" field',
  exp: 'use the "expires_in" field',
  iat: 'it is always the time of signing',
  nbf: 'a token is valid from the time of signing',
  iss: 'it is set by the server',
  aud: 'it is set by the server',
  // Tokens with the same `jti` are revoked together, at any server that accepts them.
  jti: 'it is set by the server',
};

// Each function is defined here and nowhere else: its types follow from its schemas.
function functionsFor(provider: string, prefix: string) {
  const define = <Input extends z.ZodObject, Output extends z.ZodObject>(
    definition: Definition<Input, Output>,
  ): TokenFunction<Input, Output> =>
    defineFunction({ ...definition, name: `${prefix}${definition.name}`, requires: [provider] });

  return {
    /** `create_token`: signs a JWT with custom claims. Permission `auth:sign`. */
    createToken: define({
      name: 'create_token',
      title: 'Create token',
      intent: 'Create a signed JWT token with custom claims',
      permissions: ['auth:sign'],
      input: z.strictObject({
        claims: claims
          .optional()
          .describe('Claims to put into the token, except iss, aud, exp, iat, nbf and sub'),
        subject: z
          .string()
          .min(1)
          .optional()
          .describe('The user or service that the token is about: the "sub" claim'),
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
        const auth = getAuthClient(ctx, provider);
        for (const [claim, instead] of Object.entries(RESERVED_CLAIMS)) {
          if (Object.hasOwn(claims, claim)) {
            throw new AuthError('ERR_SIGN_INPUT', `"claims" must not hold "${claim}": ${instead}.`);
          }
        }
        const signed = await auth.sign(claims, {
          ...(subject !== undefined && { subject }),
          ...(expiresIn !== undefined && { expiresIn }),
        });
        return { token: signed, expires_at: auth.decode(signed).exp as number };
      },
    }),

    /** `verify_token`: verifies the signature, the expiry and the configured claims. Permission `auth:verify`. */
    verifyToken: define({
      name: 'verify_token',
      title: 'Verify token',
      readOnly: true,
      intent: "Verify a token's signature and expiration",
      permissions: ['auth:verify'],
      input: z.strictObject({ token: token.describe('The JWT to verify') }),
      output: z.object({
        valid: z.boolean().describe('Whether the token can be trusted'),
        expired: z.boolean().describe('Whether expiry is the only problem found; it may be revoked too'),
        payload: claims.describe('Its claims; empty if the signature is invalid'),
        reason: z.enum(VERIFY_FAILURES).optional().describe('Why it is not valid'),
        message: z.string().optional().describe('The same in one sentence'),
      }),
      execute: (input, ctx) => getAuthClient(ctx, provider).verify(input.token),
    }),

    /** `decode_token`: reads a token's claims without verifying anything. Permission `auth:read`. */
    decodeToken: define({
      name: 'decode_token',
      title: 'Decode token',
      readOnly: true,
      intent: 'Decode a token without verification',
      permissions: ['auth:read'],
      input: z.strictObject({ token: token.describe('The JWT to decode') }),
      output: z.object({
        payload: claims.describe('Its claims. They are not verified, so never base a decision on them'),
      }),
      execute: async (input, ctx) => ({ payload: getAuthClient(ctx, provider).decode(input.token) }),
    }),

    /** `revoke_token`: revokes a token. Its provider needs a revocation list. Permission `auth:revoke`. */
    revokeToken: define({
      name: 'revoke_token',
      title: 'Revoke token',
      intent: 'Revoke a token, so that it is refused from now on',
      permissions: ['auth:revoke'],
      input: z.strictObject({ token: token.describe('The JWT to revoke') }),
      output: z.object({
        revoked: z.literal(true).describe('The token is refused from now on, or had expired already'),
      }),
      execute: async (input, ctx) => {
        await getAuthClient(ctx, provider).revoke(input.token);
        return { revoked: true as const };
      },
    }),
  };
}

/** What {@link createTokenFunctions} returns: `createToken`, `verifyToken` and the other functions of this entry. */
export type TokenFunctions = Readonly<ReturnType<typeof functionsFor>>;

/**
 * Creates the functions for one provider, for servers with several providers. Register those that agents need. Each function
 * names its provider in `requires`, so that a server without that provider does not start.
 *
 * @throws {AuthError} `ERR_AUTH_CONFIG` for an option that is unknown, `undefined` or unusable, such as a provider that
 *   `createAuthProvider` did not make.
 * @throws {Error} from IntentKit when the prefix contains characters that names of tools cannot have.
 */
export function createTokenFunctions(options: TokenFunctionsOptions = {}): TokenFunctions {
  const { provider, prefix } = parseOptions(options);
  return functionsFor(provider, prefix);
}

const ofAuth = createTokenFunctions();

/** `create_token` for the provider named `auth`: signs a JWT with custom claims. Permission `auth:sign`. */
export const createToken: TokenFunctions['createToken'] = ofAuth.createToken;

/** `verify_token` for `auth`: verifies the signature, the expiry and the configured claims. Permission `auth:verify`. */
export const verifyToken: TokenFunctions['verifyToken'] = ofAuth.verifyToken;

/** `decode_token` for `auth`: reads a token's claims and verifies nothing. Permission `auth:read`. */
export const decodeToken: TokenFunctions['decodeToken'] = ofAuth.decodeToken;

/** `revoke_token` for `auth`, which needs a revocation list: revokes a token. Permission `auth:revoke`. */
export const revokeToken: TokenFunctions['revokeToken'] = ofAuth.revokeToken;
