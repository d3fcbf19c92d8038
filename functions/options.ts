import type { z } from 'intentkit';
import * as mini from 'zod/mini';
import { clientOfProvider } from '../src/client/internals.js';
import type { AuthProvider } from '../src/client/provider.js';
import { checkOptions } from '../src/shared/options.js';
import { withoutPrototype } from '../src/shared/own-properties.js';
import { aFunction, oneOf, readBy, readOrSay, seconds } from '../src/shared/schema.js';
import type { AuthClient } from '../src/types.js';
import { describableClaims } from './claims.js';

/** Options of `createTokenFunctions`. */
export interface TokenFunctionsOptions {
  /**
   * The provider that the functions use, or its `name`. A provider is checked immediately. A name is checked at the first call,
   * because IntentKit passes the providers to a function only then. Default `'auth'`.
   */
  provider?: string | AuthProvider;
  /** A prefix for the names of the functions, such as `'partner_'`. Default: no prefix. */
  prefix?: string;
  /** What `create_token` may mint. Default: any claims, subject and lifetime that the provider allows. */
  mint?: MintOptions;
}

/** What `create_token` may mint. Agents see these bounds in the input schema. */
export interface MintOptions {
  /**
   * A zod object for the claims, such as `z.object({ role: z.enum(['reader', 'editor']) })`. Other claims are refused.
   * The schema's output is signed, so defaults and transforms apply. The schema must not name a claim that the server sets, such as
   * `sub` or `exp`. The agent sees the descriptions of the object and of its claims. Default: any claims.
   */
  claims?: z.ZodType;
  /**
   * Whether the agent must give a subject, or a function that returns `true` for each allowed subject. The function is called
   * with `undefined` if the agent gives none. If it throws or returns anything but `true`, such as a promise, no token is
   * created. Default `'optional'`.
   */
  subject?: 'required' | 'optional' | ((subject: string | undefined) => boolean);
  /**
   * The longest lifetime, such as `'15m'`. The provider's `maxExpiry` applies if it is shorter. If `mint.maxExpiry` is shorter than
   * the provider's `defaultExpiry`, it is also the default lifetime. Default: the provider's `maxExpiry`.
   */
  maxExpiry?: string;
}

/**
 * The options of `createTokenFunctions`.
 *
 * @internal
 */
export const FUNCTIONS_OPTIONS = {
  provider: readBy(providerFrom, 'one that createAuthProvider made, or the name of one'),
  prefix: mini.string('text'),
  mint: {
    claims: readOrSay(describableClaims),
    subject: mini.union(
      [oneOf(['required', 'optional'], ''), aFunction<(subject: string | undefined) => boolean>()],
      '"required", "optional" or a function',
    ),
    maxExpiry: seconds,
  },
};

/** The name of a provider, and its client if the provider itself was given. */
interface NamedProvider {
  readonly name: string;
  readonly client: AuthClient | undefined;
}

/** Checked options, with their defaults. */
export interface FunctionsConfig {
  readonly provider: NamedProvider;
  readonly prefix: string;
  readonly mint: MintConfig;
}

/** What `create_token` may mint. `maxExpiry` is in seconds. */
export interface MintConfig {
  readonly claims?: z.ZodType;
  readonly subject?: 'required' | 'optional' | ((subject: string | undefined) => boolean);
  readonly maxExpiry?: number;
}

/**
 * @throws {AuthError} `ERR_AUTH_CONFIG`, naming the option and what it accepts.
 * @internal
 */
export function parseOptions(options: TokenFunctionsOptions): FunctionsConfig {
  const { provider, prefix = '', mint } = checkOptions(options, FUNCTIONS_OPTIONS, 'createTokenFunctions');
  return {
    provider: provider ?? { name: 'auth', client: undefined },
    prefix,
    mint: mint ?? withoutPrototype(),
  };
}

function providerFrom(provider: unknown): NamedProvider | undefined {
  if (typeof provider === 'string') return { name: provider, client: undefined };
  const client = clientOfProvider(provider);
  return client && { name: (provider as AuthProvider).name, client };
}
