import type { AuthClient } from 'intentkit-auth';
import { generateKeys, type Keys, mint } from './mint.js';

/** What becomes of a token, in one word: `valid`, the reason of a refusal, or the code of an error. */
export const outcome = (client: AuthClient, token: string): Promise<string> =>
  client.verify(token).then(
    ({ valid, reason }) => (valid ? 'valid' : (reason ?? 'no reason')),
    (error: { code?: string }) => error.code ?? String(error),
  );

/** A key pair of the kind that signs fastest, with a token that it has signed and that does not expire. */
export interface Signer extends Keys {
  readonly kid: string;
  readonly token: string;
}

export function createSigner(kid: string, alg = 'ES256'): Signer {
  const pair = generateKeys(alg, kid);
  return {
    ...pair,
    kid,
    token: mint({ header: { alg, kid }, payload: { sub: 'alice' }, key: pair.privateKey }),
  };
}
