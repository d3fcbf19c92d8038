import { createSecretKey, type KeyObject, randomBytes, randomUUID } from 'node:crypto';
import { generateKeys, mint, segment } from '../test/support/mint.js';

export const ISSUER = 'https://issuer.example/';
export const AUDIENCE = 'https://api.example';
export const SUBJECT = 'user-7f3a9c';

export type Algorithm = 'HS256' | 'RS256' | 'ES256' | 'EdDSA';

/** Who signs tokens: one key, and its public half. */
export interface Issuer {
  readonly algorithm: Algorithm;
  readonly header: Readonly<Record<string, string>>;
  readonly signingKey: KeyObject;
}

export interface HmacIssuer extends Issuer {
  readonly algorithm: 'HS256';
  readonly secret: Uint8Array;
}

export interface PublicKeyIssuer extends Issuer {
  readonly publicKey: KeyObject;
  readonly jwk: Readonly<Record<string, unknown>>;
}

export function hmacIssuer(): HmacIssuer {
  // As text, like most configured secrets.
  const secret = new TextEncoder().encode(randomBytes(48).toString('base64url'));
  const header = { alg: 'HS256', typ: 'JWT' };
  return { algorithm: 'HS256', header, signingKey: createSecretKey(secret), secret };
}

export function publicKeyIssuer(algorithm: Exclude<Algorithm, 'HS256'>): PublicKeyIssuer {
  const kid = randomUUID();
  const { privateKey, publicKey, jwk } = generateKeys(algorithm, kid);
  return {
    algorithm,
    header: { alg: algorithm, typ: 'JWT', kid },
    signingKey: privateKey,
    publicKey,
    jwk: { ...jwk, alg: algorithm, use: 'sig' },
  };
}

/** The issuer's key among others of its kind, in the middle. */
export function keySetOf({ algorithm, jwk }: PublicKeyIssuer, size: number): { keys: object[] } {
  const others = Array.from({ length: size - 1 }, () => {
    // Making a thousand RSA keys takes minutes; nothing is ever verified with these.
    const key = algorithm === 'RS256' ? { ...jwk, n: randomModulus() } : generateKeys(algorithm).jwk;
    return { ...key, kid: randomUUID(), alg: algorithm, use: 'sig' };
  });
  const middle = others.length / 2;
  return { keys: [...others.slice(0, middle), jwk, ...others.slice(middle)] };
}

function randomModulus(): string {
  const bytes = randomBytes(256);
  bytes[0] = 0xff;
  return bytes.toString('base64url');
}

/** The claims that are the same in every token, before those that a library writes when it signs. */
export function claimsOf(kilobytes: number): Record<string, unknown> {
  // As identity providers do it: what makes a token large is a list of groups.
  const claims = { jti: randomUUID(), scope: 'openid profile', groups: [] as string[] };
  const length = () => segment({ ...claims, ...registered() }).length + 40;
  while (length() < kilobytes * 1024) claims.groups.push(randomUUID());
  return claims;
}

const seconds = (): number => Math.floor(Date.now() / 1000);
const registered = () => ({
  sub: SUBJECT,
  iss: ISSUER,
  aud: AUDIENCE,
  iat: seconds(),
  exp: seconds() + 3600,
});

/** A token that everyone accepts, of so many kilobytes before the signature. */
export function goodToken(issuer: Issuer, kilobytes: number, changes: Record<string, unknown> = {}): string {
  const payload = { ...claimsOf(kilobytes), ...registered(), ...changes };
  return mint({ header: issuer.header, payload, key: issuer.signingKey });
}

/** Tokens that must be refused. */
export const BAD_TOKENS: Readonly<Record<string, (issuer: Issuer) => string>> = {
  'bad signature': (issuer) => {
    const token = goodToken(issuer, SMALL);
    const at = token.lastIndexOf('.') + 10;
    return token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
  },
  expired: (issuer) => goodToken(issuer, SMALL, { exp: seconds() - 60 }),
  'wrong audience': (issuer) => goodToken(issuer, SMALL, { aud: 'https://other.example' }),
  'wrong algorithm': (issuer) => {
    const [, payload, signature] = goodToken(issuer, SMALL).split('.');
    return `${segment({ ...issuer.header, alg: 'HS512' })}.${payload}.${signature}`;
  },
  malformed: (issuer) => goodToken(issuer, SMALL).replace('.', '!.'),
};

/** A token with a good signature by a key whose id the JWKS does not have. */
export function unknownKeyToken(issuer: Issuer): string {
  return goodToken({ ...issuer, header: { ...issuer.header, kid: 'absent' } }, SMALL);
}

/** A token of 10 MB with nothing else wrong. */
export function oversizedToken(issuer: Issuer): string {
  return goodToken(issuer, SMALL, { groups: ['x'.repeat(10_000_000 * 0.75)] });
}

/** Kilobytes of the smallest token. */
export const SMALL = 0.3;
