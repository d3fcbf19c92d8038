import { isBoundToKey } from '../src/claims/bound.js';
import type { ClaimRules } from '../src/claims/check.js';
import { clientIdOf } from '../src/claims/client-id.js';
import { internalsOf } from '../src/client/internals.js';
import { AuthError } from '../src/errors.js';
import { copyOfJson } from '../src/shared/json-copy.js';
import { own } from '../src/shared/own-properties.js';
import { conform, type StandardSchemaV1 } from '../src/shared/standard-schema.js';
import type { TokenPayload } from '../src/types.js';
import type { VerifierConfig } from './config.js';
import { ANSWERS_503, gateOutage, problemIn } from './gate-outage.js';
import { NO_EXPIRY, type Refusal, refusalFor, unavailable, WRONG_AUDIENCE, wrongClaim } from './refusals.js';
import { expandScopes, scopesOf } from './scopes.js';
import type { AuthInfo, Verifier } from './types.js';

/** Returns the caller of a token that is valid for this resource, or why the token is refused. It never rejects. */
export type TokenCheck<Claims> = (token: string) => Promise<AuthInfo<Claims> | Refusal>;

/**
 * Creates the checks that every token must pass: the verdict of the verifier, the audience, an expiry, and the schema.
 *
 * @param schema what the claims must be. Its output becomes `claims`.
 */
export function createTokenCheck(auth: Verifier, config: VerifierConfig): TokenCheck<TokenPayload>;
export function createTokenCheck(
  auth: Verifier,
  config: VerifierConfig,
  schema: StandardSchemaV1 | undefined,
): TokenCheck<unknown>;
export function createTokenCheck(
  auth: Verifier,
  config: VerifierConfig,
  schema?: StandardSchemaV1,
): TokenCheck<unknown> {
  const { resource, implications, permissions } = config;
  const internals = internalsOf(auth);
  const outage = gateOutage(auth, 'The check of tokens', resource);
  const all = internals?.rules ?? [];
  const checked = audiencesOf(all, resource.audiences);

  return async (token) => {
    try {
      let rules: Pick<ClaimRules, 'audience' | 'clientIds' | 'clockTolerance'> | undefined;
      // The application may have replaced the `verify` of the client, or another library has made the client.
      const { valid, reason, payload } =
        internals && auth.verify === internals.publicVerify
          ? await internals.verify(token, (signed) => {
              rules = signed.rules;
            })
          : await auth.verify(token);
      // A verifier of another library may return anything.
      if (valid !== true) return refusalFor(reason);
      // The client has checked the audience if the rules of this token's issuer have one. A foreign `verify` may not check it.
      const expected = rules ? resource.audiences : checked;
      const aud = own(payload, 'aud');
      // If the client has checked `clientIds`, the token may have no audience, like those of Cognito and Clerk.
      const mayLackAudience = rules?.clientIds !== undefined && aud === undefined;
      if (!rules?.audience && !mayLackAudience && !includesAny(aud, expected)) return WRONG_AUDIENCE;
      const exp = own(payload, 'exp');
      if (typeof exp !== 'number') return NO_EXPIRY;
      const authInfo: AuthInfo<unknown> = {
        token,
        clientId: clientIdOf(payload) ?? '',
        scopes: expandScopes(scopesOf(payload, permissions), implications),
        expiresAt: exp + (rules ?? all[0] ?? NO_RULES).clockTolerance,
        // A new URL each time, because its owner can change it.
        resource: new URL(resource.href),
        claims: payload,
        extra: payload,
      };
      const [sub, iss] = [own(payload, 'sub'), own(payload, 'iss')];
      if (typeof sub === 'string') authInfo.subject = sub;
      if (typeof iss === 'string') authInfo.issuer = iss;
      if (!schema) {
        outage.succeeded();
        return authInfo;
      }
      // A copy, so that the schema cannot change what the other checks and the application read.
      const copy = copyOf(payload);
      if (!copy) return wrongClaim('');
      const outcome = await conform(schema, copy);
      outage.succeeded();
      const path = own(outcome, 'path');
      if (typeof path === 'string') return wrongClaim(path);
      authInfo.claims = own(outcome, 'value');
      return authInfo;
    } catch (cause) {
      const problem = problemIn(cause);
      if (problem !== undefined) outage.failed(problem, ANSWERS_503);
      return unavailable(retryAfterOf(cause), cause);
    }
  };
}

/** `undefined` for claims that are nested too deeply to be copied. */
function copyOf(payload: TokenPayload): TokenPayload | undefined {
  try {
    return copyOfJson(payload);
  } catch {
    return undefined;
  }
}

/** Whether the token of a caller is bound to a key or a certificate. */
export const isBound = ({ extra }: Pick<AuthInfo, 'extra'>): boolean => isBoundToKey(extra);

const NO_RULES = { clockTolerance: 0 };

/** The audiences of all issuers. Those of the resource stand for an issuer without one, and for a client of another library. */
function audiencesOf(all: readonly ClaimRules[], ofResource: ReadonlySet<unknown>): ReadonlySet<unknown> {
  const audiences = all.flatMap(({ audience }): readonly unknown[] => audience ?? [...ofResource]);
  return audiences.length > 0 ? new Set(audiences) : ofResource;
}

const includesAny = (aud: unknown, accepted: ReadonlySet<unknown>): boolean =>
  Array.isArray(aud) ? aud.some((one) => accepted.has(one)) : accepted.has(aud);

/** The whole seconds after which to try again, if the error says so. The error may come from another library. */
function retryAfterOf(error: unknown): number | undefined {
  const seconds = error instanceof AuthError ? error.retryAfter : undefined;
  return typeof seconds === 'number' && seconds > 0 && Number.isFinite(seconds)
    ? Math.ceil(seconds)
    : undefined;
}
