import fc from 'fast-check';
import { decodeJwt, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseDuration } from '../../../src/claims/duration.js';
import { NOW } from '../attacks/forge.js';
import { allowTime, PARAMETERS, seeded } from './seed.js';

allowTime();

beforeAll(() => void vi.useFakeTimers({ toFake: ['Date'], now: NOW * 1000 }));
afterAll(() => void vi.useRealTimers());

/** The seconds that jose reads, rounded as it rounds them, or `undefined`. */
function joses(text: unknown): number | undefined {
  try {
    const [, payload] = new UnsecuredJWT({})
      .setNotBefore(text as string)
      .encode()
      .split('.');
    return Number(decodeJwt(`.${payload}.`).nbf) - NOW;
  } catch {
    return undefined;
  }
}

const sign = fc.constantFrom('', '', '', '+', '-', '+ ', '- ', ' ', '--', '\u2212');
const digits = fc.oneof(
  fc.nat({ max: 1000 }).map(String),
  fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 5 }),
);
const amount = fc.oneof(
  digits,
  fc.tuple(digits, digits).map((both) => both.join('.')),
  fc.constantFrom(
    '',
    '.5',
    '5.',
    '1e3',
    '0x10',
    '1,5',
    '1_000',
    '٣',
    '１',
    'NaN',
    'Infinity',
    '9'.repeat(400),
  ),
);
const NAMES = [
  ...[
    's',
    'sec',
    'secs',
    'second',
    'seconds',
    'm',
    'min',
    'mins',
    'minute',
    'minutes',
    'h',
    'hr',
    'hrs',
    'hour',
    'hours',
  ],
  ...['d', 'day', 'days', 'w', 'week', 'weeks', 'y', 'yr', 'yrs', 'year', 'years'],
  ...[
    '',
    'ms',
    'mo',
    'month',
    'wk',
    'S',
    'Hours',
    'DAYS',
    'ho',
    'hourss',
    'wee\u212as',
    '\u017fec',
    'm\u0131n',
    '\uff53',
  ],
];
const unit = fc.constantFrom(...NAMES);
const gap = fc.constantFrom('', '', ' ', ' ', '  ', '\t', '\u00a0');
const ending = fc.constantFrom(
  '',
  '',
  '',
  ' ago',
  ' from now',
  'ago',
  ' from  now',
  ' ago ',
  ' later',
  '\n',
  ' from now ago',
  ' From Now',
);
const texts = fc.oneof(
  { weight: 9, arbitrary: fc.tuple(sign, amount, gap, unit, ending).map((parts) => parts.join('')) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
);

const rounded = (seconds: number): number => (seconds < 0 ? -Math.round(-seconds) : Math.round(seconds));

describe('parseDuration', () => {
  it(seeded('reads what jose reads'), () => {
    fc.assert(
      fc.property(texts, (text) => {
        const seconds = parseDuration(text);
        expect(seconds === undefined ? undefined : rounded(seconds) + 0).toBe(joses(text));
      }),
      PARAMETERS,
    );
  });

  it(seeded('answers with undefined for any value that is not text'), () => {
    fc.assert(
      fc.property(
        fc.anything().filter((value) => typeof value !== 'string'),
        (value) => {
          expect(parseDuration(value)).toBeUndefined();
        },
      ),
      PARAMETERS,
    );
  });

  it.each(['1h AGO', '1h Ago'])('reads "%s" as the past, where jose reads the future', (text) => {
    expect(parseDuration(text)).toBe(-3600);
    expect(joses(text)).toBe(3600);
  });
});
