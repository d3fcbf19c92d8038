import fc from 'fast-check';
import { decodeJwt, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { parseDuration } from '../../../src/claims/duration.js';
import { NOW } from '../../support/forge.js';
import { allowTime, PARAMETERS, seeded } from './seed.js';

allowTime();

beforeAll(() => void vi.useFakeTimers({ toFake: ['Date'], now: NOW * 1000 }));
afterAll(() => void vi.useRealTimers());

/** The seconds that jose reads, rounded as it rounds them, or `undefined`. */
function joses(text: unknown): number | undefined {
  try {
    return Number(decodeJwt(new UnsecuredJWT({}).setNotBefore(text as string).encode()).nbf) - NOW;
  } catch {
    return undefined;
  }
}

const NAMES = [
  ...'s sec secs second seconds m min mins minute minutes h hr hrs hour hours'.split(' '),
  ...'d day days w week weeks y yr yrs year years'.split(' '),
  ...'ms mo month wk S Hours DAYS ho hourss wee\u212as \u017fec m\u0131n \uff53'.split(' '),
  '',
];
const ENDINGS = ['ago', ' from  now', ' ago ', ' later', '\n', ' from now ago', ' From Now'];

const digits = fc.oneof(
  fc.nat({ max: 1000 }).map(String),
  fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 5 }),
);
const amount = fc.oneof(
  digits,
  fc.tuple(digits, digits).map((both) => both.join('.')),
  fc.constantFrom(...'.5 5. 1e3 0x10 1,5 1_000 ٣ １ NaN Infinity'.split(' '), '', '9'.repeat(400)),
);
const durations = fc
  .tuple(
    fc.constantFrom('', '', '', '+', '-', '+ ', '- ', ' ', '--', '\u2212'),
    amount,
    fc.constantFrom('', '', ' ', ' ', '  ', '\t', '\u00a0'),
    fc.constantFrom(...NAMES),
    fc.constantFrom('', '', '', ' ago', ' from now', ...ENDINGS),
  )
  .map((parts) => parts.join(''));
const texts = fc.oneof(
  { weight: 9, arbitrary: durations },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
);

const rounded = (seconds: number): number => (seconds < 0 ? -Math.round(-seconds) : Math.round(seconds));

it(seeded('parseDuration reads what jose reads'), () => {
  const property = fc.property(texts, (text) => {
    const seconds = parseDuration(text);
    expect(seconds === undefined ? undefined : rounded(seconds) + 0).toBe(joses(text));
  });
  fc.assert(property, PARAMETERS);
});

it(seeded('parseDuration answers with undefined for any value that is not text'), () => {
  const notText = fc.anything().filter((value) => typeof value !== 'string');
  const property = fc.property(notText, (value) => parseDuration(value) === undefined);
  fc.assert(property, PARAMETERS);
});

it.each(['1h AGO', '1h Ago'])('parseDuration reads "%s" as the past, where jose reads the future', (text) => {
  expect(parseDuration(text)).toBe(-3600);
  expect(joses(text)).toBe(3600);
});
