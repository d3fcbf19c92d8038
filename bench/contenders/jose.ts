import type { KeyObject } from 'node:crypto';
import * as library from 'jose';
import { AUDIENCE, complete, ISSUER, type Issuer, keyTextOf } from '../tokens.js';
import type { Contender } from './contender.js';

/** Imports the key once. jose would import raw bytes again at every call. */
async function keyOf(issuer: Issuer): Promise<CryptoKey> {
  const key = keyTextOf(issuer);
  if (typeof key === 'string') return library.importSPKI(key, issuer.algorithm);
  const hmac = { name: 'HMAC', hash: 'SHA-256' };
  return crypto.subtle.importKey('raw', new Uint8Array(key), hmac, false, ['sign', 'verify']);
}

const pemOf = (key: KeyObject): string => String(key.export({ type: 'pkcs8', format: 'pem' }));

export const jose: Contender = {
  name: 'jose',
  async signer(issuer) {
    const { algorithm, signingKey } = issuer;
    const isPrivate = signingKey.type === 'private';
    const key = isPrivate ? await library.importPKCS8(pemOf(signingKey), algorithm) : await keyOf(issuer);
    const header = { ...issuer.header, alg: algorithm };
    return (claims) => new library.SignJWT(complete(claims)).setProtectedHeader(header).sign(key);
  },
  async verifier(issuer) {
    const key = await keyOf(issuer);
    const options = { issuer: ISSUER, audience: AUDIENCE, algorithms: [issuer.algorithm] };
    return (token) => library.jwtVerify(token, key, options);
  },
  decoder: (token) => library.decodeJwt(token),
};
