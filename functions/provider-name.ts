// By the package's own name, so that the built entry shares one `AuthError` with the root entry.
import { AuthError, type AuthProvider } from 'intentkit-auth';
import { rulesOf } from '../src/source-rules.js';

/**
 * The name of a provider that is given as such, or by its name. IntentKit shows a function its providers at the first call,
 * so a name can be checked no earlier than that, and a provider at once.
 *
 * @throws {AuthError} `ERR_AUTH_CONFIG` for anything else, as for the provider of another package.
 */
export function providerName(provider: string | AuthProvider): string {
  if (typeof provider === 'string') return provider;
  if (typeof provider === 'object' && provider !== null && rulesOf(provider).length > 0) return provider.name;
  throw new AuthError(
    'ERR_AUTH_CONFIG',
    '"provider" must be one that createAuthProvider made, or the name of one.',
  );
}
