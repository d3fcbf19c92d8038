import { BOUND_TOKEN, Refusal } from '../gate/refusals.js';
import type { Verifier } from '../gate/types.js';
import { createTokenCheck, isBound } from '../gate/verified-token.js';
import { AuthError } from '../src/errors.js';
import { parseVerifierOptions } from './config.js';
import type { TokenVerifier, TokenVerifierOptions } from './types.js';

/**
 * Creates a token verifier for the `requireBearerAuth` of an MCP SDK, 1.x or 2. That middleware accepts only bearer
 * tokens, so a token that is bound to a key is refused. It answers 500 when a token cannot be verified right now.
 * `protectMcp` accepts bound tokens and answers 503.
 *
 * @throws {AuthError} `ERR_AUTH_CONFIG` when an option is missing, unknown or unusable.
 * @see RFC 6750, RFC 8707
 * @example
 * ```ts
 * import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
 * import { createAuthClient } from 'intentkit-auth';
 * import { createTokenVerifier } from 'intentkit-auth/mcp';
 *
 * const resource = 'https://api.example.com/mcp';
 * const auth = createAuthClient({ issuers: [{ issuer: 'https://id.example.com', audience: resource }] });
 * // To be used as requireBearerAuth({ verifier, requiredScopes: ['mcp'] })
 * export const verifier = createTokenVerifier(auth, {
 *   resource,
 *   invalidToken: (message) => new InvalidTokenError(message),
 * });
 * ```
 */
export function createTokenVerifier(auth: Verifier, options: TokenVerifierOptions): TokenVerifier {
  const { invalidToken, ...config } = parseVerifierOptions(auth, options);
  const checkToken = createTokenCheck(auth, config);

  async function errorOf({ status, description, cause }: Refusal): Promise<unknown> {
    if (status === 503) return cause;
    // `await`, because plain JavaScript may give an async function.
    const error: unknown = await invalidToken(description);
    if (typeof error === 'object' && error !== null) return error;
    return new AuthError('ERR_AUTH_CONFIG', '"invalidToken" must return the error of your MCP SDK.');
  }

  return {
    async verifyAccessToken(token) {
      const checked = await checkToken(token);
      if (checked instanceof Refusal) throw await errorOf(checked);
      if (isBound(checked)) throw await errorOf(BOUND_TOKEN);
      return checked;
    },
  };
}
