import { createHmac } from 'node:crypto';
import { createAuthClient } from 'intentkit-auth';
import { jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../src/config/parse.js';
import { SecretSource } from '../../../src/keys/secret.js';
import { defaultEngine } from '../../../src/signature/choose.js';
import { joseEngine } from '../../../src/signature/jose.js';
import { outcome } from '../../support/jwks-client.js';
import { mint } from '../../support/mint.js';

const secret = (name: string): string => name.padEnd(64, '.');
const tokenBy = (key: string | Uint8Array, alg = 'HS256'): string =>
  mint({ header: { alg }, payload: { sub: 'alice' }, key });

describe('A list of secrets', () => {
  const rotated = createAuthClient({ secret: [secret('new'), secret('old'), secret('older')] });

  it('signs with the first', async () => {
    const token = await rotated.sign({ sub: 'alice' });

    const { payload } = await jwtVerify(token, new TextEncoder().encode(secret('new')));
    expect(payload.sub).toBe('alice');
    const other = new TextEncoder().encode(secret('old'));
    await expect(jwtVerify(token, other)).rejects.toMatchObject({
      code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    });
  });

  it.each([
    ['new', 'valid'],
    ['old', 'valid'],
    ['older', 'valid'],
    ['oldest', 'signature'],
  ])('verifies a token by the secret %s: %s', async (name, expected) => {
    expect(await outcome(rotated, tokenBy(secret(name)))).toBe(expected);
  });

  it('does not try the next secret on a token that is bad for another reason', async () => {
    const expired = mint({ header: { alg: 'HS256' }, payload: { exp: 1 }, key: secret('new') });

    expect(await outcome(rotated, expired)).toBe('expired');
  });
});

describe('A secret', () => {
  it.each(['HS256', 'HS384', 'HS512'] as const)('verifies %s and no other HMAC', async (algorithm) => {
    const client = createAuthClient({ secret: secret('s'), algorithm });

    for (const alg of ['HS256', 'HS384', 'HS512']) {
      const expected = alg === algorithm ? 'valid' : 'algorithm';
      expect([alg, await outcome(client, tokenBy(secret('s'), alg))]).toEqual([alg, expected]);
    }
  });

  it('of bytes is copied, so that overwriting it afterwards changes nothing', async () => {
    const bytes = new TextEncoder().encode(secret('s'));
    const client = createAuthClient({ secret: bytes });
    bytes.fill(0);

    expect(await outcome(client, tokenBy(secret('s')))).toBe('valid');
    expect(await outcome(client, tokenBy(new Uint8Array(64)))).toBe('signature');
  });

  it.each([
    ['the default engine', defaultEngine],
    ['jose', joseEngine],
  ])('is imported once by %s, whatever the number of calls', async (_, engine) => {
    const config = parseConfig({ secret: [secret('a'), secret('b')] }).secret;
    if (!config) throw new Error('no secret');
    let imports = 0;
    const source = new SecretSource(config, {
      ...engine,
      importSecret(...parameters) {
        imports += 1;
        return engine.importSecret(...parameters);
      },
    });

    const keys = await source.find();
    expect(await source.find()).toBe(keys);
    expect(keys).toHaveLength(2);
    const signed = [await source.sign('{}'), await source.sign('{}')];
    expect(signed).toEqual(
      Array(2).fill(mint({ header: { alg: 'HS256', typ: 'JWT' }, payload: {}, key: secret('a') })),
    );
    expect(imports).toBe(2);
    expect(source.algorithms).toEqual(['HS256']);
  });

  it('is found without a promise where the engine imports it without one', () => {
    const config = parseConfig({ secret: secret('a') }).secret;
    if (!config) throw new Error('no secret');
    const key = createHmac('sha256', 'a') as never;

    expect(new SecretSource(config, { ...joseEngine, importSecret: () => key }).find()).toEqual([key]);
  });

  it('that one engine imports with a promise and another without is found all the same', async () => {
    const config = parseConfig({ secret: [secret('a'), secret('b')] }).secret;
    if (!config) throw new Error('no secret');
    const keys = [{ id: 1 }, { id: 2 }] as never[];
    const answers = [Promise.resolve(keys[0]), keys[1]] as never[];
    const source = new SecretSource(config, { ...joseEngine, importSecret: () => answers.shift() as never });

    expect(await source.find()).toEqual(keys);
  });
});
