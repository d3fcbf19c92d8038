import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createAuthClient } from '../../../src/index.js';
import { AUDIENCE, ISSUER, NOW, SECRET } from '../attacks/forge.js';
import { allowTime, PARAMETERS, seeded } from './seed.js';

allowTime();

beforeAll(() => void vi.useFakeTimers({ toFake: ['Date'], now: NOW * 1000 }));
afterAll(() => void vi.useRealTimers());

const client = createAuthClient({ secret: SECRET });
const named = createAuthClient({ secret: SECRET, issuer: ISSUER, audience: AUDIENCE });
const key = await crypto.subtle.importKey(
  'raw',
  new TextEncoder().encode(SECRET),
  { name: 'HMAC', hash: 'SHA-256' },
  false,
  ['verify'],
);

// `sign` sets `iat` and `exp`; the others it takes, if their type is RFC 7519's, which the second property has.
const REGISTERED = ['iss', 'sub', 'aud', 'jti', 'nbf', 'iat', 'exp'];
const name = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty', 'then', 'toJSON', 'length', ''),
);
const claims = fc.dictionary(
  name.filter((text) => !REGISTERED.includes(text)),
  fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' }),
  { maxKeys: 6 },
);
const registered = fc.record(
  {
    iss: fc.string(),
    sub: fc.string({ unit: 'binary' }),
    aud: fc.oneof(fc.string(), fc.array(fc.string())),
    jti: fc.string(),
    nbf: fc.integer({ min: 0, max: NOW }),
    iat: fc.integer(),
    exp: fc.integer(),
  },
  { requiredKeys: [] },
);

const asJson = (value: object): Record<string, unknown> => JSON.parse(JSON.stringify(value));

describe('sign', () => {
  it(seeded('makes a token that gives back the claims, by us and by jose'), async () => {
    await fc.assert(
      fc.asyncProperty(claims, async (payload) => {
        const token = await client.sign(payload);
        const expected = asJson({ ...payload, iat: NOW, exp: NOW + 3600 });
        const verified = await client.verify(token);
        expect(verified.reason).toBeUndefined();
        expect(isDeepStrictEqual(verified.payload, expected)).toBe(true);
        expect(isDeepStrictEqual(client.decode(token), expected)).toBe(true);
        expect(isDeepStrictEqual((await jwtVerify(token, key)).payload, expected)).toBe(true);
      }),
      PARAMETERS,
    );
  });

  it(seeded('lets the later source of a claim win, and verifies what it signed'), async () => {
    await fc.assert(
      fc.asyncProperty(
        registered,
        registered,
        fc.option(fc.string(), { nil: undefined }),
        async (payload, more, subject) => {
          const token = await named.sign(payload, {
            claims: more,
            ...(subject !== undefined && { subject }),
          });
          const own = {
            iat: NOW,
            iss: ISSUER,
            aud: AUDIENCE,
            exp: NOW + 3600,
            ...(subject !== undefined && { sub: subject }),
          };
          const expected = asJson({ ...payload, ...more, ...own });
          const verified = await named.verify(token);
          expect(verified.reason).toBeUndefined();
          expect(isDeepStrictEqual(verified.payload, expected)).toBe(true);
        },
      ),
      PARAMETERS,
    );
  });

  it(
    seeded('resolves to a token that verifies or rejects with ERR_SIGN_INPUT, for any two values'),
    async () => {
      const anything = fc.anything({
        ...{
          withBigInt: true,
          withBoxedValues: true,
          withDate: true,
          withMap: true,
          withNullPrototype: true,
        },
        ...{ withObjectString: true, withSet: true, withSparseArray: true, withTypedArray: true },
      });
      const options = fc.oneof(
        anything,
        fc.record(
          {
            subject: anything,
            expiresIn: fc.oneof(fc.constantFrom('1h', '0s', '1y', '-1h', '9e9h'), anything),
            claims: anything,
          },
          { requiredKeys: [] },
        ),
      );
      await fc.assert(
        fc.asyncProperty(fc.oneof(anything, registered), options, async (payload, options) => {
          const token: unknown = await client
            .sign(payload as never, options as never)
            .catch((error: unknown) => error);
          if (typeof token === 'string') {
            const { reason } = await client.verify(token);
            // A claim from the caller may well be one that is not valid yet.
            expect([undefined, 'not_yet_valid']).toContain(reason);
          } else {
            expect(token).toMatchObject({ name: 'AuthError', code: 'ERR_SIGN_INPUT' });
          }
        }),
        PARAMETERS,
      );
    },
  );
});
