import { CLOCK_MARGIN } from '../src/shared/clock.js';
import { own } from '../src/shared/own-properties.js';
import type { GateConfig } from './config.js';
import type { Scheme } from './credentials.js';
import { createProofCheck } from './dpop/proof.js';
import { PROOFS_PER_SECOND, UsedProofs } from './dpop/used-proofs.js';
import { ANSWERS_503, gateOutage } from './gate-outage.js';
import {
  BEARER_TOKEN,
  BOUND_TOKEN,
  NO_TOKEN,
  REPLAYED_PROOF,
  Refusal,
  UNBOUND_TOKEN,
  unavailable,
  WRONG_URL,
} from './refusals.js';
import { type Incoming, pathOf } from './request.js';
import type { AuthInfo, Verifier } from './types.js';
import { createTokenCheck, isBound } from './verified-token.js';

/** Decides whether a request with a token is admitted, whatever its scopes are. */
export type Admission = (
  scheme: Scheme,
  token: string,
  request: Incoming,
) => Promise<AuthInfo<unknown> | Refusal>;

/** Creates the checks of a gate, in this order: the scheme, the token, its binding to a key. */
export function createAdmission(auth: Verifier, config: GateConfig): Admission {
  const { resource, dpop, proofMaxAge, replayStore } = config;
  const checkToken = createTokenCheck(auth, config, config.claims);
  const usedProofs = new UsedProofs(replayStore, (2 * proofMaxAge + CLOCK_MARGIN) * PROOFS_PER_SECOND);
  const outage = gateOutage(auth, 'The check of used DPoP proofs', resource);
  const checkProof = createProofCheck();

  return async (scheme, token, request) => {
    // Without DPoP, this is a scheme that the gate does not know.
    if (scheme === 'DPoP' && dpop === 'off') return NO_TOKEN;
    if (scheme === 'Bearer' && dpop === 'required') return BEARER_TOKEN;
    const authInfo = await checkToken(token);
    if (authInfo instanceof Refusal) return authInfo;

    if (scheme === 'DPoP') {
      const refusal = await checkBinding(authInfo, request);
      if (refusal) return refusal;
    } else if (isBound(authInfo)) {
      return BOUND_TOKEN;
    }
    authInfo.resourceMetadataUrl = resource.metadataUrl;
    return authInfo;
  };

  async function checkBinding(
    { token, extra }: AuthInfo<unknown>,
    request: Incoming,
  ): Promise<Refusal | undefined> {
    const thumbprint = own(Object(own(extra, 'cnf')), 'jkt');
    if (typeof thumbprint !== 'string') return UNBOUND_TOKEN;
    const path = pathOf(request.url);
    if (path === undefined) return WRONG_URL;
    const proof = await checkProof(request.header('dpop'), {
      method: request.method,
      // The origin is the public one, because a proxy may change the scheme and the host of the request.
      url: `${resource.origin}${path}`,
      token,
      thumbprint,
      maxAge: proofMaxAge,
    });
    if (proof instanceof Refusal) return proof;
    const use = await usedProofs.use(proof);
    if (use === 'unknown') {
      outage.failed('the store does not answer, or the memory is full', ANSWERS_503);
      return unavailable();
    }
    outage.succeeded();
    return use === 'again' ? REPLAYED_PROOF : undefined;
  }
}
