import { Endpoint } from '../oauth/endpoint.js';
import { type Attempt, Pace } from '../oauth/pace.js';
import type { Introspection } from '../src/config/options.js';
import { AuthError } from '../src/errors.js';
import { FetchError } from '../src/keys/remote/fetch-error.js';
import { markBounded } from '../src/shared/deadline.js';
import { copyOfJson } from '../src/shared/json-copy.js';
import { Outage } from '../src/shared/outage.js';
import { randomId, sha256 } from '../src/shared/runtime.js';
import { SharedWork } from '../src/shared/shared-work.js';
import { isOpaqueToken } from '../src/token/opaque.js';
import type { IntrospectionStatus, TokenPayload } from '../src/types.js';
import { type IntrospectionOptions, parseOptions } from './options.js';
import { answerReader, Misconfigured, QuestionRefused } from './read-answer.js';
import { RememberedAnswers } from './remembered-answers.js';
import { Slots } from './slots.js';

/** An {@link Introspection} that asks the endpoint of an issuer. It is safe for concurrent use. */
export interface TokenIntrospection extends Introspection {
  /** How the tokens of this issuer begin. Empty: any. */
  readonly prefix: string;
  /**
   * Returns the claims of an active token, and `undefined` for any other. Text that is a JWT or a JWE, that has another syntax than
   * a bearer token, that is longer than 4 KiB or that lacks the `prefix` is not sent, and gives `undefined`.
   *
   * @throws {AuthError} `ERR_INTROSPECTION_UNAVAILABLE` if the endpoint does not answer, or if too many requests are pending.
   */
  introspect(token: string): Promise<TokenPayload | undefined>;
  /** The state of the endpoint. It makes no request. */
  status(): IntrospectionStatus;
}

interface Answered {
  readonly claims: TokenPayload | undefined;
  /** The length of the answer. */
  readonly length: number;
}

const JSON_ANSWER = 'application/json';
const SIGNED_ANSWER = 'application/token-introspection+jwt';

/**
 * Creates an introspection for a client's `introspection` option. It asks the issuer whether an opaque token is active. All who
 * ask about one token at the same time share one question.
 *
 * @throws {AuthError} `ERR_AUTH_CONFIG` if an option is missing, unknown or unusable.
 * @see RFC 7662, RFC 9701
 * @example
 * ```ts
 * import { createAuthClient } from 'intentkit-auth';
 * import { createIntrospection } from 'intentkit-auth/introspection';
 *
 * export function createClient(secret: string) {
 *   const issuer = 'https://id.example.com';
 *   const introspection = createIntrospection({ issuer, clientId: 'my-api', clientAuth: { secret } });
 *   return createAuthClient({ audience: 'my-api', introspection });
 * }
 * ```
 */
export function createIntrospection(options: IntrospectionOptions): TokenIntrospection {
  const { server, isSigned, cacheMaxAgeMs, maxConcurrent, prefix } = parseOptions(options);
  const { issuer, timeoutMs, warn } = server;
  const endpoint = new Endpoint(server, 'introspection_endpoint');
  const readAnswer = answerReader(server, isSigned);
  // The control question is about a text that the issuer does not know.
  const pace = new Pace(timeoutMs, (attempt) => question(`${prefix}${randomId()}`, attempt));
  const slots = new Slots(maxConcurrent, timeoutMs);
  const answers = new RememberedAnswers(cacheMaxAgeMs);
  const questions = new SharedWork<TokenPayload | undefined>();
  const subject = `The introspection endpoint of ${JSON.stringify(issuer)}`;
  const consequence = 'its tokens cannot be verified until it answers';
  const outageOf = (failing: 'INTROSPECTION_FAILING' | 'INTROSPECTION_MISCONFIGURED'): Outage =>
    new Outage(warn, { subject, failing, recovered: 'INTROSPECTION_RECOVERED' });
  const outage = outageOf('INTROSPECTION_FAILING');
  const misconfiguration = outageOf('INTROSPECTION_MISCONFIGURED');

  async function introspect(token: string): Promise<TokenPayload | undefined> {
    if (typeof token !== 'string' || !token.startsWith(prefix) || !isOpaqueToken(token)) return undefined;
    const key = await sha256(token);
    const known = answers.get(key);
    if (known) return known;
    const claims = await questions.run(key, () => ask(token, key));
    // All who have asked get a copy of their own.
    return claims && copyOfJson(claims);
  }

  async function ask(token: string, key: string): Promise<TokenPayload | undefined> {
    const release = slots.take();
    if (!release) throw unavailable('too many questions are under way', 1);
    try {
      const { claims, length } = await pace.ask(key, (attempt) => question(token, attempt));
      if (claims) answers.add(key, claims, length);
      return claims;
    } catch (error) {
      const isKnown = error instanceof FetchError || error instanceof QuestionRefused;
      throw unavailable(isKnown ? error.message : 'the question failed', pace.retryAfter(key));
    } finally {
      report(pace.lastError);
      release();
    }
  }

  function question(token: string, attempt: Attempt): Promise<Answered> {
    return endpoint.ask(
      {
        fields: new URLSearchParams({ token, token_type_hint: 'access_token' }),
        accept: isSigned ? SIGNED_ANSWER : JSON_ANSWER,
        read: async (answer) => ({ claims: await readAnswer(answer, token), length: answer.text.length }),
      },
      attempt,
    );
  }

  function report(error: FetchError | undefined): void {
    if (error instanceof Misconfigured) misconfiguration.failed(error.message, consequence);
    else if (error) outage.failed(error.message, consequence);
    else for (const one of [outage, misconfiguration]) one.succeeded();
  }

  function unavailable(problem: string, retryAfter: number): AuthError {
    return new AuthError(
      'ERR_INTROSPECTION_UNAVAILABLE',
      `The token was neither accepted nor refused, because ${JSON.stringify(issuer)} did not say whether it is active (${problem}); try again in ${retryAfter} s.`,
      { retryAfter },
    );
  }

  function status(): IntrospectionStatus {
    const { lastError } = pace;
    return lastError ? { lastError: lastError.message, retryInSeconds: pace.retryAfter() } : {};
  }

  return { issuer, prefix, introspect: markBounded(introspect), status };
}
