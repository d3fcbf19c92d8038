// Compares the fast check for canonical base64url with a slow one that encodes the bytes again.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as native from '../../src/token/base64url.js';
import { withoutBuffer } from '../support/without-buffer.js';
import { PARAMETERS, seeded } from './properties/seed.js';
import { unit } from './properties/tokens.js';

const encodeAgain = (text: string): boolean => Buffer.from(text, 'base64url').toString('base64url') === text;

/** Characters that decoders replace or skip, and characters next to the alphabet. */
const STRANGE = [...'+/=~.,-_ \t\n\r@[`{:\0\x7f\x80éÿłŁ\u2028Ａ𝐀\ud800'];
const inserted = fc.tuple(fc.uint8Array({ maxLength: 24 }), fc.constantFrom(...STRANGE), fc.nat());
const texts = fc.oneof(
  fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
  fc.string({ maxLength: 12, unit: fc.constantFrom(...'AQgwBEIMabz019_-') }),
  inserted.map(([bytes, strange, at]) => {
    const encoded = Buffer.from(bytes).toString('base64url');
    const place = at % (encoded.length + 1);
    return encoded.slice(0, place) + strange + encoded.slice(place + (at % 2));
  }),
  fc.string({ maxLength: 16, unit }),
);

const VARIANTS = { with: native, without: await withoutBuffer(() => import('../../src/token/base64url.js')) };

describe.each(Object.entries(VARIANTS))('base64url %s Buffer', (name, variant) => {
  const { bytesOf, decodeBase64url, decodeCanonical, encodeBase64url, isDecodable, utf8In } = variant;

  it(
    seeded(`base64url ${name} Buffer is canonical exactly if encoding its bytes again gives the same text`),
    () => {
      let canonical = 0;
      const property = fc.property(texts, (value) => {
        const expected = encodeAgain(value);
        canonical += Number(expected);
        const bytes = Buffer.from(value, 'base64url');
        const decoded = decodeBase64url(value);
        expect(decoded && [...decoded]).toEqual(expected ? [...bytes] : undefined);
        expect(encodeBase64url(bytes)).toBe(bytes.toString('base64url'));
        if (!isDecodable(value)) return;
        expect(utf8In(value)).toBe(expected ? bytes.toString() : undefined);
        if (expected) expect([...(bytesOf(value) ?? [])]).toEqual([...bytes]);
      });
      fc.assert(property, { ...PARAMETERS, numRuns: 2 * PARAMETERS.numRuns });
      // The generator must produce both canonical and other texts.
      expect(canonical).toBeGreaterThan(PARAMETERS.numRuns / 5);
      expect(canonical).toBeLessThan(PARAMETERS.numRuns * 1.8);
    },
  );

  const lengths = [0, 1, 65_533, 65_534, 65_535, 65_536, 65_537, 70_000];
  it.each(lengths)(`base64url ${name} Buffer of %i characters is decoded completely`, (length) => {
    const value = Buffer.alloc(Math.floor((length * 3) / 4), 'x').toString('base64url');
    expect(utf8In(value)).toBe(Buffer.from(value, 'base64url').toString());
    expect(decodeCanonical(value)).toHaveLength(Math.floor((length * 3) / 4));
  });
});
