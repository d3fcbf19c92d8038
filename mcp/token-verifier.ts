import type { AuthClient } from 'intentkit-auth';
import { parseVerifierOptions } from '../gate/config.js';
import type { TokenVerifierOptions } from '../gate/options.js';
import { BOUND_TOKEN, isRefused } from '../gate/refusals.js';
import type { TokenVerifier } from '../gate/types.js';
import { createTokenCheck } from '../gate/verified-token.js';

/**
 * Creates a verifier for the official SDK's own gate, `requireBearerAuth`. That gate knows bearer tokens only, so a
 * token that is bound to a key is refused. It has no 503 either: without a verdict it answers 500. `protectMcp` does
 * both.
 *
 * @throws {AuthError} `ERR_AUTH_CONFIG` when an option is missing, unknown or unusable.
 */
export function createTokenVerifier(auth: AuthClient, options: TokenVerifierOptions): TokenVerifier {
  const check = createTokenCheck(auth, parseVerifierOptions(auth, options));
  return {
    async verifyAccessToken(token) {
      const checked = await check(token);
      if (isRefused(checked)) {
        if (checked.refusal.status === 503) throw checked.cause;
        throw await invalidToken(checked.refusal.description);
      }
      if (!Object.hasOwn(checked.authInfo.extra, 'cnf')) return checked.authInfo;
      throw await invalidToken(BOUND_TOKEN.description);
    },
  };
}

async function invalidToken(description: string): Promise<Error> {
  // Only here is the SDK needed, so that whoever uses the gate need not install it.
  const { OAuthError, OAuthErrorCode } = await import('@modelcontextprotocol/server');
  return new OAuthError(OAuthErrorCode.InvalidToken, description);
}
