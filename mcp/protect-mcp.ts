import { hasAll } from '../gate/admission.js';
import { parseGateOptions, scopeList } from '../gate/config.js';
import { createGate } from '../gate/gate.js';
import type { McpOptions } from '../gate/options.js';
import { INSUFFICIENT_SCOPE } from '../gate/refusals.js';
import type { AuthInfo, Gate } from '../gate/types.js';
import { memberOf } from '../src/shared/own-properties.js';
import type { AuthClient } from '../src/types.js';

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
  return {
    ...createGate(auth, config),

    requireScopes(...scopes) {
      const needed = scopeList([...config.requiredScopes, ...scopes], 'requireScopes');
      // Without `authInfo` the server is not behind the gate, and nothing is granted.
      return (context) => {
        const authInfo = memberOf(context, 'authInfo') as AuthInfo | undefined;
        return authInfo && hasAll(authInfo.scopes, needed)
          ? undefined
          : { scopes: needed as [string, ...string[]], errorDescription: INSUFFICIENT_SCOPE.description };
      };
    },
  };
}
