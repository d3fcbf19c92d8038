import type { GateConfig } from './config.js';
import type { Scheme } from './credentials.js';
import { PROOF_ALGORITHMS } from './dpop/proof-keys.js';
import { lazyResponses } from './lazy-response.js';
import type { Refusal } from './refusals.js';

/** An answer of the gate, as data that every kind of server can send. The same answer is sent to many requests. */
export class GateAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;

  constructor(status: number, headers: Readonly<Record<string, string>>, body?: string) {
    this.status = status;
    this.headers = headers;
    this.body = body;
  }

  toResponse(): Response {
    const create = lazyResponses();
    if (create) return create(this);
    return new Response(this.body ?? null, { status: this.status, headers: this.headersToSend() });
  }

  /** A copy for one request, because frameworks and middleware may change the object that they are given. */
  headersToSend(): Record<string, string> {
    return { ...this.headers };
  }
}

/** Turns a refusal into the answer to a request with this scheme. */
export type AnswerTo = (refusal: Refusal, scheme?: Scheme) => GateAnswer;

/**
 * Creates the function that turns refusals into answers. If the scheme of the request is unknown or not accepted, the
 * answer has a challenge for each accepted scheme.
 *
 * @param required the scopes that a 403 names.
 * @param initial the scopes that every other challenge names.
 * @see RFC 6750 section 3, RFC 9449 section 7.1
 */
export function createAnswers(
  config: GateConfig,
  required: readonly string[],
  initial: readonly string[],
): AnswerTo {
  const parametersOf = (scheme: Scheme, status: number): readonly Parameter[] => {
    const scope = (status === 403 ? required : initial).join(' ');
    return [
      ...(scope === '' ? [] : [['scope', scope] as const]),
      ['resource_metadata', config.resource.metadataUrl],
      ...(scheme === 'DPoP' ? [['algs', PROOF_ALGORITHMS.join(' ')] as const] : []),
    ];
  };
  const accepted = ACCEPTED_SCHEMES[config.dpop];
  // Nearly all refusals are constants, so that each answer is made once.
  const made = new WeakMap<Refusal, Map<Scheme | undefined, GateAnswer>>();

  function answerFor({ status, error, description, retryAfter }: Refusal, scheme?: Scheme): GateAnswer {
    const problem: readonly Parameter[] =
      error === undefined
        ? []
        : [
            ['error', error],
            ['error_description', description],
          ];
    const challenged = scheme && accepted.includes(scheme) ? [scheme] : accepted;
    const challenges = challenged.map(
      (name) => `${name} ${[...problem, ...parametersOf(name, status)].map(quoted).join(', ')}`,
    );
    return new GateAnswer(
      status,
      {
        'content-type': 'application/json',
        'cache-control': 'no-store',
        ...(status === 503
          ? { 'retry-after': `${retryAfter}` }
          : { 'www-authenticate': challenges.join(', ') }),
      },
      JSON.stringify({ error: error ?? 'invalid_token', error_description: description }),
    );
  }

  return (refusal, scheme) => {
    const answers = made.get(refusal) ?? new Map<Scheme | undefined, GateAnswer>();
    const answer = answers.get(scheme) ?? answerFor(refusal, scheme);
    made.set(refusal, answers.set(scheme, answer));
    return answer;
  };
}

const ACCEPTED_SCHEMES: Readonly<Record<GateConfig['dpop'], readonly Scheme[]>> = {
  off: ['Bearer'],
  supported: ['Bearer', 'DPoP'],
  required: ['DPoP'],
};

type Parameter = readonly [name: string, value: string];

/** @see RFC 9110 section 5.6.4 */
const quoted = ([name, value]: Parameter): string => `${name}="${value.replaceAll(/["\\]/g, '\\$&')}"`;
