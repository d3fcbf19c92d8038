/** `npm run test:redis` tests the revocation list and shared keys with a real Redis that is paused, killed and filled. */
import { runLayer } from '../support/run-layer.js';

runLayer({ folder: 'test/redis', programs: [['redis-server', '--version']], packages: 'redis-server' });
