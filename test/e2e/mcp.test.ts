// The example server as an agent meets it: by the official client over stdio, and by hand where bytes matter.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Client } from '@modelcontextprotocol/client';
import { createTestIssuer } from 'intentkit-auth/testing';
import { jwtVerify } from 'jose';
import { beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { bundleScript } from '../support/bundle-script.js';
import { answerOf, connectAgent, textOf } from '../support/mcp-agent.js';
import { base64url, mint, signature } from '../support/mint.js';
import { OTHER_SECRET } from '../support/secrets.js';

// Each server is a process of its own, perhaps on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SERVE = await bundleScript('examples/serve.ts');
const LIFECYCLE = await bundleScript('test/e2e/fixtures/lifecycle.ts');
const SECRET = randomBytes(48).toString('base64url');
const JWT_SECRET = { JWT_SECRET: SECRET };
const HOUR = 3600;
const NOW = Math.floor(Date.now() / 1000);
const ONE_SENTENCE = /^[^\n]{10,300}\.$/;

const serve = (env = {}) => ({
  args: [SERVE],
  cwd: ROOT,
  env: { ...JWT_SECRET, ...env },
});

/** A session without a client between the test and the bytes. It ends with the test. */
function start(script: string, env = {}, ...args: string[]) {
  const child = spawn(process.execPath, [script, ...args], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, ...env },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      output[name] += chunk;
    });
  }
  const exited = once(child, 'close').then(([status, signal]) => ({ status, signal }));
  const messages = (): Record<string, unknown>[] =>
    output.stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  return {
    child,
    output,
    exited,
    messages,
    /** Writes the handshake, whose id is 0, and then messages, one a line. */
    send(...lines: readonly (object | string)[]): void {
      for (const line of [...HANDSHAKE, ...lines]) {
        child.stdin.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`);
      }
    },
    /** What the server answers to the request of this id. */
    answer: (id: number) =>
      vi.waitFor(
        () => {
          const answer = messages().find((message) => message.id === id);
          if (!answer) throw new Error(`There is no answer to ${id} yet; stderr: ${output.stderr}`);
          return answer;
        },
        { timeout: 15_000, interval: 20 },
      ),
    end(): Promise<unknown> {
      child.stdin.end();
      return exited;
    },
  };
}

const request = (id: number, method: string, params: object = {}) => ({ jsonrpc: '2.0', id, method, params });
const toolCall = (id: number, name: string, args: unknown = {}) =>
  request(id, 'tools/call', { name, arguments: args });
const CLIENT = { capabilities: {}, clientInfo: { name: 'by-hand', version: '1.0.0' } };
const HANDSHAKE = [
  request(0, 'initialize', { protocolVersion: '2025-06-18', ...CLIENT }),
  { jsonrpc: '2.0', method: 'notifications/initialized' },
];

const CLAIMS = { iss: 'my-service', aud: 'my-api', sub: 'user-1', iat: NOW, exp: NOW + HOUR };
const token = (claims: object = {}, alg = 'HS256', key = SECRET): string =>
  mint({ header: { alg, kid: 'k' }, payload: { ...CLAIMS, ...claims }, key, alg: 'HS256' });

let admin: Client;
beforeAll(async () => {
  admin = await connectAgent(serve());
  return () => admin.close();
});

it('An admin gets exactly three tools, with intents and the fields of both schemas', async () => {
  const { tools } = await admin.listTools();
  const fields = (schema: Record<string, unknown> | undefined) => Object.keys(schema?.properties ?? {});
  const described = tools.map(({ name, description, inputSchema, outputSchema }) => [
    name,
    description,
    fields(inputSchema).join(),
    fields(outputSchema).join(),
  ]);
  const CREATED = 'token,expires_at,expires,expires_in_seconds';
  const VERDICT = 'valid,expired,reason,message,expires,expires_in_seconds,shortened,payload';
  // biome-ignore format: one tool a line
  expect(described).toEqual([
    ['create_token', 'Create a signed JWT token with custom claims', 'claims,subject,expires_in', CREATED],
    ['verify_token', "Verify a token's signature and expiration", 'token', VERDICT],
    ['decode_token', 'Decode a token without verification', 'token', 'verified,shortened,payload'],
  ]);
});

it('An admin gets at most 2,900 characters of tools, and 300 of instructions', async () => {
  const { tools } = await admin.listTools();
  expect(JSON.stringify({ tools }).length).toBeLessThanOrEqual(2900);
  expect(admin.getInstructions()).toMatch(/^.{1,300}$/);
  expect(tools.map(({ title, annotations }) => [title, annotations])).toEqual([
    ['Create token', { destructiveHint: false, idempotentHint: false, openWorldHint: false }],
    ['Verify token', { readOnlyHint: true, openWorldHint: false }],
    ['Decode token (unverified)', { readOnlyHint: true, openWorldHint: false }],
  ]);
});

it('An admin gets a description of each field of the ready-made functions', async () => {
  const { tools } = await admin.listTools();
  for (const schema of tools.flatMap(({ inputSchema, outputSchema }) => [inputSchema, outputSchema])) {
    expect(schema?.type).toBe('object');
    for (const [field, described] of Object.entries(schema?.properties ?? {})) {
      expect(described, field).toMatchObject({ description: expect.stringMatching(/^[A-Z]\w* \w+/) });
    }
  }
});

it.each([
  ['create_token', {}, HOUR, {}],
  [
    'create_token',
    { subject: 'user-1', claims: { scope: 'read' }, expires_in: '10m' },
    600,
    { sub: 'user-1', scope: 'read' },
  ],
])('%s with %j signs a token for %i seconds that jose verifies', async (name, args, lifetime, claims) => {
  const created = await answerOf(admin, name, args);
  const key = new TextEncoder().encode(SECRET);
  const { payload, protectedHeader } = await jwtVerify(String(created.token), key, {
    algorithms: ['HS256'],
  });
  expect(protectedHeader).toEqual({ alg: 'HS256', typ: 'JWT' });
  const { iat = 0, exp } = payload;
  expect(payload).toEqual({ iss: 'my-service', aud: 'my-api', iat, exp: iat + lifetime, ...claims });
  expect(created).toMatchObject({ expires_at: exp, expires_in_seconds: lifetime });
});

it.each<[what: string, token: string, verdict: object]>([
  [
    'A token of another library is verified',
    token(),
    { valid: true, payload: CLAIMS, expires: expect.any(String), expires_in_seconds: expect.any(Number) },
  ],
  ['A token by another secret is refused', token({}, 'HS256', OTHER_SECRET), { reason: 'signature' }],
  ['A token that says RS256 is refused', token({}, 'RS256'), { reason: 'algorithm' }],
  ['Text that is no token is refused', 'not a token', { reason: 'malformed' }],
  ['A megabyte of text is refused', 'a'.repeat(1_000_000), { reason: 'malformed' }],
  [
    'An expired token is refused with its claims',
    token({ exp: NOW }),
    {
      expired: true,
      reason: 'expired',
      expires: expect.any(String),
      expires_in_seconds: expect.any(Number),
      payload: { ...CLAIMS, exp: NOW },
    },
  ],
])('%s', async (_, text, verdict) => {
  const message = 'reason' in verdict ? { message: expect.stringMatching(ONE_SENTENCE) } : {};
  const expected = { valid: false, expired: false, payload: {}, ...verdict, ...message };
  expect(await answerOf(admin, 'verify_token', { token: text })).toEqual(expected);
});

it('decode_token decodes tokens of any signer', async () => {
  const claims = { nested: { list: [1, null, 'two'] } };
  const answer = await answerOf(admin, 'decode_token', { token: token(claims, 'HS256', OTHER_SECRET) });
  expect(answer).toEqual({ verified: false, payload: { ...CLAIMS, ...claims } });
});

const SENTINEL = 'sentinel-value';
it.each<[tool: string, names: string, args: Record<string, unknown>]>([
  ['create_token', 'subject', { subject: 5 }],
  ['create_token', 'claims', { claims: SENTINEL }],
  ['create_token', 'expires_in', { expires_in: SENTINEL }],
  ['create_token', 'audience', { audience: SENTINEL }],
  ['create_token', 'iss', { claims: { iss: SENTINEL } }],
  ['create_token', 'larger', { claims: { text: SENTINEL.repeat(10_000) } }],
  ['verify_token', 'token', {}],
  ['verify_token', 'token', { token: [token({ jti: SENTINEL })] }],
  ['verify_token', 'jwt', { token: '', jwt: SENTINEL }],
  ['decode_token', 'token', { token: SENTINEL }],
  ['decode_token', 'token', { token: `${token()}.${SENTINEL}` }],
])(
  '%s answers arguments that cannot work with a plain sentence that names "%s"',
  async (name, names, args) => {
    const answer = await admin.callTool({ name, arguments: args });
    const text = textOf(answer);
    expect(answer).toEqual({ isError: true, content: [{ type: 'text', text }] });
    expect(text).toMatch(ONE_SENTENCE);
    expect(text).toContain(names);
    const hidden = [SENTINEL, SECRET, 'eyJ', '    at ', 'node_modules', '.ts:'];
    expect(hidden.filter((part) => text.includes(part))).toEqual([]);
  },
);

it('An agent that speaks the newest protocol revision is served the same tools', async () => {
  const agent = await connectAgent(serve(), { pin: '2026-07-28' });
  onTestFinished(() => agent.close());
  expect((await agent.listTools()).tools).toHaveLength(3);
  expect(await answerOf(agent, 'verify_token', { token: token() })).toMatchObject({ valid: true });
});

it('A reader does not see create_token, and calls of it are answered like those of an unknown tool', async () => {
  const agent = await connectAgent(serve({ INTENTKIT_ROLE: 'reader' }));
  onTestFinished(() => agent.close());
  expect((await agent.listTools()).tools.map(({ name }) => name)).toEqual(['verify_token', 'decode_token']);
  for (const name of ['no_such_tool', 'create_token', 'constructor']) {
    const refused = agent.callTool({ name, arguments: {} });
    const message = expect.stringMatching(/There is no such tool\.$/);
    await expect(refused, name).rejects.toMatchObject({ code: -32602, message });
  }
  expect(await answerOf(agent, 'verify_token', { token: token() })).toMatchObject({ valid: true });
});

const pem = String(generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }));
const JWKS = { JWKS_ISSUER: 'https://idp.example/', JWKS_AUDIENCE: 'my-api' };
it.each<[what: string, env: Record<string, string>, says: RegExp, hides?: string]>([
  ['JWT_SECRET is missing', {}, /JWT_SECRET/],
  ['JWT_SECRET is empty', { JWT_SECRET: '' }, /JWT_SECRET/],
  ['JWT_SECRET is a public key', { JWT_SECRET: pem }, /secret/, pem.slice(30, 60)],
  ['JWKS_URL is no URL', { ...JWT_SECRET, ...JWKS, JWKS_URL: 'u:hunter2@nowhere' }, /jwksUrl/, 'hunter2'],
  ['JWKS_ISSUER is missing', { ...JWT_SECRET, JWKS_URL: 'https://idp.example' }, /JWKS_ISSUER/],
  ['the role does not exist', { ...JWT_SECRET, INTENTKIT_ROLE: 'owner' }, /"owner".*admin/],
])('The server exits with status 1 and one sentence when %s', async (_, env, says, hides = SECRET) => {
  const { end, output } = start(SERVE, env);
  // Should it start after all, the end of stdin ends it.
  expect(await end()).toEqual({ status: 1, signal: null });
  expect(output).toEqual({ stdout: '', stderr: expect.stringMatching(says) });
  expect(output.stderr.trimEnd()).toMatch(ONE_SENTENCE);
  expect(output.stderr).not.toContain(hides);
});

it('A server does not start without a provider that one of its functions requires', async () => {
  const { end, output } = start(LIFECYCLE, {}, 'without providers');
  expect(await end()).toEqual({ status: 1, signal: null });
  expect(output.stdout).toBe('');
  const sentence = 'The function "talkative" requires the provider "db", which is missing; add it to the';
  expect(output.stderr).toContain(sentence);
});

it('A server writes only JSON-RPC to stdout for any input, and keeps running', async () => {
  const session = start(SERVE, JWT_SECRET);
  const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
  const withClaims = (id: number, claims: string): string =>
    JSON.stringify(toolCall(id, 'create_token', { claims: 'CLAIMS' })).replace('"CLAIMS"', claims);
  // By hand, because JSON.stringify could not: that is the point.
  const payload = JSON.stringify({ ...CLAIMS, deep: 'DEEP' }).replace('"DEEP"', deep(20_000));
  const input = `${base64url('{"alg":"HS256"}')}.${base64url(payload)}`;
  const tooDeep = { token: `${input}.${base64url(signature('HS256', input, SECRET))}` };
  session.send(
    toolCall(1, 'create_token'),
    'this is not JSON',
    '{"jsonrpc":"1.0"}',
    '[]',
    toolCall(2, 'verify_token', 'a string'),
    withClaims(3, `{"deep":${deep(100_000)}}`),
    withClaims(4, '{"__proto__":{"admin":true}}'),
    request(5, 'no/such/method'),
    toolCall(6, 'verify_token', tooDeep),
    toolCall(7, 'decode_token', tooDeep),
    toolCall(8, 'verify_token', { token: token() }),
  );
  // Answers come as they are ready, so the last one says nothing about the others.
  const ids = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  const answers = await Promise.all(ids.map(session.answer));
  expect(await session.end()).toEqual({ status: 0, signal: null });
  expect(
    session
      .messages()
      .map(({ id }) => id)
      .toSorted(),
  ).toEqual(ids);
  expect(answers.filter(({ jsonrpc }) => jsonrpc !== '2.0')).toEqual([]);
  const error = { isError: true, content: [{ text: expect.stringMatching(ONE_SENTENCE) }] };
  expect(answers[3]).toMatchObject({ result: error });
  const tooLong = { structuredContent: { shortened: true, payload: { other_claims: ['deep'] } } };
  for (const id of [6, 7]) expect(answers[id], String(id)).toMatchObject({ result: tooLong });
  expect(answers[8]).toMatchObject({ result: { structuredContent: { valid: true } } });
  expect(JSON.stringify(session.output)).not.toContain(SECRET);
});

it.each<[what: string, stop: (child: ChildProcessWithoutNullStreams) => unknown]>([
  ['stdin ends', (child) => child.stdin.end()],
  ['SIGTERM arrives', (child) => child.kill('SIGTERM')],
  ['SIGINT arrives', (child) => child.kill('SIGINT')],
  ['all of these happen', (child) => [child.kill('SIGINT'), child.kill('SIGTERM'), child.stdin.end()]],
])('A provider is shut down once, and the server ends with status 0, when %s', async (_, stop) => {
  const session = start(LIFECYCLE);
  session.send(toolCall(1, 'talkative'), toolCall(2, 'broken'));
  expect(await session.answer(1)).toMatchObject({ result: { structuredContent: {} } });
  const text = 'The function "broken" failed for an internal reason.';
  expect(await session.answer(2)).toMatchObject({ result: { isError: true, content: [{ text }] } });
  stop(session.child);
  expect(await session.exited).toEqual({ status: 0, signal: null });
  expect(session.output.stderr.split('\n')).toEqual([
    'provider: initialize',
    'provider: healthCheck',
    'lifecycle: The provider "db" is not healthy; functions that need it may fail.',
    'printed by a function',
    'lifecycle: The function "broken" failed: TypeError.',
    'provider: shutdown',
    '',
  ]);
  expect(
    session
      .messages()
      .map(({ id }) => id)
      .toSorted(),
  ).toEqual([0, 1, 2]);
});

it('If the identity provider answers with an error, the server warns, and serves what does not need it', async () => {
  const identityProvider = await createTestIssuer();
  onTestFinished(() => identityProvider.close());
  await identityProvider.listen();
  identityProvider.fail('500');
  const session = start(SERVE, { ...JWT_SECRET, ...JWKS, JWKS_URL: identityProvider.jwksUrl });
  session.send(
    toolCall(1, 'verify_token', { token: token() }),
    toolCall(2, 'verify_token', { token: token({}, 'RS256') }),
  );
  expect(await session.answer(1)).toMatchObject({ result: { structuredContent: { valid: true } } });
  // No keys, no verdict: an outage must not look like a forged token.
  expect(await session.answer(2)).toMatchObject({ result: { isError: true } });
  const warning = 'my-auth-agent: The provider "auth" is not healthy; functions that need it may fail.\n';
  await vi.waitFor(() => expect(session.output.stderr).toContain(warning), { timeout: 10_000 });
  expect(await session.end()).toEqual({ status: 0, signal: null });
});
