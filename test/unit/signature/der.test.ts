import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ecdsaLength, ecdsaToDer } from '../../../src/signature/der.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('An ECDSA signature in DER', () => {
  it.each([
    ['encodes small numbers in one byte each', '0001' + '0002', '3006' + '020101' + '020102'],
    ['encodes zero in one byte', '0000' + '0000', '3006' + '020100' + '020100'],
    ['removes leading zeros', '000f' + '00ff', '3007' + '02010f' + '020200ff'],
    ['puts a zero byte before a set top bit', '8000' + '7fff', '3009' + '0203008000' + '02027fff'],
    [
      'encodes a length of 128 or more in two bytes',
      `${'80'.repeat(66)}${'7f'.repeat(66)}`,
      `308189024300${'80'.repeat(66)}0242${'7f'.repeat(66)}`,
    ],
  ])('%s', (_, raw, der) => {
    expect(hex(ecdsaToDer(Buffer.from(raw, 'hex')))).toBe(der);
  });

  it.each([
    ['ES256', 'P-256'],
    ['ES384', 'P-384'],
    ['ES512', 'P-521'],
  ])('of %s verifies with node:crypto, 64 times', (algorithm, namedCurve) => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
    const hash = `sha${algorithm.slice(2)}`;
    for (let count = 0; count < 64; count += 1) {
      const data = Buffer.from(String(count));
      const raw = sign(hash, data, { key: privateKey, dsaEncoding: 'ieee-p1363' });
      expect(raw.length).toBe(ecdsaLength(algorithm));
      expect(verify(hash, data, publicKey, ecdsaToDer(raw))).toBe(true);
      raw.writeUInt8(raw.readUInt8(3) ^ 1, 3);
      expect(verify(hash, data, publicKey, ecdsaToDer(raw))).toBe(false);
    }
  });

  it.each(['RS256', 'PS256', 'EdDSA', 'toString'])(
    'is not defined for %s, which has no fixed length',
    (algorithm) => {
      expect(ecdsaLength(algorithm)).toBeUndefined();
    },
  );
});
