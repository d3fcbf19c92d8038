import { AsyncLocalStorage } from 'node:async_hooks';
import * as crypto from 'node:crypto';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { importJWK, type JWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { clientFrom } from '../../../src/client/client.js';
import { parseConfig } from '../../../src/config/parse.js';
import {
  type Algorithm,
  ASYMMETRIC_ALGORITHMS,
  type AsymmetricAlgorithm,
  HMAC_ALGORITHMS,
  isHmacAlgorithm,
} from '../../../src/signature/algorithms.js';
import type { Key, SignatureEngine } from '../../../src/signature/engine.js';
import { joseEngine } from '../../../src/signature/jose.js';
import { createNodeEngine } from '../../../src/signature/node.js';
import { ThreadPool } from '../../../src/signature/thread-pool.js';
import { HeaderMemory } from '../../../src/token/header.js';
import { Malformed, parseToken, type Token } from '../../../src/token/parse.js';
import { generateKeys, type Keys, mint } from '../../support/mint.js';
import { poolEngine, synchronousEngine } from '../../support/node-engines.js';
import { SECRET } from '../../support/secrets.js';
import { flipBit, withSignature } from '../../support/tamper.js';

const ENGINES: [name: string, engine: SignatureEngine][] = [
  ['node:crypto', synchronousEngine],
  ['node:crypto in the thread pool', poolEngine],
  ['jose', joseEngine],
];
const ALGORITHMS: readonly Algorithm[] = [...HMAC_ALGORITHMS, ...ASYMMETRIC_ALGORITHMS];
const CASES = ENGINES.flatMap(([name, engine]) => ALGORITHMS.map((alg) => [name, alg, engine] as const));

const rsa = generateKeys('RS256');
const pairs = new Map<string, Keys>(
  (['ES256', 'ES384', 'ES512', 'EdDSA'] as const).map((alg) => [alg, generateKeys(alg)]),
);
const pairFor = (alg: string): Keys => pairs.get(alg === 'Ed25519' ? 'EdDSA' : alg) ?? rsa;

function parsed(jwt: string): Token {
  const token = parseToken(jwt, new HeaderMemory(1));
  if (token instanceof Malformed) throw new Error(token.message);
  return token;
}

async function publicKey(engine: SignatureEngine, jwk: JWK, alg: AsymmetricAlgorithm): Promise<Key> {
  return engine.importPublicKey((await importJWK(jwk, alg)) as CryptoKey, alg);
}

/** A pool for several processors, even if the tests run on one. */
const newPool = (): ThreadPool => new ThreadPool({ setImmediate, nextTick: process.nextTick });

/** A `verify` as Deno's, which reads no options from a key object. */
function withoutOptionsOf(verify: typeof crypto.verify): typeof crypto.verify {
  const ignoring = (...[hash, data, input, signature]: Parameters<typeof crypto.verify>) => {
    const isBare = input instanceof crypto.KeyObject;
    const key = isBare
      ? crypto.createPublicKey({ key: input.export({ format: 'jwk' }), format: 'jwk' })
      : input;
    return verify(hash, data, key, signature);
  };
  return ignoring as typeof crypto.verify;
}

describe('The signature engine', () => {
  it.each(CASES)('%s tells valid, invalid and unsupported tokens of %s apart', async (_, alg, engine) => {
    const secret = isHmacAlgorithm(alg) ? await engine.importSecret(Buffer.from(SECRET), { alg }) : undefined;
    const key = secret ?? (await publicKey(engine, pairFor(alg).jwk, alg as AsymmetricAlgorithm));
    const signer = secret ? SECRET : pairFor(alg).privateKey;
    const valid = mint({ header: { alg }, payload: { name: 'Žofie' }, key: signer });
    if (secret) expect(await secret.sign('{"name":"Žofie"}')).toBe(valid);
    const extended = mint({ header: { alg, crit: ['x'], x: 1 }, payload: {}, key: signer });
    expect(await key.verify(parsed(valid))).toBe('valid');
    expect(await key.verify(parsed(flipBit(valid)))).toBe('invalid');
    expect(await key.verify(parsed(extended))).toBe('unsupported');
  });
});

describe('An RSA-PSS signature', () => {
  it.each([2048, 2050, 2056])(
    'of a key of %d bits is invalid without its leading zero byte',
    async (bits) => {
      const { publicKey: pub, privateKey } = generateKeyPairSync('rsa', { modulusLength: bits });
      const jwk = pub.export({ format: 'jwk' }) as JWK;
      // One signature in 256 begins with a zero byte. OpenSSL also accepts it without that byte.
      for (let count = 0; count < 4096; count += 1) {
        const token = mint({ header: { alg: 'PS384' }, payload: { count }, key: privateKey });
        if (Buffer.from(token.split('.')[2] ?? '', 'base64url')[0] !== 0) continue;
        const cut = withSignature(token, (bytes) => bytes.subarray(1));
        for (const [name, engine] of ENGINES) {
          const key = await publicKey(engine, jwk, 'PS384');
          const verdicts = [await key.verify(parsed(token)), await key.verify(parsed(cut))];
          expect([name, ...verdicts]).toEqual([name, 'valid', 'invalid']);
        }
        return;
      }
      throw new Error('No signature began with a zero byte.');
    },
  );
});

it.each([
  ['reads', crypto.verify],
  // A new key object has none of the properties that were added to the other.
  ['ignores', withoutOptionsOf(crypto.verify)],
] as const)('RSA-PSS options hold where `verify` %s the properties of a key object', async (_, verify) => {
  const engine = createNodeEngine({ ...crypto, verify }, newPool());
  const key = await publicKey(engine, rsa.jwk, 'PS256');
  const header = { alg: 'PS256' };
  const valid = mint({ header, payload: {}, key: rsa.privateKey });
  const withoutSalt = withSignature(valid, () => {
    const data = Buffer.from(valid.slice(0, valid.lastIndexOf('.')));
    const padding = crypto.constants.RSA_PKCS1_PSS_PADDING;
    return crypto.sign('sha256', data, { key: rsa.privateKey, padding, saltLength: 0 });
  });
  const byRs256 = mint({ header, payload: {}, key: rsa.privateKey, alg: 'RS256' });
  const verdicts = [valid, withoutSalt, byRs256].map((jwt) => key.verify(parsed(jwt)));
  expect(verdicts).toEqual(['valid', 'invalid', 'invalid']);
});

describe('Of several verifications at once', () => {
  /** Verifies three tokens in one synchronous block. */
  async function verifyThree(jwk: JWK, signer: KeyObject, alg: AsymmetricAlgorithm) {
    const key = await publicKey(createNodeEngine(crypto, newPool()), jwk, alg);
    const valid = mint({ header: { alg }, payload: {}, key: signer });
    const answers = [valid, flipBit(valid), valid].map((jwt) => key.verify(parsed(jwt)));
    const isPooled = answers.map((answer) => answer instanceof Promise);
    return { isPooled, verdicts: await Promise.all(answers) };
  }
  const verdicts = ['valid', 'invalid', 'valid'];

  it.each(ASYMMETRIC_ALGORITHMS)('those with %s run where they are fastest', async (alg) => {
    const { jwk, privateKey } = pairFor(alg);
    const isPooled = /^[RP]S/.test(alg) ? [false, false, false] : [false, true, true];
    expect(await verifyThree(jwk, privateKey, alg)).toEqual({ isPooled, verdicts });
  });

  it.each([
    ['3072 bits', 384, 'AQAB', false],
    ['3080 bits', 385, 'AQAB', true],
    ['an exponent of four bytes', 256, 'AQAAAQ', true],
  ])('those with RS256 and %s run where they are fastest', async (_, bytes, e, isPooled) => {
    // A number that is no product of two primes is a key that refuses every signature.
    const jwk = { kty: 'RSA', n: Buffer.alloc(bytes, 0xff).toString('base64url'), e };
    const found = await verifyThree(jwk, rsa.privateKey, 'RS256');
    expect(found.isPooled).toEqual([false, isPooled, isPooled]);
  });
});

it('The event loop turns while a client verifies many tokens at once with a slow key', async () => {
  const { jwk, privateKey } = pairFor('ES512');
  const token = mint({ header: { alg: 'ES512' }, payload: { name: 'agent' }, key: privateKey });
  const jwks = { fetch: async () => new Response(JSON.stringify({ keys: [{ ...jwk, alg: 'ES512' }] })) };
  const config = parseConfig({ jwksUrl: 'https://issuer.example/jwks.json', jwks, onWarning: () => {} });
  const client = clientFrom(config, createNodeEngine(crypto, newPool()));
  await client.verify(token);
  let turns = 0;
  let handle = setImmediate(function turn() {
    turns += 1;
    handle = setImmediate(turn);
  });
  const caller = new AsyncLocalStorage<number>();
  const results = await Promise.all(
    Array.from({ length: 8 }, (_, request) =>
      caller.run(request, async () => [(await client.verify(token)).valid, caller.getStore()]),
    ),
  );
  clearImmediate(handle);
  expect(results).toEqual(Array.from({ length: 8 }, (_, request) => [true, request]));
  expect(turns).toBeGreaterThan(0);
});
