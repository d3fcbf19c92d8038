import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type CallToolResult, Client, type VersionNegotiationMode } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SERVE = 'examples/serve.ts';
const SECRET = randomBytes(48).toString('base64url');
const HOUR = 3600;
const now = (): number => Math.floor(Date.now() / 1000);

/** Everything started here is stopped here, also after a failure. */
const cleanups: Array<() => unknown> = [];
afterAll(() => Promise.all(cleanups.map((cleanup) => cleanup())));

/** An agent: the official client, with a server of its own. */
async function connect(
  env: Record<string, string>,
  mode: VersionNegotiationMode = 'legacy',
): Promise<Client> {
  const client = new Client({ name: 'test-agent', version: '1.0.0' }, { versionNegotiation: { mode } });
  cleanups.push(() => client.close());
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: ['--import', 'tsx', SERVE],
      cwd: ROOT,
      env: { JWT_SECRET: SECRET, ...env },
      stderr: 'ignore',
    }),
  );
  return client;
}

interface Session {
  readonly child: ChildProcessWithoutNullStreams;
  readonly exited: Promise<{ status: number | null; signal: NodeJS.Signals | null }>;
  stdout(): string;
  stderr(): string;
  /** Writes messages to the server, one a line. */
  send(...messages: readonly (object | string)[]): void;
  /** What the server answered to the request of this id, once it has. */
  answer(id: number): Promise<Record<string, unknown>>;
}

/** A session by hand, without a client between the test and the bytes. */
function start(script: string, env: Record<string, string> = {}, ...args: string[]): Session {
  const child = spawn(process.execPath, ['--import', 'tsx', script, ...args], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, ...env },
  });
  cleanups.push(() => child.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  return {
    child,
    exited: once(child, 'close').then(([status, signal]) => ({ status, signal })),
    stdout: () => stdout,
    stderr: () => stderr,
    send: (...messages) => {
      for (const message of messages) {
        child.stdin.write(`${typeof message === 'string' ? message : JSON.stringify(message)}\n`);
      }
    },
    answer: (id) =>
      vi.waitFor(
        () => {
          const messages = parseLines(stdout.slice(0, stdout.lastIndexOf('\n') + 1));
          const answer = messages.find((message) => message.id === id);
          if (answer === undefined) throw new Error(`There is no answer to ${id} yet; stderr: ${stderr}`);
          return answer;
        },
        { timeout: 15_000, interval: 20 },
      ),
  };
}

const parseLines = (stdout: string): Record<string, unknown>[] =>
  stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

const request = (id: number, method: string, params: object = {}) => ({ jsonrpc: '2.0', id, method, params });
const HANDSHAKE = [
  request(0, 'initialize', {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'by-hand', version: '1.0.0' },
  }),
  { jsonrpc: '2.0', method: 'notifications/initialized' },
];

/** A token from `node:crypto`, so that none of the code under test takes part in it. */
function mint(
  claims: object,
  { secret = SECRET, header = { alg: 'HS256', typ: 'JWT' } as object, signed = true } = {},
): string {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${signed ? createHmac('sha256', secret).update(input).digest('base64url') : ''}`;
}

const claims = (changes: object = {}) => ({
  iss: 'my-service',
  aud: 'my-api',
  sub: 'user-1',
  iat: now(),
  exp: now() + HOUR,
  ...changes,
});

const text = (result: CallToolResult): string => {
  const [content, ...more] = result.content;
  if (content?.type !== 'text' || more.length > 0) throw new Error('Expected one block of text.');
  return content.text;
};

describe('an agent with the role admin', () => {
  let agent: Client;
  beforeAll(async () => {
    agent = await connect({});
  });

  const call = (name: string, args: Record<string, unknown>): Promise<CallToolResult> =>
    agent.callTool({ name, arguments: args });
  const result = async (name: string, args: Record<string, unknown>): Promise<Record<string, unknown>> => {
    const answer = await call(name, args);
    expect(answer.isError, text(answer)).toBeUndefined();
    // The text is there for clients that do not read structured content, so the two must agree.
    expect(JSON.parse(text(answer))).toEqual(answer.structuredContent);
    return answer.structuredContent as Record<string, unknown>;
  };

  it('is told exactly the four tools, with intents and with both schemas', async () => {
    const { tools } = await agent.listTools();
    const fields = (schema: Record<string, unknown> | undefined) => Object.keys(schema?.properties ?? {});
    expect(
      tools.map((tool) => ({
        name: tool.name,
        description: tool.description,
        input: fields(tool.inputSchema),
        output: fields(tool.outputSchema),
      })),
    ).toEqual([
      {
        name: 'create_token',
        description: 'Create a signed JWT token with custom claims',
        input: ['claims', 'subject', 'expires_in'],
        output: ['token', 'expires_at'],
      },
      {
        name: 'verify_token',
        description: "Verify a token's signature and expiration",
        input: ['token'],
        output: ['valid', 'expired', 'payload', 'reason'],
      },
      {
        name: 'decode_token',
        description: 'Decode a token without verification',
        input: ['token'],
        output: ['payload'],
      },
      {
        name: 'login_user',
        description: 'Authenticate a user and return a signed JWT token',
        input: ['user_id', 'role'],
        output: ['token'],
      },
    ]);
  });

  it('is told what each field of the ready-made functions means', async () => {
    const { tools } = await agent.listTools();
    for (const tool of tools.filter(({ name }) => name !== 'login_user')) {
      for (const schema of [tool.inputSchema, tool.outputSchema]) {
        expect(schema?.type).toBe('object');
        for (const [field, described] of Object.entries(schema?.properties ?? {})) {
          expect(described, `${tool.name}.${field}`).toMatchObject({
            description: expect.stringMatching(/\w+ \w+/),
          });
        }
      }
    }
  });

  it('creates a token that jose verifies', async () => {
    const { token, expires_at } = await result('create_token', {
      subject: 'user-1',
      claims: { scope: 'read' },
      expires_in: '10m',
    });
    const { payload, protectedHeader } = await jwtVerify(String(token), new TextEncoder().encode(SECRET), {
      algorithms: ['HS256'],
      issuer: 'my-service',
      audience: 'my-api',
    });
    expect(protectedHeader).toEqual({ alg: 'HS256', typ: 'JWT' });
    expect(payload).toEqual({
      iss: 'my-service',
      aud: 'my-api',
      sub: 'user-1',
      scope: 'read',
      iat: expect.any(Number),
      exp: expires_at,
    });
    expect(Number(payload.exp) - Number(payload.iat)).toBe(600);
  });

  it('creates a token for one hour when it asks for nothing in particular', async () => {
    const { token } = await result('create_token', {});
    const { payload } = await jwtVerify(String(token), new TextEncoder().encode(SECRET));
    expect(Object.keys(payload).toSorted()).toEqual(['aud', 'exp', 'iat', 'iss']);
    expect(Number(payload.exp) - Number(payload.iat)).toBe(HOUR);
  });

  it('logs a user in for a day with the custom function', async () => {
    const { token } = await result('login_user', { user_id: 'user-1', role: 'editor' });
    const { payload } = await jwtVerify(String(token), new TextEncoder().encode(SECRET));
    expect(payload).toMatchObject({ sub: 'user-1', role: 'editor', iss: 'my-service', aud: 'my-api' });
    expect(Number(payload.exp) - Number(payload.iat)).toBe(24 * HOUR);
  });

  it('has a token of another library verified', async () => {
    const payload = claims({ scope: 'read' });
    expect(await result('verify_token', { token: mint(payload) })).toEqual({
      valid: true,
      expired: false,
      payload,
    });
  });

  const expired = claims({ iat: now() - 2 * HOUR, exp: now() - HOUR });
  const foreign = claims({ aud: 'another-api' });
  it.each([
    {
      what: 'signed with another secret',
      token: mint(claims(), { secret: 'x'.repeat(48) }),
      reason: 'signature',
    },
    {
      what: 'of the algorithm none',
      token: mint(claims(), { header: { alg: 'none' }, signed: false }),
      reason: 'malformed',
    },
    { what: 'that says RS256', token: mint(claims(), { header: { alg: 'RS256' } }), reason: 'algorithm' },
    { what: 'that is not one', token: 'not a token', reason: 'malformed' },
    { what: 'that is empty', token: '', reason: 'malformed' },
    { what: 'that is expired', token: mint(expired), reason: 'expired', expired: true, payload: expired },
    { what: 'for another audience', token: mint(foreign), reason: 'audience', payload: foreign },
  ])(
    'has a token refused $what, for the reason $reason',
    async ({ token, reason, expired = false, payload = {} }) => {
      expect(await result('verify_token', { token })).toEqual({ valid: false, expired, payload, reason });
    },
  );

  it('has a token decoded whoever signed it', async () => {
    const payload = claims({ iss: 'https://elsewhere.example', nested: { list: [1, null, 'two'] } });
    const token = mint(payload, { secret: 'somebody else’s secret' });
    expect(await result('decode_token', { token })).toEqual({ payload });
  });

  const SENTINEL = 'sentinel-value';
  it.each<{ tool: string; args: Record<string, unknown>; names: string }>([
    { tool: 'create_token', args: { subject: 5 }, names: 'subject' },
    { tool: 'create_token', args: { claims: SENTINEL }, names: 'claims' },
    { tool: 'create_token', args: { claims: [SENTINEL] }, names: 'claims' },
    { tool: 'create_token', args: { expires_in: 60 }, names: 'expires_in' },
    { tool: 'create_token', args: { expires_in: SENTINEL }, names: 'expires_in' },
    { tool: 'create_token', args: { expires_in: '-1h' }, names: 'expires_in' },
    { tool: 'create_token', args: { expires_in: '' }, names: 'expires_in' },
    { tool: 'create_token', args: { audience: SENTINEL }, names: 'audience' },
    { tool: 'create_token', args: { claims: { iss: SENTINEL } }, names: 'iss' },
    { tool: 'create_token', args: { claims: { aud: SENTINEL } }, names: 'aud' },
    { tool: 'create_token', args: { claims: { exp: 99999999999 } }, names: 'exp' },
    { tool: 'create_token', args: { claims: { iat: 0 } }, names: 'iat' },
    { tool: 'create_token', args: { claims: { nbf: 0 } }, names: 'nbf' },
    { tool: 'create_token', args: { claims: { sub: SENTINEL } }, names: 'subject' },
    { tool: 'create_token', args: { claims: { text: SENTINEL.repeat(1_000_000) } }, names: '' },
    { tool: 'verify_token', args: {}, names: 'token' },
    { tool: 'verify_token', args: { token: null }, names: 'token' },
    { tool: 'verify_token', args: { token: [mint(claims({ jti: SENTINEL }))] }, names: 'token' },
    { tool: 'verify_token', args: { token: '', jwt: SENTINEL }, names: 'jwt' },
    { tool: 'decode_token', args: {}, names: 'token' },
    { tool: 'decode_token', args: { token: 5 }, names: 'token' },
    { tool: 'decode_token', args: { token: SENTINEL }, names: 'token' },
    { tool: 'decode_token', args: { token: `${mint(claims())}.${SENTINEL}` }, names: 'token' },
    { tool: 'decode_token', args: { token: 'a'.repeat(10_000_000) }, names: 'token' },
    { tool: 'login_user', args: { role: SENTINEL }, names: 'user_id' },
    { tool: 'login_user', args: { user_id: 5, role: SENTINEL }, names: 'user_id' },
  ])(
    'gets one plain sentence for arguments that cannot work, case %#: $tool',
    async ({ tool, args, names }) => {
      const answer = await call(tool, args);
      expect(answer.isError, text(answer)).toBe(true);
      expect(answer.structuredContent).toBeUndefined();
      expect(text(answer)).toMatch(/^[^\n]{10,300}\.$/);
      expect(text(answer)).toContain(names);
      for (const hidden of [SENTINEL, SECRET, 'eyJ', 'aaaaaaaa', '    at ', 'node_modules', '.ts:']) {
        expect(text(answer)).not.toContain(hidden);
      }
    },
  );

  it('is answered about a token of ten megabytes, and is still served afterwards', async () => {
    const answer = await call('verify_token', { token: 'a'.repeat(10_000_000) });
    expect(answer.structuredContent).toEqual({
      valid: false,
      expired: false,
      payload: {},
      reason: 'malformed',
    });
    expect(await result('verify_token', { token: mint(claims()) })).toMatchObject({ valid: true });
  });
});

describe('an agent that speaks the newest protocol revision', () => {
  it('is served the same tools', async () => {
    const agent = await connect({}, { pin: '2026-07-28' });
    expect((await agent.listTools()).tools).toHaveLength(4);
    const answer = await agent.callTool({ name: 'verify_token', arguments: { token: mint(claims()) } });
    expect(answer.structuredContent).toMatchObject({ valid: true });
  });
});

describe('an agent with the role reader', () => {
  it('sees no tool that signs, and is answered as if there were none', async () => {
    const agent = await connect({ INTENTKIT_ROLE: 'reader' });
    expect((await agent.listTools()).tools.map(({ name }) => name)).toEqual(['verify_token', 'decode_token']);

    const failure = (name: string) =>
      agent.callTool({ name, arguments: { claims: {} } }).then(
        () => 'It was answered.',
        (error: Error & { code?: unknown }) => ({
          name: error.name,
          code: error.code,
          message: error.message,
        }),
      );
    const unknown = await failure('no_such_tool');
    expect(unknown).toMatchObject({
      code: -32602,
      message: expect.stringContaining('There is no such tool.'),
    });
    expect(await failure('create_token')).toEqual(unknown);
    expect(await failure('login_user')).toEqual(unknown);
    expect(await failure('constructor')).toEqual(unknown);

    const answer = await agent.callTool({ name: 'verify_token', arguments: { token: mint(claims()) } });
    expect(answer.structuredContent).toMatchObject({ valid: true });
  });
});

describe('a server that cannot start', () => {
  const pem = String(generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }));
  it.each<{ what: string; script?: string; env: Record<string, string>; says: RegExp; hides?: string }>([
    { what: 'JWT_SECRET is missing', env: {}, says: /JWT_SECRET/ },
    { what: 'JWT_SECRET is empty', env: { JWT_SECRET: '' }, says: /JWT_SECRET/ },
    {
      what: 'JWT_SECRET is a public key',
      env: { JWT_SECRET: pem },
      says: /secret/,
      hides: pem.slice(30, 60),
    },
    {
      what: 'JWKS_URL is no URL',
      env: { JWT_SECRET: SECRET, JWKS_URL: 'user:hunter2@nowhere' },
      says: /jwksUrl/,
      hides: 'hunter2',
    },
    {
      what: 'the role does not exist',
      env: { JWT_SECRET: SECRET, INTENTKIT_ROLE: 'owner' },
      says: /"owner".*admin/,
    },
  ])('exits with status 1 and one sentence when $what', async ({ env, says, hides = SECRET }) => {
    const session = start(SERVE, env);
    // Should it start after all, this ends it.
    session.child.stdin.end();
    expect(await session.exited).toEqual({ status: 1, signal: null });
    expect(session.stdout()).toBe('');
    expect(session.stderr()).toMatch(/^[^\n]{10,300}\.\n$/);
    expect(session.stderr()).toMatch(says);
    expect(session.stderr()).not.toContain(hides);
  });

  it.each([
    {
      way: 'missing provider',
      says: 'The function "create_token" requires the provider "auth", which is not among the providers given to serve.\n',
    },
    { way: 'provider named twice', says: 'Two providers are named "auth"; give one of them another name.\n' },
    { way: 'throwing initialize', says: 'The provider "auth" did not start: The key store is locked.\n' },
  ])('exits with status 1 and one sentence: $way', async ({ way, says }) => {
    const session = start('test/e2e/fixtures/broken-start.ts', {}, way);
    session.child.stdin.end();
    expect(await session.exited).toEqual({ status: 1, signal: null });
    expect(session.stdout()).toBe('');
    expect(session.stderr()).toBe(says);
  });
});

describe('a session by hand', () => {
  it('puts nothing but JSON-RPC on stdout, whatever is sent', async () => {
    const session = start(SERVE, { JWT_SECRET: SECRET });
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    session.send(
      ...HANDSHAKE,
      request(1, 'tools/list'),
      request(2, 'tools/call', { name: 'create_token', arguments: {} }),
      request(3, 'tools/call', { name: 'verify_token', arguments: { token: mint(claims()) } }),
      'this is not JSON',
      '{"jsonrpc":"1.0"}',
      '[]',
      request(4, 'tools/call', { name: 'verify_token', arguments: 'a string' }),
      `{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"create_token","arguments":{"claims":{"deep":${deep}}}}}`,
      `{"jsonrpc":"2.0","id":6,"method":"tools/call","params":{"name":"create_token","arguments":{"claims":{"__proto__":{"admin":true}}}}}`,
      request(7, 'no/such/method'),
      request(8, 'tools/call', { name: 'decode_token', arguments: { token: mint(claims()) } }),
    );
    // Answers come as they are ready, so the last one says nothing about the others.
    await Promise.all([0, 1, 2, 3, 4, 5, 6, 7, 8].map((id) => session.answer(id)));
    session.child.stdin.end();
    expect(await session.exited).toEqual({ status: 0, signal: null });

    const messages = parseLines(session.stdout());
    expect(messages.map(({ id }) => id).toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(messages.every(({ jsonrpc }) => jsonrpc === '2.0')).toBe(true);
    expect(messages.find(({ id }) => id === 5)).toMatchObject({ result: { isError: true } });
    expect(messages.find(({ id }) => id === 8)).toMatchObject({
      result: { structuredContent: { payload: {} } },
    });
    expect(`${session.stdout()}${session.stderr()}`).not.toContain(SECRET);
  });

  it('reports a payload that is nested too deep to be sent, and goes on', async () => {
    const session = start(SERVE, { JWT_SECRET: SECRET });
    // Written by hand: JSON.stringify could not, which is the point.
    const payload = `{"iss":"my-service","aud":"my-api","exp":${now() + HOUR},"deep":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
    const encode = (part: string): string => Buffer.from(part).toString('base64url');
    const input = `${encode('{"alg":"HS256"}')}.${encode(payload)}`;
    const token = `${input}.${createHmac('sha256', SECRET).update(input).digest('base64url')}`;
    session.send(
      ...HANDSHAKE,
      request(1, 'tools/call', { name: 'verify_token', arguments: { token } }),
      request(2, 'tools/call', { name: 'decode_token', arguments: { token } }),
      request(3, 'tools/call', { name: 'verify_token', arguments: { token: mint(claims()) } }),
    );
    for (const id of [1, 2]) {
      expect(await session.answer(id)).toMatchObject({
        result: { isError: true, content: [{ text: expect.stringMatching(/^[^\n]{10,300}\.$/) }] },
      });
    }
    expect(await session.answer(3)).toMatchObject({ result: { structuredContent: { valid: true } } });
  });
});

describe('the life of a provider', () => {
  it.each<{ what: string; stop: (child: ChildProcessWithoutNullStreams) => void }>([
    { what: 'stdin ends', stop: (child) => child.stdin.end() },
    { what: 'SIGTERM arrives', stop: (child) => child.kill('SIGTERM') },
    { what: 'SIGINT arrives', stop: (child) => child.kill('SIGINT') },
    {
      what: 'both arrive and stdin ends',
      stop: (child) => {
        child.kill('SIGINT');
        child.kill('SIGTERM');
        child.stdin.end();
      },
    },
  ])('ends with one shutdown and status 0 when $what', async ({ stop }) => {
    const session = start('test/e2e/fixtures/lifecycle.ts');
    session.send(
      ...HANDSHAKE,
      request(1, 'tools/call', { name: 'talkative', arguments: {} }),
      request(2, 'tools/call', { name: 'broken', arguments: {} }),
    );
    expect(await session.answer(1)).toMatchObject({ result: { structuredContent: {} } });
    expect(await session.answer(2)).toMatchObject({
      result: {
        isError: true,
        content: [{ type: 'text', text: 'The function "broken" failed for an internal reason.' }],
      },
    });
    stop(session.child);
    expect(await session.exited).toEqual({ status: 0, signal: null });
    expect(session.stderr().split('\n')).toEqual([
      'provider: initialize',
      'provider: healthCheck',
      'lifecycle: The provider "db" is not healthy; functions that need it may fail.',
      'printed by a function',
      'lifecycle: The function "broken" failed: TypeError.',
      'provider: shutdown',
      '',
    ]);
    expect(
      parseLines(session.stdout())
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual([0, 1, 2]);
  });

  it('warns about an identity provider that answers with an error, and serves what does not need it', async () => {
    const identityProvider = createServer((_, response) => response.writeHead(500).end());
    cleanups.push(() => identityProvider.close());
    await once(identityProvider.listen(0, '127.0.0.1'), 'listening');
    const { port } = identityProvider.address() as AddressInfo;

    const session = start(SERVE, { JWT_SECRET: SECRET, JWKS_URL: `http://127.0.0.1:${port}/jwks.json` });
    session.send(
      ...HANDSHAKE,
      request(1, 'tools/call', { name: 'verify_token', arguments: { token: mint(claims()) } }),
      request(2, 'tools/call', {
        name: 'verify_token',
        arguments: { token: mint(claims(), { header: { alg: 'RS256', kid: 'k' } }) },
      }),
    );
    expect(await session.answer(1)).toMatchObject({ result: { structuredContent: { valid: true } } });
    // No keys, no verdict: an outage must not look like a forged token.
    expect(await session.answer(2)).toMatchObject({ result: { isError: true } });
    await vi.waitFor(
      () =>
        expect(session.stderr()).toContain(
          'my-auth-agent: The provider "auth" is not healthy; functions that need it may fail.\n',
        ),
      { timeout: 10_000 },
    );
    session.child.stdin.end();
    expect(await session.exited).toEqual({ status: 0, signal: null });
  });
});

describe('the tour of examples/demo.ts', () => {
  it('finds everything as it expects, and ends by itself', async () => {
    const demo = start('examples/demo.ts');
    expect(await demo.exited).toEqual({ status: 0, signal: null });
    expect(demo.stdout()).toMatch(/All as expected\.\n$/);
    expect(demo.stdout()).not.toContain('NOT OK');
    // A token has two dots; what is printed of one has none.
    expect(demo.stdout()).not.toMatch(/eyJ[\w-]+\./);
    expect(demo.stderr()).toBe('');
  });
});
