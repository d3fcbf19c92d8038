import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import type { Proof } from '../../../../gate/dpop/proof.js';
import { UsedProofs } from '../../../../gate/dpop/used-proofs.js';
import { freezeClock, moveClock, NOW } from '../../../support/clock.js';

freezeClock();

const idOf = (name: string): string => createHash('sha256').update(name).digest('base64url');
/** A proof that is accepted for some seconds from now. */
const proof = (name: string, seconds: number): Proof => ({
  id: idOf(name),
  acceptedUntil: Date.now() + seconds * 1000,
});
/** Proofs are kept for a minute longer than they are accepted, and forgotten at most ten seconds after that. */
const MARGIN_MS = 60_000;
const SLACK_MS = 10_000;

it('A full memory of used proofs evicts none early, and accepts new ones once old ones expire', async () => {
  moveClock(0);
  const used = new UsedProofs(undefined, 2);
  expect(await used.use(proof('a', 10))).toBe('first');
  expect(await used.use(proof('b', 20))).toBe('first');
  expect(await used.use(proof('c', 20))).toBe('unknown');
  expect(await used.use(proof('a', 10))).toBe('again');
  moveClock(70_000);
  expect(await used.use(proof('c', 20))).toBe('unknown');
  moveClock(70_000 + SLACK_MS);
  expect(await used.use(proof('c', 20))).toBe('first');
  expect(await used.use(proof('b', 10))).toBe('again');
});

it.each([0, 1, 4999, 9999])(
  'A proof is known until the last millisecond of its time, and not ten seconds later, from any time: %i',
  async (start) => {
    moveClock(start);
    const known = new UsedProofs(undefined, 9);
    const forgotten = new UsedProofs(undefined, 9);
    const a = proof('a', 1);
    for (const used of [known, forgotten]) expect(await used.use(a)).toBe('first');
    moveClock(start + 1000 + MARGIN_MS);
    expect(await known.use(a)).toBe('again');
    moveClock(start + 1000 + MARGIN_MS + SLACK_MS);
    expect(await forgotten.use(a)).toBe('first');
  },
);

it('A used proof is still known when the clock is set back by a minute', async () => {
  moveClock(0);
  const a = proof('a', 2);
  const used = new UsedProofs(undefined, 9);
  expect(await used.use(a)).toBe('first');
  moveClock(62_000);
  expect(await used.use(proof('b', 0))).toBe('first');
  moveClock(1000);
  expect(await used.use(a)).toBe('again');
});

it('The id of a used proof is not free for a proof of another time', async () => {
  moveClock(0);
  const used = new UsedProofs(undefined, 9);
  expect(await used.use(proof('a', 5))).toBe('first');
  expect(await used.use(proof('a', 100))).toBe('again');
  expect(await used.use(proof('a', 0))).toBe('again');
});

it('Ids that differ in one bit are two ids', async () => {
  const used = new UsedProofs(undefined, 1000);
  const bytes = createHash('sha256').update('a').digest();
  const flipped = Array.from({ length: 256 }, (_, bit) => {
    const copy = Buffer.from(bytes);
    copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    return copy;
  });
  for (const id of [bytes, ...flipped]) {
    expect(await used.use({ id: id.toString('base64url'), acceptedUntil: Date.now() })).toBe('first');
  }
});

it('Used proofs behave like a plain map of their times, whatever is used and however the clock moves', async () => {
  const step = fc.record({
    name: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    acceptedFor: fc.integer({ min: -5000, max: 120_000 }),
    // Now and then, the clock is set back.
    clock: fc.oneof(fc.integer({ min: 0, max: 30_000 }), fc.integer({ min: -60_000, max: 0 })),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const capacity = 3;
      const used = new UsedProofs(undefined, capacity);
      const model = new Map<string, number>();
      const names = (keptFor: (keptUntil: number) => boolean): string[] =>
        [...model].filter(([, keptUntil]) => keptFor(keptUntil)).map(([name]) => name);
      let now = NOW * 1000;
      let latest = now;
      for (const { name, acceptedFor, clock } of steps) {
        now += clock;
        latest = Math.max(latest, now);
        vi.setSystemTime(now);
        // What has ended may be remembered for a while, and what has not ended always is.
        const certain = names((keptUntil) => keptUntil >= latest);
        const possible = names((keptUntil) => keptUntil + SLACK_MS >= now);
        const result = await used.use({ id: idOf(name), acceptedUntil: now + acceptedFor });

        if (certain.includes(name)) expect(result).toBe('again');
        else if (certain.length >= capacity) expect(result).not.toBe('first');
        if (!possible.includes(name) && possible.length < capacity) expect(result).toBe('first');
        if (result === 'first') model.set(name, now + acceptedFor + MARGIN_MS);
      }
    }),
    { numRuns: 500 },
  );
});
