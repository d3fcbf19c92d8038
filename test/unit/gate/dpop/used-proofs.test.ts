import { expect, it } from 'vitest';
import { UsedProofs } from '../../../../gate/dpop/used-proofs.js';
import { freezeClock, moveClock } from '../../../support/clock.js';

freezeClock();

it('A full memory of used proofs evicts none early, and accepts new ones once old ones expire', async () => {
  moveClock(0);
  const proof = (id: string, seconds: number) => ({ id, acceptedUntil: Date.now() + seconds * 1000 });
  const used = new UsedProofs(undefined, 2);
  expect(await used.use(proof('a', 10))).toBe('first');
  expect(await used.use(proof('b', 20))).toBe('first');
  expect(await used.use(proof('c', 20))).toBe('unknown');
  expect(await used.use(proof('a', 10))).toBe('again');
  // A minute longer than they are accepted.
  moveClock(70_000);
  expect(await used.use(proof('c', 20))).toBe('unknown');
  moveClock(70_001);
  expect(await used.use(proof('c', 20))).toBe('first');
  expect(await used.use(proof('b', 10))).toBe('again');
});

it('A used proof is still known when the clock is set back by a minute', async () => {
  moveClock(0);
  const proof = { id: 'a', acceptedUntil: Date.now() + 2000 };
  const used = new UsedProofs(undefined, 9);
  expect(await used.use(proof)).toBe('first');
  moveClock(62_000);
  expect(await used.use({ id: 'b', acceptedUntil: Date.now() })).toBe('first');
  moveClock(1000);
  expect(await used.use(proof)).toBe('again');
});
