// What a key is, told by node:crypto from the canonical spelling. The other spellings must give the same, or nothing.
import { createPublicKey, type JsonWebKeyInput } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as native from '../../src/keys/remote/usable-key.js';
import { base64url, generateKeys } from '../support/mint.js';
import { generateKeysWithZero } from '../support/spellings.js';
import { withoutBuffer } from '../support/without-buffer.js';
import { allowTime, PARAMETERS, seeded } from './properties/seed.js';

allowTime();

const BARE = await withoutBuffer(() => import('../../src/keys/remote/usable-key.js'));
const VARIANTS = { with: native.usableKey, without: BARE.usableKey };

type Jwk = Record<string, unknown>;

/** The numbers of a key, and the names of those that are integers: a point of Ed25519 has exactly 32 bytes. */
interface Numbers {
  readonly jwk: Jwk;
  readonly integers: readonly string[];
}

const keyOf = (jwk: Jwk) => createPublicKey({ format: 'jwk', key: jwk } as JsonWebKeyInput);
const isPoint = (jwk: Jwk): boolean => {
  try {
    keyOf(jwk);
    return true;
  } catch {
    return false;
  }
};
/** The bytes of a text, as a JWK has them: the same number always gives the same text. */
const canonical = (bytes: Uint8Array): string => {
  const first = bytes.findIndex((byte) => byte !== 0);
  return base64url(bytes.subarray(first < 0 ? bytes.length : first));
};

/** Keys take time to make. One of each curve begins with a zero byte, as only one in 256 does. */
const EC = ['ES256', 'ES384', 'ES512'].flatMap((alg) => [
  generateKeysWithZero(alg).jwk,
  ...Array.from({ length: 20 }, () => generateKeys(alg).jwk),
]);
const ED = Array.from({ length: 100 }, () => generateKeys('EdDSA').jwk);

const modulus = fc
  .tuple(fc.constantFrom(128, 255, 256, 257, 384, 512), fc.uint8Array({ minLength: 512, maxLength: 512 }))
  .map(([size, bytes]) => canonical(bytes.subarray(0, size)));
const exponent = fc
  .oneof(
    fc.constantFrom('AQAB', 'Aw', 'AQ', 'AA', 'Ag', 'EQ'),
    fc.uint8Array({ minLength: 1, maxLength: 10 }).map((bytes) => base64url(bytes)),
  )
  .map((text) => canonical(Buffer.from(text, 'base64url')));
const rsa = fc.record({ kty: fc.constant('RSA'), n: modulus, e: exponent });

const keys: fc.Arbitrary<Numbers> = fc.oneof(
  rsa.map((jwk) => ({ jwk, integers: ['n', 'e'] })),
  fc.constantFrom(...EC).map((jwk) => ({ jwk, integers: ['x', 'y'] })),
  fc.constantFrom(...ED).map((jwk) => ({ jwk, integers: [] })),
);

/** How one number is spelled. */
const spelling = fc.record({
  zeros: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 3 }), fc.constantFrom(128, 256)),
  cut: fc.boolean(),
  plus: fc.boolean(),
  slash: fc.boolean(),
  pad: fc.boolean(),
});
type Spelling = typeof spelling extends fc.Arbitrary<infer Value> ? Value : never;

function spell(text: unknown, isInteger: boolean, { zeros, cut, plus, slash, pad }: Spelling): string {
  const bytes = Buffer.from(String(text), 'base64url');
  const first = cut ? bytes.findIndex((byte) => byte !== 0) : 0;
  const spelled = isInteger
    ? Buffer.concat([Buffer.alloc(zeros), bytes.subarray(Math.max(first, 0))])
    : bytes;
  let result = spelled.toString('base64');
  if (!pad) result = result.replaceAll('=', '');
  if (!plus) result = result.replaceAll('+', '-');
  return slash ? result : result.replaceAll('/', '_');
}

const spelled = fc.tuple(keys, spelling, spelling).map(([{ jwk, integers }, first, second]) => {
  const [one, other] = jwk.kty === 'RSA' ? ['n', 'e'] : ['x', 'y'];
  const odd: Jwk = { ...jwk };
  for (const [name, how] of [
    [one, first],
    [other, second],
  ] as const) {
    if (name !== undefined && odd[name] !== undefined)
      odd[name] = spell(odd[name], integers.includes(name), how);
  }
  return { jwk, odd };
});

/** Whether a key may be used, told from its numbers alone. */
function isStrong({ kty, n, e }: Jwk): boolean {
  if (kty !== 'RSA') return true;
  const number = (text: unknown) => BigInt(`0x0${Buffer.from(String(text), 'base64url').toString('hex')}`);
  const [modulus, exponent] = [number(n), number(e)];
  const isOdd = modulus % 2n === 1n && exponent % 2n === 1n;
  return modulus >= 2n ** 2047n && exponent >= 3n && exponent < 2n ** 64n && isOdd;
}

describe.each(Object.entries(VARIANTS))('A key that is read %s Buffer', (name, usableKey) => {
  it(
    seeded(`${name} Buffer is what node:crypto makes of its canonical spelling, or weak in each spelling`),
    () => {
      let strong = 0;
      let changed = 0;
      fc.assert(
        fc.property(spelled, ({ jwk, odd }) => {
          const key = usableKey(odd);
          if (!isStrong(jwk)) return typeof key === 'string';
          strong += 1;
          changed += Number(JSON.stringify(odd) !== JSON.stringify(jwk));
          expect({ ...Object(key) }).toEqual(jwk);
          return keyOf(Object(key)).equals(keyOf(jwk));
        }),
        PARAMETERS,
      );
      expect(strong).toBeGreaterThan(PARAMETERS.numRuns / 4);
      expect(changed).toBeGreaterThan(PARAMETERS.numRuns / 8);
    },
  );

  it(seeded(`${name} Buffer is off its curve exactly when node:crypto refuses it`), () => {
    const changes = fc.record({
      at: fc.nat(),
      bit: fc.nat(7),
      coordinate: fc.constantFrom('x', 'y', 'none'),
    });
    let refused = 0;
    fc.assert(
      fc.property(fc.constantFrom(...EC), changes, (jwk, { at, bit, coordinate }) => {
        const bytes = Buffer.from(String(jwk[coordinate] ?? ''), 'base64url');
        const place = at % (bytes.length || 1);
        bytes[place] = (bytes[place] ?? 0) ^ (1 << bit);
        const odd = coordinate === 'none' ? jwk : { ...jwk, [coordinate]: base64url(bytes) };
        const isGood = isPoint(odd);
        refused += Number(!isGood);
        if (isGood) expect(usableKey(odd)).toEqual(odd);
        else expect(usableKey(odd)).toBe('off_curve');
      }),
      PARAMETERS,
    );
    expect(refused).toBeGreaterThan(PARAMETERS.numRuns / 4);
  });

  const STRANGE = [' ', '\t', '\n', '\r\n', '=', '.', ',', '~', '\0', '\u{141}', 'é', '%'];
  const inserted = fc.record({ strange: fc.constantFrom(...STRANGE), at: fc.nat() });
  it(seeded(`${name} Buffer has no other character in its parameters`), () => {
    fc.assert(
      fc.property(spelled, inserted, ({ odd }, { strange, at }) => {
        const name = 'n' in odd ? 'n' : 'x';
        const text = String(odd[name]);
        // Not before padding, where one more "=" may be right.
        const place = at % text.replaceAll('=', '').length;
        expect(usableKey({ ...odd, [name]: text.slice(0, place) + strange + text.slice(place) })).toBe(
          'malformed',
        );
      }),
      PARAMETERS,
    );
  });
});
