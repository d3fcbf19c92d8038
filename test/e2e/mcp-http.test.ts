// Every MCP server of `examples/http`, as the guide shows it, before the official client and a real identity provider.
import { once } from 'node:events';
import { type IncomingMessage, type RequestListener, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { getRequestListener } from '@hono/node-server';
import {
  Client,
  ClientCredentialsProvider,
  DpopSession,
  SdkHttpError,
  StreamableHTTPClientTransport,
  type VersionNegotiationMode,
} from '@modelcontextprotocol/client';
import type { FetchLike } from '@modelcontextprotocol/server';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  CLIENT,
  type RunningServer,
  startAuthorizationServer,
  startServer,
} from '../../examples/authorization-server.js';

let provider: RunningServer;
async function startProvider(): Promise<RunningServer> {
  // It points out on the console that its store is in memory and that it prefers a newer Node, as if in service.
  const quiet = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const started = await startAuthorizationServer('mcp files:write');
  quiet.mockRestore();
  return started;
}
beforeAll(async () => {
  provider = await startProvider();
});
afterAll(() => provider.stop());

const MCP_SERVERS: Readonly<Record<string, () => Promise<RequestListener>>> = {
  'node:http': async () => {
    const { server } = await import('../../examples/http/mcp-node.js');
    return (request, response) => server.emit('request', request, response);
  },
  express: async () => (await import('../../examples/http/mcp-express.js')).app,
  hono: async () => getRequestListener((await import('../../examples/http/mcp-hono.js')).app.fetch),
  'a worker': async () =>
    getRequestListener((await import('../../examples/http/mcp-worker.js')).default.fetch),
};
/** The resource of a server that is gone when the test is over. Behind a proxy, its public origin is another one. */
async function start(listener: () => Promise<RequestListener>, origin?: string): Promise<string> {
  const server = await startServer((url) => {
    vi.resetModules();
    vi.stubEnv('ISSUER', provider.url);
    vi.stubEnv('RESOURCE', `${origin ?? url}/mcp`);
    return listener();
  });
  onTestFinished(() => server.stop());
  return `${server.url}/mcp`;
}

/** Posts with the headers as they are given: each on a line of its own, with any host. */
async function post(resource: string, headers: string[]): Promise<{ status: number; body: string }> {
  const hosts = headers.includes('host') ? [] : ['host', new URL(resource).host];
  const outgoing = request(resource, { method: 'POST', setHost: false, headers: [...hosts, ...headers] });
  const [incoming] = (await once(outgoing.end(), 'response')) as [IncomingMessage];
  return { status: incoming.statusCode ?? 0, body: await text(incoming) };
}

class BoundCredentials extends ClientCredentialsProvider {
  readonly #session = DpopSession.create();
  dpop(): Promise<DpopSession> {
    return this.#session;
  }
}
const credentials = (Kind = ClientCredentialsProvider) =>
  new Kind({ ...CLIENT, expectedIssuer: provider.url });

async function connect(
  resource: string,
  authProvider: ClientCredentialsProvider,
  { fetch, mode = 'legacy' }: { fetch?: FetchLike; mode?: VersionNegotiationMode } = {},
) {
  const agent = new Client({ name: 'agent', version: '1.0.0' }, { versionNegotiation: { mode } });
  onTestFinished(() => agent.close());
  await agent.connect(
    new StreamableHTTPClientTransport(new URL(resource), { authProvider, ...(fetch && { fetch }) }),
  );
  return async (name: string, args = {}): Promise<unknown> => {
    const { content } = await agent.callTool({ name, arguments: args });
    return content[0]?.type === 'text' ? content[0].text : content;
  };
}

async function requestToken(resource: string, { url } = provider, scope = 'mcp'): Promise<string> {
  const response = await fetch(`${url}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${CLIENT.clientId}:${CLIENT.clientSecret}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope, resource }),
  });
  return ((await response.json()) as { access_token: string }).access_token;
}

describe.each(Object.entries(MCP_SERVERS))('A protected MCP server on %s', (_, listener) => {
  it.each([
    { kind: 'not bound', Kind: ClientCredentialsProvider, type: 'Bearer' },
    { kind: 'bound to a key', Kind: BoundCredentials, type: 'DPoP' },
  ])(
    'serves the official client with tokens that are $kind, and lets it step up for a tool',
    async ({ Kind, type }) => {
      const authProvider = credentials(Kind);
      const call = await connect(await start(listener), authProvider);
      expect(await call('who_am_i')).toBe('agent');
      expect(authProvider.tokens()).toMatchObject({ scope: 'mcp', token_type: type });
      expect(await call('write_file', { name: 'a.txt' })).toBe('wrote a.txt');
      expect(authProvider.tokens()).toMatchObject({ scope: 'mcp files:write', token_type: type });
    },
  );

  it('asks for a token if a proxy forwards a request for its public host', async () => {
    const resource = await start(listener, 'https://api.example.com');
    const asked = request(resource, { method: 'POST', headers: { host: 'api.example.com' } }).end();
    const [{ statusCode }] = (await once(asked, 'response')) as [IncomingMessage];
    expect(statusCode).toBe(401);
  });

  it('refuses two Authorization headers, even if the first is valid', async () => {
    const resource = await start(listener);
    const token = await requestToken(resource);
    const { status, body } = await post(resource, [
      ...['Authorization', `Bearer ${token}`],
      ...['Authorization', 'Bearer x'],
    ]);
    expect(status).toBe(400);
    expect(JSON.parse(body)).toMatchObject({
      error_description: 'The request has more than one Authorization value.',
    });
  });

  it('protects the same paths with any "Host" header', async () => {
    const resource = await start(listener);
    const place = '/.well-known/oauth-protected-resource/mcp';
    for (const host of ['evil.example.com', `evil.example.com${place}?`, `evil.example.com${place}#`, '']) {
      const { status, body } = await post(resource, ['host', host]);
      // express answers 403 to hosts that are not its own, and hono 400 to those that are not hosts.
      expect([400, 401, 403]).toContain(status);
      expect(body).not.toContain('authorization_servers');
    }
  });

  it('refuses a token that the same provider issued for another server', async () => {
    const resource = await start(listener);
    const headers = { authorization: `Bearer ${await requestToken('https://other.example.com/mcp')}` };
    const response = await fetch(resource, { method: 'POST', headers });
    expect([response.status, await response.json()]).toEqual([
      401,
      { error: 'invalid_token', error_description: 'The token is not for this resource.' },
    ]);
  });
});

describe('A protected MCP server', () => {
  const listener = MCP_SERVERS['node:http'] as () => Promise<RequestListener>;

  it('serves a client of the newest protocol, which steps up too', async () => {
    const call = await connect(await start(listener), credentials(BoundCredentials), { mode: 'auto' });
    expect(await call('write_file', { name: 'a.txt' })).toBe('wrote a.txt');
  });

  it('refuses a stolen bound token, alone and in a replay of the whole request', async () => {
    const resource = await start(listener);
    let seen = new Headers();
    const spy: FetchLike = (url, init) => {
      const headers = new Headers(init?.headers);
      if (init?.method === 'POST' && headers.has('dpop') && `${url}` === resource) seen = headers;
      return fetch(url, init);
    };
    const call = await connect(resource, credentials(BoundCredentials), { fetch: spy });
    await call('who_am_i');

    const [, token] = seen.get('authorization')?.split(' ') ?? [];
    const asBearer = await fetch(resource, { method: 'POST', headers: { authorization: `Bearer ${token}` } });
    const again = await fetch(resource, { method: 'POST', headers: seen });
    expect([asBearer.status, again.status]).toEqual([401, 401]);
    expect(again.headers.get('www-authenticate')).toContain(
      'error_description="The DPoP proof was already used."',
    );
  });

  it('answers 503 while the provider is down, and the client does not ask for a new token', async () => {
    const down = await startProvider();
    onTestFinished(() => down.stop());
    const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    onTestFinished(() => warning.mockRestore());
    const resource = await start(async () => {
      vi.stubEnv('ISSUER', down.url);
      return listener();
    });
    const token = await requestToken(resource, down);
    await down.stop();
    const saved = credentials();
    saved.saveTokens({ access_token: token, token_type: 'Bearer', scope: 'mcp' });
    const refusal = await connect(resource, saved).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(SdkHttpError);
    expect(refusal).toMatchObject({ status: 503 });
    expect(saved.tokens()?.access_token).toBe(token);
  });
});
