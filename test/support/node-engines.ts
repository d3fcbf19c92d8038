import { nodeCrypto } from '../../src/shared/runtime.js';
import { createNodeEngine } from '../../src/signature/node.js';
import { ThreadPool } from '../../src/signature/thread-pool.js';

class UnusedPool extends ThreadPool {
  override takes = (): boolean => false;
}

class PoolForAll extends ThreadPool {
  override takes = (): boolean => true;
}

if (!nodeCrypto) throw new Error('node:crypto is not available.');

/** The `node:crypto` engine in each of its two ways. RS256 with an ordinary key never uses the pool. */
export const synchronousEngine = createNodeEngine(nodeCrypto, new UnusedPool());
export const poolEngine = createNodeEngine(nodeCrypto, new PoolForAll());
