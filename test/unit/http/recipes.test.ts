// The recipes for several resources, as docs/http.md shows them.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createTestIssuer } from 'intentkit-auth/testing';
import { expect, it, onTestFinished, vi } from 'vitest';

async function startIssuer() {
  const issuer = await createTestIssuer();
  const { fetch } = globalThis;
  vi.resetModules();
  vi.stubEnv('ISSUER', issuer.url);
  vi.stubGlobal('fetch', issuer.fetch);
  return { issuer, fetch };
}

it('Two resources on one server accept only tokens of their own, and have metadata of their own', async () => {
  const { issuer, fetch } = await startIssuer();
  const { app } = await import('../../../examples/http/two-resources.js');
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const token = await issuer.token({ aud: 'https://api.example.com/files', scope: 'files mail' });
  const ask = async (path: string): Promise<unknown[]> => {
    const response = await fetch(`${origin}${path}`, { headers: { authorization: `Bearer ${token}` } });
    return [response.status, await response.text()];
  };
  expect(await ask('/files')).toEqual([200, 'files']);
  expect(await ask('/mail')).toEqual([401, expect.stringContaining('not for this resource')]);
  for (const [path, resource] of [
    ['/files', 'files'],
    ['/mail', 'mail'],
    ['', 'files'],
  ]) {
    const [status, text] = await ask(`/.well-known/oauth-protected-resource${path}`);
    expect([status, text]).toEqual([200, expect.stringContaining(`"https://api.example.com/${resource}"`)]);
  }
});

it('Many hosts have a gate each, and an unknown host has none', async () => {
  const { issuer } = await startIssuer();
  const { fetch } = await import('../../../examples/http/many-hosts.js');
  const token = await issuer.token({ aud: 'https://one.example.com/', sub: 'user-1' });
  const statusAt = async (host: string): Promise<number> => {
    const headers = { authorization: `Bearer ${token}` };
    return (await fetch(new Request(`https://${host}/`, { headers }))).status;
  };
  const hosts = ['one.example.com', 'two.example.com', 'evil.example.com'];
  expect(await Promise.all(hosts.map(statusAt))).toEqual([200, 401, 421]);
  const place = 'https://two.example.com/.well-known/oauth-protected-resource';
  expect(await (await fetch(new Request(place))).json()).toMatchObject({
    resource: 'https://two.example.com',
  });
});
