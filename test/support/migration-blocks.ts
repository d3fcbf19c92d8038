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
/** One more route, in the words of each HTTP library. The block does not name it, and must protect it all the same. */
const ADDED: readonly (readonly [app: string, route: string])[] = [
  ['express()', "app.get('/added', (_request, response) => void response.send('added'));"],
  ['fastify()', "app.get('/added', () => 'added');"],
  ['new Hono()', "app.get('/added', (context) => context.text('added'));"],
];
/** The code of a block, with the route `/added` if it has an application. */
export function withAddedRoute(code: string): string {
  const [, route = ''] = ADDED.find(([app]) => code.includes(`app = ${app};`)) ?? [];
  return code + route;
}

type Inject = (request: { url: string; headers: Record<string, string> }) => Promise<{
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, unknown>>;
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

/** What a route answers. */
export async function answerOf(app: Block['app'], headers: Record<string, string>, path = '/me') {
  if (!app) throw new Error('The block exports neither userOf nor app.');
  if ('inject' in app) {
    const { statusCode, headers: sent, body } = await app.inject({ url: path, headers });
    return { status: statusCode, challenge: String(sent['www-authenticate'] ?? ''), body };
  }
  const answer =
    'fetch' in app
      ? await app.fetch(new Request(AUDIENCE + path, { headers }))
      : await overHttp(app, headers, path);
  return {
    status: answer.status,
    challenge: answer.headers.get('www-authenticate') ?? '',
    body: await answer.text(),
  };
}

async function overHttp(
  app: RequestListener,
  headers: Record<string, string>,
  path: string,
): Promise<Response> {
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
    return new Response(await answer.text(), answer);
  } finally {
    server.close().closeAllConnections();
  }
}
