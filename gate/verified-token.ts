import { type AuthClient, AuthError, type TokenPayload } from 'intentkit-auth';
import { own } from '../src/shared/own-properties.js';
import type { VerifierConfig } from './config.js';
import { expectationsOf } from './expectations.js';
import { NO_EXPIRY, OTHER_AUDIENCE, type Refusal, refusalFor, unavailable } from './refusals.js';
import { expandScopes, scopesOf } from './scopes.js';
import type { AuthInfo } from './types.js';

/** A token that is good here, or why it is not. What it is bound to is still to be checked. */
export type TokenCheck = (
  token: string,
) => Promise<{ readonly authInfo: AuthInfo } | { readonly refusal: Refusal; readonly cause?: unknown }>;

const CLIENT_CLAIMS = ['client_id', 'azp', 'cid', 'appid'];

/** What the two entries share: the client's verdict, an audience in any case, an expiry, and the claims as `AuthInfo`. */
export function createTokenCheck(auth: AuthClient, config: VerifierConfig): TokenCheck {
  const { resource, implications, permissions } = config;
  const expectations = expectationsOf(auth);

  return async (token) => {
    try {
      const { valid, reason, payload } = await auth.verify(token);
      if (valid !== true) return { refusal: refusalFor(reason) };
      const { checksAudience, clockTolerance } = expectations(token, payload);
      if (!checksAudience && !holds(own(payload, 'aud'), resource.spellings)) {
        return { refusal: OTHER_AUDIENCE };
      }
      const exp = own(payload, 'exp');
      if (typeof exp !== 'number') return { refusal: NO_EXPIRY };
      return {
        authInfo: {
          token,
          clientId: clientOf(payload),
          scopes: expandScopes(scopesOf(payload, permissions), implications),
          expiresAt: exp + clockTolerance,
          // A new one each time, since a URL can be changed.
          resource: new URL(resource.href),
          extra: payload,
        },
      };
    } catch (cause) {
      // Whatever is thrown here, it is no verdict.
      return { refusal: unavailable(retryAfter(cause)), cause };
    }
  };
}

const holds = (aud: unknown, spellings: ReadonlySet<unknown>): boolean =>
  Array.isArray(aud) ? aud.some((one) => spellings.has(one)) : spellings.has(aud);

function clientOf(payload: TokenPayload): string {
  for (const claim of CLIENT_CLAIMS) {
    const value = own(payload, claim);
    if (typeof value === 'string') return value;
  }
  return '';
}

/** When the error says that it is worth to try again, in whole seconds. */
function retryAfter(error: unknown): number | undefined {
  const seconds = error instanceof AuthError ? own(error, 'retryAfter') : undefined;
  return typeof seconds === 'number' && seconds > 0 && Number.isFinite(seconds)
    ? Math.ceil(seconds)
    : undefined;
}
