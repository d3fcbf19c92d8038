/**
 * A list of revoked tokens on a store that processes share.
 *
 * @module intentkit-auth/revocation
 */
export type { Revocation } from '../src/config/options.js';
export type { Store } from '../src/shared/store.js';
export type { RevocationListOptions } from './options.js';
export type { RevocationList } from './revocation-list.js';
export { createRevocationList } from './revocation-list.js';
