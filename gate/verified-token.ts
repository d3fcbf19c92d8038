import { type ClaimRules, clientIdOf } from '../src/claims/check.js';
import { internalsOf } from '../src/client/internals.js';
import { AuthError } from '../src/errors.js';
import { own } from '../src/shared/own-properties.js';
import type { AuthClient } from '../src/types.js';
import type { VerifierConfig } from './config.js';
import { NO_EXPIRY, OTHER_AUDIENCE, type Refusal, refusalFor, unavailable } from './refusals.js';
import { expandScopes, scopesOf } from './scopes.js';
import type { AuthInfo } from './types.js';

/** Who calls, by a token that is valid for this resource, or why the token is refused. */
export type TokenCheck = (token: string) => Promise<AuthInfo | Refusal>;

/**
 * Checks what every door of the gate checks of a token: the verdict of the client, an audience and an expiry. Whether the
 * token is bound to a key is checked separately.
 */
export function createTokenCheck(auth: AuthClient, config: VerifierConfig): TokenCheck {
  const { resource, implications, permissions } = config;
  const verify = verifierOf(auth);

  return async (token) => {
    try {
      const { result, checksAudience, clockTolerance } = await verify(token);
      const { valid, reason, payload } = result;
      if (valid !== true) return refusalFor(reason);
      if (!checksAudience && !holds(own(payload, 'aud'), resource.spellings)) return OTHER_AUDIENCE;
      const exp = own(payload, 'exp');
      if (typeof exp !== 'number') return NO_EXPIRY;
      return {
        token,
        clientId: clientIdOf(payload) ?? '',
        scopes: expandScopes(scopesOf(payload, permissions), implications),
        expiresAt: exp + clockTolerance,
        // A new one each time, since a URL can be changed.
        resource: new URL(resource.href),
        extra: payload,
      };
    } catch (cause) {
      return unavailable(retryAfter(cause), cause);
    }
  };
}

/** A verdict, and what the client has checked for it. */
interface Verified {
  readonly result: Awaited<ReturnType<AuthClient['verify']>>;
  readonly checksAudience: boolean;
  /** In seconds. */
  readonly clockTolerance: number;
}

/** If another library made the client, nothing is assumed to be checked. */
function verifierOf(auth: AuthClient): (token: string) => Promise<Verified> {
  const internals = internalsOf(auth);
  const checksAudience = (rules: ClaimRules | undefined): boolean => rules?.audience !== undefined;
  const always = internals?.rules.every(checksAudience) ?? false;
  const clockTolerance = internals?.rules[0]?.clockTolerance ?? 0;

  return async (token) => {
    // A client's `verify` may have been replaced, and then decides.
    if (internals === undefined || auth.verify !== internals.publicVerify) {
      return { result: await auth.verify(token), checksAudience: always, clockTolerance };
    }
    let rules: ClaimRules | undefined;
    const result = await internals.verify(token, (signed) => {
      rules = signed.rules;
    });
    return { result, checksAudience: checksAudience(rules), clockTolerance };
  };
}

const holds = (aud: unknown, spellings: ReadonlySet<unknown>): boolean =>
  Array.isArray(aud) ? aud.some((one) => spellings.has(one)) : spellings.has(aud);

/** The whole seconds after which the error says to try again. */
function retryAfter(error: unknown): number | undefined {
  const seconds = error instanceof AuthError ? error.retryAfter : undefined;
  return typeof seconds === 'number' && seconds > 0 && Number.isFinite(seconds)
    ? Math.ceil(seconds)
    : undefined;
}
