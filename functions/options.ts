import { isOwnProvider } from '../src/client/internals.js';
import type { AuthProvider } from '../src/client/provider.js';
import { AuthError } from '../src/errors.js';
import { inheritedProblem } from '../src/shared/own-properties.js';

/** Options of `createTokenFunctions`. */
export interface TokenFunctionsOptions {
  /**
   * The provider that the functions use, or its `name`. A provider is checked at once, a name at the first call, because
   * IntentKit shows a function its providers no earlier. Default `'auth'`.
   */
  provider?: string | AuthProvider;
  /** What the names of the functions begin with, such as `'partner_'`. Default: nothing. */
  prefix?: string;
}

/** @throws {AuthError} `ERR_AUTH_CONFIG` for an option that is unknown, `undefined` or unusable. */
export function parseOptions(options: TokenFunctionsOptions): { provider: string; prefix: string } {
  // Without a prototype, so that a polluted one configures nothing.
  const given: TokenFunctionsOptions = Object.assign(Object.create(null), options);
  for (const [name, value] of Object.entries(given)) {
    if (name !== 'provider' && name !== 'prefix')
      fail(`${JSON.stringify(name)} is not an option of createTokenFunctions; use provider or prefix.`);
    // `provider: process.env.PROVIDER` with the variable unset.
    if (value === undefined) fail(`"${name}" is undefined: give it a value or leave it out.`);
  }
  const inherited = inheritedProblem(options);
  if (inherited !== undefined) fail(inherited);
  const { provider = 'auth', prefix = '' } = given;
  if (typeof prefix !== 'string') fail('"prefix" must be text.');
  return { provider: nameOf(provider), prefix };
}

function nameOf(provider: string | AuthProvider): string {
  if (typeof provider === 'string') return provider;
  if (isOwnProvider(provider)) return provider.name;
  fail('"provider" must be one that createAuthProvider made, or the name of one.');
}

function fail(message: string): never {
  throw new AuthError('ERR_AUTH_CONFIG', message);
}
