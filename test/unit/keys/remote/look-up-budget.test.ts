import { expect, it } from 'vitest';
import { LookUpBudget } from '../../../../src/keys/remote/look-up-budget.js';

const NOW = 123_456;
const COOLDOWN = 10_000;

it.each([
  ['two at once, but not three', [0], 2],
  ['no more just before one cooldown', [0, COOLDOWN - 1], 2],
  ['one more after one cooldown', [0, COOLDOWN], 3],
  ['one more just before two cooldowns', [0, 2 * COOLDOWN - 1], 3],
  ['two more after two cooldowns', [0, 2 * COOLDOWN], 4],
  ['at most two more after a long time', [0, 1000 * COOLDOWN], 4],
])('The budget allows look-ups: %s', (_, times, expected) => {
  const budget = new LookUpBudget(COOLDOWN);

  const spent = times.flatMap((time) => [1, 2, 3, 4].filter(() => budget.spend(NOW + time)));
  expect(spent).toHaveLength(expected);
});

it('The budget refills at the same rate even if it is checked all the time', () => {
  const budget = new LookUpBudget(COOLDOWN);
  let spent = 0;
  for (let elapsed = 0; elapsed <= 10 * COOLDOWN; elapsed += 10) {
    const waitMs = budget.remaining(NOW + elapsed);
    const isSpent = budget.spend(NOW + elapsed);
    expect(waitMs === 0).toBe(isSpent);
    if (isSpent) spent += 1;
  }

  // Rounding errors of a thousand refills may delay the last one.
  expect([11, 12]).toContain(spent);
});
