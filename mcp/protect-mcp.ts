import type { AuthClient } from 'intentkit-auth';
import { Answer, createAnswers } from '../gate/answers.js';
import { type GateConfig, parseGateOptions, scopeList } from '../gate/config.js';
import { readCredentials, type Scheme } from '../gate/credentials.js';
import { checkProof } from '../gate/dpop/proof.js';
import { PROOFS_PER_SECOND, UsedProofs } from '../gate/dpop/used-proofs.js';
import { createMetadata } from '../gate/metadata.js';
import { fromNode, give } from '../gate/node.js';
import type { McpOptions } from '../gate/options.js';
import {
  BEARER_TOKEN,
  BOUND_TOKEN,
  INSUFFICIENT_SCOPE,
  isRefused,
  NO_TOKEN,
  OTHER_URL,
  type Refusal,
  UNBOUND_TOKEN,
  USED_PROOF,
  unavailable,
} from '../gate/refusals.js';
import { type Incoming, pathOf } from '../gate/request.js';
import type { AuthInfo, Gate, NodeMiddleware } from '../gate/types.js';
import { createTokenCheck } from '../gate/verified-token.js';
import { CLOCK_MARGIN } from '../src/shared/clock.js';
import { memberOf, own } from '../src/shared/own-properties.js';

/**
 * Creates the gate of an MCP server over HTTP, or of any other resource server. It answers 401 with a challenge, 403
 * with all scopes that are needed, and 503 where there is no verdict. It serves the metadata by which clients find
 * the authorization server, and it checks DPoP proofs.
 *
 * @throws {AuthError} `ERR_AUTH_CONFIG` when an option is missing, unknown or unusable.
 * @see RFC 6750, RFC 9449, RFC 9728
 */
export function protectMcp(auth: AuthClient, options: McpOptions): Gate {
  const config = parseGateOptions(auth, options);
  const { requiredScopes } = config;
  const answer = createAnswers(config);
  const metadata = createMetadata(config);
  const admit = createAdmission(auth, config);

  async function decide(request: Incoming): Promise<AuthInfo | Answer> {
    const credentials = readCredentials(request);
    if (isRefused(credentials)) return answer(credentials.refusal, credentials.scheme);
    const { scheme, token } = credentials;
    const admitted = await admit(scheme, token, request);
    return isRefused(admitted) ? answer(admitted.refusal, scheme) : admitted.authInfo;
  }

  async function authenticate(request: Request): Promise<AuthInfo | Response> {
    const decision = await decide(fromFetch(request));
    return decision instanceof Answer ? decision.toResponse() : decision;
  }

  async function pass(...[request, response, next]: Parameters<NodeMiddleware>): Promise<void> {
    const incoming = fromNode(request);
    const decision = metadata(incoming) ?? (await decide(incoming));
    // A time limit of the server may have answered meanwhile.
    if (response.headersSent) return;
    if (decision instanceof Answer) return give(response, decision);
    request.auth = decision;
    next();
  }

  return {
    authenticate,
    metadata: (request) => metadata(request)?.toResponse(),

    fetch:
      (handler) =>
      async (request, ...rest) => {
        const document = metadata(request);
        if (document) return document.toResponse();
        const authInfo = await authenticate(request);
        return authInfo instanceof Response ? authInfo : handler(request, { authInfo }, ...rest);
      },

    // It returns nothing, because fastify takes a promise for a second sign to go on.
    node: () => (request, response, next) => void pass(request, response, next),

    requireScopes(...scopes) {
      const needed = scopeList([...requiredScopes, ...scopes], 'requireScopes') as [string, ...string[]];
      // Without `authInfo` the server is not behind the gate, and nothing is granted.
      return (context) => {
        const authInfo = memberOf(context, 'authInfo') as AuthInfo | undefined;
        return authInfo && hasAll(authInfo.scopes, needed)
          ? undefined
          : { scopes: needed, errorDescription: INSUFFICIENT_SCOPE.description };
      };
    },
  };
}

type Admission = { readonly authInfo: AuthInfo } | { readonly refusal: Refusal };

/** The whole decision on a token: good, presented as it must be, and allowed enough, in this order. */
function createAdmission(
  auth: AuthClient,
  { resource, dpop, proofMaxAge, replayStore, requiredScopes, ...config }: GateConfig,
): (scheme: Scheme, token: string, request: Incoming) => Promise<Admission> {
  const checkToken = createTokenCheck(auth, { resource, ...config });
  const usedProofs = new UsedProofs(replayStore, (proofMaxAge + CLOCK_MARGIN) * PROOFS_PER_SECOND);

  return async (scheme, token, request) => {
    if (scheme === 'DPoP' && dpop === 'off') return { refusal: NO_TOKEN };
    if (scheme === 'Bearer' && dpop === 'required') return { refusal: BEARER_TOKEN };
    const checked = await checkToken(token);
    if (isRefused(checked)) return checked;
    const { authInfo } = checked;

    if (scheme === 'DPoP') {
      const refusal = await refusalOfProof(authInfo, request);
      if (refusal) return { refusal };
    } else if (Object.hasOwn(authInfo.extra, 'cnf')) {
      return { refusal: BOUND_TOKEN };
    }
    if (!hasAll(authInfo.scopes, requiredScopes)) return { refusal: INSUFFICIENT_SCOPE };
    authInfo.resourceMetadataUrl = resource.metadataUrl;
    return { authInfo };
  };

  async function refusalOfProof({ token, extra }: AuthInfo, request: Incoming): Promise<Refusal | undefined> {
    const thumbprint = own(Object(own(extra, 'cnf')), 'jkt');
    if (typeof thumbprint !== 'string') return UNBOUND_TOKEN;
    const path = pathOf(request.url);
    if (path === undefined) return OTHER_URL;
    const checked = await checkProof(request.header('dpop'), {
      method: request.method,
      // A proxy may change scheme and host, so they are those that the public knows.
      url: `${resource.origin}${path}`,
      token,
      thumbprint,
      maxAge: proofMaxAge,
    });
    if (isRefused(checked)) return checked.refusal;
    const use = await usedProofs.use(checked.proof);
    if (use === 'unknown') return unavailable();
    return use === 'again' ? USED_PROOF : undefined;
  }
}

const fromFetch = (request: Request): Incoming => ({
  method: request.method,
  url: request.url,
  header: (name) => request.headers.get(name) ?? undefined,
});

const hasAll = (scopes: readonly string[], needed: readonly string[]): boolean =>
  needed.every((scope) => scopes.includes(scope));
