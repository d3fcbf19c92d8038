import { inspect } from 'node:util';
import { AuthError, createAuthClient, createAuthProvider } from 'intentkit-auth';
import { createTestIssuer } from 'intentkit-auth/testing';
import { describe, expect, it } from 'vitest';
import { OTHER_SECRET, SECRET } from '../support/secrets.js';

const QUERY = 'a-query-that-authenticates';
const HEADER_VALUE = 'a header that authenticates';

const broken = await createTestIssuer({ url: 'https://idp.example' });
broken.fail('500');
const remote = {
  jwksUrl: `${broken.jwksUrl}?key=${QUERY}`,
  jwks: { fetch: broken.fetch, headers: { authorization: HEADER_VALUE } },
  onWarning: () => {},
};
const token = await broken.token({ sub: SECRET });

describe('AuthError', () => {
  it('AuthError is an Error with a name, a code, a message and perhaps a cause', () => {
    const cause = new Error('why');
    const error = new AuthError('ERR_SIGN_INPUT', 'Sign something else.', { cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: 'AuthError', code: 'ERR_SIGN_INPUT', cause });
    expect(String(error)).toBe('AuthError: Sign something else.');
    expect(error.stack).toContain('Sign something else.');
    expect(new AuthError('ERR_SIGN_INPUT', 'Sign something else.')).not.toHaveProperty('cause');
  });
});

describe('What prints', () => {
  const config = { ...remote, secret: [SECRET, Buffer.from(OTHER_SECRET)] };
  const hidden = [
    ...[SECRET, OTHER_SECRET, HEADER_VALUE, QUERY, token],
    Buffer.from(SECRET).toString('base64'),
    Buffer.from(SECRET).toString('hex').slice(0, 32),
    // The first bytes of the secret, as an inspected array shows them.
    [...Buffer.from(SECRET).subarray(0, 8)].join(', '),
  ];

  function expectNothingHidden(value: unknown): void {
    const text = [
      inspect(value, { depth: null, showHidden: true, getters: true, showProxy: true }),
      ...[inspect(value), JSON.stringify(value), String(value), Object.entries(value as object)],
      ...[Reflect.ownKeys(value as object).map(String), (value as Error).stack],
    ].join('\n');
    for (const each of hidden) expect(text).not.toContain(each);
  }

  it('a client shows nothing of its secrets, URL and headers, before and after its use', async () => {
    const client = createAuthClient(config);
    expectNothingHidden(client);
    expect(await client.ping()).toBe(false);
    await client.verify(await client.sign({}));
    for (const shown of [client, client.status(), { ...client }]) expectNothingHidden(shown);
    expect(JSON.stringify(client)).toBe('{}');
  });

  it('a provider shows its name alone', async () => {
    const provider = createAuthProvider(config);
    expectNothingHidden(provider);
    expectNothingHidden(await provider.initialize());
    expect(JSON.stringify(provider)).toBe('{"name":"auth"}');
  });

  it('an error shows nothing of the token, payload, secret and query', async () => {
    const client = createAuthClient(config);
    for (const fail of [
      () => client.verify(token),
      () => client.sign({ sub: { nested: SECRET } }),
      () => client.sign({ amount: 5n, sub: SECRET }),
      () => client.sign({ pad: SECRET.repeat(1100) }),
      () => client.sign({}, { expiresIn: SECRET }),
    ]) {
      const error: unknown = await fail().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(AuthError);
      expectNothingHidden(error);
    }
  });

  it('a verdict shows nothing of the token', async () => {
    const client = createAuthClient({ secret: OTHER_SECRET });
    for (const bad of [token, `${token}.x`]) {
      const verdict = await client.verify(bad);
      expect(verdict.valid).toBe(false);
      expectNothingHidden(verdict);
    }
  });

  it('a warning shows nothing of a secret and of the query of a URL', async () => {
    const warnings: string[] = [];
    const onWarning = (message: string): void => void warnings.push(message);
    expect(await createAuthClient({ ...remote, secret: 'hunter2', onWarning }).ping()).toBe(false);
    expect(warnings).toHaveLength(3);
    for (const warning of warnings) expect(warning).not.toMatch(/hunter2|authenticates/);
  });
});
