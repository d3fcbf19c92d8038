import * as z from 'zod/mini';
import { isOwnProvider } from '../src/client/internals.js';
import type { AuthProvider } from '../src/client/provider.js';
import { checkOptions } from '../src/shared/options.js';
import { readBy } from '../src/shared/schema.js';

/** Options of `createTokenFunctions`. */
export interface TokenFunctionsOptions {
  /**
   * The provider that the functions use, or its `name`. A provider is checked immediately. A name is checked at the first call,
   * because IntentKit passes the providers to a function only then. Default `'auth'`.
   */
  provider?: string | AuthProvider;
  /** A prefix for the names of the functions, such as `'partner_'`. Default: no prefix. */
  prefix?: string;
}

/**
 * The options of `createTokenFunctions`.
 *
 * @internal
 */
export const FUNCTIONS_OPTIONS = {
  provider: readBy(nameOf, 'one that createAuthProvider made, or the name of one'),
  prefix: z.string('text'),
};

/**
 * @throws {AuthError} `ERR_AUTH_CONFIG`, naming the option and what it accepts.
 * @internal
 */
export function parseOptions(options: TokenFunctionsOptions): { provider: string; prefix: string } {
  const { provider = 'auth', prefix = '' } = checkOptions(options, FUNCTIONS_OPTIONS, 'createTokenFunctions');
  return { provider, prefix };
}

function nameOf(provider: unknown): string | undefined {
  if (typeof provider === 'string') return provider;
  return isOwnProvider(provider) ? (provider as AuthProvider).name : undefined;
}
