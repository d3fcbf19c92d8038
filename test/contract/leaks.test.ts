// Secrets, tokens and credentials must not come out again: not in an error, a warning, a dump, a status or an
// answer to an agent. Each has a mark, and whatever can be observed is searched for it in every usual spelling.
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import type { IntentFunction } from 'intentkit';
import type { AuthClient, AuthProviderConfig } from 'intentkit-auth';
import { createAuthClient, createAuthProvider } from 'intentkit-auth';
import { createToken, decodeToken, revokeToken, verifyToken } from 'intentkit-auth/functions';
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { callFunction } from '../../host/src/call.js';
import { createContext } from '../../host/src/context.js';
import { bundleScript } from '../support/bundle-script.js';
import * as faults from '../support/faulty-jwks-server.js';
import { type Forgery, forge, NOW } from '../support/forge.js';
import { startJwksServer } from '../support/jwks-server.js';
import {
  ALL,
  CLAIM,
  CREDENTIAL,
  ended,
  leaked,
  MARKS,
  OUTAGES,
  privateKey,
  SECRET,
  WRONG,
} from '../support/marked.js';
import { generateKeys } from '../support/mint.js';
import { OPTION_NAMES } from '../support/option-names.js';

// A child process and long searches, perhaps on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const bytes = Buffer.from(SECRET);
// biome-ignore format: a table
const PLANTED: ReadonlyArray<readonly [where: string, value: unknown]> = [
  ['in a message', new Error(`bad secret ${SECRET}`)],
  ['in a cause', new Error('bad', { cause: new Error(SECRET) })],
  ['in a property that is not listed', Object.defineProperty(new Error('bad'), 'key', { value: SECRET })],
  ['in a property with a symbol', { [Symbol('secret')]: SECRET }],
  ['in part', { secret: `${SECRET.slice(10, 32)}…` }], ['in bytes', bytes],
  ['in a view', new Uint8Array(bytes)], ['in a buffer', new Uint8Array(bytes).buffer],
  ['in base64', bytes.toString('base64')],
  ['in base64 that begins elsewhere', Buffer.from(`x${SECRET}`).toString('base64')],
  ['in base64url', { token: bytes.toString('base64url') }], ['in hex', [[[[[[bytes.toString('hex')]]]]]]],
  ['in a URL', new URL(`https://host.example/?key=${encodeURIComponent(SECRET)}`)],
  ['in headers', new Headers({ authorization: SECRET })], ['in a map', new Map([[SECRET, 1]])],
  ['in a getter', Object.create(null, { secret: { get: () => SECRET, enumerable: true } })],
];

it.each(PLANTED)('the search finds a secret %s', (_, value) => {
  expect(leaked([value])).toEqual(['secret']);
});

it('the search finds a token in output, and nothing in output without one', () => {
  const token = forge('HS256');
  expect(leaked([`Bearer ${token}`], { token })).not.toEqual([]);
  expect(leaked([SECRET], { allowed: ['secret'] })).toEqual([]);
  expect(leaked([() => SECRET.length, Object.keys(MARKS), new Error('bad secret')], { token })).toEqual([]);
});

const server = await startJwksServer();
beforeAll(() => void vi.useFakeTimers({ toFake: ['Date'], now: NOW * 1000 }));
afterAll(() => void vi.useRealTimers());
afterAll(() => server.close());

// With the private part, as has happened. Closes the connection: the search takes longer than one stays open.
const PUBLISHED = { keys: [generateKeys('RS256', 'rsa').jwk, { ...privateKey, kid: 'published' }] };
const publishing = faults.answer(200, { connection: 'close' }, JSON.stringify(PUBLISHED));

/** A client whose every option holds something that must not come out, and what it has warned of. */
function markedClient(config: Partial<AuthProviderConfig> = {}): { client: AuthClient; warnings: unknown[] } {
  const warnings: unknown[] = [];
  const client = createAuthClient({
    secret: [SECRET, new TextEncoder().encode(SECRET)],
    algorithm: 'HS512',
    jwksUrl: `${server.url}?api_key=${CREDENTIAL}#${CREDENTIAL}`,
    onWarning: (...warning) => void warnings.push(warning),
    ...config,
    jwks: { headers: { authorization: `Bearer ${CREDENTIAL}` }, timeout: '1s', ...config.jwks },
  });
  return { client, warnings };
}

type Alg = 'HS512' | 'RS256';
const signed = (alg: Alg, by: Forgery = {}): string =>
  forge(alg, { ...(alg === 'HS512' && { key: SECRET }), ...by, claims: { sub: CLAIM, ...by.claims } });

const { role, events } = await createContext({ events: true });
/** What a function makes of its arguments, by itself and through the host, and what the host has logged. */
async function used(
  client: AuthClient,
  tool: IntentFunction,
  args: unknown,
): Promise<[unknown, ...unknown[]]> {
  const context = { providers: { auth: client }, role, events };
  const execute: (input: never, context: never) => unknown = tool.execute;
  const executed = await ended(() => Reflect.apply(execute, tool, [args, context]));
  const lines: string[] = [];
  const called = await callFunction(tool, args, context, (line) => void lines.push(line));
  return [executed, called, lines];
}

it('a client does not show what it was made with, before or after it was used', async () => {
  server.handler = publishing;
  const { client, warnings } = markedClient();
  const provider = createAuthProvider({ secret: SECRET, name: 'auth', onWarning: () => {} });
  expect(leaked([client, client.status(), provider])).toEqual([]);
  await client.sign({ sub: CLAIM });
  await client.ping();
  await ended(() => client.verify(signed('RS256')));
  const made = await provider.initialize();
  await provider.healthCheck();
  expect(leaked([client, client.status(), provider, made, made.status(), warnings])).toEqual([]);
});

it('a client warns of a short secret without showing it', () => {
  const { warnings } = markedClient({ secret: [SECRET, SECRET.slice(0, 20)] });
  // Of the secret, and of an issuer that it shares with the JWKS.
  expect(warnings).toHaveLength(2);
  expect(leaked(warnings)).toEqual([]);
});

const PLACES = [...OPTION_NAMES, 'unknown', 'jwks.unknown', 'issuers.unknown', 'everything'];
const SHOWN = ['name', 'onWarning'];
const configWith = (name: string, value: unknown): unknown => {
  const [option = '', of] = name.split('.').reverse();
  if (of === 'jwks') return { jwksUrl: 'https://host.example/', jwks: { [option]: value } };
  if (of === 'signingKeys') return { signingKeys: [{ [option]: value }] };
  if (of === 'issuers') return { issuers: [{ issuer: 'https://host.example/', [option]: value }] };
  return name === 'everything' ? value : { secret: SECRET, [name]: value };
};
it.each(PLACES)('a configuration refused for %s does not show a value', async (name) => {
  const shown: unknown[] = [];
  let refusals = 0;
  for (const value of WRONG) {
    for (const make of [createAuthClient, createAuthProvider]) {
      const made = await ended(() => make(configWith(name, value) as AuthProviderConfig));
      if (made instanceof Error) expect(made).toMatchObject({ code: 'ERR_AUTH_CONFIG' });
      refusals += Number(made instanceof Error);
      // The name of a provider is there to be seen, and so is the warning handler.
      if (made instanceof Error || !SHOWN.includes(name)) shown.push(made);
    }
  }
  expect(leaked(shown)).toEqual([]);
  expect(refusals).toBeGreaterThan(10);
});

const throwing = (what: unknown) => (): never => {
  throw what;
};
const getting = (what: unknown): object =>
  Object.create(null, { claim: { enumerable: true, get: throwing(what) } });
const cyclic: Record<string, unknown> = { claim: CLAIM };
cyclic.self = cyclic;
// biome-ignore format: a table
const UNSIGNABLE: ReadonlyArray<readonly [what: string, payload: unknown, options?: unknown]> = [
  ['text', CLAIM], ['a list', [CLAIM]], ['an instance', new Error(CLAIM)],
  ['a BigInt', { claim: CLAIM, big: 1n }], ['a cycle', cyclic],
  ['a getter that throws', getting(new Error(`${CLAIM} ${SECRET}`))],
  ['a getter that throws text', getting(CLAIM)],
  ['a toJSON that throws', { inner: { toJSON: throwing(new TypeError(CLAIM)) } }],
  ['a toJSON of its own', { toJSON: () => CLAIM }],
  ['a proxy that throws', new Proxy({}, { ownKeys: throwing(new Error(CLAIM)) })],
  ['an "aud" of the wrong type', { aud: { claim: CLAIM } }],
  ['an "exp" of the wrong type', {}, { expiresIn: CLAIM }],
  ['a "sub" of the wrong type', {}, { subject: [CLAIM] }], ['options that are text', {}, CLAIM],
  ['claims that are text', {}, { claims: CLAIM }], ['too many claims', { claim: CLAIM.repeat(5000) }],
];

it.each(UNSIGNABLE)('sign refuses %s without showing it', async (_, payload, options) => {
  const { client, warnings } = markedClient();
  const error = await ended(() => Reflect.apply(client.sign, client, [payload, options]));
  expect(error).toMatchObject({ code: 'ERR_SIGN_INPUT' });
  expect(leaked([error, warnings, client.status()])).toEqual([]);
});

it('sign without a secret does not show the claims', async () => {
  const error = await ended(() => createAuthClient({ jwksUrl: server.url }).sign({ sub: CLAIM }));
  expect(error).toMatchObject({ code: 'ERR_NO_SIGNING_KEY' });
  expect(leaked([error])).toEqual([]);
});

/** By what is wrong with the token. After a good signature its claims are the caller's to see. */
const REFUSED: ReadonlyArray<readonly [reason: string, what: string, alg: Alg, by: Forgery]> = [
  ['malformed', 'another character', 'HS512', { token: (token) => `${token}!` }],
  ['malformed', 'a scheme', 'HS512', { token: (token) => `Bearer ${token}` }],
  ['malformed', 'an alg that is a list', 'HS512', { header: { alg: [CLAIM] } }],
  ['malformed', 'an unknown extension', 'HS512', { header: { crit: [CLAIM] } }],
  ['malformed', 'a list for claims', 'HS512', { rawPayload: JSON.stringify([CLAIM, SECRET]) }],
  ['malformed', 'text for claims', 'HS512', { rawPayload: CLAIM }],
  ['malformed', 'too many characters', 'HS512', { token: (token) => token + 'A'.repeat(70_000) }],
  ['algorithm', 'an unknown alg', 'HS512', { header: { alg: CLAIM } }],
  ['signature', 'another key', 'HS512', { key: 'another' }],
  ['signature', 'a short signature', 'HS512', { signature: () => 'AAAA' }],
  ['expired', 'a past exp', 'HS512', { claims: { exp: 1 } }],
  ['not_yet_valid', 'a future nbf', 'HS512', { claims: { nbf: 9e9, exp: 9e9 } }],
  ['claim', 'a jti that is a list', 'HS512', { claims: { jti: [CLAIM] } }],
  ['key', 'an unknown kid', 'RS256', { header: { kid: CLAIM } }],
  ['signature', 'another RSA key', 'RS256', {}],
];

it.each(REFUSED)('a token refused as %s, for %s, comes out nowhere', async (reason, _, alg, by) => {
  server.handler = publishing;
  const token = signed(alg, by);
  const allowed = ['expired', 'not_yet_valid', 'claim'].includes(reason) ? ['claim'] : [];
  const { client, warnings } = markedClient();
  const verdict = await client.verify(token);
  expect(verdict).toMatchObject({ valid: false, reason });
  if (allowed.length === 0) expect(verdict.payload).toEqual({});
  // Even where the claims may be seen, the sentence is free of them.
  expect(leaked([verdict.message])).toEqual([]);
  const results = [await used(client, verifyToken, { token }), await used(client, revokeToken, { token })];
  expect(leaked([verdict, warnings, client, client.status(), results], { token, allowed })).toEqual([]);
});

const MALFORMED = REFUSED.filter(([reason]) => reason === 'malformed');

it.each(MALFORMED)('a %s token, for %s, comes out nowhere when it is decoded', async (_, __, alg, by) => {
  const token = signed(alg, by);
  const { client } = markedClient();
  const [executed, ...others] = await used(client, decodeToken, { token });
  // A token whose "crit" or claims nobody reads can be decoded: then its claims are what was asked for.
  const decoded = await ended(() => Object.keys(client.decode(token)));
  const shown = executed instanceof Error ? [executed, ...others] : [];
  expect(leaked([decoded, ...shown], { token })).toEqual([]);
});

it.each(OUTAGES)(
  'keys that cannot be fetched because of %s show nothing',
  async (_, { handler, ...jwks }) => {
    server.handler = handler;
    const { client, warnings } = markedClient({ jwks });
    const token = signed('RS256');
    const errors = [await ended(() => client.verify(token)), await ended(() => client.verify(token))];
    for (const error of errors) expect(error).toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE' });
    expect(await client.ping()).toBe(false);
    const results = await used(client, verifyToken, { token });
    expect(warnings.length).toBeGreaterThan(0);
    expect(leaked([...errors, ...results, warnings, client.status(), client], { token })).toEqual([]);
    // The path alone may be shown; what follows it is often a key.
    expect(client.status().jwks?.url).toBe(server.url);
  },
);

// biome-ignore format: a table
const UNCREATABLE: ReadonlyArray<readonly [what: string, args: unknown]> = [
  ['a claim of the server', { claims: { iss: CLAIM } }], ['an unknown field', { [CLAIM]: 1 }],
  ['an unknown field of a plain name', { secret: CLAIM }], ['claims that are text', { claims: CLAIM }],
  ['a lifetime that is none', { expires_in: CLAIM }], ['a subject that is a list', { subject: [CLAIM] }],
  ['too many claims', { claims: { claim: CLAIM.repeat(5000) } }], ['nothing but text', CLAIM],
];

it.each(UNCREATABLE)('create_token refuses %s without showing it', async (_, args) => {
  const { client, warnings } = markedClient();
  const [executed, called, lines] = await used(client, createToken, args);
  expect(called).toMatchObject({ isError: true });
  expect(leaked([called, lines, warnings, executed instanceof Error && executed])).toEqual([]);
});

const SERVE = await bundleScript('examples/serve.ts');

it('a session over MCP shows an agent, and the log, no secret, credential or refused token', async () => {
  server.handler = faults.answer(503, {}, ALL);
  const JWKS_URL = `${server.url}?api_key=${CREDENTIAL}`;
  const JWKS_ENV = { JWKS_URL, JWKS_ISSUER: 'https://idp.example/', JWKS_AUDIENCE: 'my-api' };
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [SERVE],
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    // Short enough to be warned of, long enough to be searched for.
    env: { JWT_SECRET: SECRET.slice(0, 30), ...JWKS_ENV },
    stderr: 'pipe',
  });
  const log: string[] = [];
  transport.stderr?.on('data', (chunk: Buffer) => void log.push(chunk.toString()));
  const agent = new Client({ name: 'agent', version: '1.0.0' });
  onTestFinished(() => agent.close());
  await agent.connect(transport);

  const tokens = REFUSED.map(([, , alg, by]) => signed(alg, by));
  const calls = {
    verify_token: tokens.map((token) => ({ token })),
    create_token: [{ claims: { iss: CLAIM } }, { [CLAIM]: 1 }, { expires_in: CLAIM }, { claims: CLAIM }],
    decode_token: [{ token: CLAIM }, { token: [CLAIM] }, { [CLAIM]: CLAIM }, {}],
    login_user: [{ user_id: [CLAIM] }, { [CLAIM]: CLAIM }],
    [CLAIM]: [{ token: CLAIM }],
  };
  const listed = await agent.listTools();
  expect(Object.keys(calls)).toEqual(expect.arrayContaining(listed.tools.map(({ name }) => name)));
  const answers: unknown[] = [listed];
  const each = Object.entries(calls).flatMap(([name, all]) => all.map((args) => ({ name, arguments: args })));
  for (const call of each) answers.push(await ended(() => agent.callTool(call)));
  await agent.close();
  expect(answers.length).toBeGreaterThan(20);
  expect(log.join('')).toContain('AuthWarning');
  expect(leaked([answers, log.join('')], { token: tokens.join('.') })).toEqual([]);
});
