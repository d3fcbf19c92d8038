import type { AuthProviderConfig, JwksOptions } from 'intentkit-auth';

export const JWKS_URL = 'https://idp.example/.well-known/jwks.json';

export type Answer = () => Response | Promise<Response>;

/** 200 with these keys. */
export const keySet =
  (...keys: readonly unknown[]): Answer =>
  () =>
    Response.json({ keys });

/** A status and nothing else. */
export const status =
  (code: number): Answer =>
  () =>
    new Response(null, { status: code });

/** No answer: the connection breaks. */
export const noAnswer: Answer = () => {
  throw new TypeError('fetch failed');
};

/** An endpoint with a JWKS that is a `fetch` option: no server, no socket. */
export interface MemoryJwks {
  /** How many requests have come in. */
  requests: number;
  /** What the following requests get. */
  answer: Answer;
  /** The options of a client of it. */
  options(more?: JwksOptions): { jwksUrl: string; jwks: NonNullable<AuthProviderConfig['jwks']> };
}

export function memoryJwks(...keys: readonly unknown[]): MemoryJwks {
  const endpoint: MemoryJwks = {
    requests: 0,
    answer: keySet(...keys),
    options: (more = {}) => ({ jwksUrl: JWKS_URL, jwks: { fetch, ...more } }),
  };
  const fetch = async (): Promise<Response> => {
    endpoint.requests += 1;
    return endpoint.answer();
  };
  return endpoint;
}
