import type { AuthProviderConfig } from '../config/options.js';
import { parseConfig } from '../config/parse.js';
import type { AuthClient } from '../types.js';
import { clientFrom } from './client.js';
import { publishProvider } from './internals.js';

/** What IntentKit asks of a provider. */
export interface AuthProvider {
  /** The key in `ctx.providers`. */
  readonly name: string;
  /** Called once at start-up. What it resolves to becomes `ctx.providers[name]`. */
  initialize(): Promise<AuthClient>;
  /** Whether tokens can be signed and verified now. It never throws. */
  healthCheck(): Promise<boolean>;
  /** There is nothing to close. */
  shutdown(): Promise<void>;
}

/**
 * Creates the provider to register with `serve({ providers: [...] })`. Functions find its client under
 * `ctx.providers.auth`, or under the configured `name`.
 *
 * @throws {AuthError} `ERR_AUTH_CONFIG` at once when an option is missing, unknown or unusable.
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
  publishProvider(provider);
  return provider;
}
