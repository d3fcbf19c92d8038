import { afterEach, beforeEach, vi } from 'vitest';

/** The time at which the clocks are stopped, in seconds since the epoch. */
export const NOW = 1_750_000_000;

/** Stops both clocks in every test of a file. They stop at the end of a second, so that a test notices wrong rounding. */
export function freezeClock(): void {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date', 'performance'], now: NOW * 1000 + 999 }));
  afterEach(() => void vi.useRealTimers());
}

/**
 * Moves the stopped clocks to this many milliseconds after the beginning of the second `NOW`. Only the system clock can move
 * backward.
 */
export function moveClock(milliseconds: number): void {
  const forward = NOW * 1000 + milliseconds - Date.now();
  if (forward > 0) vi.advanceTimersByTime(forward);
  else vi.setSystemTime(NOW * 1000 + milliseconds);
}

/** Stops both clocks during a test, which moves them by a number of milliseconds. Timers of the runtime go on. */
export async function withClock(test: (advance: (ms: number) => void) => Promise<void>): Promise<void> {
  vi.useFakeTimers({ toFake: ['Date', 'performance'] });
  try {
    await test((ms) => void vi.advanceTimersByTime(ms));
  } finally {
    vi.useRealTimers();
  }
}
