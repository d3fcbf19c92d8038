import library from 'fast-jwt';
import { AUDIENCE, complete, ISSUER, keyTextOf } from '../tokens.js';
import type { Contender } from './contender.js';

export const fastJwt: Contender = {
  name: 'fast-jwt',
  signer(issuer) {
    if (issuer.algorithm !== 'HS256') return undefined;
    const sign = library.createSigner({ key: keyTextOf(issuer), algorithm: 'HS256' });
    return (claims) => sign(complete(claims));
  },
  verifier(issuer) {
    const rules = { algorithms: [issuer.algorithm], allowedIss: ISSUER, allowedAud: AUDIENCE };
    return library.createVerifier({ key: keyTextOf(issuer), ...rules, cache: false });
  },
  decoder: library.createDecoder(),
};
