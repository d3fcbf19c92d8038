import type { AuthClient } from '../src/types.js';
import { createAdmission } from './admission.js';
import { Answer, createAnswers } from './answers.js';
import type { GateConfig } from './config.js';
import { readCredentials } from './credentials.js';
import { createMetadata } from './metadata.js';
import { Refusal } from './refusals.js';
import { fromFetch, fromNode, type Incoming } from './request.js';
import type { AuthInfo, Gate, NodeMiddleware } from './types.js';

/** The gate of a checked configuration, as far as it does not know MCP. */
export function createGate(auth: AuthClient, config: GateConfig): Omit<Gate, 'requireScopes'> {
  const answer = createAnswers(config);
  const metadata = createMetadata(config);
  const admit = createAdmission(auth, config);

  async function decide(request: Incoming): Promise<AuthInfo | Answer> {
    const credentials = readCredentials(request);
    if (credentials.refusal) return answer(credentials.refusal, credentials.scheme);
    const { scheme, token } = credentials;
    const admitted = await admit(scheme, token, request);
    return admitted instanceof Refusal ? answer(admitted, scheme) : admitted;
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
    if (decision instanceof Answer) {
      response.writeHead(decision.status, decision.headers);
      response.end(decision.body);
      return;
    }
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
  };
}
