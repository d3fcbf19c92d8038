import type { Claims, Issuer } from '../tokens.js';

type Awaitable<T> = T | Promise<T>;

/** Returns or resolves for a good token. Throws or rejects for a bad one, or says so, as ours does. */
export type OnToken = (token: string) => unknown;

/**
 * One library, set up once as its documentation advises: caches of verdicts off, the key imported beforehand, and
 * the signature, `alg`, `exp`, `iss` and `aud` checked. A part is `undefined` where the library does not have it.
 */
export interface Contender {
  readonly name: string;
  /** Signs by HS256, and sees to `iat`, `exp`, `iss`, `aud` and `sub`. */
  signer(issuer: Issuer, atOnce: number): Awaitable<((claims: Claims) => unknown) | undefined>;
  verifier(issuer: Issuer, atOnce: number): Awaitable<OnToken | undefined>;
  /** Reads the claims and verifies nothing. */
  decoder?: OnToken;
}
