import { nodeCrypto } from '../shared/runtime.js';
import type { SignatureEngine } from './engine.js';
import { joseEngine } from './jose.js';
import { createNodeEngine } from './node.js';

/** Signatures by `node:crypto`, where there is one: on Node 20.16 or later, Bun and Deno. */
export const nodeEngine: SignatureEngine | undefined = nodeCrypto && createNodeEngine(nodeCrypto);

/** The engine that clients use: `node:crypto` where there is one, otherwise jose. */
export const defaultEngine: SignatureEngine = nodeEngine ?? joseEngine;
