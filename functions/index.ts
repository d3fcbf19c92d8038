/**
 * The functions that agents call: to create, verify, decode and revoke tokens. They need IntentKit.
 *
 * @module intentkit-auth/functions
 */
export { getAuthClient } from './get-auth-client.js';
export type { TokenFunctionsOptions } from './options.js';
export * from './tokens.js';
