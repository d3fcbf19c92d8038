import { createLocalJWKSet, type JWTVerifyOptions, jwtVerify } from 'jose';
import { ASYMMETRIC_ALGORITHMS } from '../../../src/signature/algorithms.js';
import { jwksOf, KEYS, SECRET } from '../../support/forge.js';

const secret = new TextEncoder().encode(SECRET);
let localKeys: ReturnType<typeof createLocalJWKSet> | undefined;

/** What jose makes of the token with the same keys and options: the claims, or `undefined` if it refuses. */
export async function josesClaims(token: string, options: object = {}): Promise<object | undefined> {
  localKeys ??= createLocalJWKSet(jwksOf(KEYS) as Parameters<typeof createLocalJWKSet>[0]);
  const keys = localKeys;
  try {
    const { payload } = await jwtVerify(
      token,
      (header, jws) => (header.alg.startsWith('HS') ? secret : keys(header, jws)),
      { ...(options as JWTVerifyOptions), algorithms: ['HS256', ...ASYMMETRIC_ALGORITHMS] },
    );
    return payload;
  } catch {
    return undefined;
  }
}
