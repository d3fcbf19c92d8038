import { expect, it } from 'vitest';
import { AbsentKeyIds } from '../../../../src/keys/remote/absent-key-ids.js';

const NOW = 123_456;
const COOLDOWN = 10_000;
const kid = (id: string) => ({ alg: 'RS256', kid: id });

it('The memory of absent keys begins empty', () => {
  const absent = new AbsentKeyIds(COOLDOWN);

  expect([absent.has(kid('a'), NOW), absent.has({ alg: 'RS256' }, NOW)]).toEqual([false, false]);
});

it.each([
  ['a key id', kid('a'), kid('b')],
  ['a key id under another algorithm', { alg: 'ES256', kid: 'a' }, { alg: 'ES256', kid: 'b' }],
  ['the empty key id', kid(''), { alg: 'RS256' }],
  ['the name of a method', kid('constructor'), kid('toString')],
  ['a key id that reads like an algorithm', kid('RS256'), { alg: 'RS256' }],
  ['no key id, by its algorithm', { alg: 'RS256' }, { alg: 'ES256' }],
  ['a key id of 252 characters', kid('k'.repeat(252)), kid('k'.repeat(251))],
])('The memory of absent keys holds %s for one cooldown since the fetch began', (_, header, other) => {
  const absent = new AbsentKeyIds(COOLDOWN);
  absent.remember(header, NOW);

  expect([0, 1, COOLDOWN - 1].map((later) => absent.has(header, NOW + later))).toEqual([true, true, true]);
  expect(absent.has(header, NOW + COOLDOWN)).toBe(false);
  expect(absent.has(other, NOW)).toBe(false);
});

it('The memory of absent keys does not hold a key id of 253 characters', () => {
  const absent = new AbsentKeyIds(COOLDOWN);
  absent.remember(kid('k'.repeat(253)), NOW);

  expect(absent.has(kid('k'.repeat(253)), NOW)).toBe(false);
});

it('The memory of absent keys takes the answer of one fetch for every key that it holds', () => {
  const absent = new AbsentKeyIds(COOLDOWN);
  const headers = [kid('a'), kid('b'), { alg: 'RS256' }];
  for (const header of headers) absent.remember(header, NOW);

  absent.answeredBy((header) => header.kid === 'b', NOW + 9000);
  const at = (time: number) => headers.map((header) => absent.has(header, time));
  expect(at(NOW + 9000)).toEqual([true, false, true]);
  expect(at(NOW + 9000 + COOLDOWN - 1)).toEqual([true, false, true]);
  expect(at(NOW + 9000 + COOLDOWN)).toEqual([false, false, false]);

  // Its time was over, but a fetch can renew it.
  absent.answeredBy(() => false, NOW + 30_000);
  expect(at(NOW + 30_000)).toEqual([true, false, true]);
});

it('The memory of absent keys holds the last 256, and counts what is remembered again as new', () => {
  const absent = new AbsentKeyIds(COOLDOWN);
  for (let index = 0; index < 256; index += 1) absent.remember(kid(`k${index}`), NOW);
  const held = () => Array.from({ length: 258 }, (_, index) => absent.has(kid(`k${index}`), NOW));
  expect([held().filter(Boolean).length, held().indexOf(true)]).toEqual([256, 0]);

  absent.remember(kid('k0'), NOW);
  absent.remember(kid('k256'), NOW);
  expect([held().filter(Boolean).length, held()[0], held()[1]]).toEqual([256, true, false]);
});
