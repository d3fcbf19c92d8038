import { afterEach, describe, expect, it, vi } from 'vitest';
import { BackOff } from '../../../../src/keys/remote/back-off.js';

const NOW = Date.UTC(2026, 0, 1);
const ALMOST_ONE = 1 - 2 ** -53;

afterEach(() => {
  vi.restoreAllMocks();
});

describe('A back-off', () => {
  it('does not keep anyone waiting before the first failure', () => {
    const backOff = new BackOff(30_000);

    expect(backOff.failing).toBe(false);
    expect(backOff.remaining(NOW)).toBe(0);
    expect(backOff.remaining(0)).toBe(0);
  });

  it.each([
    ['as long as it can be', 0, 30_000, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]],
    ['as short as it can be', ALMOST_ONE, 30_000, [500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]],
    ['in between', 0.5, 30_000, [750, 1500, 3000, 6000, 12_000, 22_500, 22_500]],
    ['capped from the first on', 0, 500, [500, 500, 500]],
    ['capped at the first', 0, 1000, [1000, 1000, 1000]],
    ['capped high', 0, 3_600_000, [1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 128_000]],
  ])(
    'doubles from one second up to the cooldown, with a jitter that makes it %s',
    (_, random, maxMs, delays) => {
      vi.spyOn(Math, 'random').mockReturnValue(random);
      const backOff = new BackOff(maxMs);
      let now = NOW;

      for (const delay of delays) {
        backOff.failed(now);
        expect(backOff.failing).toBe(true);
        expect(backOff.remaining(now)).toBeCloseTo(delay, 2);
        expect(backOff.remaining(now + delay - 1)).toBeCloseTo(1, 2);
        now += delay;
        expect(backOff.remaining(now)).toBe(0);
        expect(backOff.remaining(now + 1)).toBe(0);
      }
    },
  );

  it('stays at the cooldown however many failures there are', () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const backOff = new BackOff(30_000);
    for (let failures = 0; failures < 2000; failures += 1) backOff.failed(NOW);

    expect(backOff.remaining(NOW)).toBe(30_000);
  });

  it('is over at a success, and begins again with one second', () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const backOff = new BackOff(30_000);
    for (let failures = 0; failures < 5; failures += 1) backOff.failed(NOW);

    backOff.succeeded();
    expect(backOff.failing).toBe(false);
    expect(backOff.remaining(NOW)).toBe(0);

    backOff.failed(NOW);
    expect(backOff.remaining(NOW)).toBe(1000);
  });

  it('is over when the clock was set back, but not when it merely counts the whole of the wait', () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const backOff = new BackOff(1000);
    backOff.failed(NOW);

    expect(backOff.remaining(NOW)).toBe(1000);
    expect(backOff.remaining(NOW - 1)).toBe(0);
    expect(backOff.remaining(NOW - 86_400_000)).toBe(0);
  });
});
