import { expect, it } from 'vitest';
import { BackOff } from '../../../../src/keys/remote/back-off.js';
import { ALMOST_ONE, pinRandom } from '../../../support/jwks-simulation.js';

const NOW = 123_456;

function failed(times: number, retryAfterMs?: number): BackOff {
  const backOff = new BackOff();
  for (let time = 0; time < times; time += 1) backOff.failed(NOW, 1, retryAfterMs);
  return backOff;
}

it('A back-off keeps nobody waiting before the first failure and after a success', () => {
  const backOff = new BackOff();
  expect([backOff.failing, backOff.remaining(NOW, true), backOff.remaining(0, false)]).toEqual([false, 0, 0]);

  backOff.failed(NOW, 1);
  backOff.succeeded();
  expect([backOff.failing, backOff.remaining(NOW, true), backOff.remaining(0, false)]).toEqual([false, 0, 0]);
});

it.each([
  ['while keys serve, as long as it can be', true, 0, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]],
  ['while keys serve, halved', true, ALMOST_ONE, [500, 1000, 2000, 4000, 8000, 15_000, 15_000]],
  ['while keys serve, in between', true, 0.5, [750, 1500, 3000, 6000, 12_000, 22_500, 22_500]],
  ['while no key serves', false, 0.5, [1000, 1000, 1000, 1000]],
])('A back-off doubles up to half a minute, or stays at a second: %s', (_, isServing, random, delays) => {
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

it('A back-off waits a second for each request of an attempt while no key serves', () => {
  pinRandom(0);
  const backOff = new BackOff();
  for (const requests of [1, 2, 3]) {
    backOff.failed(NOW, requests);
    expect(backOff.remaining(NOW, false)).toBe(1000 * requests);
  }
});

it('A back-off is bounded by whether keys serve now, not when it began', () => {
  pinRandom(0);
  const backOff = failed(6);

  expect([backOff.remaining(NOW, true), backOff.remaining(NOW, false)]).toEqual([30_000, 1000]);
});

it('A back-off stays at its bound however many failures there are, and begins again after a success', () => {
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
])('A back-off waits as long as the endpoint asks for, up to a minute: %s', (_, retryAfterMs, expected) => {
  pinRandom(0);
  for (const isServing of [true, false]) {
    expect(failed(1, retryAfterMs).remaining(NOW, isServing)).toBe(expected);
  }
});

it('A back-off forgets what the endpoint asked for at the next failure', () => {
  pinRandom(0);
  const backOff = failed(1, 60_000);
  backOff.failed(NOW, 1);

  expect(backOff.remaining(NOW, true)).toBe(2000);
});
