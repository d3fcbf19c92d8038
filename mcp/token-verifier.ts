import { parseVerifierOptions } from '../gate/config.js';
import type { TokenVerifierOptions } from '../gate/options.js';
import { BOUND_TOKEN, Refusal } from '../gate/refusals.js';
import type { TokenVerifier } from '../gate/types.js';
import { createTokenCheck } from '../gate/verified-token.js';
import type { AuthClient } from '../src/types.js';

/**
 * Creates a verifier for `requireBearerAuth` of the MCP SDK, of both lines. That middleware knows bearer tokens only, so a
 * token that is bound to a key is refused. It cannot answer 503 either: when a token cannot be verified right now, it
 * answers 500. `protectMcp` does both.
 *
 * @throws {AuthError} `ERR_AUTH_CONFIG` when an option is missing, unknown or unusable.
 */
export function createTokenVerifier(auth: AuthClient, options: TokenVerifierOptions): TokenVerifier {
  const { invalidToken, ...config } = parseVerifierOptions(auth, options);
  const check = createTokenCheck(auth, config);
  return {
    async verifyAccessToken(token) {
      const checked = await check(token);
      if (checked instanceof Refusal) {
        throw checked.status === 503 ? checked.cause : invalidToken(checked.description);
      }
      if (Object.hasOwn(checked.extra, 'cnf')) throw invalidToken(BOUND_TOKEN.description);
      return checked;
    },
  };
}
