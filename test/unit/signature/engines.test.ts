import { generateKeyPairSync } from 'node:crypto';
import { importJWK, type JWK } from 'jose';
import { describe, expect, it } from 'vitest';
import {
  type Algorithm,
  ASYMMETRIC_ALGORITHMS,
  HMAC_ALGORITHMS,
  isHmacAlgorithm,
} from '../../../src/signature/algorithms.js';
import { nodeEngine } from '../../../src/signature/choose.js';
import type { Key, SignatureEngine } from '../../../src/signature/engine.js';
import { joseEngine } from '../../../src/signature/jose.js';
import { hasRightLength } from '../../../src/signature/length.js';
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
  const token = parseToken(jwt);
  if (token instanceof Malformed) throw new Error(token.message);
  return token;
}

async function publicKey(engine: SignatureEngine, jwk: JWK, alg: string): Promise<Key> {
  return engine.preparePublicKey((await importJWK(jwk, alg)) as CryptoKey);
}

describe('A signature engine', () => {
  it.each(CASES)('the engine by %s makes and checks signatures of %s', async (_, alg, engine) => {
    const key = isHmacAlgorithm(alg)
      ? await engine.importSecret(Buffer.from(SECRET), alg)
      : await publicKey(engine, pairFor(alg).jwk, alg);
    const signer = isHmacAlgorithm(alg) ? SECRET : pairFor(alg).privateKey;
    const good = mint({ header: { alg }, payload: { name: 'Žofie' }, key: signer });
    if (isHmacAlgorithm(alg)) expect(await engine.sign({ alg }, '{"name":"Žofie"}', key)).toBe(good);
    const extended = mint({ header: { alg, crit: ['x'], x: 1 }, payload: {}, key: signer });
    expect(await engine.verify(parsed(good), key)).toBe('good');
    expect(await engine.verify(parsed(flipBit(good)), key)).toBe('bad');
    expect(await engine.verify(parsed(extended), key)).toBe('unsupported');
  });
});

describe('hasRightLength', () => {
  it.each(
    ENGINES.flatMap(([name, engine]) => [2048, 2050, 2056].map((bits) => [bits, name, engine] as const)),
  )('hasRightLength wants the bytes of an RSA-PSS key of %d bits, by %s', async (bits, _, engine) => {
    const { publicKey: pub, privateKey } = generateKeyPairSync('rsa', { modulusLength: bits });
    const key = await publicKey(engine, pub.export({ format: 'jwk' }) as JWK, 'PS384');
    const token = mint({ header: { alg: 'PS384' }, payload: {}, key: privateKey });
    expect(hasRightLength(parsed(token), key)).toBe(true);
    expect(hasRightLength(parsed(withSignature(token, (bytes) => bytes.subarray(1))), key)).toBe(false);
    // The engines check the length of all others themselves.
    const rs256 = mint({ header: { alg: 'RS256' }, payload: {}, key: privateKey });
    expect(hasRightLength(parsed(withSignature(rs256, (bytes) => bytes.subarray(1))), key)).toBe(true);
  });
});
