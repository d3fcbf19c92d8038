/**
 * Functions for agents: they create, verify, decode and revoke tokens. This entry needs IntentKit.
 *
 * @module intentkit-auth/functions
 */
export { getAuthClient } from './get-auth-client.js';
export type { MintOptions, TokenFunctionsOptions } from './options.js';
export * from './tokens.js';
