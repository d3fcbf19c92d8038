import { expect, it } from 'vitest';
import { LookUpBudget } from '../../../../src/keys/remote/look-up-budget.js';

const NOW = 123_456;
const COOLDOWN = 10_000;
const TIMEOUT = 100;
const LONGEST = 5200;

/** Takes one fetch, which ends at once. */
function spend(budget: LookUpBudget, now: number): boolean {
  const ended = budget.spend(now);
  ended?.();
  return ended !== undefined;
}

it.each([
  ['two at once, but not three', [0], 2],
  ['no more just before one cooldown', [0, COOLDOWN - 1], 2],
  ['one more after one cooldown', [0, COOLDOWN], 3],
  ['one more just before two cooldowns', [0, 2 * COOLDOWN - 1], 3],
  ['two more after two cooldowns', [0, 2 * COOLDOWN], 4],
  ['at most two more after a long time', [0, 1000 * COOLDOWN], 4],
])('The budget allows look-ups: %s', (_, times, expected) => {
  const budget = new LookUpBudget({ cooldownMs: COOLDOWN, timeoutMs: TIMEOUT });

  const spent = times.flatMap((time) => [1, 2, 3, 4].filter(() => spend(budget, NOW + time)));
  expect(spent).toHaveLength(expected);
});

it('The budget refills at the same rate even if it is checked all the time', () => {
  const budget = new LookUpBudget({ cooldownMs: COOLDOWN, timeoutMs: TIMEOUT });
  let spent = 0;
  for (let elapsed = 0; elapsed <= 10 * COOLDOWN; elapsed += 10) {
    const waitMs = budget.remaining(NOW + elapsed);
    const isSpent = spend(budget, NOW + elapsed);
    expect(waitMs === 0).toBe(isSpent);
    if (isSpent) spent += 1;
  }

  // Rounding errors of a thousand refills may delay the last one.
  expect([11, 12]).toContain(spent);
});

it.each([
  ['none just before the longest fetch would have ended', [LONGEST - 1], 0],
  ['both after the longest fetch would have ended', [LONGEST], 2],
  ['both only once', [LONGEST, LONGEST], 2],
  ['and at most two are left', [LONGEST + COOLDOWN], 2],
])('Of two fetches that never end, the budget gives back %s', (_, times, expected) => {
  const budget = new LookUpBudget({ cooldownMs: COOLDOWN, timeoutMs: TIMEOUT });
  for (let count = 0; count < 2; count += 1) expect(budget.spend(NOW)).toBeDefined();
  expect(budget.remaining(NOW)).toBe(LONGEST);

  const spent = times.flatMap((time) => [1, 2, 3, 4].filter(() => spend(budget, NOW + time)));
  expect(spent).toHaveLength(expected);
});

it('A fetch that ends late is given back once, and a fetch that ends in time is not', () => {
  const budget = new LookUpBudget({ cooldownMs: COOLDOWN, timeoutMs: TIMEOUT });
  const ended = budget.spend(NOW);
  spend(budget, NOW);
  expect(budget.remaining(NOW + LONGEST)).toBe(0);

  ended?.();
  expect(spend(budget, NOW + LONGEST)).toBe(true);
  expect(spend(budget, NOW + LONGEST)).toBe(false);
});
