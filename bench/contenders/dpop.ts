import { createHash, createHmac, createPublicKey, timingSafeEqual, verify } from 'node:crypto';
import { auth } from 'express-oauth2-jwt-bearer';
import * as library from 'jose';
import httpMocks from 'node-mocks-http';
import type { DpopKey } from '../../test/support/dpop.js';
import { createAuthClient, protectMcp } from '../installed.js';
import { ISSUER, type Issuer, jwkOf, keyTextOf } from '../tokens.js';
import { OURS } from './ours.js';

export const RESOURCE = 'https://api.example/mcp';

/** A request with a token that is bound to a key, and a proof of that key. */
export interface Proved {
  readonly token: string;
  readonly proof: string;
}
/** Checks one request, and tells whether it is admitted. */
export type Check = () => Promise<boolean> | boolean;
/** Makes the library's own kind of request, whose time is not measured. */
export type Prepare = (request: Proved) => Check;

interface Setting {
  readonly issuer: Issuer;
  /** The key of the caller. Only `node:crypto` knows it beforehand. */
  readonly key: DpopKey;
  /** Where the issuer's keys are. The libraries fetch them once. */
  readonly jwksUrl: string;
}

const headersOf = ({ token, proof }: Proved) => ({ authorization: `DPoP ${token}`, dpop: proof });
const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64url');

function ours({ issuer, jwksUrl }: Setting): Prepare {
  const keys = issuer.algorithm === 'HS256' ? { secret: keyTextOf(issuer) } : { jwksUrl };
  const gate = protectMcp(createAuthClient({ ...keys, issuer: ISSUER, audience: RESOURCE }), {
    resource: RESOURCE,
    dpop: 'required',
  });
  return (proved) => {
    const request = new Request(RESOURCE, { method: 'POST', headers: headersOf(proved) });
    return async () => !((await gate.authenticate(request)) instanceof Response);
  };
}

/** It does not remember proofs, so it does not notice a replay. */
function expressOauth2({ issuer: { algorithm, ...issuer }, jwksUrl }: Setting): Prepare {
  const keys =
    algorithm === 'HS256' ? { secret: keyTextOf({ algorithm, ...issuer }).toString() } : { jwksUri: jwksUrl };
  const middleware = auth({
    ...keys,
    issuer: ISSUER,
    audience: RESOURCE,
    tokenSigningAlg: algorithm,
    dpop: { enabled: true, required: true },
  });
  const { pathname, host } = new URL(RESOURCE);
  return (proved) => {
    const { req, res } = httpMocks.createMocks({
      method: 'POST',
      url: pathname,
      headers: { host, ...headersOf(proved) },
    });
    Object.assign(req, { protocol: 'https' });
    return () => new Promise((resolve) => void middleware(req, res, (error) => resolve(!error)));
  };
}

/** A check as one would write it with jose. */
function jose({ issuer, jwksUrl }: Setting): Prepare {
  const jwks = library.createRemoteJWKSet(new URL(jwksUrl));
  const secret = issuer.algorithm === 'HS256' && new Uint8Array(issuer.signingKey.export());
  const used = new Set<unknown>();
  const rules = { issuer: ISSUER, audience: RESOURCE, algorithms: [issuer.algorithm] };
  const proofRules = { typ: 'dpop+jwt', algorithms: ['ES256'], maxTokenAge: 60 };
  return ({ token, proof }) =>
    async () => {
      const verified = secret
        ? library.jwtVerify(token, secret, rules)
        : library.jwtVerify(token, jwks, rules);
      const { payload } = await verified;
      const { payload: claims, protectedHeader } = await library.jwtVerify(
        proof,
        library.EmbeddedJWK,
        proofRules,
      );
      const thumbprint = await library.calculateJwkThumbprint(protectedHeader.jwk ?? {});
      const isBound = (payload.cnf as { jkt?: unknown }).jkt === thumbprint && claims.ath === hashOf(token);
      if (!isBound || claims.htm !== 'POST' || claims.htu !== RESOURCE) return false;
      return !used.has(claims.jti) && used.add(claims.jti) !== undefined;
    };
}

/** The minimum of work: two signatures and a hash, with keys that are known beforehand. */
function bare({ issuer, key }: Setting): Prepare {
  const proofKey = {
    key: createPublicKey({ key: key.jwk, format: 'jwk' }),
    dsaEncoding: 'ieee-p1363' as const,
  };
  const tokenKey = { key: issuer.verifyingKey, dsaEncoding: 'ieee-p1363' as const };
  const isSigned = (jwt: string, by: typeof proofKey): boolean => {
    const end = jwt.lastIndexOf('.');
    const [input, signature] = [Buffer.from(jwt.slice(0, end)), Buffer.from(jwt.slice(end + 1), 'base64url')];
    if (by.key.type === 'public') return verify('sha256', input, by, signature);
    const expected = createHmac('sha256', by.key).update(input).digest();
    return signature.length === expected.length && timingSafeEqual(signature, expected);
  };
  const claimsOf = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());
  const used = new Set<string>();
  return ({ token, proof }) =>
    () => {
      if (!isSigned(token, tokenKey) || !isSigned(proof, proofKey)) return false;
      const [{ iss, aud, exp, cnf }, { htm, htu, ath, jti, iat }] = [claimsOf(token), claimsOf(proof)];
      const now = Date.now() / 1000;
      if (iss !== ISSUER || aud !== RESOURCE || exp <= now || cnf.jkt !== key.thumbprint) return false;
      if (htm !== 'POST' || htu !== RESOURCE || ath !== hashOf(token) || iat < now - 60) return false;
      return !used.has(jti) && used.add(jti) !== undefined;
    };
}

export const DPOP_CONTENDERS: Readonly<Record<string, (setting: Setting) => Prepare>> = {
  [OURS]: ours,
  'express-oauth2-jwt-bearer': expressOauth2,
  jose,
  'bare node:crypto': bare,
};

/** The members of a JWKS with the issuer's key. */
export const keysOf = (issuer: Issuer): object[] => (issuer.algorithm === 'HS256' ? [] : [jwkOf(issuer)]);
