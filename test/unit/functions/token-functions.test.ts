import type { CallToolResult } from '@modelcontextprotocol/server';
import { createContext, type IntentFunction, z } from 'intentkit';
import { type AuthProviderConfig, createAuthClient, createAuthProvider } from 'intentkit-auth';
import * as functions from 'intentkit-auth/functions';
import { createRevocationList } from 'intentkit-auth/revocation';
import { describe, expect, it } from 'vitest';
import { callFunction } from '../../../host/src/call.js';
import { BROKEN_STORES, memoryStore } from '../../support/stores.js';

const { createToken, createTokenFunctions, revokeToken, verifyToken } = functions;
const SECRET = 'R9v!Lq2#xW7pZk4@mC8sTb5&nH1dYf6^';
const client = (more: AuthProviderConfig = {}) => createAuthClient({ secret: SECRET, ...more });
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

  it('says why it has not revoked', async () => {
    const [{ what: _, problem: __, ...hanging }] = BROKEN_STORES as [(typeof BROKEN_STORES)[number]];
    const broken = client({
      revocation: createRevocationList(hanging, { timeout: '0.05s', onWarning: () => {} }),
    });
    const token = await mint({ auth: client() });
    expect(await call(revokeToken, { token }, { auth: client() })).toMatch(/^Revoking needs a "revocation"/);
    expect(await call(revokeToken, { token: 'x' }, { auth: revocable() })).toMatch(
      /^The token was not revoked, because it was refused: The token is opaque/,
    );
    expect(await call(revokeToken, { token }, { auth: broken })).toMatch(/; try again in 1 s\.$/);
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

  it('gives each token a random "jti" when the server can revoke', async () => {
    const providers = { auth: revocable() };
    expect(providers.auth.decode(await mint(providers)).jti).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('createTokenFunctions', () => {
  const partner = createTokenFunctions({ provider: 'partner', prefix: 'partner_' });

  it('makes the functions for another provider, under names of their own', async () => {
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

  it('makes what the ready-made functions are, by default', () => {
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

  it('takes a provider itself, and its name from it', () => {
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
