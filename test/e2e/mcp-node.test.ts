import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createDpopKey } from '../support/dpop.js';
import { createGate, ISSUER, RESOURCE, tokenWith } from '../support/gate.js';

/** A real server behind the gate, and what it answers to raw headers. */
async function start(gate = createGate(), cut?: string) {
  const protect = gate.node();
  const server = createServer(
    (incoming: IncomingMessage & { auth?: unknown; originalUrl?: string }, response) => {
      if (cut) Object.assign(incoming, { originalUrl: incoming.url, url: incoming.url?.slice(cut.length) });
      protect(incoming, response, () => serve(incoming, response));
    },
  );
  const serve = ({ auth }: { auth?: unknown }, response: ServerResponse): void => {
    response.end(JSON.stringify(auth));
  };
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return async (path: string, headers: string[], method = 'POST') => {
    const outgoing = request({ port, path, method, headers: ['host', 'inner.example.com', ...headers] });
    const [incoming] = (await once(outgoing.end(), 'response')) as [IncomingMessage];
    return { status: incoming.statusCode, headers: incoming.headers, body: await text(incoming) };
  };
}

describe('The middleware for node:http', () => {
  it('admits a good token and sets request.auth', async () => {
    const ask = await start();
    const { status, body } = await ask('/mcp', ['Authorization', `Bearer ${tokenWith()}`]);
    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject({ clientId: 'agent', scopes: ['mcp'] });
  });

  it('refuses a request without a token, with the challenge and the body', async () => {
    const { status, headers, body } = await (await start())('/mcp', []);
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toMatch(/^Bearer scope="mcp", resource_metadata="https:/);
    expect(JSON.parse(body)).toMatchObject({ error_description: 'The request has no access token.' });
  });

  it('refuses a second Authorization header, which Node itself would drop', async () => {
    const ask = await start();
    const one = ['Authorization', `Bearer ${tokenWith()}`];
    const { status, body } = await ask('/mcp', [...one, 'authorization', 'Bearer x']);
    expect(status).toBe(400);
    expect(JSON.parse(body)).toMatchObject({
      error_description: 'The request has more than one Authorization value.',
    });
  });

  it('returns nothing, because fastify would take a promise as a second call of "next"', () => {
    const response = { writeHead: () => {}, end: () => {} };
    expect(createGate().node()({ rawHeaders: [] }, response, () => {})).toBeUndefined();
  });

  it('does nothing more with a request that a time limit has already answered', async () => {
    const gate = createGate({}, { revocation: { isRevoked: () => sleep(50, false) } });
    const protect = gate.node();
    let served = 0;
    const server = createServer((incoming, response) => {
      protect(incoming, response, () => {
        served += 1;
      });
      response.writeHead(504).end();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    for (const token of [tokenWith(), tokenWith({ scope: 'other' })]) {
      const headers = { authorization: `Bearer ${token}`, connection: 'close' };
      const { status } = await fetch(`http://127.0.0.1:${port}/mcp`, { method: 'POST', headers });
      expect(status).toBe(504);
    }
    // The gate decides after that, and an answer of its own would be an unhandled rejection.
    await sleep(100);
    expect(served).toBe(0);
  });

  it.each(['http://a:99999/mcp', 'http://u@:/mcp', '/mcp/../mcp', '/mcp/%2e%2e/mcp', '/x\\..\\mcp', '*'])(
    'accepts no proof for a path that a router may resolve differently: %s',
    async (path) => {
      const key = createDpopKey();
      const token = tokenWith({ cnf: { jkt: key.thumbprint } });
      const ask = await start();
      for (const url of [RESOURCE, new URL('/', RESOURCE).href]) {
        const headers = ['Authorization', `DPoP ${token}`, 'DPoP', key.proof('POST', url, token)];
        const { status, body } = await ask(path, headers);
        expect([status, JSON.parse(body)]).toMatchObject([
          401,
          { error_description: 'The DPoP proof is for another URL.' },
        ]);
      }
    },
  );

  it('answers requests for the metadata', async () => {
    const { status, body } = await (await start())('/.well-known/oauth-protected-resource/mcp', [], 'GET');
    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject({ resource: RESOURCE, authorization_servers: [ISSUER] });
  });

  it.each([undefined, '/mcp'])(
    'checks a proof for the path that the client requested, also if a router has removed %s',
    async (cut) => {
      const key = createDpopKey();
      const token = tokenWith({ cnf: { jkt: key.thumbprint } });
      const ask = await start(createGate(), cut);
      const headers = () => ['Authorization', `DPoP ${token}`, 'DPoP', key.proof('POST', RESOURCE, token)];
      expect((await ask('/mcp?a=b', headers())).status).toBe(200);
      expect((await ask('/mcp/x', headers())).status).toBe(401);
      expect((await ask('/mcp', [...headers(), 'dpop', 'x'])).body).toContain('more than one DPoP proof');
    },
  );

  it.each(['//evil.example.com/mcp', 'http://evil.example.com/mcp', '*'])(
    'never takes the host of a proof from the request: %s',
    async (path) => {
      const key = createDpopKey();
      const token = tokenWith({ cnf: { jkt: key.thumbprint } });
      const ask = await start();
      const proof = key.proof('POST', 'https://evil.example.com/mcp', token);
      expect((await ask(path, ['Authorization', `DPoP ${token}`, 'DPoP', proof])).status).toBe(401);
    },
  );
});
