import { configError } from '../src/shared/options.js';
import { memberOf, own } from '../src/shared/own-properties.js';
import { createAdmission } from './admission.js';
import { GateAnswer } from './answers.js';
import type { GateConfig } from './config.js';
import { readCredentials } from './credentials.js';
import { createMetadata } from './metadata.js';
import type { NodeMiddleware, NodeResponse } from './middleware.js';
import { isProbe, NO_AUTHORIZATION_SERVER } from './probes.js';
import { Anonymous, type PublicAccess } from './public-access.js';
import { INSUFFICIENT_SCOPE, NO_TOKEN, Refusal } from './refusals.js';
import { fromFetch, fromNode, type Incoming } from './request.js';
import { createRoutes, type Route, refuseRequest } from './route.js';
import { hasAllScopes } from './scopes.js';
import type { AuthInfo, Gate, PublicHandler, RouteOptions, Verifier } from './types.js';
import { isBound } from './verified-token.js';

/**
 * Creates the gate that `protectApi` and `protectMcp` have in common.
 *
 * @param publicAccess what `fetch` and `node` do with requests without a token. Default: they refuse them.
 */
export function createGate<Claims>(
  auth: Verifier,
  config: GateConfig,
  publicAccess?: PublicAccess,
): Gate<Claims> {
  const metadata = createMetadata(config);
  const admit = createAdmission(auth, config);
  const routeOf = createRoutes(config);
  // By the request itself, so that nothing that a request says can lead to the caller of another.
  const admitted = new WeakMap<object, AuthInfo<unknown>>();

  /** Returns the caller of a request, that it passes without one, or the answer to one that is refused. */
  async function decide(
    request: object,
    incoming: Incoming,
    route: Route,
    access: PublicAccess | undefined,
  ): Promise<AuthInfo<unknown> | Anonymous | GateAnswer> {
    let authInfo = admitted.get(request);
    // A WebSocket, for example, may be checked again long after its upgrade request was admitted.
    if (!authInfo || authInfo.expiresAt <= Date.now() / 1000) {
      const { refusal, scheme, token, isAnonymous } = readCredentials(incoming);
      if (isAnonymous) return withoutToken(incoming, route, access);
      if (refusal) return route.answerTo(refusal, scheme);
      const checked = await admit(scheme, token, incoming);
      if (checked instanceof Refusal) return route.answerTo(checked, scheme);
      authInfo = checked;
    }
    if (!hasAllScopes(authInfo.scopes, route.requiredScopes)) {
      return route.answerTo(INSUFFICIENT_SCOPE, isBound(authInfo) ? 'DPoP' : 'Bearer');
    }
    admitted.set(request, authInfo);
    return authInfo;
  }

  async function serveNode(
    route: Route,
    ...[request, response, next]: Parameters<NodeMiddleware>
  ): Promise<void> {
    const incoming = fromNode(request);
    const decision = metadata(incoming) ?? (await decide(request, incoming, route, publicAccess));
    // A time limit of the server may have answered in the meantime. A response that is not of Node may lack the member.
    if (memberOf(response, 'headersSent')) return;
    if (decision instanceof GateAnswer) return send(decision, response);
    if (!(decision instanceof Anonymous)) request.auth = decision;
    await next();
  }

  const gate = {
    async authenticate(request: Request, options?: RouteOptions) {
      const route = routeOf(options, 'authenticate');
      const decision = await decide(request, fromFetch(request), route, undefined);
      if (decision instanceof GateAnswer) return decision.toResponse();
      return decision instanceof Anonymous ? undefined : decision;
    },

    metadata: (request: Request) => metadata(request)?.toResponse(),

    fetch<Rest extends unknown[]>(handler: PublicHandler<Rest, unknown>, options?: RouteOptions) {
      const route = routeOf(options, 'fetch');
      return async (request: Request, ...rest: Rest): Promise<Response> => {
        const decision =
          metadata(request) ?? (await decide(request, fromFetch(request), route, publicAccess));
        if (decision instanceof GateAnswer) return decision.toResponse();
        return handler(request, contextOf(decision), ...rest);
      };
    },

    node(options?: RouteOptions): NodeMiddleware {
      refuseRequest(options, 'node');
      const route = routeOf(options, 'node');
      // It returns nothing, because fastify would take a returned promise as a second call of `next`.
      return (request, response, next) => {
        serveNode(route, request, response, next).catch(throwUncaught);
      };
    },

    nodeMetadata(...given: readonly unknown[]): NodeMiddleware {
      // It would otherwise never answer.
      refuseRequest(given[0], 'nodeMetadata');
      return (request, response, next) => {
        const document = metadata(fromNode(request));
        if (document) send(document, response);
        else next();
      };
    },

    authOf(request: object, options: { optional?: boolean } = {}) {
      const authInfo = admitted.get(request);
      if (authInfo || own(options, 'optional') === true) return authInfo;
      throw configError(
        'This gate has not admitted the request. Put "gate.node()" or "gate.fetch()" before the route, give "authOf" the request that the gate was given ("request.raw" with fastify), and { optional: true } if the route is optional.',
      );
    },
  };
  // The schema of `claims` has made the claims, and `Claims` is its output.
  return gate as Gate<Claims>;
}

/** What becomes of a request without a token. */
async function withoutToken(
  incoming: Incoming,
  { optional, answerTo, scopes }: Route,
  access: PublicAccess | undefined,
): Promise<Anonymous | GateAnswer> {
  if (optional) return new Anonymous();
  if (isProbe(incoming.url)) return NO_AUTHORIZATION_SERVER;
  // A route that asks for scopes is not public.
  const passes = scopes.length === 0 ? await access?.(incoming).catch(refused) : undefined;
  return passes ?? answerTo(NO_TOKEN);
}

/** A stranger's request that cannot be judged is not public. An exception would end the process. */
const refused = (): undefined => undefined;

/** What a handler gets. A member that has no value is left out. */
function contextOf(decision: AuthInfo<unknown> | Anonymous): Parameters<PublicHandler<[], unknown>>[1] {
  if (!(decision instanceof Anonymous)) return { authInfo: decision };
  const { parsedBody } = decision;
  return parsedBody === undefined ? {} : { parsedBody };
}

function send(answer: GateAnswer, response: NodeResponse): void {
  response.writeHead(answer.status, answer.headersToSend());
  // `undefined` means no body. The cast is for the types of `node:http2`, which do not say so.
  response.end(answer.body as string);
}

/** Throws an error of the application behind the gate, as any callback does. No caller could handle a rejection. */
function throwUncaught(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
