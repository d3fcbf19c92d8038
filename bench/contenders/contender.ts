import type { Claims, Issuer } from '../tokens.js';

type Awaitable<T> = T | Promise<T>;

/** Returns or resolves for a valid token. For an invalid one, it throws, rejects, or returns a negative result as ours does. */
export type OnToken = (token: string) => unknown;

/**
 * One library, set up once as its documentation advises. It does not cache verdicts, imports the key beforehand, and checks
 * the signature, `alg`, `exp`, `iss` and `aud`. A function is `undefined` if the library does not support it.
 */
export interface Contender {
  readonly name: string;
  /** Signs with the key of the issuer, and sets `iat`, `exp`, `iss`, `aud` and `sub`. */
  signer(issuer: Issuer, atOnce: number): Awaitable<((claims: Claims) => unknown) | undefined>;
  verifier(issuer: Issuer, atOnce: number): Awaitable<OnToken | undefined>;
  /** Reads the claims without verifying them. */
  decoder?: OnToken;
}
