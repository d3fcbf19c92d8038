// What a gate with public tools does with requests without a token. Official clients and servers are in
// `test/e2e/mcp-public-tools.test.ts`.
import { createAuthClient } from 'intentkit-auth';
import { type NodeRequest, protectMcp } from 'intentkit-auth/mcp';
import { describe, expect, it, vi } from 'vitest';
import { ISSUER, RESOURCE, SECRET, tokenWith } from '../../support/gate.js';
import { titled } from '../../support/titled.js';
import { withoutBuffer } from '../../support/without-buffer.js';

const auth = createAuthClient({ secret: SECRET, issuer: ISSUER, audience: RESOURCE });
const gate = protectMcp(auth, { resource: RESOURCE, requiredScopes: ['mcp'], publicTools: ['search', 'é'] });
const serve = gate.fetch(async (request, context) =>
  Response.json({ ...context, authInfo: context.authInfo?.clientId, body: await request.text() }),
);
const post = (body: BodyInit, headers = {}): Request =>
  new Request(RESOURCE, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  });

const message = (method: string, more = {}) => ({ jsonrpc: '2.0', id: 1, method, ...more });
const note = (method: string) => ({ jsonrpc: '2.0', method });
const call = (name: unknown) => message('tools/call', { params: { name, arguments: { q: 'x' } } });

/** The status over `fetch` and over `node`, where a parser ran. */
async function statuses(text: string, headers = {}): Promise<number[]> {
  const overNode = await new Promise<number>((resolve) => {
    const response = { writeHead: (status: number) => resolve(status), end: () => {} };
    const rawHeaders = Object.entries(headers).flat() as string[];
    let body: unknown;
    try {
      body = JSON.parse(text);
    } catch {
      body = text;
    }
    const request: NodeRequest & { body: unknown } = { method: 'POST', url: '/mcp', rawHeaders, body };
    gate.node()(request, response, () => resolve(request.auth ? 299 : 200));
  });
  return [(await serve(post(text, headers))).status, overNode];
}

const OPEN = [
  call('search'),
  call('é'),
  message('initialize', { params: {} }),
  message('server/discover'),
  message('ping'),
  message('tools/list', { id: 'a' }),
  note('notifications/initialized'),
  note('notifications/cancelled'),
];

describe('Without a token', () => {
  it.each(OPEN)('%j passes', async (body) => {
    expect(await statuses(JSON.stringify(body))).toEqual([200, 200]);
  });

  it.each([
    call('delete'),
    call(undefined),
    call(['search']),
    call({ toString: 'search' }),
    call('Search'),
    call('search '),
    message('tools/call', { params: ['search'] }),
    message('tools/call', { name: 'search' }),
    message('tools/call'),
    message('tools/list', { params: [] }),
    message('tools/list', { params: 'x' }),
    message('tools/list', { params: null }),
    { ...call('search'), id: undefined },
    { ...call('search'), id: null },
    { ...call('search'), id: 1.5 },
    { ...call('search'), id: [1] },
    { ...call('search'), jsonrpc: '1.0' },
    { ...call('search'), jsonrpc: undefined },
    { ...call('search'), params: { nested: { name: 'search' } } },
    { ...call('search'), result: {} },
    message('tools/calls'),
    message('TOOLS/LIST'),
    message('resources/list'),
    message('prompts/list'),
    message('completion/complete'),
    message('logging/setLevel'),
    message('__proto__'),
    message('toString'),
    message('notifications/initialized'),
    note('tools/list'),
    note('initialize'),
    note('notifications/progress'),
    note('subscriptions/listen'),
    { jsonrpc: '2.0', id: 1, result: {} },
    { jsonrpc: '2.0', id: 1, method: ['tools/list'] },
    [call('search')],
    [],
    {},
    null,
    'tools/list',
    1,
  ])('%j gets the challenge', async (body) => {
    expect(await statuses(JSON.stringify(body))).toEqual([401, 401]);
  });

  it('the challenge names the scopes and the metadata', async () => {
    const answer = await serve(post(JSON.stringify(call('delete'))));
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer scope="mcp", resource_metadata="https:/);
  });

  const listed = '"jsonrpc":"2.0","id":1,"method":"tools/call"';
  it.each(
    titled([
      { what: 'a method twice', text: `{${listed},"method":"tools/list"}` },
      { what: 'a name twice', text: `{${listed},"params":{"name":"delete","name":"search"}}` },
      {
        what: 'a name twice, once with an escape',
        text: `{${listed},"params":{"name":"delete","na\\u006de":"search"}}`,
      },
      {
        what: 'a name twice, with white space',
        text: `{${listed},"params":{"name" : "delete",\n\t"name"\r\n:"search"}}`,
      },
      {
        what: 'a name twice, deep in the arguments',
        text: `{${listed},"params":{"name":"search","arguments":{"a":[{"b":1,"b":2}]}}}`,
      },
      {
        what: '129 levels of lists',
        text: `{${listed},"params":{"name":"search","arguments":{"a":${'['.repeat(126)}${']'.repeat(126)}}}}`,
      },
      { what: 'two million levels of lists', text: '['.repeat(2_000_000) },
      { what: 'a text that does not end', text: `{${listed},"params":{"name":"search` },
      { what: 'half of it', text: `{${listed},"params":{"name":"search"` },
      { what: 'two messages', text: `{${listed},"params":{"name":"search"}}{}` },
      { what: 'a byte-order mark', text: `\ufeff${JSON.stringify(call('search'))}` },
      { what: 'nothing', text: '' },
    ]),
  )('a body with %s gets the challenge', async (_, { text }) => {
    expect((await serve(post(text))).status).toBe(401);
  });

  it.each([
    '{"a":{"x":1},"b":{"x":2}}',
    '[{"x":1},{"x":2}]',
    '{"a":"\\"a\\":","b":["a","a"],"\\\\":1,"c":"}{\\\\"}',
    '{"x":"x","y":"x"}',
    JSON.stringify({ x: 'a","x":"b' }),
    JSON.stringify({ x: 'a\\"\\"x\\":1', y: '\\', z: '\\\\' }),
  ])('the same name in other objects, or in text, is no duplicate: %s', async (given) => {
    const text = `{${listed},"params":{"name":"search","arguments":${given}}}`;
    const answer = await serve(post(text));
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ parsedBody: JSON.parse(text), body: text });
  });

  it('bytes that are no UTF-8 get the challenge', async () => {
    const bytes = new TextEncoder().encode(JSON.stringify(call('search')));
    bytes[bytes.indexOf(0x78)] = 0xff;
    expect((await serve(post(bytes))).status).toBe(401);
  });

  it.each([
    { headers: { 'mcp-method': 'tools/call', 'mcp-name': 'search' }, status: 200 },
    { headers: { 'mcp-method': 'tools/list' }, status: 401 },
    { headers: { 'mcp-method': 'tools/call, tools/call' }, status: 401 },
    { headers: { 'mcp-method': 'tools/call', 'mcp-name': 'delete' }, status: 401 },
    { headers: { 'mcp-name': '' }, status: 401 },
  ])('the headers $headers beside the body lead to $status', async ({ headers, status }) => {
    expect(await statuses(JSON.stringify(call('search')), headers)).toEqual([status, status]);
  });

  it('a header with a name disagrees with a message that has none', async () => {
    expect(await statuses(JSON.stringify(message('tools/list')), { 'mcp-name': 'search' })).toEqual([
      401, 401,
    ]);
  });

  it('the body is handed on, and can be read once more', async () => {
    const body = call('search');
    const answer = await serve(post(JSON.stringify(body)));
    expect(await answer.json()).toEqual({ parsedBody: body, body: JSON.stringify(body) });
  });

  it.each([
    { what: 'small enough', size: 4 * 1024 * 1024 - 200, status: 200 },
    { what: 'larger than 4 MiB', size: 4 * 1024 * 1024, status: 401 },
  ])('a body that is $what leads to $status', async ({ size, status }) => {
    let sent = 0;
    const text = JSON.stringify(
      message('tools/call', { params: { name: 'search', arguments: { q: 'x'.repeat(size) } } }),
    );
    const bytes = new TextEncoder().encode(text);
    const body = new ReadableStream({
      pull(controller) {
        if (sent >= bytes.length) return controller.close();
        controller.enqueue(bytes.subarray(sent, sent + 65_536));
        sent += 65_536;
      },
    });
    const request = new Request(RESOURCE, { method: 'POST', body, duplex: 'half' } as RequestInit);
    const answered = gate.fetch(() => new Response('served'))(request);
    expect((await answered).status).toBe(status);
  });

  it('a body that never ends gets the challenge after 30 s, and is not read on', async () => {
    vi.useFakeTimers();
    try {
      let cancelled = false;
      const body = new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode('{')),
        cancel: () => {
          cancelled = true;
        },
      });
      const request = new Request(RESOURCE, { method: 'POST', body, duplex: 'half' } as RequestInit);
      const answer = serve(request);
      await vi.advanceTimersByTimeAsync(31_000);
      expect((await answer).status).toBe(401);
      expect(cancelled).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });

  it('a body that was read before gets the challenge', async () => {
    const request = post(JSON.stringify(call('search')));
    await request.text();
    expect((await serve(request)).status).toBe(401);
  });

  it('node refuses where no parser ran, or one that makes no objects', async () => {
    const text = JSON.stringify(call('search'));
    for (const body of [undefined, text, Buffer.from(text)]) {
      const status = await new Promise((resolve) => {
        const request = { method: 'POST', url: '/mcp', rawHeaders: [], ...(body && { body }) };
        gate.node()(request, { writeHead: resolve, end: () => {} }, () => resolve(200));
      });
      expect(status).toBe(401);
    }
  });

  it('a GET is answered as by a server without a stream, except for what is served there', async () => {
    const get = (url: string) => serve(new Request(url));
    const answer = await get(RESOURCE);
    expect([answer.status, answer.headers.get('allow'), answer.headers.get('www-authenticate')]).toEqual([
      405,
      'POST',
      null,
    ]);
    expect((await get('https://api.example.com/.well-known/oauth-protected-resource/mcp')).status).toBe(200);
    expect((await get('https://api.example.com/.well-known/oauth-authorization-server')).status).toBe(404);
  });

  it.each(['DELETE', 'PUT', 'PATCH', 'HEAD', 'OPTIONS'])('a %s gets the challenge', async (method) => {
    const body = method === 'HEAD' ? null : JSON.stringify(call('search'));
    expect((await serve(new Request(RESOURCE, { method, body }))).status).toBe(401);
  });

  it('a subscription is answered as by a server without them', async () => {
    const answer = await serve(post(JSON.stringify(message('subscriptions/listen', { id: 'listen:1' }))));
    expect([answer.status, answer.headers.get('www-authenticate'), await answer.json()]).toEqual([
      404,
      null,
      { jsonrpc: '2.0', id: 'listen:1', error: { code: -32601, message: 'Method not found' } },
    ]);
  });

  it('authenticate admits nobody, because it hands on no body', async () => {
    const decision = await gate.authenticate(post(JSON.stringify(call('search'))));
    expect(decision).toHaveProperty('status', 401);
  });

  it('a gate without public tools reads no body', async () => {
    const strict = protectMcp(auth, { resource: RESOURCE });
    const request = post(JSON.stringify(call('search')));
    const answer = await strict.fetch(() => new Response('served'))(request);
    expect([answer.status, request.bodyUsed]).toEqual([401, false]);
  });
});

describe('With a token', () => {
  const text = JSON.stringify(call('search'));

  it.each(
    titled([
      { what: 'expired', authorization: `Bearer ${tokenWith({ exp: 1 })}`, status: 401 },
      { what: 'no JWT', authorization: 'Bearer x', status: 401 },
      { what: 'of too few scopes', authorization: `Bearer ${tokenWith({ scope: '' })}`, status: 403 },
      { what: 'missing after its scheme', authorization: 'Bearer', status: 400 },
      { what: 'without a scheme', authorization: tokenWith(), status: 401 },
    ]),
  )('that is %s, a public tool is refused', async (_, { authorization, status }) => {
    expect(await statuses(text, { authorization })).toEqual([status, status]);
  });

  it('that is valid, every request passes with its caller, and its body is not read', async () => {
    const headers = { authorization: `Bearer ${tokenWith()}` };
    const answer = await serve(post('no JSON', headers));
    expect(await answer.json()).toEqual({ authInfo: 'agent', body: 'no JSON' });
    expect(await statuses(text, headers)).toEqual([200, 299]);
    const get = await serve(new Request(RESOURCE, { headers }));
    expect(get.status).toBe(200);
  });
});

it('The caller of a public tool is nobody, until a route asks for one', async () => {
  const request = post(JSON.stringify(call('search')));
  const seen = await gate.fetch((same) => Response.json(gate.authOf(same, { optional: true }) ?? null))(
    request,
  );
  expect(await seen.json()).toBeNull();
  expect(() => gate.authOf(request)).toThrow(expect.objectContaining({ code: 'ERR_AUTH_CONFIG' }));
});

it.each(['search', { 0: 'search' }, [''], [1], [null], [['search']]])(
  'The option "publicTools" must be a list of names, not %j',
  (publicTools) => {
    expect(() => protectMcp(auth, { resource: RESOURCE, publicTools: publicTools as string[] })).toThrow(
      expect.objectContaining({
        code: 'ERR_AUTH_CONFIG',
        message: '"publicTools" must be a list of the names of tools.',
      }),
    );
  },
);

describe('A request without a token', () => {
  it('passes with the header of the official client for a tool whose name a header cannot hold', async () => {
    const body = JSON.stringify(call('é'));
    expect(await statuses(body, { 'mcp-name': `=?base64?${btoa('\u00c3\u00a9')}?=` })).toEqual([200, 200]);
    expect(await statuses(body, { 'mcp-name': `=?base64?${btoa('search')}?=` })).toEqual([401, 401]);
  });

  it.each(['%', '/w==', 'w4', '7aCA', ''])(
    'gets the challenge if its header encodes no text: %j',
    async (encoded) => {
      const headers = { 'mcp-name': `=?base64?${encoded}?=` };
      for (const body of [call('é'), call('search'), message('tools/list')]) {
        expect(await statuses(JSON.stringify(body), headers)).toEqual([401, 401]);
      }
    },
  );

  it('gets the challenge on a runtime without Buffer too', async () => {
    const bare = await withoutBuffer(() => import('../../../mcp/public-tools.js'));
    const access = bare.createPublicTools(['search']);
    const incoming = (name: string) => ({
      method: 'POST',
      url: '/mcp',
      header: (one: string) => (one === 'mcp-name' ? name : undefined),
      readBody: async () => call('search'),
    });
    for (const encoded of ['%', '/w==']) {
      expect(await access(incoming(`=?base64?${encoded}?=`) as never)).toBeUndefined();
    }
    expect(await access(incoming(`=?base64?${btoa('search')}?=`) as never)).toBeDefined();
  });

  it.each([
    ['breaks off', () => new ReadableStream({ pull: () => Promise.reject(new Error('reset')) })],
    ['was read already', () => 'text'],
  ])('gets the challenge if its body %s', async (what, body) => {
    const request = new Request(RESOURCE, { method: 'POST', body: body(), duplex: 'half' } as RequestInit);
    if (what === 'was read already') await request.text();
    expect((await serve(request)).status).toBe(401);
  });

  it('gets the challenge on a route that asks for scopes', async () => {
    const admin = gate.fetch(() => new Response('hush'), { scopes: ['admin'] });
    const answer = await admin(post(JSON.stringify(call('search'))));
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toContain('scope="mcp admin"');
  });

  it('gets the challenge over node where the platform cannot parse its body', async () => {
    const request = Object.defineProperty({ method: 'POST', url: '/mcp', rawHeaders: [] }, 'body', {
      get: () => {
        throw new SyntaxError('Invalid JSON');
      },
    });
    const status = await new Promise((resolve) => {
      gate.node()(request, { writeHead: resolve, end: () => {} }, () => resolve('passed'));
    });
    expect(status).toBe(401);
  });

  it('gets the challenge over node where a parser has left its body in bytes, without a list of their names', async () => {
    const ownKeys = vi.fn(Reflect.ownKeys);
    const body = new Proxy(Buffer.from(JSON.stringify(call('search'))), { ownKeys });
    const status = await new Promise((resolve) => {
      const request: NodeRequest & { body: unknown } = { method: 'POST', url: '/mcp', rawHeaders: [], body };
      gate.node()(request, { writeHead: resolve, end: () => {} }, () => resolve('passed'));
    });
    expect([status, ownKeys.mock.calls.length]).toEqual([401, 0]);
  });
});
