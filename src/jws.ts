import type { KeyObject } from 'node:crypto';
import type { HmacAlgorithm } from './algorithms.js';
import { createNodeEngine } from './node-engine.js';
import type { Header, Token } from './token.js';

/** A key that an engine has made ready. jose takes both forms too. */
export type Key = CryptoKey | KeyObject;

/** What is known of a token's signature. `malformed` is a `crit` header that asks for more than we do. */
export type SignatureVerdict = 'good' | 'signature' | 'malformed';

/**
 * Makes and checks signatures, and nothing else: which key may check which algorithm is settled before.
 * Answers without a promise where it can.
 */
export interface JwsEngine {
  importSecret(secret: Uint8Array, algorithm: HmacAlgorithm): Key | Promise<Key>;
  /** Makes ready a public key that jose has imported from a JWKS. */
  preparePublicKey(key: CryptoKey): Key;
  /** The compact JWS of the claims. */
  sign(header: Header, claims: string, key: Key): string | Promise<string>;
  /** The key is known to be one for the token's own `alg`. */
  verify(token: Token, key: Key): SignatureVerdict | Promise<SignatureVerdict>;
}

// Loaded, and jose with it, when first needed: where `node:crypto` does the work, that is never.
const load = async (): Promise<JwsEngine> => (await import('./jose-engine.js')).joseEngine;

/** Every step by jose. */
export const joseEngine: JwsEngine = {
  importSecret: async (...args) => (await load()).importSecret(...args),
  preparePublicKey: (key) => key,
  sign: async (...args) => (await load()).sign(...args),
  verify: async (...args) => (await load()).verify(...args),
};

// By `getBuiltinModule` and not by an import, so that this file loads where there is no `node:crypto`. Bun and
// Deno have it too, but its verdicts are only proven equal to jose's on Node.
// Node 20 has no `navigator`.
const isNode = /^(Node\.js\/|undefined)/.test(`${globalThis.navigator?.userAgent}`);
const nodeCrypto = isNode ? globalThis.process?.getBuiltinModule?.('node:crypto') : undefined;

/** Every step by synchronous `node:crypto`; `undefined` where the runtime is not Node (from 20.16 on). */
export const nodeEngine: JwsEngine | undefined = nodeCrypto && createNodeEngine(nodeCrypto, joseEngine);

/** The engine that clients use. */
export const defaultEngine: JwsEngine = nodeEngine ?? joseEngine;
