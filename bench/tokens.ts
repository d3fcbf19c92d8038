import { createSecretKey, type KeyObject, randomBytes, randomUUID } from 'node:crypto';
import { generateKeys, mint, segment } from '../test/support/mint.js';

export const ISSUER = 'https://issuer.example/';
export const AUDIENCE = 'https://api.example';
export const SUBJECT = 'user-7f3a9c';

export type Algorithm = 'HS256' | 'RS256' | 'PS256' | 'ES256' | 'ES512' | 'EdDSA';
export type Claims = Readonly<Record<string, unknown>>;

/** The issuer of the tokens. Its verifying key is the same secret, or the public key. */
export interface Issuer {
  readonly algorithm: Algorithm;
  readonly header: Readonly<Record<string, string>>;
  readonly signingKey: KeyObject;
  readonly verifyingKey: KeyObject;
}

export function issuerOf(algorithm: Algorithm): Issuer {
  const header = { alg: algorithm, typ: 'JWT' };
  if (algorithm === 'HS256') {
    // Like most configured secrets, 48 random bytes as text.
    const key = createSecretKey(randomBytes(48).toString('base64url'), 'utf8');
    return { algorithm, header, signingKey: key, verifyingKey: key };
  }
  const keys = generateKeys(algorithm);
  const withId = { ...header, kid: randomUUID() };
  return { algorithm, header: withId, signingKey: keys.privateKey, verifyingKey: keys.publicKey };
}

/** The issuer's public key as a member of a JWKS. */
export function jwkOf({ algorithm, header, verifyingKey }: Issuer): Record<string, unknown> {
  return { ...verifyingKey.export({ format: 'jwk' }), kid: header.kid, alg: algorithm, use: 'sig' };
}

/** The bytes of the secret, or the public key as a PEM. */
export function keyTextOf({ verifyingKey }: Issuer): string | Buffer {
  if (verifyingKey.type === 'secret') return verifyingKey.export();
  return verifyingKey.export({ type: 'spki', format: 'pem' }).toString();
}

/** The claims of an ordinary token, or of a large one with a long list of groups. */
export function claimsOf(kilobytes = 0): Claims {
  const claims = { jti: randomUUID(), scope: 'openid profile', groups: [] as string[] };
  const length = () => segment(complete(claims)).length + 40;
  while (length() < kilobytes * 1024) claims.groups.push(randomUUID());
  return claims;
}

/** Adds the claims that every token has. */
export function complete(claims: Claims): Record<string, unknown> {
  const iat = Math.floor(Date.now() / 1000);
  // On Node 20, a spread that also adds properties takes microseconds longer.
  return Object.assign({}, claims, { iat, exp: iat + 3600, iss: ISSUER, aud: AUDIENCE, sub: SUBJECT });
}

export function goodToken({ header, signingKey }: Issuer, kilobytes = 0, changes: Claims = {}): string {
  return mint({ header, payload: { ...complete(claimsOf(kilobytes)), ...changes }, key: signingKey });
}

/** Changes one character of the signature. */
export function tampered(token: string): string {
  const at = token.length - 10;
  return token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
}

/** Tokens that every contender must refuse, by their defect. */
export const badTokens = (issuer: Issuer): Readonly<Record<string, string>> => ({
  'invalid signature': tampered(goodToken(issuer)),
  expired: goodToken(issuer, 0, { exp: 1_700_000_000 }),
  'wrong issuer': goodToken(issuer, 0, { iss: 'https://other.example/' }),
  'wrong audience': goodToken(issuer, 0, { aud: 'https://other.example' }),
  'wrong algorithm': goodToken(issuer).replace(/^[^.]+/, segment({ ...issuer.header, alg: 'HS512' })),
  malformed: goodToken(issuer).replace('.', '!.'),
});
