/**
 * Obtains tokens for other APIs on behalf of the caller.
 *
 * @module intentkit-auth/downstream
 */
export type { ClientAuthOptions } from '../oauth/client-auth.js';
export type { ServerOptions } from '../oauth/options.js';
export type { Store } from '../src/shared/store.js';
export type { Caller } from './caller.js';
export type { Downstream, DownstreamApi } from './downstream.js';
export { createDownstream } from './downstream.js';
export type { DownstreamOptions, DownstreamTarget } from './options.js';
export type { DownstreamToken } from './token.js';
