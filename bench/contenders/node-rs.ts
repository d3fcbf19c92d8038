import type { Algorithm } from '@node-rs/jsonwebtoken';
import { AUDIENCE, complete, ISSUER, keyTextOf } from '../tokens.js';
import type { Contender } from './contender.js';

// Its binaries are optional: where the machine has none, the column stays empty.
const library = await import('@node-rs/jsonwebtoken').catch(() => undefined);

/** Rust. One call at a time is fastest without a promise; many at once are spread over its thread pool. */
export const nodeRs: Contender = {
  name: '@node-rs/jsonwebtoken',
  signer(issuer, atOnce) {
    const sign = atOnce === 1 ? library?.signSync : library?.sign;
    const key = keyTextOf(issuer);
    const header = { algorithm: 'HS256' as Algorithm };
    return sign && ((claims) => sign(complete(claims), key, header));
  },
  verifier(issuer, atOnce) {
    if (issuer.algorithm === 'ES512') return undefined;
    const verify = atOnce === 1 ? library?.verifySync : library?.verify;
    const key = keyTextOf(issuer);
    const algorithms = [issuer.algorithm as Algorithm];
    const rules = { algorithms, iss: [ISSUER], aud: [AUDIENCE], leeway: 0 };
    return verify && ((token) => verify(token, key, rules));
  },
};
