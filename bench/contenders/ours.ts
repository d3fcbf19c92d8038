import { createAuthClient } from '../installed.js';
import { AUDIENCE, ISSUER, type Issuer, jwkOf, SUBJECT } from '../tokens.js';
import type { Contender, OnToken } from './contender.js';

export const OURS = 'intentkit-auth';

const rules = { issuer: ISSUER, audience: AUDIENCE };
/** Signs with the issuer's private key, or with its secret. */
const signing = (issuer: Issuer) =>
  issuer.signingKey.type === 'private'
    ? createAuthClient({
        signingKeys: [{ privateKey: issuer.signingKey, keyId: issuer.header.kid ?? '' }],
        ...rules,
      })
    : withSecret(issuer);
const withSecret = ({ signingKey }: Issuer) => createAuthClient({ secret: signingKey.export(), ...rules });
const decoding = createAuthClient({ secret: 'Decoding needs no secret, but a client does.' });

/** Verifies with a JWKS of these keys. It needs no server, because one fetch in minutes would only add noise. */
export function byJwks(keys: readonly object[]): OnToken {
  const jwks = { fetch: async () => new Response(JSON.stringify({ keys })) };
  const client = createAuthClient({ jwksUrl: 'https://issuer.example/jwks.json', ...rules, jwks });
  return (token) => client.verify(token);
}

export const ours: Contender = {
  name: OURS,
  signer(issuer) {
    const client = signing(issuer);
    return (claims) => client.sign(claims, { subject: SUBJECT });
  },
  verifier(issuer) {
    if (issuer.verifyingKey.type === 'public') return byJwks([jwkOf(issuer)]);
    const client = withSecret(issuer);
    return (token) => client.verify(token);
  },
  decoder: (token) => decoding.decode(token),
};
