// The commands that docs/mcp.md shows below "Try it", as they stand there, at each MCP server that the page shows. The identity
// provider is the one of docs/testing.md.
import { readFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { expect, it, onTestFinished, vi } from 'vitest';
import { startServer } from '../../examples/authorization-server.js';
import { listening } from '../support/recipes.js';

const SERVERS: Readonly<Record<string, () => Promise<RequestListener>>> = {
  'mcp-node': async () => {
    const { server } = await import('../../examples/http/mcp-node.js');
    return (request, response) => server.emit('request', request, response);
  },
  'mcp-express': async () => (await import('../../examples/http/mcp-express.js')).app,
  'mcp-hono': async () => getRequestListener((await import('../../examples/http/mcp-hono.js')).app.fetch),
  'mcp-worker': async () =>
    getRequestListener((await import('../../examples/http/mcp-worker.js')).default.fetch),
  'mcp-sdk1': async () => (await import('../../examples/http/mcp-sdk1.js')).app,
  'mcp-sdk1-sessions': async () => (await import('../../examples/http/mcp-sdk1-sessions.js')).app,
  'mcp-sdk1-verifier': async () => (await import('../../examples/http/mcp-sdk1-verifier.js')).app,
  'cors-express': async () => (await import('../../examples/http/cors-express.js')).app,
  'cors-hono': async () => getRequestListener((await import('../../examples/http/cors-hono.js')).app.fetch),
  'cors-fetch': async () => getRequestListener((await import('../../examples/http/cors-fetch.js')).fetch),
};

const page = await readFile(new URL('../../docs/mcp.md', import.meta.url), 'utf8');
const [, section = ''] = page.split('\n### Try it\n');
const commands = Array.from(
  (section.split('\n## ')[0] ?? '').replaceAll('\\\n', '').matchAll(/^curl .*$/gm),
  ([command]) => command,
);

/** Sends what a command of curl sends. */
function curl(command: string, server: string, token: string): Promise<Response> {
  const words = Array.from(command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g), ([, ...parts]) =>
    (parts.find((part) => part !== undefined) ?? '').replace('$TOKEN', token),
  );
  const after = (option: string): string[] => words.filter((_, index) => words[index - 1] === option);
  const [url = ''] = words.filter((word) => word.startsWith('http://localhost:3000/'));
  const [body] = after('-d');
  const [method = body ? 'POST' : 'GET'] = after('-X');
  const headers = after('-H').map((field) => field.split(': ') as [string, string]);
  const init = { method, headers, ...(body !== undefined && { body }) };
  return fetch(url.replace('http://localhost:3000', server), init);
}

/** Starts the identity provider of the guide, and returns the variables that it prints. */
async function startProvider(resource: string): Promise<Record<string, string>> {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const { stop } = await listening('identity-provider', 'testing')({ RESOURCE: resource });
  onTestFinished(stop);
  await vi.waitUntil(() => write.mock.calls.length > 0);
  const [printed] = write.mock.calls.splice(0).map(([text]) => String(text));
  write.mockRestore();
  return Object.fromEntries(
    Array.from(printed?.matchAll(/^export (\w+)=(.+)$/gm) ?? [], ([, name, value]) => [name, value]),
  );
}

it('The identity provider does not start without the URL of the server', async () => {
  await expect(startProvider('')).rejects.toThrow('Set the variable RESOURCE to the URL of your server.');
});

it('The page shows three commands', () => {
  expect(commands).toHaveLength(3);
});

it.each(Object.entries(SERVERS))('The commands work at %s.ts', async (_, load) => {
  let variables: Record<string, string> = {};
  const { url, stop } = await startServer(async (url) => {
    variables = await startProvider(`${url}/mcp`);
    vi.resetModules();
    vi.stubEnv('ISSUER', variables.ISSUER);
    vi.stubEnv('RESOURCE', `${url}/mcp`);
    return load();
  });
  onTestFinished(stop);
  const { ISSUER, TOKEN = '' } = variables;
  const [refused, metadata, admitted] = await Promise.all(
    commands.map((command) => curl(command, url, TOKEN)),
  );
  expect([refused?.status, refused?.headers.get('www-authenticate')]).toEqual([
    401,
    expect.stringContaining(`resource_metadata="${url}/.well-known/oauth-protected-resource/mcp"`),
  ]);
  expect(await metadata?.json()).toMatchObject({ authorization_servers: [ISSUER] });
  expect([admitted?.status, await admitted?.text()]).toEqual([
    200,
    expect.stringContaining('"serverInfo":{"name":"files"'),
  ]);
});
