import { expect, it } from 'vitest';
import { isBoundToKey } from '../../../src/claims/bound.js';

// biome-ignore format: a table
const CLAIMS: ReadonlyArray<readonly [json: string, isBound: boolean]> = [
  ['{}', false],
  ['{"token_type":"Bearer"}', false],
  ['{"token_type":null}', false],
  ['{"token_type":"DPoP"}', true],
  ['{"token_type":"dpop"}', true],
  ['{"token_type":["DPoP"]}', true],
  // It cannot be converted to text.
  ['{"token_type":{"toString":1}}', true],
  ['{"cnf":{"jkt":"x"}}', true],
  ['{"cnf":{"x5t#S256":"x"}}', true],
  ['{"cnf":null,"token_type":"Bearer"}', true],
  ['{"__proto__":{"cnf":{}}}', false],
];

it.each(CLAIMS)('Whether claims bind a token to a key: %s', (json, isBound) => {
  expect(isBoundToKey(JSON.parse(json))).toBe(isBound);
});
