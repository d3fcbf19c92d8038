import { parseGateOptions } from '../gate/config.js';
import { createGate } from '../gate/gate.js';
import type { ApiOptions } from '../gate/options.js';
import type { Gate, Verifier } from '../gate/types.js';
import type { TokenPayload } from '../src/types.js';

/**
 * Creates the gate of an API over HTTP. It admits requests with a valid token. It answers all other requests: 401 with a
 * challenge, 403 with the required scopes, or 503 if the token cannot be verified right now. It also serves the metadata that
 * leads clients to the authorization server, and it checks DPoP proofs.
 *
 * @param auth the client that verifies the tokens, or a verifier of your own. With a verifier of your own, the token's `aud` must
 *   hold `resource`, and the option `authorizationServers` is required.
 * @throws {AuthError} `ERR_AUTH_CONFIG` when an option is missing, unknown or unusable.
 * @see RFC 6750, RFC 9449, RFC 9728
 * @example
 * ```ts
 * import { createAuthClient } from 'intentkit-auth';
 * import { protectApi } from 'intentkit-auth/http';
 *
 * const resource = 'https://api.example.com';
 * const issuers = [{ issuer: 'https://id.example.com', audience: resource }];
 * const gate = protectApi(createAuthClient({ issuers }), { resource, requiredScopes: ['api'] });
 *
 * export const fetch = gate.fetch((_request, { authInfo }) => Response.json({ user: authInfo.subject }));
 * const { status } = await fetch(new Request(`${resource}/me`));
 * process.stdout.write(`${status}\n`); // 401
 * ```
 */
export function protectApi<Claims = TokenPayload>(auth: Verifier, options: ApiOptions<Claims>): Gate<Claims> {
  return createGate(auth, parseGateOptions(auth, options, 'protectApi'));
}
