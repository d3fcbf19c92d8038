import { createHmac, createSecretKey, timingSafeEqual, verify } from 'node:crypto';
import fastJwt from 'fast-jwt';
import type * as IntentkitAuth from 'intentkit-auth';
import * as jose from 'jose';
import jsonwebtoken from 'jsonwebtoken';
import { startJwksServer } from '../test/support/jwks-server.js';
import {
  AUDIENCE,
  type HmacIssuer,
  ISSUER,
  type Issuer,
  keySetOf,
  type PublicKeyIssuer,
  SUBJECT,
} from './tokens.js';

/** The package as it was built and installed for the benchmark. */
export type Package = typeof IntentkitAuth;

export const OURS = 'intentkit-auth';
/** The least that the work takes on this platform: no checks of shape, no choice of key, one known header. */
export const LIMIT = 'node:crypto';

/**
 * Contenders by name. Each is set up once as its documentation advises, with all caches of verdicts off, checks
 * the signature, `alg`, `exp`, `iss` and `aud`, and is called in its own manner: promises are awaited, what
 * answers at once is not. All but ours throw or reject when a token is bad.
 */
export type Verifiers = Readonly<Record<string, (token: string) => unknown>>;

const options = { issuer: ISSUER, audience: AUDIENCE };

export async function hmacVerifiers(ours: Package, { header, secret }: HmacIssuer): Promise<Verifiers> {
  const client = ours.createAuthClient({ secret, ...options });
  const cryptoKey = await importHmacKey(secret);
  const keyObject = createSecretKey(secret);
  const joseOptions = { ...options, algorithms: ['HS256'] };
  return {
    [OURS]: (token) => client.verify(token),
    jose: (token) => jose.jwtVerify(token, secret, joseOptions),
    'jose, CryptoKey': (token) => jose.jwtVerify(token, cryptoKey, joseOptions),
    jsonwebtoken: (token) => jsonwebtoken.verify(token, keyObject, { ...options, algorithms: ['HS256'] }),
    'fast-jwt': fastJwt.createVerifier({
      key: Buffer.from(secret),
      algorithms: ['HS256'],
      allowedIss: ISSUER,
      allowedAud: AUDIENCE,
      cache: false,
    }),
    [LIMIT]: bareVerifier(header, (input, signature) => {
      const expected = createHmac('sha256', keyObject).update(input).digest();
      return signature.length === expected.length && timingSafeEqual(signature, expected);
    }),
  };
}

/** Contenders with a JWKS of so many keys. `close` stops its server. */
export async function jwksVerifiers(
  ours: Package,
  issuer: PublicKeyIssuer,
  size: number,
): Promise<{ verifiers: Verifiers; close: () => Promise<void> }> {
  const { algorithm, header, publicKey } = issuer;
  const jwks = keySetOf(issuer, size);
  const server = await startJwksServer(jwks);
  const client = ours.createAuthClient({ jwksUrl: server.url, ...options });
  const localSet = jose.createLocalJWKSet(jwks);
  const remoteSet = jose.createRemoteJWKSet(new URL(server.url));
  const joseOptions = { ...options, algorithms: [algorithm] };
  const verifiers: Record<string, (token: string) => unknown> = {
    [OURS]: (token) => client.verify(token),
    jose: (token) => jose.jwtVerify(token, localSet, joseOptions),
    'jose, remote': (token) => jose.jwtVerify(token, remoteSet, joseOptions),
  };
  if (algorithm === 'RS256' || algorithm === 'ES256') {
    // jsonwebtoken does not know EdDSA.
    verifiers.jsonwebtoken = (token) =>
      jsonwebtoken.verify(token, publicKey, { ...options, algorithms: [algorithm] });
  }
  // fast-jwt leaves the choice of key to others, so it is given the one right key.
  verifiers['fast-jwt'] = fastJwt.createVerifier({
    key: publicKey.export({ type: 'spki', format: 'pem' }),
    algorithms: [algorithm],
    allowedIss: ISSUER,
    allowedAud: AUDIENCE,
    cache: false,
  });
  const hash = algorithm === 'EdDSA' ? null : 'sha256';
  const key = algorithm === 'ES256' ? ({ key: publicKey, dsaEncoding: 'ieee-p1363' } as const) : publicKey;
  verifiers[LIMIT] = bareVerifier(header, (input, signature) =>
    verify(hash, Buffer.from(input), key, signature),
  );
  return { verifiers, close: () => server.close() };
}

/** Contenders that sign the same claims by HS256, and set `iat`, `exp`, `iss`, `aud` and `sub`. */
export async function hmacSigners(
  ours: Package,
  { header, secret }: HmacIssuer,
  claims: Record<string, unknown>,
): Promise<Readonly<Record<string, () => unknown>>> {
  const client = ours.createAuthClient({ secret, ...options });
  const cryptoKey = await importHmacKey(secret);
  const keyObject = createSecretKey(secret);
  const byJose = (key: CryptoKey | Uint8Array) =>
    new jose.SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setIssuedAt()
      .setExpirationTime('1h')
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setSubject(SUBJECT)
      .sign(key);
  const byFastJwt = fastJwt.createSigner({
    key: Buffer.from(secret),
    algorithm: 'HS256',
    expiresIn: '1h',
    iss: ISSUER,
    aud: AUDIENCE,
    sub: SUBJECT,
  });
  const bareHeader = Buffer.from(JSON.stringify(header)).toString('base64url');
  return {
    [OURS]: () => client.sign(claims, { subject: SUBJECT }),
    jose: () => byJose(secret),
    'jose, CryptoKey': () => byJose(cryptoKey),
    jsonwebtoken: () =>
      jsonwebtoken.sign(claims, keyObject, {
        ...options,
        algorithm: 'HS256',
        expiresIn: '1h',
        subject: SUBJECT,
      }),
    'fast-jwt': () => byFastJwt(claims),
    [LIMIT]: () => {
      const iat = Math.floor(Date.now() / 1000);
      const registered = { iat, exp: iat + 3600, iss: ISSUER, aud: AUDIENCE, sub: SUBJECT };
      // On Node 20, a copy by spread costs microseconds as soon as something is added to it.
      const payload = Object.assign({}, claims, registered);
      const input = `${bareHeader}.${Buffer.from(JSON.stringify(payload)).toString('base64url')}`;
      return `${input}.${createHmac('sha256', keyObject).update(input).digest('base64url')}`;
    },
  };
}

/** Contenders that read the claims of a token and verify nothing. */
export function decoders(ours: Package, { secret }: HmacIssuer): Verifiers {
  const client = ours.createAuthClient({ secret });
  return {
    [OURS]: (token) => client.decode(token),
    jose: (token) => jose.decodeJwt(token),
    jsonwebtoken: (token) => jsonwebtoken.decode(token),
    'fast-jwt': fastJwt.createDecoder(),
    [LIMIT]: (token) =>
      JSON.parse(
        Buffer.from(token.slice(token.indexOf('.') + 1, token.lastIndexOf('.')), 'base64url').toString(),
      ),
  };
}

/** What a verifier says of a token, whichever way it says it. */
export async function accepts(verifier: (token: string) => unknown, token: string): Promise<boolean> {
  try {
    const verdict = await verifier(token);
    return typeof verdict === 'object' && verdict !== null && !('valid' in verdict && !verdict.valid);
  } catch {
    return false;
  }
}

function bareVerifier(
  header: Issuer['header'],
  isGood: (input: string, signature: Buffer) => boolean,
): (token: string) => unknown {
  const start = `${Buffer.from(JSON.stringify(header)).toString('base64url')}.`;
  return (token) => {
    const end = token.lastIndexOf('.');
    const signature = Buffer.from(token.slice(end + 1), 'base64url');
    if (!token.startsWith(start) || !isGood(token.slice(0, end), signature)) throw new Error('refused');
    const payload = JSON.parse(Buffer.from(token.slice(start.length, end), 'base64url').toString());
    const { iss, aud, exp } = payload;
    if (iss !== ISSUER || aud !== AUDIENCE || exp <= Date.now() / 1000) throw new Error('refused');
    return payload;
  };
}

const importHmacKey = (secret: Uint8Array): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', new Uint8Array(secret), { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
    'verify',
  ]);
