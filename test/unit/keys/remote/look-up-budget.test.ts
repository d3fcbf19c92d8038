import { describe, expect, it } from 'vitest';
import { LookUpBudget } from '../../../../src/keys/remote/look-up-budget.js';

const NOW = Date.UTC(2026, 0, 1);
const COOLDOWN = 30_000;

describe('The budget for unknown key ids', () => {
  it('is two at once, and then none', () => {
    const ids = new LookUpBudget(COOLDOWN);

    expect([1, 2, 3, 4].map(() => ids.spend(NOW))).toEqual([true, true, false, false]);
  });

  it.each([
    ['nothing just below a cooldown', COOLDOWN - 1, 0],
    ['one at a cooldown', COOLDOWN, 1],
    ['one just below two cooldowns', 2 * COOLDOWN - 1, 1],
    ['two at two cooldowns', 2 * COOLDOWN, 2],
    ['never more than two', 1000 * COOLDOWN, 2],
  ])('has %s', (_, later, expected) => {
    const ids = new LookUpBudget(COOLDOWN);
    ids.spend(NOW);
    ids.spend(NOW);

    const spent = [1, 2, 3, 4].filter(() => ids.spend(NOW + later));
    expect(spent).toHaveLength(expected);
  });

  it('is one for each cooldown in a flood, and loses nothing by being asked all the time', () => {
    const ids = new LookUpBudget(COOLDOWN);
    let spent = 0;
    for (let elapsed = 0; elapsed <= 10 * COOLDOWN; elapsed += 10) {
      if (ids.spend(NOW + elapsed)) spent += 1;
    }

    // The sum of thousands of small refills may be a rounding error short of the last one.
    expect([11, 12]).toContain(spent);
  });

  it('is not frozen by a clock that was set back', () => {
    const ids = new LookUpBudget(COOLDOWN);
    ids.spend(NOW);
    ids.spend(NOW);
    const before = NOW - 86_400_000;

    expect([1, 2, 3].map(() => ids.spend(before))).toEqual([true, true, false]);
    expect(ids.spend(before + COOLDOWN)).toBe(true);
  });
});

describe('The memory of absent key ids', () => {
  it('begins empty', () => {
    const ids = new LookUpBudget(COOLDOWN);

    expect([ids.isAbsent('a', NOW), ids.isAbsent(undefined, NOW)]).toEqual([false, false]);
  });

  it.each([
    ['a key id', 'a'],
    ['the empty key id', ''],
    ['the name of a method', 'constructor'],
    ['no key id', undefined],
    ['a key id of 256 characters', 'k'.repeat(256)],
  ])('holds %s for one cooldown', (_, kid) => {
    const ids = new LookUpBudget(COOLDOWN);
    ids.rememberAbsent(kid, NOW);

    expect(ids.isAbsent(kid, NOW)).toBe(true);
    expect(ids.isAbsent(kid, NOW + COOLDOWN - 1)).toBe(true);
    expect(ids.isAbsent(kid, NOW + COOLDOWN)).toBe(false);
    expect(ids.isAbsent('other', NOW)).toBe(false);
  });

  it('does not hold a key id of 257 characters', () => {
    const ids = new LookUpBudget(COOLDOWN);
    ids.rememberAbsent('k'.repeat(257), NOW);

    expect(ids.isAbsent('k'.repeat(257), NOW)).toBe(false);
  });

  it('ends at once when the clock was set back by a cooldown or more', () => {
    const ids = new LookUpBudget(COOLDOWN);
    ids.rememberAbsent('a', NOW);

    expect(ids.isAbsent('a', NOW - COOLDOWN + 1)).toBe(true);
    expect(ids.isAbsent('a', NOW - COOLDOWN)).toBe(false);
  });

  it('holds the last 256, and no more', () => {
    const ids = new LookUpBudget(COOLDOWN);
    const remembered = () => Array.from({ length: 258 }, (_, index) => ids.isAbsent(`k${index}`, NOW));
    for (let index = 0; index < 256; index += 1) ids.rememberAbsent(`k${index}`, NOW);
    expect(remembered().filter(Boolean)).toHaveLength(256);
    expect(remembered().indexOf(true)).toBe(0);

    ids.rememberAbsent('k256', NOW);
    expect(remembered().filter(Boolean)).toHaveLength(256);
    expect(remembered().indexOf(true)).toBe(1);
  });

  it('counts what is remembered again as new', () => {
    const ids = new LookUpBudget(COOLDOWN);
    ids.rememberAbsent('a', NOW);
    for (let index = 0; index < 255; index += 1) ids.rememberAbsent(`k${index}`, NOW);

    ids.rememberAbsent('a', NOW + 1);
    ids.rememberAbsent('last', NOW + 1);
    expect(ids.isAbsent('a', NOW + COOLDOWN)).toBe(true);
    expect(ids.isAbsent('k0', NOW)).toBe(false);
    expect(ids.isAbsent('k1', NOW)).toBe(true);
  });
});
