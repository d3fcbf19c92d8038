import { expect, it } from 'vitest';
import { LookUpBudget } from '../../../../src/keys/remote/look-up-budget.js';

const NOW = 123_456;
const COOLDOWN = 10_000;

it.each([
  ['two at once, and then none', [0], 2],
  ['nothing just below a cooldown', [0, COOLDOWN - 1], 2],
  ['one at a cooldown', [0, COOLDOWN], 3],
  ['one just below two cooldowns', [0, 2 * COOLDOWN - 1], 3],
  ['two at two cooldowns', [0, 2 * COOLDOWN], 4],
  ['never more than two after a long time', [0, 1000 * COOLDOWN], 4],
])('A budget is %s', (_, times, expected) => {
  const budget = new LookUpBudget(COOLDOWN);

  const spent = times.flatMap((time) => [1, 2, 3, 4].filter(() => budget.spend(NOW + time)));
  expect(spent).toHaveLength(expected);
});

it('A budget loses nothing by being asked all the time', () => {
  const budget = new LookUpBudget(COOLDOWN);
  let spent = 0;
  for (let elapsed = 0; elapsed <= 10 * COOLDOWN; elapsed += 10) {
    const waitMs = budget.remaining(NOW + elapsed);
    const isSpent = budget.spend(NOW + elapsed);
    expect(waitMs === 0).toBe(isSpent);
    if (isSpent) spent += 1;
  }

  // The sum of a thousand refills may be a rounding error short of the last one.
  expect([11, 12]).toContain(spent);
});
