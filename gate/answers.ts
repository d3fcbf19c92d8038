import type { GateConfig } from './config.js';
import type { Scheme } from './credentials.js';
import { PROOF_ALGORITHMS } from './dpop/proof.js';
import type { Refusal } from './refusals.js';

/** An answer, as any server can give it. */
export class Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string | undefined;

  constructor(status: number, headers: Record<string, string>, body?: string) {
    this.status = status;
    this.headers = headers;
    this.body = body;
  }

  toResponse(): Response {
    return new Response(this.body ?? null, { status: this.status, headers: this.headers });
  }
}

/** Turns refusals into answers. The scheme is the one that the request used, `undefined` where that is not known. */
export function createAnswers(config: GateConfig): (refusal: Refusal, scheme?: Scheme) => Answer {
  const scope = config.requiredScopes.join(' ');
  const always: readonly Parameter[] = [
    ...(scope === '' ? [] : [['scope', scope] as const]),
    ['resource_metadata', config.resource.metadataUrl],
  ];
  const alwaysOf: Readonly<Record<Scheme, readonly Parameter[]>> = {
    Bearer: always,
    DPoP: [...always, ['algs', PROOF_ALGORITHMS.join(' ')]],
  };
  const schemes: readonly Scheme[] = { off: BEARER, supported: BOTH, required: DPOP }[config.dpop];

  return ({ status, error, description, retryAfter }, scheme) => {
    const told: readonly Parameter[] =
      error === undefined
        ? []
        : [
            ['error', error],
            ['error_description', description],
          ];
    const used = scheme && schemes.includes(scheme) ? [scheme] : schemes;
    const challenges = used.map((name) => `${name} ${[...told, ...alwaysOf[name]].map(written).join(', ')}`);
    return new Answer(
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
  };
}

type Parameter = readonly [name: string, value: string];
const BEARER = ['Bearer'] as const;
const DPOP = ['DPoP'] as const;
const BOTH = ['Bearer', 'DPoP'] as const;

// No value has a quote or a backslash: sentences are ours, scopes are checked, and URLs have them encoded.
const written = ([name, value]: Parameter): string => `${name}="${value}"`;
