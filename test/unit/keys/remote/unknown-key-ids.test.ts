import { expect, it } from 'vitest';
import { KeySet, type KeySetOrigin } from '../../../../src/keys/remote/key-set.js';
import { type Absence, UnknownKeyIds } from '../../../../src/keys/remote/unknown-key-ids.js';
import { defaultEngine } from '../../../../src/signature/node.js';
import { generateKeys } from '../../../support/mint.js';

const NOW = 123_456;
const { jwk } = generateKeys('ES256');
const COOLDOWN = 10_000;
const NEVER = Number.NEGATIVE_INFINITY;
const kid = (id: string) => ({ alg: 'ES256', kid: id });

/** Where a set comes from that was asked for at a time and answered from a cache that was so old. */
const asked = (askedAt: number, ageMs = 0) => ({
  url: new URL('https://idp.example/jwks'),
  fetchBegan: askedAt,
  order: 1,
  askedAt,
  madeAt: askedAt - ageMs,
});
const setOf = (...ids: string[]): KeySet =>
  new KeySet(
    ids.map((id) => ({ ...jwk, kid: id })),
    asked(NOW),
    defaultEngine,
  );
const STORED = { ...asked(NOW), order: 0, askedAt: NEVER, madeAt: NEVER };
/** The answer about a token that came at a time, before the request of the set or after it. */
const prove = (unknown: UnknownKeyIds, id: string, origin: KeySetOrigin, at: number) =>
  unknown.prove(kid(id), origin, { at, order: origin.askedAt >= at ? 0 : 1 });

it.each([
  ['a key id', kid('a'), kid('b')],
  ['a key id under another algorithm', { alg: 'ES384', kid: 'a' }, kid('a')],
  ['the empty key id', kid(''), { alg: 'RS256' }],
  ['the name of a method', kid('constructor'), kid('toString')],
  ['a key id that reads like an algorithm', kid('RS256'), { alg: 'RS256' }],
  ['no key id, by its algorithm', { alg: 'RS256' }, { alg: 'ES256' }],
  ['a key id of 250 characters', kid('k'.repeat(250)), kid('k'.repeat(249))],
])('It is remembered when a token first came with %s', (_, header, other) => {
  const unknown = new UnknownKeyIds(COOLDOWN);
  expect(unknown.firstSeen(header, NOW)).toBe(NOW);
  expect(unknown.firstSeen(header, NOW + 5)).toBe(NOW);
  expect(unknown.firstSeen(other, NOW + 5)).toBe(NOW + 5);
});

it('It is not remembered when a token first came with a key id of 251 characters', () => {
  const unknown = new UnknownKeyIds(COOLDOWN);
  const long = kid('k'.repeat(251));
  expect([unknown.firstSeen(long, NOW), unknown.firstSeen(long, NOW + 5)]).toEqual([NOW, NOW + 5]);
});

it('The last 256 key ids are remembered', () => {
  const unknown = new UnknownKeyIds(COOLDOWN);
  for (let index = 0; index < 257; index += 1) unknown.firstSeen(kid(`k${index}`), NOW);
  const at = [0, 1, 256].map((index) => unknown.firstSeen(kid(`k${index}`), NOW + 5));
  // To ask about the first is to remember it anew, in the place of the second.
  expect(at).toEqual([NOW + 5, NOW + 5, NOW]);
});

it('Key ids that a new set has are forgotten', () => {
  const unknown = new UnknownKeyIds(COOLDOWN);
  for (const id of ['a', 'b']) unknown.firstSeen(kid(id), NOW);
  unknown.update(setOf('b'), undefined, NOW + 1);
  expect([unknown.firstSeen(kid('a'), NOW + 5), unknown.firstSeen(kid('b'), NOW + 5)]).toEqual([
    NOW,
    NOW + 5,
  ]);
});

// biome-ignore format: one case per line
it.each<[what: string, origin: ReturnType<typeof asked>, seenBefore: number, expected: Absence]>([
  ['asked for when the token came', asked(NOW), 0, 'absent'],
  ['asked for after it', asked(NOW + 1), 0, 'absent'],
  ['asked for before it, where the key id is new', asked(NOW - 1), 0, 'unproven'],
  ['asked for before it, where nothing was proven yet', asked(NOW - 1), 1, 'unproven'],
  ['asked for after it, from a cache', asked(NOW + 5, 6), 0, 'old copy'],
  ['asked for after it, from a cache that is newer than it', asked(NOW + 5, 5), 0, 'absent'],
  ['asked for after it, from a cache that is newer than the key id', asked(NOW, 100), 100, 'absent'],
  ['asked for after it, from a cache that is older than the key id', asked(NOW, 101), 100, 'old copy'],
  ['asked for after it, from a cache, almost a cooldown after the key id came', asked(NOW, 1e6), COOLDOWN - 1, 'old copy'],
  ['asked for after it, from a cache, a cooldown after the key id came', asked(NOW, 1e6), COOLDOWN, 'absent'],
  ['asked for before it, from a cache that is older than the key id', asked(NOW - 1, 100), 100, 'unproven'],
  ['out of a store', STORED, 0, 'unproven'],
  ['out of a store, long after the key id came', STORED, 1e6, 'unproven'],
])('Whether a set proves that a key does not exist: one %s', (_, origin, seenBefore, expected) => {
  const unknown = new UnknownKeyIds(COOLDOWN);
  unknown.firstSeen(kid('a'), NOW - seenBefore);
  expect(prove(unknown, 'a', origin, NOW)).toBe(expected);
});

it('What is proven is remembered for one cooldown since the last answer', () => {
  const unknown = new UnknownKeyIds(COOLDOWN);
  expect(prove(unknown, 'a', asked(NOW), NOW)).toBe('absent');
  for (const askedAt of [NOW, NOW + 9000, NOW + 60_000]) {
    const later = [1, COOLDOWN - 1, COOLDOWN].map((ms) => prove(unknown, 'a', asked(askedAt), askedAt + ms));
    expect(later).toEqual(['absent', 'absent', 'unproven']);
  }
  expect(prove(unknown, 'b', asked(NOW), NOW + 1)).toBe('unproven');
});

it('What is proven is forgotten when the key appears', () => {
  const unknown = new UnknownKeyIds(COOLDOWN);
  expect(prove(unknown, 'a', asked(NOW), NOW)).toBe('absent');
  unknown.update(setOf('a'), undefined, NOW + 5);
  expect(prove(unknown, 'a', asked(NOW + 5), NOW + 6)).toBe('unproven');
});

it('What is proven of a key that was in the last set is remembered only a cooldown after it vanished', () => {
  const unknown = new UnknownKeyIds(COOLDOWN);
  unknown.update(setOf('b'), setOf('a', 'b'), NOW);
  unknown.update(setOf('b'), setOf('b'), NOW);
  expect(prove(unknown, 'a', asked(NOW + 1), NOW + 1)).toBe('absent');
  expect(prove(unknown, 'a', asked(NOW + 1), NOW + 2)).toBe('unproven');
  expect(prove(unknown, 'a', asked(NOW + COOLDOWN - 1), NOW + COOLDOWN)).toBe('unproven');
  expect(prove(unknown, 'a', asked(NOW + COOLDOWN), NOW + COOLDOWN + 1)).toBe('absent');
});

it('A set whose key ids differ from those of the last set proves nothing, until the next set has the same', () => {
  const unknown = new UnknownKeyIds(COOLDOWN);
  unknown.update(setOf('b', 'c'), setOf('b'), NOW);
  expect(prove(unknown, 'a', asked(NOW), NOW)).toBe('unproven');
  unknown.update(setOf('c', 'b'), setOf('b', 'c'), NOW);
  expect(prove(unknown, 'a', asked(NOW), NOW)).toBe('absent');
});

it('A set from another URL than the last proves nothing for a minute', () => {
  const unknown = new UnknownKeyIds(COOLDOWN);
  const moved = new KeySet([], { ...asked(NOW), url: new URL('https://idp.example/other') }, defaultEngine);
  unknown.update(moved, setOf(), NOW);
  expect(prove(unknown, 'a', asked(NOW + 59_999), NOW + 59_999)).toBe('unproven');
  expect(prove(unknown, 'a', asked(NOW + 60_000), NOW + 60_000)).toBe('absent');
});

it('The first set of a source proves what it lacks', () => {
  const unknown = new UnknownKeyIds(COOLDOWN);
  unknown.update(setOf('b'), undefined, NOW);
  expect(prove(unknown, 'a', asked(NOW), NOW)).toBe('absent');
});
