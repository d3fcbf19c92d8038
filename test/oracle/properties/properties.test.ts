import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { AuthError, type SignOptions } from 'intentkit-auth';
import type { JWTVerifyGetKey, JWTVerifyOptions } from 'jose';
import { createLocalJWKSet, decodeJwt, jwtVerify, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { parseDuration } from '../../../src/shared/duration.js';
import { ASYMMETRIC_ALGORITHMS } from '../../../src/signature/algorithms.js';
import { Clients, KINDS, quickClock } from '../../support/clients.js';
import { bytesOf, CLAIMS, forge, jwksOf, KEYS, NOW, SECRET, withBitChanged } from '../../support/forge.js';
import { allowTime, PARAMETERS, seeded } from './seed.js';
import { STRICTER } from './stricter.js';
import { anyTexts, anything, durations, OPTION_SETS, signedTokens, unit } from './tokens.js';

allowTime();

beforeAll(() => quickClock(NOW));
afterAll(() => void vi.useRealTimers());

const clients = new Clients();
const client = clients.get('both', {});
const kinds = fc.constantFrom(...KINDS);
const notText = anything.filter((value) => typeof value !== 'string');

const orUndefined = <T>(make: () => T): T | undefined => {
  try {
    return make();
  } catch {
    return undefined;
  }
};
const reasonsFor = (token: string) => STRICTER.filter(([, applies]) => applies(token));

const localKeys = createLocalJWKSet(jwksOf(KEYS) as Parameters<typeof createLocalJWKSet>[0]);
const keyFor: JWTVerifyGetKey = (header, jws) =>
  header.alg.startsWith('HS') ? Buffer.from(SECRET) : localKeys(header, jws);
/** Verifies the token with jose, with the same keys and options. Resolves to the claims, or `undefined` if jose refuses. */
async function josesClaims(token: string, options: JWTVerifyOptions = {}): Promise<object | undefined> {
  const all = { ...options, algorithms: ['HS256', ...ASYMMETRIC_ALGORITHMS] };
  return (await jwtVerify(token, keyFor, all).catch(() => undefined))?.payload;
}

it(seeded('verify refuses any random value, with the reason "malformed" unless it is text'), async () => {
  const property = fc.asyncProperty(fc.oneof(anything, anyTexts), kinds, async (value, kind) => {
    const { valid, payload, expired, reason } = await clients.get(kind).verify(value as string);
    expect([valid, payload, expired]).toEqual([false, {}, false]);
    if (typeof value !== 'string') expect(reason).toBe('malformed');
  });
  await fc.assert(property, PARAMETERS);
});

it(seeded('verify accepts what jose accepts, with the same claims, and refuses the rest'), async () => {
  let accepted = 0;
  const property = fc.asyncProperty(signedTokens, fc.constantFrom(...OPTION_SETS), async (token, options) => {
    const { valid, payload, expired, reason } = await clients.get('both', options).verify(token);
    const theirs = await josesClaims(token, options as JWTVerifyOptions);
    if (valid) expect(theirs).toEqual(payload);
    else if (theirs) expect(reasonsFor(token)).not.toEqual([]);
    expect(expired).toBe(reason === 'expired');
    accepted += Number(valid);
  });
  await fc.assert(property, PARAMETERS);
  // The generator must also produce tokens that are accepted.
  expect(accepted).toBeGreaterThan(PARAMETERS.numRuns / 20);
});

it(seeded('verify refuses a token with any one of its bits changed'), async () => {
  const tokens = (['HS256', ...ASYMMETRIC_ALGORITHMS] as const).map((alg) => forge(alg));
  for (const token of tokens) expect(await client.verify(token)).toMatchObject({ valid: true });
  const places = fc.tuple(fc.constantFrom(...tokens), fc.nat(), fc.nat({ max: 15 }));
  const property = fc.asyncProperty(places, async ([token, place, bit]) => {
    const { valid, payload } = await client.verify(withBitChanged(token, place % token.length, bit));
    expect([valid, payload]).toEqual([false, {}]);
  });
  await fc.assert(property, PARAMETERS);
});

it.each(STRICTER)('verify is stricter than jose for one reason: %s', async (why, _, examples) => {
  for (const token of examples()) {
    expect(await josesClaims(token)).toBeDefined();
    expect(await client.verify(token)).toMatchObject({ valid: false });
    expect(reasonsFor(token).map(([reason]) => reason)).toEqual([why]);
  }
});

/** jose reads only the payload. This package also requires the header of a signed JWT. */
const isNoSignedJwt = (token: string): boolean =>
  orUndefined(() => {
    const header: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytesOf(token, 0)));
    return typeof (header as { alg?: unknown }).alg !== 'string' || Array.isArray(header);
  }) ?? true;

it(seeded('decode reads what jose reads, and throws ERR_TOKEN_MALFORMED for the rest'), () => {
  const property = fc.property(fc.oneof(signedTokens, anyTexts), (token) => {
    const theirs = orUndefined(() => decodeJwt(token));
    try {
      expect(client.decode(token)).toEqual(theirs);
    } catch (error) {
      if (!(error instanceof AuthError)) throw error;
      expect(error.code).toBe('ERR_TOKEN_MALFORMED');
      const isStricter = isNoSignedJwt(token) || reasonsFor(token).length > 0;
      if (theirs && !isStricter) expect.unreachable('jose reads this token, and no known reason forbids it');
    }
  });
  fc.assert(property, PARAMETERS);
});

it(seeded('decode throws ERR_TOKEN_MALFORMED for any value that is not text'), () => {
  const malformed = expect.objectContaining({ name: 'AuthError', code: 'ERR_TOKEN_MALFORMED' });
  const property = fc.property(notText, (value) => {
    expect(() => client.decode(value as string)).toThrow(malformed);
  });
  fc.assert(property, PARAMETERS);
});

// `sign` sets `iat` and `exp`. The other registered claims need their type of RFC 7519; `registered` generates them.
const REGISTERED = ['iss', 'sub', 'aud', 'jti', 'nbf', 'iat', 'exp'];
const INHERITED = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'then', 'toJSON', 'length', ''];
const names = fc.oneof(fc.string({ unit }), fc.constantFrom(...INHERITED));
const claims = fc.dictionary(
  names.filter((text) => !REGISTERED.includes(text)),
  fc.jsonValue({ maxDepth: 3, stringUnit: unit }),
  { maxKeys: 6 },
);
const registered = fc.record(
  {
    ...{ iss: fc.string(), sub: fc.string({ unit }), jti: fc.string() },
    ...{ aud: fc.oneof(fc.string(), fc.array(fc.string())), nbf: fc.integer({ min: 0, max: NOW }) },
    ...{ iat: fc.integer(), exp: fc.integer() },
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

it(seeded('sign makes a token whose claims are the same for verify, decode and jose'), async () => {
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

it(seeded('in sign, the later source of a claim wins, and the token verifies'), async () => {
  const named = clients.get('secret');
  const property = fc.asyncProperty(registered, registered, subjects, async (payload, more, options) => {
    // "exp" without "iat" is refused, because other libraries take it for the lifetime.
    fc.pre(!('exp' in { ...payload, ...more }) || 'iat' in { ...payload, ...more });
    const own = { iat: NOW, iss: CLAIMS.iss, aud: CLAIMS.aud, exp: NOW + 3600 };
    const subject = 'subject' in options ? { sub: options.subject } : {};
    const verified = await named.verify(await named.sign(payload, { claims: more, ...options }));
    expect(verified.reason).toBeUndefined();
    const expected = asJson({ ...payload, ...more, ...own, ...subject });
    expect(isDeepStrictEqual(verified.payload, expected)).toBe(true);
  });
  await fc.assert(property, PARAMETERS);
});

it(
  seeded('sign, with any two values, makes a token that verifies, or rejects with ERR_SIGN_INPUT'),
  async () => {
    const payloads = fc.oneof(anything, registered);
    const property = fc.asyncProperty(payloads, anyOptions, async (payload, options) => {
      const token: unknown = await client
        .sign(payload as Record<string, unknown>, options as SignOptions)
        .catch((error: unknown) => error);
      if (typeof token !== 'string')
        expect(token).toMatchObject({ name: 'AuthError', code: 'ERR_SIGN_INPUT' });
      // The caller's "nbf" may be in the future.
      else expect([undefined, 'not_yet_valid']).toContain((await client.verify(token)).reason);
    });
    await fc.assert(property, PARAMETERS);
  },
);

/** The seconds that jose reads, rounded by jose, or `undefined`. */
const secondsOfJose = (text: string): number | undefined =>
  orUndefined(() => Number(decodeJwt(new UnsecuredJWT({}).setNotBefore(text).encode()).nbf) - NOW);
const rounded = (seconds: number): number => (seconds < 0 ? -Math.round(-seconds) : Math.round(seconds));

it(seeded('parseDuration reads what jose reads'), () => {
  const property = fc.property(durations, (text) => {
    const seconds = parseDuration(text);
    expect(seconds === undefined ? undefined : rounded(seconds) + 0).toBe(secondsOfJose(text));
  });
  fc.assert(property, PARAMETERS);
});

it(seeded('parseDuration returns undefined for any value that is not text'), () => {
  const property = fc.property(notText, (value) => parseDuration(value) === undefined);
  fc.assert(property, PARAMETERS);
});
