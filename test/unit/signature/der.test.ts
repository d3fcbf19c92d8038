import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ecdsaFromDer, ecdsaLength, ecdsaToDer } from '../../../src/signature/der.js';

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
    const read = ecdsaFromDer(Buffer.from(der, 'hex'), raw.length / 2);
    expect(hex(read ?? Buffer.of())).toBe(raw);
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

  it.each([
    ['nothing', ''],
    ['another tag', '3106' + '020101' + '020102'],
    ['one number', '3003' + '020101'],
    ['three numbers', '3009' + '020101' + '020102' + '020103'],
    ['bytes after it', '3006' + '020101' + '020102' + '00'],
    ['a sequence that is too long', '3007' + '020101' + '020102'],
    ['a number that is too long', '3006' + '020101' + '020202'],
    ['a number without digits', '3005' + '0200' + '020102'],
    ['numbers for a longer curve', '3008' + '0203010203' + '020102'],
    ['a text', '3006' + '0c0101' + '020102'],
  ])('is not read from %s', (_, der) => {
    expect(ecdsaFromDer(Buffer.from(der, 'hex'), 4)).toBeUndefined();
  });

  it.each(['RS256', 'PS256', 'EdDSA', 'toString'])(
    'is not defined for %s, which has no fixed length',
    (algorithm) => {
      expect(ecdsaLength(algorithm)).toBeUndefined();
    },
  );
});
