import { CLOCK_MARGIN } from '../src/shared/clock.js';
import { own } from '../src/shared/own-properties.js';
import type { AuthClient } from '../src/types.js';
import type { GateConfig } from './config.js';
import type { Scheme } from './credentials.js';
import { checkProof } from './dpop/proof.js';
import { PROOFS_PER_SECOND, UsedProofs } from './dpop/used-proofs.js';
import {
  BEARER_TOKEN,
  BOUND_TOKEN,
  INSUFFICIENT_SCOPE,
  NO_TOKEN,
  OTHER_URL,
  Refusal,
  UNBOUND_TOKEN,
  USED_PROOF,
  unavailable,
} from './refusals.js';
import { type Incoming, pathOf } from './request.js';
import type { AuthInfo } from './types.js';
import { createTokenCheck } from './verified-token.js';

/** Decides whether a request with a token is admitted. */
export type Admission = (scheme: Scheme, token: string, request: Incoming) => Promise<AuthInfo | Refusal>;

/** The whole decision on a token: it is valid, presented as it must be, and allows enough, checked in this order. */
export function createAdmission(auth: AuthClient, config: GateConfig): Admission {
  const { resource, dpop, proofMaxAge, replayStore, requiredScopes } = config;
  const checkToken = createTokenCheck(auth, config);
  const usedProofs = new UsedProofs(replayStore, (proofMaxAge + CLOCK_MARGIN) * PROOFS_PER_SECOND);

  return async (scheme, token, request) => {
    if (scheme === 'DPoP' && dpop === 'off') return NO_TOKEN;
    if (scheme === 'Bearer' && dpop === 'required') return BEARER_TOKEN;
    const authInfo = await checkToken(token);
    if (authInfo instanceof Refusal) return authInfo;

    if (scheme === 'DPoP') {
      const refusal = await refusalOfProof(authInfo, request);
      if (refusal) return refusal;
    } else if (Object.hasOwn(authInfo.extra, 'cnf')) {
      return BOUND_TOKEN;
    }
    if (!hasAll(authInfo.scopes, requiredScopes)) return INSUFFICIENT_SCOPE;
    authInfo.resourceMetadataUrl = resource.metadataUrl;
    return authInfo;
  };

  async function refusalOfProof({ token, extra }: AuthInfo, request: Incoming): Promise<Refusal | undefined> {
    const thumbprint = own(Object(own(extra, 'cnf')), 'jkt');
    if (typeof thumbprint !== 'string') return UNBOUND_TOKEN;
    const path = pathOf(request.url);
    if (path === undefined) return OTHER_URL;
    const proof = await checkProof(request.header('dpop'), {
      method: request.method,
      // A proxy may change scheme and host, so they are those that the public knows.
      url: `${resource.origin}${path}`,
      token,
      thumbprint,
      maxAge: proofMaxAge,
    });
    if (proof instanceof Refusal) return proof;
    const use = await usedProofs.use(proof);
    if (use === 'unknown') return unavailable();
    return use === 'again' ? USED_PROOF : undefined;
  }
}

/** Whether every needed scope is among the scopes. */
export const hasAll = (scopes: readonly string[], needed: readonly string[]): boolean =>
  needed.every((scope) => scopes.includes(scope));
