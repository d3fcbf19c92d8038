import { decodeJwt, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseDuration } from '../../../src/claims/duration.js';

const NOW = 1_750_000_000;
const KEY = new Uint8Array(32);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
  vi.setSystemTime(NOW * 1000);
});
afterEach(() => {
  vi.useRealTimers();
});

/** What jose makes of the same text, or `undefined` when it throws. */
async function josesSeconds(text: unknown): Promise<number | undefined> {
  try {
    const unsigned = new SignJWT({}).setExpirationTime(text as string);
    const { exp } = decodeJwt(await unsigned.setProtectedHeader({ alg: 'HS256' }).sign(KEY));
    return exp === undefined ? undefined : exp - NOW;
  } catch {
    return undefined;
  }
}

const UNITS: [names: string[], seconds: number][] = [
  [['s', 'sec', 'secs', 'second', 'seconds'], 1],
  [['m', 'min', 'mins', 'minute', 'minutes'], 60],
  [['h', 'hr', 'hrs', 'hour', 'hours'], 3600],
  [['d', 'day', 'days'], 86_400],
  [['w', 'week', 'weeks'], 604_800],
  [['y', 'yr', 'yrs', 'year', 'years'], 31_557_600],
];

describe('parseDuration', () => {
  it.each(UNITS.flatMap(([names, seconds]) => names.map((unit) => ({ unit, seconds }))))(
    'reads the unit $unit as $seconds seconds, as jose does',
    async ({ unit, seconds }) => {
      for (const text of [`3${unit}`, `3 ${unit}`, `3${unit.toUpperCase()}`, `3 ${unit} from now`]) {
        expect(parseDuration(text)).toBe(3 * seconds);
        expect(await josesSeconds(text)).toBe(3 * seconds);
      }
      expect(parseDuration(`-3${unit}`)).toBe(-3 * seconds);
      expect(await josesSeconds(`-3${unit}`)).toBe(-3 * seconds);
    },
  );

  it.each<{ text: string; seconds: number }>([
    { text: '1h', seconds: 3600 },
    { text: '01h', seconds: 3600 },
    { text: '+1h', seconds: 3600 },
    { text: '+ 1 h', seconds: 3600 },
    { text: ' 1h', seconds: 3600 },
    { text: '-1h', seconds: -3600 },
    { text: '- 1h', seconds: -3600 },
    { text: '1h ago', seconds: -3600 },
    { text: '1h From Now', seconds: 3600 },
    { text: '1.5h', seconds: 5400 },
    { text: '0.5s', seconds: 0.5 },
    { text: '0.49s', seconds: 0.49 },
    { text: '1.5s ago', seconds: -1.5 },
    { text: '0.25m', seconds: 15 },
    { text: '0s', seconds: 0 },
    { text: '10000d', seconds: 864_000_000 },
  ])('reads $text as $seconds seconds, which jose rounds', async ({ text, seconds }) => {
    expect(parseDuration(text)).toBe(seconds);
    const byJose = await josesSeconds(text);
    // jose rounds the amount and then gives it its sign.
    expect(byJose).toBe(Math.sign(seconds) * Math.round(Math.abs(seconds)));
  });

  // The one place where the two part: jose 6.2 takes any case for the word, and only lower case for its meaning.
  it.each(['1h AGO', '1h Ago', '1H aGO'])('reads %s as the past', (text) => {
    expect(parseDuration(text)).toBe(-3600);
  });

  it.each<{ text: string }>([
    { text: '' },
    { text: ' ' },
    { text: '1' },
    { text: 'h' },
    { text: '.5h' },
    { text: '1.h' },
    { text: '1,5h' },
    { text: '1e3s' },
    { text: '0x1s' },
    { text: '١s' },
    { text: '  1h' },
    { text: '1  h' },
    { text: '1h ' },
    { text: '1h\n' },
    { text: '\n1h' },
    { text: 'x1h' },
    { text: '1\th' },
    { text: '1hx' },
    { text: '1 fortnight' },
    { text: '1 month' },
    { text: '1 ms' },
    { text: '1ſ' },
    { text: '1 constructor' },
    { text: '1h 30m' },
    { text: '++1h' },
    { text: '--1h' },
    { text: '1h ago ago' },
    { text: '1hago' },
    { text: '1h  ago' },
    { text: '-1h ago' },
    { text: '+1h ago' },
    { text: '+1h from now' },
    { text: '-1h from now' },
    { text: 'Infinity s' },
    { text: 'NaNs' },
    { text: `${'9'.repeat(309)}s` },
    // A number still, but not once it is in seconds.
    { text: `1${'0'.repeat(308)}y` },
  ])('refuses $text, as jose does', async ({ text }) => {
    expect(parseDuration(text)).toBeUndefined();
    expect(await josesSeconds(text)).toBeUndefined();
  });

  it.each<{ value: unknown }>([
    { value: undefined },
    { value: null },
    { value: 5 },
    { value: 3600n },
    { value: true },
    { value: ['1h'] },
    { value: { toString: () => '1h' } },
    { value: Symbol('1h') },
    { value: new String('1h') },
  ])('refuses $value, which is not text', ({ value }) => {
    expect(parseDuration(value)).toBeUndefined();
  });
});
