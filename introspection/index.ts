/**
 * Asks an issuer whether opaque tokens are active.
 *
 * @module intentkit-auth/introspection
 */
export type { ClientAuthOptions } from '../oauth/client-auth.js';
export type { ServerOptions } from '../oauth/options.js';
export type { Introspection } from '../src/config/options.js';
export type { TokenIntrospection } from './introspection.js';
export { createIntrospection } from './introspection.js';
export type { IntrospectionOptions } from './options.js';
