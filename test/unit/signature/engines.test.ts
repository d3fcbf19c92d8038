import { generateKeyPairSync } from 'node:crypto';
import { importJWK, type JWK } from 'jose';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  type Algorithm,
  ASYMMETRIC_ALGORITHMS,
  type AsymmetricAlgorithm,
  HMAC_ALGORITHMS,
  isHmacAlgorithm,
} from '../../../src/signature/algorithms.js';
import type { Key, SignatureEngine } from '../../../src/signature/engine.js';
import { joseEngine } from '../../../src/signature/jose.js';
import { nodeEngine } from '../../../src/signature/node.js';
import { HeaderMemory } from '../../../src/token/header.js';
import { Malformed, parseToken, type Token } from '../../../src/token/parse.js';
import { generateKeys, type Keys, mint } from '../../support/mint.js';
import { SECRET } from '../../support/secrets.js';
import { flipBit, withSignature } from '../../support/tamper.js';

if (!nodeEngine) throw new Error('This is Node, and Node has node:crypto.');
const ENGINES: [name: string, engine: SignatureEngine][] = [
  ['node:crypto', nodeEngine],
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
  it.each(
    ENGINES.flatMap(([name, engine]) => [2048, 2050, 2056].map((bits) => [bits, name, engine] as const)),
  )('of a key of %d bits is invalid without its leading zero byte, with %s', async (bits, _, engine) => {
    const { publicKey: pub, privateKey } = generateKeyPairSync('rsa', { modulusLength: bits });
    const key = await publicKey(engine, pub.export({ format: 'jwk' }) as JWK, 'PS384');
    // One signature in 256 begins with a zero byte. OpenSSL also accepts it without that byte.
    for (let count = 0; count < 4096; count += 1) {
      const token = mint({ header: { alg: 'PS384' }, payload: { count }, key: privateKey });
      if (Buffer.from(token.split('.')[2] ?? '', 'base64url')[0] !== 0) continue;
      expect(await key.verify(parsed(token))).toBe('valid');
      expect(await key.verify(parsed(withSignature(token, (bytes) => bytes.subarray(1))))).toBe('invalid');
      return;
    }
    throw new Error('No signature began with a zero byte.');
  });
});

describe('A slow verification', () => {
  it('runs in the thread pool after three slow verifications with its key, and gives the same verdict', async () => {
    const { jwk, privateKey } = pairFor('ES512');
    if (!nodeEngine) throw new Error('This is Node, and Node has node:crypto.');
    let now = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 1));
    onTestFinished(() => clock.mockRestore());
    const key = await publicKey(nodeEngine, jwk, 'ES512');
    const valid = mint({ header: { alg: 'ES512' }, payload: {}, key: privateKey });
    const answers = [valid, flipBit(valid), valid, valid, flipBit(valid)].map((jwt) =>
      key.verify(parsed(jwt)),
    );
    expect(answers.map((answer) => answer instanceof Promise)).toEqual([false, false, false, true, true]);
    expect(await Promise.all(answers)).toEqual(['valid', 'invalid', 'valid', 'valid', 'invalid']);
  });

  it('runs in the thread pool even if invalid signatures were refused quickly before', async () => {
    const { jwk, privateKey } = pairFor('ES512');
    if (!nodeEngine) throw new Error('This is Node, and Node has node:crypto.');
    let [now, step] = [0, 0.1];
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += step));
    onTestFinished(() => clock.mockRestore());
    const key = await publicKey(nodeEngine, jwk, 'ES512');
    const valid = mint({ header: { alg: 'ES512' }, payload: {}, key: privateKey });
    const zeros = parsed(withSignature(valid, (bytes) => bytes.fill(0)));
    expect([1, 2, 3].map(() => key.verify(zeros))).toEqual(['invalid', 'invalid', 'invalid']);
    step = 1;
    for (let count = 0; count < 3; count += 1) expect(key.verify(parsed(valid))).toBe('valid');
    expect(key.verify(parsed(valid))).toBeInstanceOf(Promise);
  });
});
