import fc from 'fast-check';
import { createLocalJWKSet, type JWTVerifyOptions, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ASYMMETRIC_ALGORITHMS } from '../../../src/signature/algorithms.js';
import { Clients } from '../attacks/clients.js';
import { forge, JWKS, KINDS, NOW, SECRET } from '../attacks/forge.js';
import { allowTime, PARAMETERS, seeded } from './seed.js';
import { STRICTER } from './stricter.js';
import { OPTION_SETS, signedTokens } from './tokens.js';

allowTime();

beforeAll(() => void vi.useFakeTimers({ toFake: ['Date'], now: NOW * 1000 }));
afterAll(() => void vi.useRealTimers());

const clients = new Clients();
const client = clients.get('both', {});

const localKeys = createLocalJWKSet(JWKS as Parameters<typeof createLocalJWKSet>[0]);
const secret = await crypto.subtle.importKey(
  'raw',
  new TextEncoder().encode(SECRET),
  { name: 'HMAC', hash: 'SHA-256' },
  false,
  ['verify'],
);

/** What jose makes of the token with the same keys and options: the claims, or `undefined` if it refuses. */
async function joses(token: string, options: object = {}): Promise<object | undefined> {
  try {
    const { payload } = await jwtVerify(
      token,
      (header, jws) => (header.alg.startsWith('HS') ? secret : localKeys(header, jws)),
      { ...(options as JWTVerifyOptions), algorithms: ['HS256', ...ASYMMETRIC_ALGORITHMS] },
    );
    return payload;
  } catch {
    return undefined;
  }
}

/** Texts of three parts: anything, JSON, or the like of what a header and claims are. */
const part = fc.oneof(
  fc.base64String(),
  fc.json().map((json) => Buffer.from(json).toString('base64url')),
  fc.constantFrom('', 'eyJhbGciOiJIUzI1NiJ9', 'eyJhbGciOiJub25lIn0', 'e30', 'AA', '=', '_-'),
  fc.string({ unit: 'binary' }),
);
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: fc.constantFrom('.', 'a', '_', '-', '=', '\n'), maxLength: 100 }),
  fc.tuple(part, part, part).map((parts) => parts.join('.')),
  fc.array(part, { maxLength: 6 }).map((parts) => parts.join('.')),
);
const anything = fc.anything({
  ...{ withBigInt: true, withBoxedValues: true, withDate: true, withMap: true, withNullPrototype: true },
  ...{ withObjectString: true, withSet: true, withSparseArray: true, withTypedArray: true },
});

describe('verify', () => {
  it(seeded('resolves for any value, and says malformed unless it is text'), async () => {
    await fc.assert(
      fc.asyncProperty(anything, fc.constantFrom(...KINDS), async (value, kind) => {
        const { valid, reason, payload, expired } = await clients.get(kind).verify(value as string);
        expect(valid).toBe(false);
        expect(payload).toEqual({});
        expect(expired).toBe(false);
        if (typeof value !== 'string') expect(reason).toBe('malformed');
      }),
      PARAMETERS,
    );
  });

  it(seeded('resolves for any text, and accepts none of it'), async () => {
    await fc.assert(
      fc.asyncProperty(anyText, fc.constantFrom(...KINDS), async (text, kind) => {
        const { valid, payload } = await clients.get(kind).verify(text);
        expect(valid).toBe(false);
        expect(payload).toEqual({});
      }),
      PARAMETERS,
    );
  });

  it(seeded('accepts what jose accepts, with the same claims, and refuses the rest'), async () => {
    await fc.assert(
      fc.asyncProperty(signedTokens, fc.constantFrom(...OPTION_SETS), async (token, options) => {
        const { valid, payload, expired, reason } = await clients.get('both', options).verify(token);
        const accepted = await joses(token, options);
        if (valid) expect(accepted).toEqual(payload);
        else if (accepted) expect(STRICTER.filter(({ applies }) => applies(token))).not.toEqual([]);
        expect(expired).toBe(reason === 'expired');
      }),
      PARAMETERS,
    );
  });

  it(seeded('refuses a token with any one of its bits changed'), async () => {
    const algorithms = [
      'HS256',
      'HS256',
      'HS256',
      'RS256',
      'PS256',
      'ES256',
      'ES384',
      'ES512',
      'EdDSA',
    ] as const;
    const tokens = algorithms.map((alg) => forge(alg));
    for (const token of tokens) expect(await client.verify(token)).toMatchObject({ valid: true });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...tokens),
        fc.nat(),
        fc.integer({ min: 0, max: 15 }),
        async (token, place, bit) => {
          const { valid, payload } = await client.verify(withBitChanged(token, place % token.length, bit));
          expect(valid).toBe(false);
          expect(payload).toEqual({});
        },
      ),
      PARAMETERS,
    );
  });

  it('refuses one HS256 token with each of its bits changed', async () => {
    const token = forge('HS256');
    for (let place = 0; place < token.length; place += 1) {
      for (let bit = 0; bit < 16; bit += 1) {
        const { valid } = await client.verify(withBitChanged(token, place, bit));
        if (valid) expect.unreachable(`bit ${bit} of character ${place} makes no difference`);
      }
    }
  });
});

function withBitChanged(token: string, place: number, bit: number): string {
  const code = token.charCodeAt(place) ^ (1 << bit);
  return token.slice(0, place) + String.fromCharCode(code) + token.slice(place + 1);
}

describe('verify is stricter than jose, because', () => {
  it.each(STRICTER.map((each) => [each.why, each] as const))('%s', async (_, { applies, examples }) => {
    for (const token of examples) {
      expect(await joses(token)).toBeDefined();
      expect(await client.verify(token)).toMatchObject({ valid: false });
      expect(applies(token)).toBe(true);
    }
  });

  it.each(STRICTER.map((each) => [each.why, each] as const))('and for no other reason: %s', (_, stricter) => {
    for (const token of stricter.examples) {
      expect(STRICTER.filter(({ applies }) => applies(token))).toEqual([stricter]);
    }
  });
});
