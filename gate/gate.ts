import { memberOf } from '../src/shared/own-properties.js';
import type { AuthClient } from '../src/types.js';
import { createAdmission } from './admission.js';
import { createAnswers, GateAnswer } from './answers.js';
import type { GateConfig } from './config.js';
import { readCredentials } from './credentials.js';
import { createMetadata } from './metadata.js';
import { Refusal } from './refusals.js';
import { fromFetch, fromNode, type Incoming } from './request.js';
import type { AuthInfo, Gate, NodeMiddleware } from './types.js';

/** Creates what every HTTP API needs of a gate. `protectMcp` adds what only MCP has. */
export function createGate(auth: AuthClient, config: GateConfig): Omit<Gate, 'requireScopes'> {
  const answerTo = createAnswers(config);
  const metadata = createMetadata(config);
  const admit = createAdmission(auth, config);

  async function decide(request: Incoming): Promise<AuthInfo | GateAnswer> {
    const credentials = readCredentials(request);
    if (credentials.refusal) return answerTo(credentials.refusal, credentials.scheme);
    const { scheme, token } = credentials;
    const admitted = await admit(scheme, token, request);
    return admitted instanceof Refusal ? answerTo(admitted, scheme) : admitted;
  }

  async function authenticate(request: Request): Promise<AuthInfo | Response> {
    const decision = await decide(fromFetch(request));
    return decision instanceof GateAnswer ? decision.toResponse() : decision;
  }

  async function serveNode(...[request, response, next]: Parameters<NodeMiddleware>): Promise<void> {
    const incoming = fromNode(request);
    const decision = metadata(incoming) ?? (await decide(incoming));
    // A time limit of the server may have answered in the meantime. A response that is not of Node may lack the member.
    if (memberOf(response, 'headersSent')) return;
    if (decision instanceof GateAnswer) {
      response.writeHead(decision.status, decision.headersToSend());
      // `undefined` means no body. The cast is for the types of `node:http2`, which do not say so.
      response.end(decision.body as string);
      return;
    }
    request.auth = decision;
    await next();
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

    // It returns nothing, because fastify would take a returned promise as a second call of `next`.
    node: () => (request, response, next) => {
      serveNode(request, response, next).catch(throwUncaught);
    },
  };
}

/** Throws an error of the application behind the gate, as any callback does. No caller could handle a rejection. */
function throwUncaught(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
