// Secrets, tokens and credentials must not come out again: not in an error, a warning, a dump, a status or an
// answer to an agent. Each has a mark, and whatever can be observed is searched for it in every usual spelling.
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { format, inspect } from 'node:util';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createToken, decodeToken, verifyToken } from '../../functions/index.js';
import { callFunction } from '../../host/src/call.js';
import { createContext } from '../../host/src/context.js';
import {
  type AuthClient,
  type AuthProviderConfig,
  createAuthClient,
  createAuthProvider,
} from '../../src/index.js';
import * as faults from '../support/faulty-jwks-server.js';
import { type Forgery, forge, NOW } from '../support/forge.js';
import { type JwksServer, startJwksServer } from '../support/jwks-server.js';
import { generateKeys } from '../support/mint.js';

// A child process and long searches, perhaps on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const mark = (name: string): string => `${name}-${randomBytes(20).toString('hex')}`;

const SECRET = mark('the/secret');
const CLAIM = mark('the-claim');
const CREDENTIAL = mark('the-credential');
const MARKS: Record<string, string> = { secret: SECRET, claim: CLAIM, credential: CREDENTIAL };

const privateKey = generateKeys('RS256', 'published').privateKey.export({ format: 'jwk' });
for (const [name, value] of Object.entries(privateKey)) {
  if (!['kty', 'n', 'e'].includes(name)) MARKS[`private key (${name})`] = String(value);
}

/** So much of a mark is enough to be found. It is a multiple of three, so that base64 of it has no padding. */
const PIECE = 12;

function spellings(piece: string): string[] {
  const bytes = Buffer.from(piece);
  const hex = bytes.toString('hex');
  return [
    piece,
    encodeURIComponent(piece),
    [...piece].reverse().join(''),
    bytes.toString('base64'),
    bytes.toString('base64url'),
    hex,
    hex.toUpperCase(),
    hex.replace(/..\B/g, '$& '),
    [...bytes].join(', '),
    [...bytes].join(','),
    bytes.toString('utf16le'),
  ];
}

/** Some twenty pieces of each mark. The step is no multiple of three, so that one of them fits any base64. */
function pieces(text: string): string[] {
  const step = 4 + 3 * Math.ceil(text.length / 60);
  const found: string[] = [];
  for (let at = 0; at + PIECE <= text.length; at += step) found.push(text.slice(at, at + PIECE));
  return found;
}

/** What to search for, and the name of the mark that it tells of. */
const NEEDLES: ReadonlyMap<string, string> = new Map(
  Object.entries(MARKS).flatMap(([name, text]) =>
    pieces(text).flatMap((piece) => spellings(piece).map((spelling) => [spelling, name] as const)),
  ),
);

/** Everything that a log, a debugger or a crash report could make of a value. */
function everything(value: unknown): string {
  const seen: string[] = [];
  const add = (make: () => unknown): void => {
    try {
      seen.push(String(make()));
    } catch {
      // What cannot be shown shows nothing.
    }
  };
  add(() => value);
  add(() => JSON.stringify(value));
  add(() => JSON.stringify(Object.getOwnPropertyDescriptors(value)));
  add(() => inspect(value));
  add(() => inspect(value, DEEP));
  add(() => format('%o %O %j %s', value, value, value, value));
  for (let error = value; error instanceof Error; error = error.cause) {
    const each = error;
    add(() => each.stack);
    add(() => each.message);
    for (const name of Reflect.ownKeys(each)) add(() => inspect(Reflect.get(each, name), DEEP));
  }
  return seen.join('\n');
}

const DEEP = {
  ...{ showHidden: true, depth: Infinity, getters: true, showProxy: true },
  ...{ maxArrayLength: null, maxStringLength: null },
} as const;

/** The names of the marks that have come out. `allowed` are those that the path is there to hand out. */
function leaked(values: readonly unknown[], allowed: readonly string[] = []): string[] {
  const text = values.map(everything).join('\n');
  const found = new Set<string>();
  for (const [needle, name] of NEEDLES) {
    if (!allowed.includes(name) && !found.has(name) && text.includes(needle)) found.add(name);
  }
  return [...found];
}

describe('the search', () => {
  const bytes = Buffer.from(SECRET);
  class Hidden {
    #secret = SECRET;
    sign(): number {
      return this.#secret.length;
    }
  }
  it.each<[string, unknown]>([
    ['in a message', new Error(`bad secret ${SECRET}`)],
    ['in a cause', new Error('bad', { cause: new Error(SECRET) })],
    [
      'in a property that is not enumerable',
      Object.defineProperty(new Error('bad'), 'key', { value: SECRET }),
    ],
    ['in a property with a symbol', { [Symbol('secret')]: SECRET }],
    ['in part', { secret: `${SECRET.slice(10, 32)}…` }],
    ['in bytes', bytes],
    ['in a view', new Uint8Array(bytes)],
    ['in a buffer', new Uint8Array(bytes).buffer],
    ['in base64', bytes.toString('base64')],
    ['in base64 that begins elsewhere', Buffer.from(`x${SECRET}`).toString('base64')],
    ['in base64url', { token: bytes.toString('base64url') }],
    ['in hex', [[[[[[bytes.toString('hex')]]]]]]],
    ['in a URL', new URL(`https://host.example/?key=${encodeURIComponent(SECRET)}`)],
    ['in headers', new Headers({ authorization: SECRET })],
    ['in a map', new Map([[SECRET, 1]])],
    ['in a getter', Object.create(null, { secret: { get: () => SECRET, enumerable: true } })],
  ])('finds a secret %s', (_, value) => {
    expect(leaked([value])).toEqual(['secret']);
  });

  it('finds nothing where it does not come out', () => {
    expect(leaked([new Hidden(), Object.keys(MARKS), new Error('bad secret')])).toEqual([]);
  });
});

let server: JwksServer;
beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW * 1000 });
  server = await startJwksServer();
});
afterAll(async () => {
  vi.useRealTimers();
  await server.close();
});

// With the private part, as has happened. Closes the connection: the search takes longer than one stays open.
const PUBLISHED = { keys: [generateKeys('RS256', 'rsa').jwk, { ...privateKey, kid: 'published' }] };
const publishing = faults.answer(200, { connection: 'close' }, JSON.stringify(PUBLISHED));

/** A client whose every option holds something that must not come out, and what it has warned of. */
function markedClient(config: Partial<AuthProviderConfig> = {}): { client: AuthClient; warnings: unknown[] } {
  const warnings: unknown[] = [];
  const url = new URL(server.url);
  url.searchParams.set('api_key', CREDENTIAL);
  url.hash = CREDENTIAL;
  const client = createAuthClient({
    secret: [SECRET, new TextEncoder().encode(SECRET)],
    algorithm: 'HS512',
    jwksUrl: url.href,
    onWarning: (...warning) => void warnings.push(warning),
    ...config,
    jwks: { headers: { authorization: `Bearer ${CREDENTIAL}` }, timeout: '1s', ...config.jwks },
  });
  return { client, warnings };
}

const signed = (alg: 'HS512' | 'RS256', forgery: Forgery = {}): string =>
  forge(alg, {
    ...(alg === 'HS512' && { key: SECRET }),
    ...forgery,
    claims: { sub: CLAIM, ...forgery.claims },
  });

/** The token's own text is as secret as the secret: who has it can use it. */
function leakedWith(token: string, values: readonly unknown[], allowed: readonly string[] = []): string[] {
  const text = values.map(everything).join('\n');
  const pieces = token.split('.').flatMap((part) => part.match(/.{16}/g) ?? []);
  const parts = pieces.filter((piece) => text.includes(piece));
  return [...leaked(values, allowed), ...parts.map((piece) => `token (${piece})`)];
}

const settled = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);

describe('a client', () => {
  it('does not show what it was made with, before or after it was used', async () => {
    server.handler = publishing;
    const { client, warnings } = markedClient();
    const provider = createAuthProvider({ secret: SECRET, name: 'auth', onWarning: () => {} });
    expect(leaked([client, client.status(), provider])).toEqual([]);
    await client.sign({ sub: CLAIM });
    await client.ping();
    await settled(client.verify(signed('RS256')));
    const initialised = await provider.initialize();
    await provider.healthCheck();
    expect(leaked([client, client.status(), provider, initialised, initialised.status(), warnings])).toEqual(
      [],
    );
  });

  it('warns of a short secret without showing it', () => {
    const { warnings } = markedClient({ secret: [SECRET, SECRET.slice(0, 20)] });
    // Of the secret, and of an issuer that it shares with the JWKS.
    expect(warnings).toHaveLength(2);
    expect(leaked(warnings)).toEqual([]);
  });
});

const OPTIONS = [
  ...['secret', 'jwksUrl', 'issuer', 'audience', 'algorithm', 'defaultExpiry', 'maxExpiry', 'clockTolerance'],
  ...['requiredClaims', 'maxTokenAge', 'typ', 'name', 'onWarning', 'jwks', 'unknown'],
];
const JWKS_OPTIONS = [
  ...['issuer', 'audience', 'timeout', 'cooldown', 'cacheMaxAge', 'staleIfError', 'headers', 'fetch'],
  ...['algorithms', 'typ', 'requiredClaims', 'maxTokenAge', 'dangerouslyAllowHttp', 'unknown'],
];
/** Wrong for almost any option, each with a mark inside. */
const WRONG: readonly unknown[] = [
  ...[SECRET, `-----BEGIN ${SECRET}`, [SECRET, 1], [[SECRET]], { key: SECRET }, { toString: () => SECRET }],
  ...[() => SECRET, Symbol(SECRET), Object(SECRET), new Date(0), null, undefined, `${SECRET} `.repeat(1000)],
  ...[
    `https://user:${CREDENTIAL}@host.example/`,
    `http://host.example/?key=${CREDENTIAL}`,
    `https://[${CREDENTIAL}`,
  ],
  ...[`file:///${CREDENTIAL}`, { authorization: `${CREDENTIAL}\r\nx: y` }, { 'bad name': CREDENTIAL }],
  ...[{ authorization: [CREDENTIAL] }, `{"kty":"RSA","d":"${privateKey.d}"}`, privateKey],
];

describe('a configuration that is refused', () => {
  const configs = [
    ...OPTIONS.map((name) => [name, (value: unknown) => ({ secret: SECRET, [name]: value })] as const),
    ...JWKS_OPTIONS.map(
      (name) =>
        [
          `jwks.${name}`,
          (value: unknown) => ({ jwksUrl: 'https://host.example/', jwks: { [name]: value } }),
        ] as const,
    ),
    ['as a whole', (value: unknown) => value] as const,
  ];

  it.each(configs)('for %s does not show a value', (name, config) => {
    let refusals = 0;
    for (const value of WRONG) {
      for (const make of [createAuthClient, createAuthProvider]) {
        const made = outcome(() => make(config(value) as AuthProviderConfig));
        // The name of a provider is there to be seen, and so is the warning handler.
        const isShown = !(made instanceof Error) && (name === 'name' || name === 'onWarning');
        if (made instanceof Error) {
          refusals += 1;
          expect(made).toMatchObject({ code: 'ERR_AUTH_CONFIG' });
        }
        if (!isShown) expect(leaked([made])).toEqual([]);
      }
    }
    expect(refusals).toBeGreaterThan(10);
  });
});

const outcome = (make: () => unknown): unknown => {
  try {
    return make();
  } catch (error) {
    return error;
  }
};

const throwing = (what: unknown): object =>
  Object.defineProperty({}, 'claim', {
    enumerable: true,
    get: () => {
      throw what;
    },
  });
const cyclic: Record<string, unknown> = { claim: CLAIM };
cyclic.self = cyclic;

describe('sign', () => {
  it.each<[string, unknown, unknown?]>([
    ['text', CLAIM],
    ['a list', [CLAIM]],
    ['an instance', new Error(CLAIM)],
    ['a BigInt', { claim: CLAIM, big: 1n }],
    ['a cycle', cyclic],
    ['a getter that throws', throwing(new Error(`${CLAIM} ${SECRET}`))],
    ['a getter that throws text', throwing(CLAIM)],
    [
      'a toJSON that throws',
      {
        inner: {
          toJSON: () => {
            throw new TypeError(CLAIM);
          },
        },
      },
    ],
    ['a toJSON of its own', { toJSON: () => CLAIM }],
    [
      'a proxy that throws',
      new Proxy(
        {},
        {
          ownKeys: () => {
            throw new Error(CLAIM);
          },
        },
      ),
    ],
    ['an "aud" of the wrong type', { aud: { claim: CLAIM } }],
    ['an "exp" of the wrong type', {}, { expiresIn: CLAIM }],
    ['a "sub" of the wrong type', {}, { subject: [CLAIM] }],
    ['options that are text', {}, CLAIM],
    ['claims that are text', {}, { claims: CLAIM }],
    ['too many claims', { claim: CLAIM.repeat(5000) }],
  ])('refuses %s without showing it', async (_, payload, options) => {
    const { client, warnings } = markedClient();
    const error = await settled(client.sign(payload as never, options as never));
    expect(error).toMatchObject({ code: 'ERR_SIGN_INPUT' });
    expect(leaked([error, warnings, client.status()])).toEqual([]);
  });

  it('refuses to sign without a secret, and does not show the claims', async () => {
    const client = createAuthClient({ jwksUrl: server.url });
    const error = await settled(client.sign({ sub: CLAIM }, { subject: CLAIM }));
    expect(error).toMatchObject({ code: 'ERR_NO_SIGNING_KEY' });
    expect(leaked([error])).toEqual([]);
  });
});

/** By what is wrong with the token. After a good signature its claims are the caller's to see. */
const REFUSED: ReadonlyArray<readonly [reason: string, token: string, allowed: readonly string[]]> = [
  ['malformed', `${signed('HS512')}!`, []],
  ['malformed', `Bearer ${signed('HS512')}`, []],
  ['malformed', signed('HS512', { header: { alg: [CLAIM] } }), []],
  ['malformed', signed('HS512', { header: { crit: [CLAIM] } }), []],
  ['malformed', signed('HS512', { rawPayload: JSON.stringify([CLAIM, SECRET]) }), []],
  ['malformed', signed('HS512', { rawPayload: CLAIM }), []],
  ['malformed', `${signed('HS512')}${'A'.repeat(70_000)}`, []],
  ['algorithm', signed('HS512', { header: { alg: CLAIM } }), []],
  ['signature', signed('HS512', { key: 'another' }), []],
  ['signature', signed('HS512', { signature: () => 'AAAA' }), []],
  ['expired', signed('HS512', { claims: { exp: 1 } }), ['claim']],
  ['not_yet_valid', signed('HS512', { claims: { nbf: 9e9, exp: 9e9 } }), ['claim']],
  ['claim', signed('HS512', { claims: { jti: [CLAIM] } }), ['claim']],
  ['key', signed('RS256', { header: { kid: CLAIM } }), []],
  ['signature', signed('RS256'), []],
];

const contextOf = async (client: AuthClient) =>
  ({ providers: { auth: client }, ...(await createContext({ events: true })) }) as never;

describe('a token that is refused', () => {
  it.each(REFUSED)('for its %s comes out nowhere', async (reason, token, allowed) => {
    server.handler = publishing;
    const { client, warnings } = markedClient();
    const verdict = await client.verify(token);
    expect(verdict).toMatchObject({ valid: false, reason });
    const { message, payload } = verdict;
    expect(leakedWith(token, [verdict, warnings, client, client.status()], allowed)).toEqual([]);
    // Even then the sentence is free of them.
    expect(leaked([message])).toEqual([]);
    if (allowed.length === 0) expect(payload).toEqual({});

    const context = await contextOf(client);
    const executed = await settled(verifyToken.execute({ token }, context) as Promise<unknown>);
    const lines: string[] = [];
    const called = await callFunction(verifyToken, { token }, context, (line) => void lines.push(line));
    expect(leakedWith(token, [executed, called, lines], allowed)).toEqual([]);
  });

  it.each(REFUSED.filter(([reason]) => reason === 'malformed'))(
    'by decode, as %s, comes out nowhere',
    async (_, token) => {
      const { client } = markedClient();
      let outcome: unknown;
      try {
        // A token whose "crit" or claims nobody reads can be decoded: then its claims are what was asked for.
        outcome = Object.keys(client.decode(token));
      } catch (error) {
        outcome = error;
      }
      const context = await contextOf(client);
      const executed = await settled(decodeToken.execute({ token }, context) as Promise<unknown>);
      const called = await callFunction(decodeToken, { token }, context, () => {});
      const shown = executed instanceof Error ? [executed, called] : [];
      expect(leakedWith(token, [outcome, ...shown])).toEqual([]);
    },
  );
});

const marked = `${CREDENTIAL} ${SECRET} ${CLAIM}`;
const withCode = (code: unknown): Error => Object.assign(new Error(marked), { code });

interface Outage {
  readonly handler?: faults.Fault;
  readonly fetch?: typeof fetch;
}

/** By how the endpoint of the keys fails. The answer itself may hold what must not come out. */
const OUTAGES: ReadonlyArray<readonly [title: string, outage: Outage]> = [
  ['500 with a body', { handler: faults.answer(500, { 'x-debug': CREDENTIAL }, marked) }],
  [
    '401 with a challenge',
    { handler: faults.answer(401, { 'www-authenticate': `error="${CREDENTIAL}"` }, marked) },
  ],
  ['a redirect', { handler: faults.answer(302, { location: `http://127.0.0.1:9/?key=${CREDENTIAL}` }) }],
  ['HTML', { handler: faults.body(`<html>${marked}</html>`, 'text/html') }],
  ['JSON that is cut off', { handler: faults.body(`{"keys":[{"d":"${privateKey.d}","x":"${marked}`) }],
  ['JSON that is no set', { handler: faults.body(JSON.stringify({ [CREDENTIAL]: marked, keys: marked })) }],
  [
    'bytes that are not text',
    { handler: faults.body(Buffer.concat([Buffer.from(marked), Buffer.from([255])])) },
  ],
  ['a reset', { handler: faults.reset }],
  ['a reset in the body', { handler: faults.resetInBody }],
  ['another protocol', { handler: faults.notHttp }],
  ['silence', { handler: faults.blackHole }],
  ['a fetch that fails with text', failing(() => marked)],
  ['a fetch that fails with the URL', failing((url) => new Error(`cannot reach ${url}`))],
  ['a fetch that fails with its request', failing((...request) => Object.assign(new Error(), { request }))],
  [
    'a fetch that fails with a cause',
    failing(() => new TypeError(marked, { cause: withCode('ECONNRESET') })),
  ],
  ['a fetch that fails with a sentence as its code', failing(() => withCode(marked))],
  ['a fetch that fails with an object as its code', failing(() => withCode({ toString: () => CREDENTIAL }))],
  ['a fetch that fails with null', failing(() => null)],
  ['a fetch that answers with nothing', { fetch: async () => undefined as never }],
  [
    'a fetch that answers with an object',
    { fetch: async () => ({ status: 200, body: null, marked }) as never },
  ],
  ['a body that fails', { fetch: async () => new Response(failingBody()) }],
];

function failing(why: (...request: unknown[]) => unknown): Outage {
  return { fetch: (...request) => Promise.reject(why(...request)) };
}

function failingBody(): ReadableStream<Uint8Array> {
  return new ReadableStream({ pull: (controller) => controller.error(withCode(marked)) });
}

describe('keys that cannot be fetched, because of', () => {
  it.each(OUTAGES)('%s, show nothing', async (_, outage) => {
    server.handler = outage.handler;
    const { client, warnings } = markedClient(outage.fetch && { jwks: { fetch: outage.fetch } });
    const token = signed('RS256');
    const error = await settled(client.verify(token));
    expect(error).toMatchObject({ name: 'AuthError', code: 'ERR_JWKS_UNAVAILABLE' });
    const again = await settled(client.verify(token));
    expect(await client.ping()).toBe(false);
    const context = await contextOf(client);
    const executed = await settled(verifyToken.execute({ token }, context) as Promise<unknown>);
    const called = await callFunction(verifyToken, { token }, context, (line) => void warnings.push(line));
    expect(warnings.length).toBeGreaterThan(0);
    const values = [error, again, executed, called, warnings, client.status(), client];
    expect(leakedWith(token, values)).toEqual([]);
    // The path alone may be shown; what follows it is often a key.
    expect(client.status().jwks?.url).toBe(server.url);
  });
});

describe('create_token', () => {
  it.each([
    ['a claim of the server', { claims: { iss: CLAIM } }],
    ['an unknown field', { [CLAIM]: 1 }],
    ['an unknown field of a plain name', { secret: CLAIM }],
    ['claims that are text', { claims: CLAIM }],
    ['a lifetime that is none', { expires_in: CLAIM }],
    ['a subject that is a list', { subject: [CLAIM] }],
    ['too many claims', { claims: { claim: CLAIM.repeat(5000) } }],
    ['nothing but text', CLAIM],
  ])('refuses %s without showing it', async (_, args) => {
    const { client, warnings } = markedClient();
    const context = await contextOf(client);
    const called = await callFunction(createToken, args, context, (line) => void warnings.push(line));
    expect(called.isError).toBe(true);
    expect(leaked([called, warnings])).toEqual([]);
    const executed = await settled((async () => createToken.execute(args as never, context))());
    if (executed instanceof Error) expect(leaked([executed])).toEqual([]);
  });
});

describe('a session over MCP', () => {
  it('shows an agent, and the log, nothing of secret, credentials or refused tokens', async () => {
    server.handler = faults.answer(503, {}, marked);
    const jwksUrl = `${server.url}?api_key=${CREDENTIAL}`;
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: ['--import', 'tsx', 'examples/serve.ts'],
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      // Short enough to be warned of, long enough to be searched for.
      env: {
        JWT_SECRET: SECRET.slice(0, 30),
        JWKS_URL: jwksUrl,
        JWKS_ISSUER: 'https://idp.example/',
        JWKS_AUDIENCE: 'my-api',
      },
      stderr: 'pipe',
    });
    const log: string[] = [];
    transport.stderr?.on('data', (chunk: Buffer) => void log.push(chunk.toString()));
    const agent = new Client({ name: 'agent', version: '1.0.0' });
    const tokens = REFUSED.map(([, token]) => token);
    try {
      await agent.connect(transport);
      const answers: unknown[] = [await agent.listTools()];
      for (const token of [...tokens, signed('RS256'), signed('RS256', { header: { kid: CLAIM } })]) {
        answers.push(await settled(agent.callTool({ name: 'verify_token', arguments: { token } })));
      }
      for (const args of [
        { claims: { iss: CLAIM } },
        { [CLAIM]: 1 },
        { expires_in: CLAIM },
        { claims: CLAIM },
      ]) {
        answers.push(await settled(agent.callTool({ name: 'create_token', arguments: args })));
      }
      for (const args of [{ token: CLAIM }, { token: [CLAIM] }, { [CLAIM]: CLAIM }, {}]) {
        answers.push(await settled(agent.callTool({ name: 'decode_token', arguments: args })));
      }
      answers.push(await settled(agent.callTool({ name: CLAIM, arguments: { token: CLAIM } })));
      for (const token of tokens) expect(leakedWith(token, answers)).toEqual([]);
      expect(answers.length).toBeGreaterThan(20);
    } finally {
      await agent.close();
    }
    expect(log.join('')).toContain('AuthWarning');
    for (const token of tokens) expect(leakedWith(token, [log.join('')])).toEqual([]);
  });
});
