import type { Answer } from '../oauth/endpoint.js';
import { oauthErrorIn } from '../oauth/oauth-error.js';
import type { Server } from '../oauth/options.js';
import { createAuthClient } from '../src/client/client.js';
import { AuthError } from '../src/errors.js';
import { FetchError } from '../src/keys/remote/fetch-error.js';
import { parseJson } from '../src/keys/remote/fetch-json.js';
import { copyOfJson } from '../src/shared/json-copy.js';
import { isObject, own } from '../src/shared/own-properties.js';
import type { AuthClient, TokenPayload } from '../src/types.js';

/** The endpoint refuses this process, or answers in another way than is configured. Only the operator can change that. */
export class Misconfigured extends FetchError {
  constructor(problem: string) {
    super('unusable', problem);
  }
}

/** The endpoint refuses the question about one token. This says nothing about other tokens. */
export class QuestionRefused extends Error {
  override readonly name = 'QuestionRefused';
}

/** Returns the claims of the token if it is active, otherwise `undefined`. */
export type ReadAnswer = (answer: Answer, token: string) => Promise<TokenPayload | undefined>;

/** @param isSigned whether the answer must be a JWT. @see RFC 7662 section 2.2, RFC 9701 section 5 */
export function answerReader(server: Server, isSigned: boolean): ReadAnswer {
  const signers = isSigned ? signersOf(server) : undefined;
  return async ({ status, text }, token) => {
    if (status !== 200) throw refusal(status, oauthErrorIn(text, token)?.error);
    const claims = signers ? await readSigned(signers, text) : parseJson(text);
    const active = isObject(claims) ? own(claims, 'active') : undefined;
    if (!isObject(claims) || typeof active !== 'boolean')
      throw new FetchError('unusable', 'the endpoint answered without "active"');
    if (!active) return undefined;
    // It is a statement about the token, and no claim of it.
    const { active: _, ...payload } = claims;
    return shallow(payload);
  };
}

/** Refuses claims that are nested too deeply to be copied for each caller. */
function shallow(claims: TokenPayload): TokenPayload {
  try {
    return copyOfJson(claims);
  } catch {
    throw new QuestionRefused('the endpoint answered with claims that are nested too deeply');
  }
}

/** The client that verifies answers. An answer is for one question, so it must be new. */
const signersOf = ({ issuer, clientId, timeoutMs, fetch, warn }: Server): AuthClient =>
  createAuthClient({
    issuers: [
      {
        issuer,
        audience: clientId,
        typ: 'token-introspection+jwt',
        requiredClaims: ['iat'],
        maxTokenAge: '5m',
        timeout: `${timeoutMs / 1000}s`,
        ...(fetch && { fetch }),
      },
    ],
    clockTolerance: '1m',
    onWarning: warn,
  });

async function readSigned(signers: AuthClient, text: string): Promise<unknown> {
  try {
    const result = await signers.verify(text.trim());
    if (result.valid) return own(result.payload, 'token_introspection');
    throw new Misconfigured(`the endpoint did not answer with a valid JWT (${result.message})`);
  } catch (error) {
    if (!(error instanceof AuthError)) throw error;
    const retryAfterMs = (error.retryAfter ?? 0) * 1000;
    throw new FetchError('unusable', 'the keys of its answers could not be fetched', { retryAfterMs });
  }
}

/** Most providers answer 400 to a question that they cannot read. What may concern every question is checked by the control question. */
function refusal(status: number, code: string | undefined): Error {
  const shown = code === undefined ? `${status}` : `${status} (${code})`;
  const mayConcernAll =
    [401, 403, 404].includes(status) || code === 'invalid_client' || code === 'unauthorized_client';
  return mayConcernAll
    ? new Misconfigured(`the endpoint answered ${shown}`)
    : new QuestionRefused(`the endpoint answered ${shown}`);
}
