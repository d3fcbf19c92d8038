import type { AuthProviderConfig } from '../config/options.js';
import { parseConfig } from '../config/parse.js';
import type { AuthClient } from '../types.js';
import { clientFrom } from './client.js';
import { publishProvider } from './internals.js';

/** A provider, as IntentKit defines it. */
export interface AuthProvider {
  /** The key in `ctx.providers`. */
  readonly name: string;
  /** Resolves to the client, which becomes `ctx.providers[name]`. IntentKit calls it once, at startup. */
  initialize(): Promise<AuthClient>;
  /** Resolves to true if tokens can be signed and verified now. It never throws. */
  healthCheck(): Promise<boolean>;
  /** Does nothing, because the client holds no connections or timers that need closing. */
  shutdown(): Promise<void>;
}

/**
 * Creates the provider to register with `serve({ providers: [...] })`. Functions find its client at `ctx.providers.auth`,
 * or at `ctx.providers[name]` if you configure a `name`.
 *
 * @throws {AuthError} `ERR_AUTH_CONFIG` immediately, when an option is missing, unknown or unusable.
 * @see RFC 7519, RFC 8725
 * @example
 * ```ts
 * import { createContext, IntentRegistry, serve } from 'intentkit';
 * import { createAuthProvider } from 'intentkit-auth';
 * import { createToken, verifyToken } from 'intentkit-auth/functions';
 *
 * const { JWT_SECRET: secret = '' } = process.env;
 * await serve({
 *   name: 'my-agent',
 *   registry: new IntentRegistry().register(createToken, verifyToken),
 *   context: await createContext({ events: true }),
 *   providers: [createAuthProvider({ secret, issuer: 'my-service', audience: 'my-api' })],
 * });
 * ```
 */
export function createAuthProvider(config: AuthProviderConfig): AuthProvider {
  const parsed = parseConfig(config, 'createAuthProvider');
  const client = clientFrom(parsed);
  const provider: AuthProvider = {
    name: parsed.name,
    initialize: async () => client,
    healthCheck: () => client.ping(),
    shutdown: async () => {},
  };
  publishProvider(provider, client);
  return provider;
}
