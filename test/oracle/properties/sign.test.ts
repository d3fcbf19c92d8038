import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { createAuthClient, type SignOptions } from 'intentkit-auth';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { AUDIENCE, ISSUER, NOW, SECRET } from '../../support/forge.js';
import { josesClaims } from './oracle.js';
import { allowTime, PARAMETERS, seeded } from './seed.js';
import { anything } from './tokens.js';

allowTime();

beforeAll(() => void vi.useFakeTimers({ toFake: ['Date'], now: NOW * 1000 }));
afterAll(() => void vi.useRealTimers());

const client = createAuthClient({ secret: SECRET });
const named = createAuthClient({ secret: SECRET, issuer: ISSUER, audience: AUDIENCE });

// `sign` sets `iat` and `exp`; the others it takes, if their type is RFC 7519's, which the second property has.
const REGISTERED = ['iss', 'sub', 'aud', 'jti', 'nbf', 'iat', 'exp'];
const INHERITED = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'then', 'toJSON', 'length', ''];
const names = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...INHERITED));
const claims = fc.dictionary(
  names.filter((text) => !REGISTERED.includes(text)),
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
const subjects = fc.record({ subject: fc.string() }, { requiredKeys: [] });
const lifetimes = fc.oneof(fc.constantFrom('1h', '0s', '1y', '-1h', '9e9h'), anything);
const anyOptions = fc.oneof(
  anything,
  fc.record({ subject: anything, expiresIn: lifetimes, claims: anything }, { requiredKeys: [] }),
);

const asJson = (value: object): Record<string, unknown> => JSON.parse(JSON.stringify(value));

it(seeded('sign makes a token that gives back the claims, by us and by jose'), async () => {
  const property = fc.asyncProperty(claims, async (payload) => {
    const token = await client.sign(payload);
    const expected = asJson({ ...payload, iat: NOW, exp: NOW + 3600 });
    const verified = await client.verify(token);
    expect(verified.reason).toBeUndefined();
    for (const got of [verified.payload, client.decode(token), await josesClaims(token)]) {
      expect(isDeepStrictEqual(got, expected)).toBe(true);
    }
  });
  await fc.assert(property, PARAMETERS);
});

it(seeded('sign lets the later source of a claim win, and verifies what it signed'), async () => {
  const property = fc.asyncProperty(registered, registered, subjects, async (payload, more, options) => {
    const token = await named.sign(payload, { claims: more, ...options });
    const own = { iat: NOW, iss: ISSUER, aud: AUDIENCE, exp: NOW + 3600 };
    const subject = 'subject' in options ? { sub: options.subject } : {};
    const verified = await named.verify(token);
    expect(verified.reason).toBeUndefined();
    const expected = asJson({ ...payload, ...more, ...own, ...subject });
    expect(isDeepStrictEqual(verified.payload, expected)).toBe(true);
  });
  await fc.assert(property, PARAMETERS);
});

it(
  seeded('sign makes a token that verifies or rejects with ERR_SIGN_INPUT, for any two values'),
  async () => {
    const payloads = fc.oneof(anything, registered);
    const property = fc.asyncProperty(payloads, anyOptions, async (payload, options) => {
      const token: unknown = await client
        .sign(payload as Record<string, unknown>, options as SignOptions)
        .catch((error: unknown) => error);
      if (typeof token === 'string') {
        // A claim from the caller may well be one that is not valid yet.
        expect([undefined, 'not_yet_valid']).toContain((await client.verify(token)).reason);
      } else expect(token).toMatchObject({ name: 'AuthError', code: 'ERR_SIGN_INPUT' });
    });
    await fc.assert(property, PARAMETERS);
  },
);
