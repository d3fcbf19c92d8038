import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { importProofKey } from '../../../../gate/dpop/proof-keys.js';
import { MALFORMED_PROOF, WRONG_KEY } from '../../../../gate/refusals.js';

it.each([
  [8192, WRONG_KEY],
  [8200, MALFORMED_PROOF],
])('A proof may have an RSA key of at most 8192 bits: %d', async (bits, refusal) => {
  const modulus = randomBytes(bits / 8);
  // The highest bit, so that it has this length, and the lowest, because a modulus is odd.
  modulus[0] = 0x80;
  modulus[modulus.length - 1] = 0x01;
  const jwk = { kty: 'RSA', n: modulus.toString('base64url'), e: 'AQAB' };
  expect(await importProofKey({ alg: 'RS256', jwk }, 'the thumbprint of another key')).toBe(refusal);
});
