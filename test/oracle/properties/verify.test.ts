import fc from 'fast-check';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { forge, NOW, withBitChanged } from '../../support/forge.js';
import { Clients } from '../attacks/clients.js';
import { KINDS } from '../attacks/row.js';
import { josesClaims } from './oracle.js';
import { allowTime, PARAMETERS, seeded } from './seed.js';
import { STRICTER } from './stricter.js';
import { anyTexts, anything, OPTION_SETS, signedTokens } from './tokens.js';

allowTime();

beforeAll(() => void vi.useFakeTimers({ toFake: ['Date'], now: NOW * 1000 }));
afterAll(() => void vi.useRealTimers());

const clients = new Clients();
const client = clients.get('both', {});
const kinds = fc.constantFrom(...KINDS);

it(seeded('verify resolves for any value, and says malformed unless it is text'), async () => {
  const property = fc.asyncProperty(anything, kinds, async (value, kind) => {
    const verdict = await clients.get(kind).verify(value as string);
    expect(verdict).toMatchObject({ valid: false, expired: false });
    expect(verdict.payload).toEqual({});
    if (typeof value !== 'string') expect(verdict.reason).toBe('malformed');
  });
  await fc.assert(property, PARAMETERS);
});

it(seeded('verify resolves for any text, and accepts none of it'), async () => {
  const property = fc.asyncProperty(anyTexts, kinds, async (text, kind) => {
    const { valid, payload } = await clients.get(kind).verify(text);
    expect(valid).toBe(false);
    expect(payload).toEqual({});
  });
  await fc.assert(property, PARAMETERS);
});

it(seeded('verify accepts what jose accepts, with the same claims, and refuses the rest'), async () => {
  let accepted = 0;
  const property = fc.asyncProperty(signedTokens, fc.constantFrom(...OPTION_SETS), async (token, options) => {
    const { valid, payload, expired, reason } = await clients.get('both', options).verify(token);
    const theirs = await josesClaims(token, options);
    if (valid) expect(theirs).toEqual(payload);
    else if (theirs) expect(STRICTER.filter(({ applies }) => applies(token))).not.toEqual([]);
    expect(expired).toBe(reason === 'expired');
    accepted += Number(valid);
  });
  await fc.assert(property, PARAMETERS);
  // A generator that only made rubbish would prove nothing.
  expect(accepted).toBeGreaterThan(PARAMETERS.numRuns / 20);
});

it(seeded('verify refuses a token with any one of its bits changed'), async () => {
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
  const bits = fc.integer({ min: 0, max: 15 });
  const property = fc.asyncProperty(fc.constantFrom(...tokens), fc.nat(), bits, async (token, place, bit) => {
    const { valid, payload } = await client.verify(withBitChanged(token, place % token.length, bit));
    expect(valid).toBe(false);
    expect(payload).toEqual({});
  });
  await fc.assert(property, PARAMETERS);
});

const reasons = STRICTER.map((each) => [each.why, each] as const);

it.each(reasons)('verify is stricter than jose, because %s', async (_, { examples, applies }) => {
  for (const token of examples()) {
    expect(await josesClaims(token)).toBeDefined();
    expect(await client.verify(token)).toMatchObject({ valid: false });
    expect(applies(token)).toBe(true);
  }
});

it.each(reasons)('verify is stricter than jose for no other reason where %s', (_, stricter) => {
  for (const token of stricter.examples()) {
    expect(STRICTER.filter(({ applies }) => applies(token))).toEqual([stricter]);
  }
});
