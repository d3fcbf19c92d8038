import type { AuthProviderConfig } from 'intentkit-auth';
import { describe, expect, it } from 'vitest';
import { clientFrom } from '../../../src/client/client.js';
import { parseConfig, type SecretConfig } from '../../../src/config/parse.js';
import { SecretSource } from '../../../src/keys/secret.js';
import type { SigningKey } from '../../../src/signature/engine.js';
import { joseEngine } from '../../../src/signature/jose.js';
import { nodeEngine } from '../../../src/signature/node.js';
import { mint } from '../../support/mint.js';
import { OTHER_SECRET, SECRET } from '../../support/secrets.js';

const engines = { 'node:crypto': nodeEngine ?? joseEngine, jose: joseEngine };
const tokenBy = (key: string | Uint8Array, payload = {}, alg = 'HS256'): string =>
  mint({ header: { alg, typ: 'JWT' }, payload, key });

function configOf(config: AuthProviderConfig): SecretConfig {
  const { secret } = parseConfig(config);
  if (!secret) throw new Error('no secret');
  return secret;
}

describe('A client with a list of secrets', () => {
  const secret = [SECRET, Buffer.from(OTHER_SECRET), 'third-secret'.repeat(6)];
  const clients = Object.values(engines).map((engine) => clientFrom(parseConfig({ secret }), engine));

  it.each<[what: string, token: string, verdict: string | undefined]>([
    ['the first secret', tokenBy(SECRET), undefined],
    ['the second secret', tokenBy(OTHER_SECRET), undefined],
    ['the third secret', tokenBy('third-secret'.repeat(6)), undefined],
    ['a secret that is not in the list', tokenBy(`${SECRET}x`), 'signature'],
    // If the signature is valid but another check fails, the next secret is not tried.
    ['the first secret after its expiry', tokenBy(SECRET, { exp: 1 }), 'expired'],
  ])('a list of secrets verifies a token signed with %s, with both engines', async (_, token, reason) => {
    for (const client of clients) expect((await client.verify(token)).reason).toBe(reason);
  });
});

describe('SecretSource', () => {
  it.each(Object.entries(engines))('SecretSource imports each secret once with %s', async (_, engine) => {
    const config = configOf({ secret: [SECRET, OTHER_SECRET], algorithm: 'HS512', issuer: 'own' });
    let imports = 0;
    const importSecret: typeof engine.importSecret = (...parameters) => {
      imports += 1;
      return engine.importSecret(...parameters);
    };
    const source = new SecretSource(config, { ...engine, importSecret });
    const keys = await source.find();
    expect(await source.find()).toBe(keys);
    expect(keys).toHaveLength(2);
    const signed = tokenBy(SECRET, {}, 'HS512');
    expect([await source.sign('{}'), await source.sign('{}')]).toEqual([signed, signed]);
    expect([imports, source.algorithms, source.rules]).toEqual([2, ['HS512'], config.rules]);
  });

  const key = (): SigningKey => ({ verify: () => 'invalid', sign: () => '' });
  const one = key();
  const two = key();

  it.each<[how: string, answers: (SigningKey | Promise<SigningKey>)[], isPromise: boolean]>([
    ['synchronously if the engine imports all of them synchronously', [one, two], false],
    ['with a promise if the engine imports some of them with a promise', [one, Promise.resolve(two)], true],
  ])('SecretSource returns its keys %s', async (_, answers, isPromise) => {
    const secret = answers.map((_, index) => `${SECRET}${index}`);
    const importSecret = (bytes: Uint8Array): SigningKey | Promise<SigningKey> =>
      answers[secret.indexOf(new TextDecoder().decode(bytes))] ?? one;
    const keys = new SecretSource(configOf({ secret }), { ...joseEngine, importSecret }).find();
    expect(keys instanceof Promise).toBe(isPromise);
    const order: readonly SigningKey[] = [one, two];
    expect((await keys).map((found) => order.indexOf(found))).toEqual([0, 1]);
  });
});
