/**
 * A list of revoked tokens on a store that processes share.
 *
 * @module intentkit-auth/revocation
 */
export type { Revocation, Store } from 'intentkit-auth';
export type { RevocationListOptions } from './options.js';
export type { RevocationList } from './revocation-list.js';
export { createRevocationList } from './revocation-list.js';
