import { describe, expect, it } from 'vitest';
import { parseDuration, parseMilliseconds, parseWholeSeconds } from '../../../src/shared/duration.js';

// A property test in test/oracle compares parseDuration with jose.
describe('parseDuration', () => {
  it.each<[seconds: number, ...units: string[]]>([
    [1, 's', 'sec', 'secs', 'second', 'seconds'],
    [60, 'm', 'min', 'mins', 'minute', 'minutes'],
    [3600, 'h', 'hr', 'hrs', 'hour', 'hours'],
    [86_400, 'd', 'day', 'days'],
    [604_800, 'w', 'week', 'weeks'],
    [31_557_600, 'y', 'yr', 'yrs', 'year', 'years'],
  ])('parseDuration accepts each name of a unit of %d seconds', (seconds, ...units) => {
    for (const unit of units) {
      for (const text of [`3${unit}`, `3 ${unit}`, `3${unit.toUpperCase()}`, `3 ${unit} from now`]) {
        expect([text, parseDuration(text)]).toEqual([text, 3 * seconds]);
      }
    }
  });

  it.each([
    ['01h', 3600],
    ['+1h', 3600],
    ['+ 1 h', 3600],
    [' 1h', 3600],
    ['-1h', -3600],
    ['- 1h', -3600],
    ['1h ago', -3600],
    // jose 6.2 accepts "ago" in any case, but reads it as the past only in lower case.
    ['1H aGo', -3600],
    ['1h From Now', 3600],
    ['1.25m', 75],
    ['0.49s', 0.49],
    ['12.345s', 12.345],
    ['1.5s ago', -1.5],
    ['0s', 0],
    ['10000d', 864_000_000],
  ])('parseDuration reads "%s" as %d seconds', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  it.each([
    ...['', ' ', '1', 'h', '.5h', '1.h', '1,5h', '1e3s', '0x1s', '١s', '  1h', '1  h', '1h ', '1h\n', '\n1h'],
    ...[
      'x1h',
      '1\th',
      '1hx',
      '1 fortnight',
      '1 month',
      '1 ms',
      '1ſ',
      '1 constructor',
      '1h 30m',
      '++1h',
      '--1h',
    ],
    ...['1h ago ago', '1hago', '1h  ago', '-1h ago', '+1h ago', '+1h from now', '-1h from now', 'NaNs'],
    // Text that looks like a number, but is infinite as a number or in seconds.
    ...['Infinity s', `${'9'.repeat(309)}s`, `1${'0'.repeat(308)}y`],
  ])('parseDuration refuses %j', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it.each([undefined, null, 5, 3600n, true, { toString: () => '1h' }, Symbol('1h'), Object('1h')])(
    'parseDuration refuses %o, which is not text',
    (value) => {
      expect(parseDuration(value)).toBeUndefined();
    },
  );
});

describe('A duration in whole numbers', () => {
  it.each<[text: string, seconds: number | undefined, milliseconds: number | undefined]>([
    ['1h', 3600, 3_600_000],
    ['0.4s', 0, 400],
    ['0.5s', 1, 500],
    ['1.4996s', 1, 1500],
    ['0.0004s', 0, 0],
    ['-0.1s', undefined, undefined],
    ['100 years', 3_155_760_000, 3_155_760_000_000],
    ['3155760001s', undefined, undefined],
    ['soon', undefined, undefined],
  ])('"%s" is %s whole seconds and %s whole milliseconds', (text, seconds, milliseconds) => {
    expect([parseWholeSeconds(text), parseMilliseconds(text)]).toEqual([seconds, milliseconds]);
  });
});
