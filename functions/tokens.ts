import { defineFunction, z } from 'intentkit';
import { secondsNow } from '../src/shared/clock.js';
import { configError } from '../src/shared/options.js';
import { isoTime } from '../src/shared/readable-time.js';
import { VERIFY_FAILURES } from '../src/types.js';
import { anyClaims, claimsField } from './claims.js';
import { getAuthClient } from './get-auth-client.js';
import { lifetimeField, mintOptions, subjectField } from './minting.js';
import { type FunctionsConfig, parseOptions, type TokenFunctionsOptions } from './options.js';
import { expiryOf, explain } from './readable.js';
import { revokeFor } from './revoking.js';
import { shortened } from './shortened.js';

type Definition<Input extends z.ZodObject, Output extends z.ZodObject> = Parameters<
  typeof defineFunction<Input, Output>
>[0];
// An interface, because the types of the built entry would otherwise name more of IntentKit than the specification does.
interface TokenFunction<Input extends z.ZodObject, Output extends z.ZodObject>
  extends ReturnType<typeof defineFunction<Input, Output>> {}

// MCP hosts show a model the names, the intents, the input schemas and the results, but never the output schemas.
const token = z.string();
const expires = z.string().describe('In UTC');
const wasShortened = z.literal(true).optional().describe('It was too long');

// Each function is defined here and nowhere else: its types follow from its schemas.
function functionsFor({ provider: { name: provider, client }, prefix, mint }: FunctionsConfig) {
  const define = <Input extends z.ZodObject, Output extends z.ZodObject>(
    definition: Definition<Input, Output>,
  ): TokenFunction<Input, Output> =>
    defineFunction({
      ...definition,
      name: `${prefix}${definition.name}`,
      openWorld: false,
      requires: [provider],
    });

  return {
    /** `create_token`: signs a JWT with custom claims. Permission `auth:sign`. */
    createToken: define({
      name: 'create_token',
      title: 'Create token',
      destructive: false,
      idempotent: false,
      intent: 'Create a signed JWT token with custom claims',
      permissions: ['auth:sign'],
      input: z.strictObject({
        claims: claimsField(mint.claims),
        subject: subjectField(mint.subject),
        expires_in: lifetimeField(client, mint),
      }),
      output: z.object({
        token: token.describe('The JWT, a credential'),
        expires_at: z.number().describe('Seconds since the epoch'),
        expires,
        expires_in_seconds: z.number().describe('From now'),
      }),
      execute: async (input, ctx) => {
        const auth = getAuthClient(ctx, provider);
        const { claims = {} } = input;
        const signed = await auth.sign(claims, mintOptions({ ...input, claims }, mint, auth));
        const { exp = 0, iat = 0 } = auth.decode(signed);
        return {
          token: signed,
          expires_at: exp,
          expires: isoTime(exp) as string,
          expires_in_seconds: exp - iat,
        };
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
        valid: z.boolean().describe('Whether to trust it'),
        expired: z.boolean().describe('Only expiry is wrong'),
        reason: z.enum(VERIFY_FAILURES).optional().describe('Why not'),
        message: z.string().optional().describe('In words'),
        expires: expires.optional(),
        // Two branches, because some clients reject a list of types.
        expires_in_seconds: z.number().or(z.null().describe('Never')).optional().describe('From now'),
        shortened: wasShortened,
        payload: anyClaims.describe('The claims, or {}'),
      }),
      execute: async (input, ctx) => {
        const auth = getAuthClient(ctx, provider);
        const result = await auth.verify(input.token);
        const { valid, expired, reason, payload } = result;
        const message = explain(result, secondsNow(), auth.status().algorithms);
        return {
          valid,
          expired,
          ...(!valid && { reason, message }),
          ...expiryOf(result, secondsNow()),
          ...shortened(payload),
        };
      },
    }),

    /** `decode_token`: reads a token's claims without verifying anything. Permission `auth:read`. */
    decodeToken: define({
      name: 'decode_token',
      title: 'Decode token (unverified)',
      readOnly: true,
      intent: 'Decode a token without verification',
      permissions: ['auth:read'],
      input: z.strictObject({
        token: token.describe(
          `The JWT. Its claims are not checked: call ${prefix}verify_token before deciding anything`,
        ),
      }),
      output: z.object({
        verified: z.literal(false).describe('Nothing was checked'),
        shortened: wasShortened,
        payload: anyClaims.describe('The claims'),
      }),
      execute: async (input, ctx) => ({
        verified: false as const,
        ...shortened(getAuthClient(ctx, provider).decode(input.token)),
      }),
    }),

    /** `revoke_token`: revokes a token. Its provider needs a revocation list. Permission `auth:revoke`. */
    revokeToken: define({
      name: 'revoke_token',
      title: 'Revoke token',
      destructive: true,
      idempotent: true,
      intent: 'Revoke a token, so that it is refused from now on',
      permissions: ['auth:revoke'],
      input: z.strictObject({ token: token.describe('The JWT to revoke') }),
      output: z.object({
        revoked: z.literal(true).describe('The token is refused from now on, or had expired already'),
      }),
      execute: async (input, ctx) => {
        await revokeFor(getAuthClient(ctx, provider), input.token);
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
 *   `createAuthProvider` did not make. Also when `revokeToken` is read, if the given provider has no revocation list.
 * @throws {Error} from IntentKit when the prefix contains characters that names of tools cannot have.
 * @example
 * ```ts
 * import { z } from 'intentkit';
 * import { createAuthProvider } from 'intentkit-auth';
 * import { createTokenFunctions } from 'intentkit-auth/functions';
 *
 * const { JWT_SECRET: secret = '' } = process.env;
 * const provider = createAuthProvider({ secret, issuer: 'my-service', audience: 'my-api' });
 * const claims = z.object({ role: z.enum(['reader', 'editor']) });
 * export const { createToken, verifyToken } = createTokenFunctions({ provider, mint: { claims, maxExpiry: '15m' } });
 * ```
 */
export function createTokenFunctions(options: TokenFunctionsOptions = {}): TokenFunctions {
  const config = parseOptions(options);
  const functions = functionsFor(config);
  const { name, client } = config.provider;
  if (!client || client.status().canRevoke) return functions;
  // Not enumerable, so that registering all functions registers those that can work.
  return Object.defineProperty(functions, 'revokeToken', {
    enumerable: false,
    get: () => {
      throw configError(
        `The provider ${JSON.stringify(name)} cannot revoke tokens: configure its "revocation", or leave out "revokeToken".`,
      );
    },
  });
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
