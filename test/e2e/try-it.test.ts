// The commands that docs/mcp.md shows below "Try it", as they stand there, at each MCP server that the page shows.
import { readFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { createTestIssuer, type TestIssuer } from 'intentkit-auth/testing';
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { startServer } from '../../examples/authorization-server.js';

let issuer: TestIssuer;
beforeAll(async () => {
  issuer = await createTestIssuer();
  await issuer.listen();
});
afterAll(() => issuer.close());

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

it('The page shows three commands', () => {
  expect(commands).toHaveLength(3);
});

it.each(Object.entries(SERVERS))('The commands work at %s.ts', async (_, load) => {
  const { url, stop } = await startServer((url) => {
    vi.resetModules();
    vi.stubEnv('ISSUER', issuer.url);
    vi.stubEnv('RESOURCE', `${url}/mcp`);
    return load();
  });
  onTestFinished(stop);
  const token = await issuer.token({ sub: 'user-1', scope: 'mcp' }, { audience: `${url}/mcp` });
  const [refused, metadata, admitted] = await Promise.all(
    commands.map((command) => curl(command, url, token)),
  );
  expect([refused?.status, refused?.headers.get('www-authenticate')]).toEqual([
    401,
    expect.stringContaining(`resource_metadata="${url}/.well-known/oauth-protected-resource/mcp"`),
  ]);
  expect(await metadata?.json()).toMatchObject({ authorization_servers: [issuer.url] });
  expect([admitted?.status, await admitted?.text()]).toEqual([
    200,
    expect.stringContaining('"serverInfo":{"name":"files"'),
  ]);
});
