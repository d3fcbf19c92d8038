import { afterEach, beforeEach, vi } from 'vitest';

/** The second in which time stands still, since the epoch. */
export const NOW = 1_750_000_000;

/** Stops both clocks in every test of a file, at the end of a second, so that rounding it up would be noticed. */
export function freezeClock(): void {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date', 'performance'], now: NOW * 1000 + 999 }));
  afterEach(() => void vi.useRealTimers());
}

/**
 * Moves the stopped clocks to so many milliseconds after the beginning of the second `NOW`. Back goes only the clock
 * that can be set.
 */
export function moveClock(milliseconds: number): void {
  const forward = NOW * 1000 + milliseconds - Date.now();
  if (forward > 0) vi.advanceTimersByTime(forward);
  else vi.setSystemTime(NOW * 1000 + milliseconds);
}
