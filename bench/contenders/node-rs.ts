import { AUDIENCE, complete, ISSUER, keyTextOf } from '../tokens.js';
import type { Contender } from './contender.js';

interface NodeRs {
  signSync(claims: object, key: string | Buffer, header: object): string;
  sign(claims: object, key: string | Buffer, header: object): Promise<string>;
  verifySync(token: string, key: string | Buffer, rules: object): unknown;
  verify(token: string, key: string | Buffer, rules: object): Promise<unknown>;
}

// It is not a dev dependency, because the lock file would then list its binaries for every platform. Its column stays empty
// until you run `npm install --no-save @node-rs/jsonwebtoken`.
const NAME = '@node-rs/jsonwebtoken';
const library = await import(NAME).then(
  (found: NodeRs) => found,
  () => undefined,
);

/** Written in Rust. Its synchronous calls are fastest one at a time; its asynchronous calls run in its thread pool. */
export const nodeRs: Contender = {
  name: NAME,
  signer(issuer, atOnce) {
    if (issuer.algorithm !== 'HS256') return undefined;
    const sign = atOnce === 1 ? library?.signSync : library?.sign;
    const key = keyTextOf(issuer);
    const header = { algorithm: 'HS256' };
    return sign && ((claims) => sign(complete(claims), key, header));
  },
  verifier(issuer, atOnce) {
    if (issuer.algorithm === 'ES512') return undefined;
    const verify = atOnce === 1 ? library?.verifySync : library?.verify;
    const key = keyTextOf(issuer);
    const algorithms = [issuer.algorithm];
    const rules = { algorithms, iss: [ISSUER], aud: [AUDIENCE], leeway: 0 };
    return verify && ((token) => verify(token, key, rules));
  },
};
