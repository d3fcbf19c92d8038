import { parseGateOptions, scopeList } from '../gate/config.js';
import { createGate } from '../gate/gate.js';
import type { McpOptions } from '../gate/options.js';
import { INSUFFICIENT_SCOPE } from '../gate/refusals.js';
import { hasAllScopes } from '../gate/scopes.js';
import type { Gate } from '../gate/types.js';
import { memberOf } from '../src/shared/own-properties.js';
import type { AuthClient } from '../src/types.js';

/**
 * Creates the gate of an MCP server over HTTP, or of any other API. It admits requests with a valid token. It answers all
 * other requests: 401 with a challenge, 403 with the required scopes, or 503 if the token cannot be verified right now.
 * It also serves the metadata that leads clients to the authorization server, and it checks DPoP proofs.
 *
 * @throws {AuthError} `ERR_AUTH_CONFIG` when an option is missing, unknown or unusable.
 * @see RFC 6750, RFC 9449, RFC 9728
 */
export function protectMcp(auth: AuthClient, options: McpOptions): Gate {
  const config = parseGateOptions(auth, options);
  return {
    ...createGate(auth, config),

    requireScopes(...scopes) {
      const required = scopeList([...config.requiredScopes, ...scopes], 'requireScopes');
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
