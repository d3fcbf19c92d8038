// Runs under jest, which needs Node's --experimental-vm-modules to load ES modules.
import { afterEach, expect, it, jest } from '@jest/globals';
import { PROVEN, prove } from './prove.js';

afterEach(() => void jest.useRealTimers());

it.each(['in memory', 'over HTTP'] as const)(
  'A test issuer %s works under jest with fake timers',
  async (mode) => {
    const clock = {
      stop: (now: number) => void jest.useFakeTimers({ now }),
      pass: (milliseconds: number) => jest.advanceTimersByTimeAsync(milliseconds),
    };
    expect(await prove(mode, clock)).toEqual(PROVEN);
  },
);
