import { createHash, randomUUID } from 'node:crypto';
import { base64url, generateKeys, mint } from './mint.js';

const sha256 = (text: string): string => base64url(createHash('sha256').update(text).digest());

export interface ProofChanges {
  /** Claims that replace the right ones. `undefined` leaves one out. */
  readonly claims?: Record<string, unknown>;
  /** Header parameters that replace the right ones. */
  readonly header?: Record<string, unknown>;
}

export interface DpopKey {
  /** What a token's `cnf.jkt` holds when it is bound to this key. */
  readonly thumbprint: string;
  readonly jwk: Record<string, unknown>;
  readonly privateJwk: Record<string, unknown>;
  proof(method: string, url: string, token: string, changes?: ProofChanges): string;
}

/** RFC 7638: a hash of the required members in alphabetical order, as they are spelled. */
export function thumbprintOf(jwk: Record<string, unknown>): string {
  const members = ['crv', 'e', 'kty', 'n', 'x', 'y'].filter((name) => name in jwk);
  return sha256(JSON.stringify(Object.fromEntries(members.map((name) => [name, jwk[name]]))));
}

/** A key of a DPoP client, whose proofs are made with `node:crypto` alone. */
export function createDpopKey(alg = 'ES256'): DpopKey {
  const { jwk, privateKey } = generateKeys(alg);
  return {
    thumbprint: thumbprintOf(jwk),
    jwk,
    privateJwk: privateKey.export({ format: 'jwk' }) as Record<string, unknown>,
    proof: (method, url, token, { claims, header } = {}) =>
      mint({
        header: { typ: 'dpop+jwt', alg, jwk, ...header },
        payload: {
          jti: randomUUID(),
          htm: method,
          htu: url,
          iat: Math.floor(Date.now() / 1000),
          ath: sha256(token),
          ...claims,
        },
        key: privateKey,
        alg,
      }),
  };
}
