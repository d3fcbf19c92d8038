// The CORS servers of `examples/http`, as the guide shows them, before what a browser does.
import type { RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { createTestIssuer, type TestIssuer } from 'intentkit-auth/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { startServer } from '../../examples/authorization-server.js';

const ORIGIN = 'https://app.example.com';
const OTHER = 'https://evil.example.com';

let issuer: TestIssuer;
beforeAll(async () => {
  issuer = await createTestIssuer();
  await issuer.listen();
});
afterAll(() => issuer.close());

interface Server {
  readonly listener: () => Promise<RequestListener>;
  readonly path: string;
  readonly method: string;
}
const MCP = { path: '/mcp', method: 'POST' };
const SERVERS: Readonly<Record<string, Server>> = {
  express: { ...MCP, listener: async () => (await import('../../examples/http/cors-express.js')).app },
  hono: {
    ...MCP,
    listener: async () => getRequestListener((await import('../../examples/http/cors-hono.js')).app.fetch),
  },
  'the web standard': {
    ...MCP,
    listener: async () => getRequestListener((await import('../../examples/http/cors-fetch.js')).fetch),
  },
  fastify: {
    path: '/me',
    method: 'GET',
    listener: async () => {
      const { app } = await import('../../examples/http/cors-fastify.js');
      await app.ready();
      return app.routing;
    },
  },
};

/** The parts of a `fetch` that a browser does beyond that of Node. @see https://fetch.spec.whatwg.org/#http-cors-protocol */
function browserAt(origin: string) {
  const isAllowed = ({ headers }: Response): boolean =>
    ['*', origin].includes(headers.get('access-control-allow-origin') ?? '');
  const listed = ({ headers }: Response, name: string): string[] =>
    (headers.get(name) ?? '').split(',').map((item) => item.trim().toLowerCase());

  return async (url: URL, method: string, headers: Record<string, string>) => {
    const asked = Object.keys(headers)
      .filter((name) => name !== 'accept')
      .sort();
    const preflight = await fetch(url, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': method,
        'access-control-request-headers': asked.join(','),
      },
    });
    if (!preflight.ok || !isAllowed(preflight)) throw new TypeError('Failed to fetch: the preflight.');
    const methods = listed(preflight, 'access-control-allow-methods');
    // `*` is for neither credentials nor `Authorization`.
    const names = listed(preflight, 'access-control-allow-headers');
    if (!['GET', 'POST'].includes(method) && !methods.includes(method.toLowerCase()))
      throw new TypeError('Failed to fetch: the method.');
    if (!asked.every((name) => names.includes(name))) throw new TypeError('Failed to fetch: a header.');

    const response = await fetch(url, { method, headers: { ...headers, origin } });
    if (!isAllowed(response)) throw new TypeError('Failed to fetch: the answer.');
    const exposed = listed(response, 'access-control-expose-headers');
    return {
      status: response.status,
      body: await response.text(),
      exposed,
      header: (name: string) => (exposed.includes(name) ? response.headers.get(name) : null),
    };
  };
}

const OF_MCP = {
  accept: 'application/json, text/event-stream',
  'content-type': 'application/json',
  'mcp-protocol-version': '2025-11-25',
};

describe.each(Object.entries(SERVERS))('The CORS recipe for %s', (_, { listener, path, method }) => {
  async function start() {
    const { url, stop } = await startServer((url) => {
      vi.resetModules();
      vi.stubEnv('ISSUER', issuer.url);
      vi.stubEnv('RESOURCE', `${url}/mcp`);
      return listener();
    });
    onTestFinished(stop);
    return { url: new URL(path, url), resource: `${url}/mcp` };
  }

  it('lets a browser pass the preflight, and read why a request is refused and where to log in', async () => {
    const { url, resource } = await start();
    for (const authorization of [undefined, 'Bearer a.b.c']) {
      const headers = { ...OF_MCP, ...(authorization && { authorization }) };
      const { status, body, header, exposed } = await browserAt(ORIGIN)(url, method, headers);
      expect(status).toBe(401);
      expect(JSON.parse(body)).toHaveProperty('error_description');
      expect(header('www-authenticate')).toContain(
        `resource_metadata="${new URL('/.well-known/oauth-protected-resource/mcp', resource)}"`,
      );
      expect(exposed).toContain('mcp-session-id');
    }
  });

  it('lets a browser use its token, and end its session', async () => {
    const { url, resource } = await start();
    const token = await issuer.token({ aud: resource, scope: 'mcp', client_id: 'browser' });
    const authorization = `Bearer ${token}`;
    const served = await browserAt(ORIGIN)(url, method, { ...OF_MCP, authorization });
    // Admitted: without a message, the MCP server answers 400, and the API serves.
    expect(served.status).toBe(method === 'GET' ? 200 : 400);
    const ended = await browserAt(ORIGIN)(url, 'DELETE', { authorization, 'mcp-session-id': 'x' });
    expect(ended.status).not.toBe(401);
  });

  it('shows nothing to a page of another origin, also after a request of an allowed origin', async () => {
    const { url } = await start();
    const ask = (origin: string) => fetch(url, { method, headers: { origin, ...OF_MCP } });
    const origins: (string | null)[] = [];
    for (const origin of [ORIGIN, OTHER, ORIGIN]) {
      const { status, headers } = await ask(origin);
      expect(status).toBe(401);
      origins.push(headers.get('access-control-allow-origin'));
    }
    expect(origins).toEqual([ORIGIN, null, ORIGIN]);
    await expect(browserAt(OTHER)(url, method, OF_MCP)).rejects.toThrow('the preflight');
  });

  it('lets a browser read the metadata', async () => {
    const { url, resource } = await start();
    const place = new URL('/.well-known/oauth-protected-resource/mcp', url);
    const { status, body } = await browserAt(ORIGIN)(place, 'GET', { 'mcp-protocol-version': '2025-11-25' });
    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject({ resource });
  });
});

describe('The recipe for fastify', () => {
  it('keeps the headers that plugins have set, in a refusal and in an answer', async () => {
    vi.resetModules();
    vi.stubEnv('ISSUER', issuer.url);
    vi.stubEnv('RESOURCE', 'https://api.example.com/mcp');
    const { app } = await import('../../examples/http/cors-fastify.js');
    onTestFinished(() => app.close());
    const token = await issuer.token({ aud: 'https://api.example.com/mcp', scope: 'mcp' });
    for (const [authorization, status] of [
      [`Bearer ${token}`, 200],
      ['Bearer x', 401],
    ] as const) {
      const { statusCode, headers } = await app.inject({
        url: '/me',
        headers: { authorization, origin: ORIGIN },
      });
      expect(statusCode).toBe(status);
      expect(headers).toMatchObject({ 'access-control-allow-origin': ORIGIN, vary: 'Origin' });
      expect(headers['www-authenticate'] !== undefined).toBe(status === 401);
    }
  });
});
