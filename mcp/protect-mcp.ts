import { scopeArguments } from '../gate/config.js';
import { createGate } from '../gate/gate.js';
import { INSUFFICIENT_SCOPE } from '../gate/refusals.js';
import { hasAllScopes, union } from '../gate/scopes.js';
import type { Verifier } from '../gate/types.js';
import { memberOf } from '../src/shared/own-properties.js';
import type { TokenPayload } from '../src/types.js';
import { parseMcpOptions } from './config.js';
import { createPublicTools } from './public-tools.js';
import type { McpGate, McpOptions, PrivateMcpOptions, PublicMcpGate } from './types.js';

/**
 * Creates the gate of an MCP server over HTTP. It does what `protectApi` does: it admits requests with a valid token, answers all
 * others, serves the metadata, and checks DPoP proofs. It also makes the scope challenges of tools.
 *
 * @param auth the client that verifies the tokens, or a verifier of your own. With a verifier of your own, the token's `aud` must
 *   hold `resource`, and the option `authorizationServers` is required.
 * @throws {AuthError} `ERR_AUTH_CONFIG` when an option is missing, unknown or unusable.
 * @see RFC 6750, RFC 9449, RFC 9728
 * @example
 * ```ts
 * import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
 * import { createAuthClient } from 'intentkit-auth';
 * import { protectMcp } from 'intentkit-auth/mcp';
 *
 * const resource = 'https://api.example.com/mcp';
 * const auth = createAuthClient({ issuers: [{ issuer: 'https://id.example.com', audience: resource }] });
 * const gate = protectMcp(auth, { resource, requiredScopes: ['mcp'] });
 * const handler = createMcpHandler(() => new McpServer({ name: 'my-server', version: '1.0.0' }));
 *
 * export const fetch = gate.fetch((request, { authInfo }) => handler.fetch(request, { authInfo }));
 * const { status } = await fetch(new Request(resource, { method: 'POST' }));
 * process.stdout.write(`${status}\n`); // 401
 * ```
 */
export function protectMcp<Claims = TokenPayload>(
  auth: Verifier,
  options: PrivateMcpOptions<Claims>,
): McpGate<Claims>;
/** Overload for a server with public tools: its handlers may get requests without a caller. */
export function protectMcp<Claims = TokenPayload>(
  auth: Verifier,
  options: McpOptions<Claims>,
): PublicMcpGate<Claims>;
export function protectMcp<Claims>(auth: Verifier, options: McpOptions<Claims>): McpGate<Claims> {
  const { publicTools, ...config } = parseMcpOptions(auth, options);
  return {
    ...createGate<Claims>(auth, config, publicTools && createPublicTools(publicTools)),

    requireScopes(...scopes) {
      const required = union(config.requiredScopes, scopeArguments(scopes, 'requireScopes'));
      return (context) => {
        // Both objects come from the SDK, which leaves `authInfo` out where no gate has admitted the request. So a polluted
        // Object.prototype must not fill the gap.
        const scopes = memberOf(Object(memberOf(context, 'authInfo')), 'scopes');
        return Array.isArray(scopes) && hasAllScopes(scopes, required)
          ? undefined
          : { scopes: required as [string, ...string[]], errorDescription: INSUFFICIENT_SCOPE.description };
      };
    },
  };
}
