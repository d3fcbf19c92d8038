import { expect, it } from 'vitest';
import { BackOff } from '../../../../src/keys/remote/back-off.js';
import { ALMOST_ONE, pinRandom } from '../../../support/jwks-simulation.js';

const NOW = 123_456;

function failed(times: number, retryAfterMs?: number): BackOff {
  const backOff = new BackOff();
  for (let time = 0; time < times; time += 1) backOff.failed(NOW, 1, retryAfterMs);
  return backOff;
}

it('The back-off is zero before the first failure and after a success', () => {
  const backOff = new BackOff();
  expect([backOff.failing, backOff.remaining(NOW, true), backOff.remaining(0, false)]).toEqual([false, 0, 0]);

  backOff.failed(NOW, 1);
  backOff.succeeded();
  expect([backOff.failing, backOff.remaining(NOW, true), backOff.remaining(0, false)]).toEqual([false, 0, 0]);
});

it.each([
  [
    'while cached keys are used, the longest delays',
    true,
    0,
    [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000],
  ],
  [
    'while cached keys are used, the shortest delays',
    true,
    ALMOST_ONE,
    [500, 1000, 2000, 4000, 8000, 15_000, 15_000],
  ],
  [
    'while cached keys are used, delays in the middle',
    true,
    0.5,
    [750, 1500, 3000, 6000, 12_000, 22_500, 22_500],
  ],
  ['without usable keys', false, 0.5, [1000, 1000, 1000, 1000]],
])('The back-off doubles up to half a minute, or stays at a second: %s', (_, isServing, random, delays) => {
  pinRandom(random);
  const backOff = new BackOff();
  let now = NOW;
  for (const delay of delays) {
    backOff.failed(now, 1);
    expect(backOff.failing).toBe(true);
    expect(backOff.remaining(now, isServing)).toBeCloseTo(delay, 5);
    expect(backOff.remaining(now + delay - 1, isServing)).toBeCloseTo(1, 5);
    now += delay;
    expect(backOff.remaining(now, isServing)).toBe(0);
  }
});

it('Without usable keys, the back-off is one second for each request of an attempt', () => {
  pinRandom(0);
  const backOff = new BackOff();
  for (const requests of [1, 2, 3]) {
    backOff.failed(NOW, requests);
    expect(backOff.remaining(NOW, false)).toBe(1000 * requests);
  }
});

it('The length of the back-off depends on whether keys can be used now, not at the time of the failure', () => {
  pinRandom(0);
  const backOff = failed(6);

  expect([backOff.remaining(NOW, true), backOff.remaining(NOW, false)]).toEqual([30_000, 1000]);
});

it('The back-off stays at its maximum after many failures, and starts again after a success', () => {
  pinRandom(0);
  const backOff = failed(2000);
  expect(backOff.remaining(NOW, true)).toBe(30_000);

  backOff.succeeded();
  backOff.failed(NOW, 1);
  expect(backOff.remaining(NOW, true)).toBe(1000);
});

it.each([
  ['nothing', undefined, 1000],
  ['less than the wait', 999, 1000],
  ['more than the wait', 7000, 7000],
  ['a minute', 60_000, 60_000],
  ['more than a minute', 60_001, 60_000],
  ['a day', 86_400_000, 60_000],
])(
  'The back-off follows the "Retry-After" of the endpoint, up to a minute: %s',
  (_, retryAfterMs, expected) => {
    pinRandom(0);
    for (const isServing of [true, false]) {
      expect(failed(1, retryAfterMs).remaining(NOW, isServing)).toBe(expected);
    }
  },
);

it('The next failure replaces the "Retry-After" of the one before', () => {
  pinRandom(0);
  const backOff = failed(1, 60_000);
  backOff.failed(NOW, 1);

  expect(backOff.remaining(NOW, true)).toBe(2000);
});
