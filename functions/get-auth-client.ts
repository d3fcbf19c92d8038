import { AuthError } from '../src/errors.js';
import type { AuthClient } from '../src/types.js';

/**
 * Returns the client that `createAuthProvider` put into a function's context.
 *
 * @param ctx what IntentKit passes to `execute`.
 * @param name the provider's `name`. Default `'auth'`.
 * @throws {AuthError} `ERR_AUTH_CONFIG` when the context has no such provider, or another package made it.
 * @example
 * ```ts
 * import { defineFunction, z } from 'intentkit';
 * import { getAuthClient } from 'intentkit-auth/functions';
 *
 * export const isValid = defineFunction({
 *   name: 'is_valid',
 *   intent: 'Say whether a token is valid',
 *   permissions: ['auth:verify'],
 *   requires: ['auth'],
 *   input: z.object({ token: z.string() }),
 *   output: z.object({ valid: z.boolean() }),
 *   execute: async ({ token }, ctx) => ({ valid: (await getAuthClient(ctx).verify(token)).valid }),
 * });
 * ```
 */
export function getAuthClient(
  ctx: { providers: Readonly<Record<string, unknown>> },
  name = 'auth',
): AuthClient {
  const client = Object.hasOwn(ctx.providers, name) ? ctx.providers[name] : undefined;
  if (isAuthClient(client)) return client;
  throw new AuthError(
    'ERR_AUTH_CONFIG',
    `No provider from createAuthProvider is named ${JSON.stringify(name)}; add one to the "providers" option of serve.`,
  );
}

const isAuthClient = (value: unknown): value is AuthClient =>
  typeof value === 'object' &&
  value !== null &&
  (['sign', 'verify', 'revoke', 'decode', 'status'] as const).every(
    (method) => typeof Reflect.get(value, method) === 'function',
  );
