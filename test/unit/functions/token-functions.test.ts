import type { CallToolResult } from '@modelcontextprotocol/server';
import { createContext, type IntentFunction, IntentRegistry, z } from 'intentkit';
import {
  type AuthClient,
  type AuthProvider,
  type AuthProviderConfig,
  createAuthClient,
  createAuthProvider,
} from 'intentkit-auth';
import * as functions from 'intentkit-auth/functions';
import { createRevocationList } from 'intentkit-auth/revocation';
import { describe, expect, it, vi } from 'vitest';
import * as mini from 'zod/mini';
import { callFunction } from '../../../host/src/call.js';
import { BROKEN_STORES, memoryStore } from '../../support/stores.js';

const { createToken, createTokenFunctions, revokeToken, verifyToken } = functions;
const SECRET = 'R9v!Lq2#xW7pZk4@mC8sTb5&nH1dYf6^';
const client = (more: AuthProviderConfig = {}) => createAuthClient({ secret: SECRET, ...more });
const [{ what: _, problem: __, ...store }] = BROKEN_STORES as [(typeof BROKEN_STORES)[number]];
const hanging = () => createRevocationList(store, { timeout: '0.05s', onWarning: () => {} });
const revocable = () => client({ revocation: createRevocationList(memoryStore()) });

/** A call as the host makes it. What it says in a fault of the function itself fails the test. */
async function call(fn: Parameters<typeof callFunction>[0], args: unknown, providers: object) {
  const context = { providers, ...(await createContext()) } as never;
  const { isError, structuredContent, content }: CallToolResult = await callFunction(
    fn,
    args,
    context,
    expect.unreachable,
  );
  const [first] = content;
  return isError
    ? first?.type === 'text'
      ? first.text
      : undefined
    : (structuredContent as Record<string, unknown>);
}
const mint = async (providers: object, claims = {}): Promise<string> => {
  const result = await call(createToken, { claims, subject: 'user-1' }, providers);
  return String((result as Record<string, unknown>).token);
};

describe('revoke_token', () => {
  it('revokes a token, which verify_token then refuses as revoked', async () => {
    const providers = { auth: revocable() };
    const token = await mint(providers);
    expect(await call(verifyToken, { token }, providers)).toMatchObject({ valid: true });
    expect(await call(revokeToken, { token }, providers)).toEqual({ revoked: true });
    expect(await call(verifyToken, { token }, providers)).toMatchObject({ valid: false, reason: 'revoked' });
    expect(await call(revokeToken, { token }, providers)).toEqual({ revoked: true });
  });

  it('needs a permission of its own', () => {
    expect(revokeToken).toMatchObject({
      name: 'revoke_token',
      permissions: ['auth:revoke'],
      requires: ['auth'],
    });
    expect(revokeToken.readOnly).toBeUndefined();
  });

  it.each<
    [what: string, provider: () => AuthClient, token: () => string | Promise<string>, sentence: RegExp]
  >([
    [
      'the server has no list',
      client,
      () => mint({ auth: client() }),
      /cannot revoke tokens\. Ask its operator to configure "revocation"\.$/,
    ],
    [
      'its list can only be read',
      () => client({ revocation: { isRevoked: () => false } }),
      () => 'x',
      /cannot revoke tokens\. Ask its operator/,
    ],
    [
      'the token is refused',
      revocable,
      () => 'x',
      /because it was refused: The token is opaque.* the token itself may still be valid: try again with the whole token\.$/,
    ],
    [
      'the token has no "jti"',
      revocable,
      () => mint({ auth: client() }),
      /it has no "jti" or no "exp"\. Ask the operator of this server to revoke all tokens of its subject\.$/,
    ],
    [
      'the list does not answer',
      () => client({ revocation: hanging() }),
      () => mint({ auth: revocable() }),
      /gave no answer\. Try again in 1 s\.$/,
    ],
  ])('says that it has not revoked, and what to do, when %s', async (_, provider, token, sentence) => {
    const answer = await call(revokeToken, { token: await token() }, { auth: provider() });
    expect(answer).toMatch(/^The token was not revoked/);
    expect(answer).toMatch(sentence);
  });

  it('cannot be read from the functions of a provider that cannot revoke', () => {
    const functions = createTokenFunctions({ provider: createAuthProvider({ secret: SECRET }) });
    expect(() => functions.revokeToken).toThrow(
      expect.objectContaining({
        code: 'ERR_AUTH_CONFIG',
        message:
          'The provider "auth" cannot revoke tokens: configure its "revocation", or leave out "revokeToken".',
      }),
    );
    // All functions that can work can still be registered at once.
    expect(Object.keys(functions)).toEqual(['createToken', 'verifyToken', 'decodeToken']);
    const revocation = createRevocationList(memoryStore());
    const able = createTokenFunctions({ provider: createAuthProvider({ secret: SECRET, revocation }) });
    expect(able.revokeToken.name).toBe('revoke_token');
  });
});

describe('create_token', () => {
  it.each([
    ['can revoke', revocable],
    ['has a list that it cannot write to', () => client({ revocation: { isRevoked: () => false } })],
    ['has no list, while another server with its secret may have one', () => client()],
  ])('refuses "jti" among the claims when the server %s', async (_, make) => {
    const claims = { jti: 'that-of-another-token' };
    expect(await call(createToken, { claims }, { auth: make() })).toBe(
      '"claims" must not hold "jti": it is set by the server.',
    );
  });

  it.each([
    ['can revoke', revocable],
    ['has a list that revokes nothing', () => client({ revocation: { isRevoked: () => false } })],
  ])('gives each token a random "jti" when the server %s', async (_, make) => {
    const providers = { auth: make() };
    const token = await mint(providers);
    expect(providers.auth.decode(token).jti).toMatch(/^[0-9a-f-]{36}$/);
    expect(await call(verifyToken, { token }, providers)).toMatchObject({ valid: true });
  });

  it('can be wrapped, so that the claims of each token are logged', async () => {
    const logged: unknown[] = [];
    const claims = z.object({ role: z.enum(['reader']).default('reader') });
    const { createToken } = createTokenFunctions({ mint: { claims } });
    const fn = {
      ...createToken,
      execute: async (...[input, ctx]: Parameters<typeof createToken.execute>) => {
        const result = await createToken.execute(input, ctx);
        logged.push(input.claims);
        return result;
      },
    };
    expect([...new IntentRegistry().register(fn)]).toEqual([fn]);
    const providers = { auth: client() };
    expect(await call(fn, { claims: { role: 'admin' } }, providers)).toMatch(/^Invalid argument/);
    expect(await call(fn, { expires_in: 'never' }, providers)).toMatch(/^"expires_in" must/);
    expect(await call(fn, {}, providers)).toMatchObject({ expires_in_seconds: 3600 });
    expect(logged).toEqual([{ role: 'reader' }]);
  });
});

describe('createTokenFunctions', () => {
  const partner = createTokenFunctions({ provider: 'partner', prefix: 'partner_' });

  it('creates the functions for another provider, with other names', async () => {
    const fns = Object.values(partner);
    const names = Object.values(createTokenFunctions()).map(({ name }) => name);
    expect(fns.map(({ name }) => name)).toEqual(names.map((name) => `partner_${name}`));
    expect(names).toEqual(expect.arrayContaining(['create_token', 'verify_token', 'decode_token']));
    for (const fn of fns) expect(fn.requires).toEqual(['partner']);

    const providers = {
      auth: client(),
      partner: client({ secret: `${SECRET}-of-a-partner`, issuer: 'partner' }),
    };
    const token = await mint(providers);
    expect(await call(partner.verifyToken, { token }, providers)).toMatchObject({ reason: 'signature' });
    const result = (await call(partner.createToken, {}, providers)) as { token: string };
    expect(await call(partner.decodeToken, { token: result.token }, providers)).toMatchObject({
      payload: { iss: 'partner' },
    });
    expect(await call(verifyToken, { token: result.token }, providers)).toMatchObject({
      reason: 'signature',
    });
  });

  it('creates the same functions as the ready-made ones by default', () => {
    const shown = (fns: object) =>
      Object.fromEntries(
        Object.entries<IntentFunction>({ ...fns }).map(([key, { execute, input, output, ...fn }]) => {
          return [key, { ...fn, input: z.toJSONSchema(input), output: z.toJSONSchema(output) }];
        }),
      );
    const { getAuthClient, createTokenFunctions: make, ...readyMade } = functions;
    expect(shown(readyMade)).toEqual(shown(make()));
    expect(Object.keys(make()).length).toBeGreaterThan(3);
  });

  it.each([
    ['is not there', {}],
    ['is another object', { partner: { sign: () => 'x' } }],
    ['is nothing', { partner: undefined }],
    ['is only inherited', Object.create({ partner: client() })],
  ])('names the provider when it %s', async (_, providers) => {
    const faults: string[] = [];
    const context = { providers, ...(await createContext()) } as never;
    const { content } = await callFunction(partner.decodeToken, { token: 'x' }, context, (line) =>
      faults.push(line),
    );
    expect(content).toEqual([
      {
        type: 'text',
        text: 'No provider from createAuthProvider is named "partner"; add one to the "providers" option of serve.',
      },
    ]);
  });

  it('accepts a provider, and takes its name from it', () => {
    const provider = createAuthProvider({ secret: SECRET, name: 'partner' });
    for (const { requires } of Object.values(createTokenFunctions({ provider }))) {
      expect(requires).toEqual(['partner']);
    }
  });

  const provider = createAuthProvider({ secret: SECRET });
  it.each<[what: string, provider: unknown]>([
    ['the provider of another package', { ...provider }],
    ['one that inherits from ours', Object.create(provider)],
    ['a number', 5],
  ])('refuses %s at once', (_, other) => {
    expect(() => createTokenFunctions({ provider: other as string })).toThrow(
      '"provider" must be one that createAuthProvider made, or the name of one.',
    );
  });

  it('refuses a prefix that is not text', () => {
    expect(() => createTokenFunctions({ prefix: 5 as never })).toThrow('"prefix" must be text.');
  });
});

describe('createTokenFunctions with "mint"', () => {
  type Mint = NonNullable<functions.TokenFunctionsOptions['mint']>;
  const role = z.enum(['reader', 'editor']);
  const CLAIMS = z.object({ role, team: z.string().max(3).default('all') });
  const functionsWith = (mint: Mint, provider?: AuthProvider) =>
    createTokenFunctions({ mint, ...(provider && { provider }) });
  const inputOf = (fns: functions.TokenFunctions) => z.toJSONSchema(fns.createToken.input, { io: 'input' });
  async function minted(mint: Mint, args: object, config: AuthProviderConfig = {}) {
    const auth = client(config);
    const answer = await call(functionsWith(mint).createToken, args, { auth });
    if (typeof answer !== 'object') return answer;
    const { iat = 0, exp = 0, ...claims } = auth.decode(String(answer.token));
    return { ...claims, lasts: exp - iat };
  }

  const NO_SUBJECT =
    'This server creates no tokens for that "subject": ask its operator which subjects are allowed.';
  const MISSING = '"subject" is missing: give one that this server allows. Its operator knows which.';
  const asked: unknown[] = [];
  const onlyUsers = (subject?: string): boolean => {
    asked.push(subject);
    return subject?.startsWith('user-') ?? false;
  };
  const HOUR = 3600;

  it.each<
    [does: string, mint: Mint, args: object, expected: object | string | RegExp, config?: AuthProviderConfig]
  >([
    [
      'allows everything by default',
      {},
      { claims: { admin: true }, subject: 'root', expires_in: '100y' },
      { admin: true, sub: 'root', lasts: 3155760000 },
    ],
    [
      'signs what the schema gives, with its defaults',
      { claims: CLAIMS },
      { claims: { role: 'editor' } },
      { role: 'editor', team: 'all', lasts: HOUR },
    ],
    [
      'refuses a value that the schema refuses',
      { claims: CLAIMS },
      { claims: { role: 'admin' } },
      'Invalid argument "claims.role": it must be one of "reader", "editor".',
    ],
    [
      'refuses a claim that the schema does not name',
      { claims: CLAIMS },
      { claims: { role: 'editor', admin: true } },
      'Invalid argument "claims.admin": there is no such field (the fields are "role", "team").',
    ],
    [
      'asks for claims that the schema needs',
      { claims: CLAIMS },
      {},
      'Invalid argument "claims": it is missing.',
    ],
    [
      'needs no claims if the schema needs none',
      { claims: CLAIMS.partial() },
      {},
      { team: 'all', lasts: HOUR },
    ],
    [
      'says what to use instead of a reserved claim that the schema does not name',
      { claims: CLAIMS },
      { claims: { role: 'editor', exp: 1, sub: 'a', x: 1 } },
      'Invalid argument "claims": "claims" must not hold "sub": use the "subject" field; "exp": use the "expires_in" field.',
    ],
    [
      'refuses a subject of spaces',
      {},
      { subject: ' ' },
      'Invalid argument "subject": it must not be empty.',
    ],
    ['refuses an empty subject', {}, { subject: '' }, 'Invalid argument "subject": it must not be empty.'],
    [
      'applies defaults where no claims are given',
      { claims: z.object({ role: role.default('reader') }) },
      {},
      { role: 'reader', lasts: HOUR },
    ],
    [
      'refuses all claims if the schema names none',
      { claims: z.object({}) },
      { claims: { a: 1 } },
      'Invalid argument "claims.a": there is no such field.',
    ],
    [
      'keeps checks of the whole object',
      { claims: CLAIMS.refine(({ team }) => team !== 'ops', 'not that team') },
      { claims: { role: 'editor', team: 'ops' } },
      'Invalid argument "claims": not that team.',
    ],
    [
      'signs what a transform makes',
      { claims: z.object({ role }).transform(({ role }) => ({ roles: [role] })) },
      { claims: { role: 'editor' } },
      { roles: ['editor'], lasts: HOUR },
    ],
    [
      'refuses other claims before a transform',
      { claims: z.object({ role }).transform(({ role }) => ({ roles: [role] })) },
      { claims: { role: 'editor', x: 1 } },
      'Invalid argument "claims.x": there is no such field (the fields are "role").',
    ],
    [
      'refuses a transform that makes no claims',
      { claims: z.object({ role }).transform(() => null) },
      { claims: { role: 'editor' } },
      'The payload and "claims" must be plain objects.',
    ],
    [
      'refuses a reserved claim that a transform makes',
      { claims: z.object({ role }).transform(() => ({ sub: 'root' })) },
      { claims: { role: 'editor' } },
      '"claims" must not hold "sub": use the "subject" field.',
    ],
    [
      'takes a schema of zod/mini',
      { claims: mini.object({ role: mini.enum(['reader']) }) as never },
      { claims: { role: 'reader' } },
      { role: 'reader', lasts: HOUR },
    ],
    [
      'refuses other claims by a schema of zod/mini',
      { claims: mini.object({ role: mini.enum(['reader']) }) as never },
      { claims: { role: 'reader', x: 1 } },
      'Invalid argument "claims.x": there is no such field (the fields are "role").',
    ],
    [
      'waits for asynchronous checks',
      { claims: z.object({ id: z.string().refine(async (id) => id === 'a', 'unknown') }) },
      { claims: { id: 'b' } },
      'Invalid argument "claims.id": unknown.',
    ],
    [
      'asks for a required subject',
      { subject: 'required' },
      {},
      'Invalid argument "subject": it is missing.',
    ],
    ['refuses an empty subject', { subject: 'required' }, { subject: '' }, /^Invalid argument "subject": /],
    [
      'signs a required subject',
      { subject: 'required' },
      { subject: 'user-1' },
      { sub: 'user-1', lasts: HOUR },
    ],
    ['signs no subject by default', { subject: 'optional' }, {}, { lasts: HOUR }],
    [
      'signs a subject that the function allows',
      { subject: onlyUsers },
      { subject: 'user-1' },
      { sub: 'user-1', lasts: HOUR },
    ],
    ['refuses a subject that the function refuses', { subject: onlyUsers }, { subject: 'root' }, NO_SUBJECT],
    ['says that the subject is missing if the function refuses none', { subject: onlyUsers }, {}, MISSING],
    [
      'says that the subject is missing if the function throws for none',
      { subject: (subject) => subject?.startsWith('user-') ?? expect.unreachable() },
      {},
      MISSING,
    ],
    [
      'says what to do instead of null, as every default does',
      { maxExpiry: '15m' },
      { expires_in: null },
      '"expires_in" must not be null: leave it out, or write for example "15m", which is the default.',
    ],
    [
      'says what claims are if it gets them as text',
      {},
      { claims: '{"role":"editor"}' },
      'Invalid argument "claims": it must be an object of claims, such as {"role":"editor"}.',
    ],
    [
      'says which claims there are if it gets them as text',
      { claims: CLAIMS },
      { claims: '{"role":"editor"}' },
      'Invalid argument "claims": it must be an object of claims (the claims are "role", "team").',
    ],
    [
      'says the same if the schema has a transform',
      { claims: z.object({ role }).transform(({ role }) => ({ roles: [role] })) },
      { claims: ['editor'] },
      'Invalid argument "claims": it must be an object of claims (the claims are "role").',
    ],
    [
      'says what claims are if the schema names none',
      { claims: z.object({}) },
      { claims: 'none' },
      'Invalid argument "claims": it must be an object of claims.',
    ],
    [
      'says what the schema itself says',
      { claims: z.object({ role }, 'give the role of the user') },
      { claims: 'editor' },
      'Invalid argument "claims": give the role of the user.',
    ],
    [
      'refuses a subject if the function returns text',
      { subject: () => 'true' as never },
      { subject: 'user-1' },
      NO_SUBJECT,
    ],
    [
      'refuses a subject if the function returns a promise',
      { subject: (async () => true) as never },
      { subject: 'user-1' },
      NO_SUBJECT,
    ],
    [
      'refuses a subject if the function rejects',
      {
        subject: (async () => {
          throw new Error('hush');
        }) as never,
      },
      { subject: 'user-1' },
      NO_SUBJECT,
    ],
    [
      'refuses a subject if the function throws',
      {
        subject: () => {
          throw new Error('hush');
        },
      },
      { subject: 'user-1' },
      NO_SUBJECT,
    ],
    ['makes the maximum the default if it is shorter', { maxExpiry: '15m' }, {}, { lasts: 900 }],
    ['grants the maximum', { maxExpiry: '15m' }, { expires_in: '15m' }, { lasts: 900 }],
    [
      'refuses a second more than the maximum',
      { maxExpiry: '15m' },
      { expires_in: '901s' },
      '"expires_in" must be at most "15m".',
    ],
    ['keeps the default of the provider if it is shorter', { maxExpiry: '2h' }, {}, { lasts: HOUR }],
    [
      'keeps the maximum of the provider if it is shorter',
      { maxExpiry: '2h' },
      {},
      { lasts: 600 },
      { maxExpiry: '10m' },
    ],
    [
      'names the bounds of the provider if they are shorter',
      { maxExpiry: '2h' },
      { expires_in: '11m' },
      '"expires_in" must be at most "10m". The default is "5m".',
      { maxExpiry: '10m', defaultExpiry: '5m' },
    ],
    [
      'says everything that is wrong at once',
      { subject: onlyUsers, maxExpiry: '15m' },
      { subject: 'root', claims: { exp: 1 }, expires_in: '1h' },
      `"claims" must not hold "exp": use the "expires_in" field. ${NO_SUBJECT} "expires_in" must be at most "15m".`,
    ],
  ])('create_token %s', async (_, mint, args, expected, config) => {
    const answer = await minted(mint, args, config);
    if (expected instanceof RegExp) expect(answer).toMatch(expected);
    else expect(answer).toEqual(expected);
  });

  it('does not run the checks of the schema before an agent calls', async () => {
    const check = vi.fn(async () => true);
    const { createToken } = functionsWith({ claims: z.object({ role: role.optional() }).refine(check) });
    expect(check).not.toHaveBeenCalled();
    expect(await call(createToken, {}, { auth: client() })).toMatchObject({ expires_in_seconds: HOUR });
    expect(check).toHaveBeenCalledOnce();
  });

  it('calls the `subject` function for each subject, also if there is none', () => {
    expect(asked).toEqual(['user-1', 'root', undefined, 'root']);
  });

  it('does not create a token while the answer about a subject is pending, and leaves no rejection behind', async () => {
    const rejections = vi.fn();
    process.on('unhandledRejection', rejections);
    await minted(
      {
        subject: (async () => {
          throw new Error('hush');
        }) as never,
      },
      { subject: 'user-1' },
    );
    await new Promise((resolve) => setTimeout(resolve, 5));
    process.off('unhandledRejection', rejections);
    expect(rejections).not.toHaveBeenCalled();
  });

  it('shows its limits in the input schema', () => {
    const provider = createAuthProvider({ secret: SECRET, maxExpiry: '8h' });
    const bounded = inputOf(
      functionsWith({ claims: CLAIMS, subject: 'required', maxExpiry: '15m' }, provider),
    );
    expect(bounded).toMatchObject({
      properties: {
        claims: {
          properties: { role: { enum: ['reader', 'editor'] }, team: { maxLength: 3 } },
          required: ['role'],
          additionalProperties: false,
        },
        expires_in: {
          type: 'string',
          description: 'Lifetime such as "10m"; "15m" by default; at most "15m"',
        },
      },
      required: ['claims', 'subject'],
    });
    const described = (mint: Mint, provider?: AuthProvider) =>
      inputOf(functionsWith(mint, provider)).properties?.expires_in;
    expect(described({}, provider)).toMatchObject({
      description: 'Lifetime such as "10m"; "1h" by default; at most "8h"',
    });
    expect(described({})).toMatchObject({
      description: 'Lifetime such as "15m"; the server has a default',
    });
  });

  it.each<[what: string, mint: Mint, description: string]>([
    ['any claims', {}, 'Claims except iss, aud, exp, iat, nbf, sub and jti'],
    ['a schema', { claims: CLAIMS }, 'The claims of the token. This server allows only these'],
    ['a described schema', { claims: CLAIMS.describe('What the user may do') }, 'What the user may do'],
    [
      'a described schema with a check',
      { claims: CLAIMS.describe('What the user may do').refine(() => true) },
      'What the user may do',
    ],
    [
      'a described schema before a transform',
      {
        claims: z
          .object({ role })
          .meta({ id: 'role', description: 'The role' })
          .transform(() => ({})),
      },
      'The role',
    ],
    [
      'a described transform of claims that are all optional',
      {
        claims: z
          .object({ role: role.optional() })
          .transform(() => ({}))
          .describe('The role'),
      },
      'The role',
    ],
    [
      'a described schema of zod/mini',
      { claims: mini.object({ a: mini.string() }).check(mini.describe('From mini')) as never },
      'From mini',
    ],
  ])('describes the claims for %s', (_, mint, description) => {
    const { claims } = inputOf(functionsWith(mint)).properties ?? {};
    expect(claims).toMatchObject({ type: 'object', description });
    expect(JSON.stringify(claims).split(description)).toHaveLength(2);
  });

  it('says whether the server limits the subject', () => {
    const described = (mint: Mint) => inputOf(functionsWith(mint)).properties?.subject;
    const description = 'Who the token is about: the "sub" claim';
    expect(described({ subject: 'required' })).toMatchObject({ description });
    expect(described({ subject: onlyUsers })).toMatchObject({
      description: `${description}. This server limits it`,
    });
  });

  it('keeps the limits of two functions of one provider separate', async () => {
    // Another function of the same provider keeps its own bounds.
    const [open, bounded] = [functionsWith({}), functionsWith({ claims: CLAIMS })];
    const auth = client();
    expect(await call(open.createToken, { claims: { a: 1 } }, { auth })).toMatchObject({
      expires_in_seconds: HOUR,
    });
    expect(await call(bounded.createToken, { claims: { a: 1 } }, { auth })).toMatch(/^Invalid arguments: /);
  });

  const ONE_OBJECT =
    '"mint.claims" must be an object schema of zod 4, such as z.object({ role: z.string() }).';
  const NO_OTHERS =
    '"mint.claims" must be a schema that allows no other claims: use z.object, without a catchall.';
  const NO_JSON =
    '"mint.claims" must be a schema that JSON Schema can describe, so without dates, maps and other values that JSON does not have.';
  const names = (name: string, instead = ''): string =>
    `"mint.claims" must be a schema that does not name "${name}", which the server sets${instead}.`;
  const INSTEAD: Record<string, string> = { sub: ': use "mint.subject"', exp: ': use "mint.maxExpiry"' };
  it.each<[what: string, mint: object, message: string]>([
    ...['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti'].map((name): [string, object, string] => [
      `claims with "${name}"`,
      { claims: z.object({ role, [name]: z.any().optional() }) },
      names(name, INSTEAD[name]),
    ]),
    [
      'claims that become reserved ones',
      { claims: z.object({ role }).pipe(z.object({ role, sub: z.string().default('root') })) },
      names('sub', INSTEAD.sub),
    ],
    ['claims of any name', { claims: z.looseObject({ role }) }, NO_OTHERS],
    ['claims of any name and one type', { claims: z.object({ role }).catchall(z.string()) }, NO_OTHERS],
    ['claims that become any', { claims: z.object({ role }).pipe(z.looseObject({ role })) }, NO_OTHERS],
    ['claims as a record', { claims: z.record(z.string(), z.string()) }, ONE_OBJECT],
    [
      'claims as a record with a transform',
      { claims: z.record(z.string(), z.string()).transform(() => ({})) },
      ONE_OBJECT,
    ],
    ['claims that are no JSON', { claims: z.object({ at: z.date() }) }, NO_JSON],
    ['claims of any shape', { claims: z.any() }, ONE_OBJECT],
    ['claims that are no schema', { claims: { role: 'string' } }, ONE_OBJECT],
    ['claims of null', { claims: null }, '"mint.claims" is null: give it a value or leave it out.'],
    [
      'a subject of another word',
      { subject: 'never' },
      '"mint.subject" must be "required", "optional" or a function.',
    ],
    [
      'a longest lifetime of zero',
      { maxExpiry: '0s' },
      '"mint.maxExpiry" must be a duration of at least one second and at most 100 years, such as "30s", "15m" or "7d".',
    ],
    [
      'an unknown option',
      { maxLifetime: '1h' },
      '"mint.maxLifetime" is not an option of createTokenFunctions. Its options are "mint.claims", "mint.subject", "mint.maxExpiry".',
    ],
  ])('refuses %s at once', (_, mint, message) => {
    expect(() => functionsWith(mint)).toThrow(expect.objectContaining({ code: 'ERR_AUTH_CONFIG', message }));
  });
});

it('The functions carry the annotations and titles of MCP', () => {
  const shown = Object.fromEntries(
    Object.values(createTokenFunctions()).map(
      ({ name, title, readOnly, destructive, idempotent, openWorld }: IntentFunction) => [
        name,
        { title, readOnly, destructive, idempotent, openWorld },
      ],
    ),
  );
  const readOnly = { readOnly: true, openWorld: false };
  expect(shown).toEqual({
    create_token: { title: 'Create token', destructive: false, idempotent: false, openWorld: false },
    verify_token: { title: 'Verify token', ...readOnly },
    decode_token: { title: 'Decode token (unverified)', ...readOnly },
    revoke_token: { title: 'Revoke token', destructive: true, idempotent: true, openWorld: false },
  });
});
