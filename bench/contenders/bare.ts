import { constants, createHmac, sign, timingSafeEqual, verify } from 'node:crypto';
import { AUDIENCE, complete, ISSUER, type Issuer } from '../tokens.js';
import type { Contender } from './contender.js';

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const decode = (segment: string) => JSON.parse(Buffer.from(segment, 'base64url').toString());

/** The minimum of work: one fixed header, one key, and no check of the token's shape. */
export const bare: Contender = {
  name: 'bare node:crypto',
  signer({ algorithm, header, signingKey }) {
    const start = encode(header);
    const hash = algorithm === 'EdDSA' ? null : 'sha256';
    const key = { key: signingKey, dsaEncoding: 'ieee-p1363' as const };
    const signatureOf = (input: string): Buffer =>
      algorithm === 'HS256'
        ? createHmac('sha256', signingKey).update(input).digest()
        : sign(hash, Buffer.from(input), key);
    return (claims) => {
      const input = `${start}.${encode(complete(claims))}`;
      return `${input}.${signatureOf(input).toString('base64url')}`;
    };
  },
  verifier(issuer) {
    const isValid = signatureCheck(issuer);
    const start = `${encode(issuer.header)}.`;
    return (token) => {
      const end = token.lastIndexOf('.');
      const signature = Buffer.from(token.slice(end + 1), 'base64url');
      if (!token.startsWith(start) || !isValid(token.slice(0, end), signature)) throw new Error('refused');
      const claims = decode(token.slice(start.length, end));
      const { iss, aud, exp } = claims;
      if (iss !== ISSUER || aud !== AUDIENCE || exp <= Date.now() / 1000) throw new Error('refused');
      return claims;
    };
  },
  decoder: (token) => decode(token.slice(token.indexOf('.') + 1, token.lastIndexOf('.'))),
};

function signatureCheck({ algorithm, verifyingKey }: Issuer): (input: string, signature: Buffer) => boolean {
  if (algorithm === 'HS256') {
    return (input, signature) => {
      const expected = createHmac('sha256', verifyingKey).update(input).digest();
      return signature.length === expected.length && timingSafeEqual(signature, expected);
    };
  }
  const hash = algorithm === 'EdDSA' ? null : `sha${algorithm.slice(2)}`;
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  const key = { key: verifyingKey, dsaEncoding: 'ieee-p1363' as const, ...(algorithm === 'PS256' && pss) };
  return (input, signature) => verify(hash, Buffer.from(input), key, signature);
}
