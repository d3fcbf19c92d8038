import { AuthError } from '../src/errors.js';
import type { AuthClient } from '../src/types.js';

/**
 * The client that `createAuthProvider` put into a function's context, typed.
 *
 * @param ctx what IntentKit hands to `execute`.
 * @param name the provider's `name`. Default `'auth'`.
 * @throws {AuthError} `ERR_AUTH_CONFIG` when there is no such provider, or it is not one of this package.
 */
export function getAuthClient(
  ctx: { providers: Readonly<Record<string, unknown>> },
  name = 'auth',
): AuthClient {
  const client = Object.hasOwn(ctx.providers, name) ? ctx.providers[name] : undefined;
  if (isAuthClient(client)) return client;
  throw new AuthError(
    'ERR_AUTH_CONFIG',
    `There is no provider named ${JSON.stringify(name)} that createAuthProvider made; add it to the providers given to serve.`,
  );
}

const isAuthClient = (value: unknown): value is AuthClient =>
  typeof value === 'object' &&
  value !== null &&
  (['sign', 'verify', 'revoke', 'decode', 'status'] as const).every(
    (method) => typeof Reflect.get(value, method) === 'function',
  );
