/** Asks the code of a block in docs/migration.md about a token, whatever library it uses. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AuthError } from 'intentkit-auth';

/** The resource that the blocks protect. */
export const AUDIENCE = 'https://api.example.com';

/** What a block exports: a function that returns the user of a token, or an application with the route `/me`. */
export interface Block {
  readonly userOf?: (token: string) => unknown;
  readonly issue?: (subject: string) => unknown;
  readonly app?: RequestListener | { readonly inject: Inject } | { readonly fetch: typeof fetch };
  readonly verifier?: { cacheJwks(jwks: object): void };
}
type Inject = (request: { url: string; headers: Record<string, string> }) => Promise<{
  readonly statusCode: number;
  readonly body: string;
}>;

export interface Answer {
  /** `accepted`, the status of another answer, or the code of our error, or the name of another. */
  readonly verdict: string;
  readonly sub?: unknown;
}

/** Gives a token to the function, or to the route `/me` as a bearer token. */
export async function ask({ userOf, app }: Block, token: string): Promise<Answer> {
  if (userOf) {
    try {
      return { verdict: 'accepted', sub: await userOf(token) };
    } catch (error) {
      return {
        verdict: error instanceof AuthError ? error.code : String(Reflect.get(Object(error), 'name')),
      };
    }
  }
  const { status, body } = await answerOf(app, { authorization: `Bearer ${token}` });
  return status === 200 ? { verdict: 'accepted', sub: JSON.parse(body).sub } : { verdict: `${status}` };
}

/** `accepted`, `refused`, or a status or a code that says neither. */
export const asWord = ({ verdict }: Answer): string =>
  verdict === '401' || !/^(accepted|\d+|ERR_\w+)$/.test(verdict) ? 'refused' : verdict;

/** What the route `/me` answers. */
export async function answerOf(app: Block['app'], headers: Record<string, string>) {
  if (!app) throw new Error('The block exports neither userOf nor app.');
  if ('inject' in app) {
    const { statusCode, body } = await app.inject({ url: '/me', headers });
    return { status: statusCode, body };
  }
  const answer =
    'fetch' in app
      ? await app.fetch(new Request(`${AUDIENCE}/me`, { headers }))
      : await overHttp(app, headers);
  return { status: answer.status, body: await answer.text() };
}

async function overHttp(app: RequestListener, headers: Record<string, string>): Promise<Response> {
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/me`, { headers });
    return new Response(await answer.text(), answer);
  } finally {
    server.close().closeAllConnections();
  }
}
