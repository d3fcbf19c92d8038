import library, { type Algorithm } from 'jsonwebtoken';
import { AUDIENCE, complete, ISSUER } from '../tokens.js';
import type { Contender } from './contender.js';

export const jsonwebtoken: Contender = {
  name: 'jsonwebtoken',
  signer({ algorithm, signingKey }) {
    if (algorithm !== 'HS256') return undefined;
    return (claims) => library.sign(complete(claims), signingKey, { algorithm: 'HS256' });
  },
  verifier({ algorithm, verifyingKey }) {
    if (algorithm === 'EdDSA') return undefined;
    const algorithms: Algorithm[] = [algorithm];
    const options = { algorithms, issuer: ISSUER, audience: AUDIENCE };
    return (token) => library.verify(token, verifyingKey, options);
  },
  decoder: (token) => library.decode(token),
};
