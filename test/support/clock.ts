import { afterEach, beforeEach, vi } from 'vitest';

/** The second in which time stands still, since the epoch. */
export const NOW = 1_750_000_000;

/** Stops `Date` in every test of a file, at the end of a second, so that rounding it up would be noticed. */
export function freezeClock(): void {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: NOW * 1000 + 999 }));
  afterEach(() => void vi.useRealTimers());
}

/** Moves the stopped clock to so many milliseconds after the beginning of the second `NOW`. */
export const moveClock = (milliseconds: number): void => void vi.setSystemTime(NOW * 1000 + milliseconds);
