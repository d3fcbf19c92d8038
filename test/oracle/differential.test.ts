// Clients with the `node:crypto` engine, in both of its ways, and with the jose engine must return identical results for every
// token. The tests of attacks also compare the engines. This file adds random changes.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { clientFrom } from '../../src/client/client.js';
import { parseConfig } from '../../src/config/parse.js';
import { ASYMMETRIC_ALGORITHMS, HMAC_ALGORITHMS } from '../../src/signature/algorithms.js';
import { defaultEngine, nodeEngine } from '../../src/signature/node.js';
import { KINDS, quickClock, servedFromMemory } from '../support/clients.js';
import { bytesOf, flipped, forge, NOW, SECRET, withBitChanged } from '../support/forge.js';
import { segment } from '../support/mint.js';
import { withSegment, withSignature } from '../support/tamper.js';
import { ENGINES, TwoEngines } from '../support/two-engines.js';
import { attacks } from './attacks/attacks.js';
import { allowTime, SEED } from './properties/seed.js';
import { OPTION_SETS, signedTokens } from './properties/tokens.js';
import { JWTS, NO_JWTS, VECTOR_JWKS, VECTOR_SECRET } from './vectors.js';

const COUNT = Number(process.env.DIFFERENTIAL_COUNT ?? 3_500);
allowTime(COUNT);

const seeded = (title: string): string => `${title} (FC_SEED=${SEED}, DIFFERENTIAL_COUNT=${COUNT})`;

beforeAll(() => quickClock(NOW));
afterAll(() => void vi.useRealTimers());

const engines = new TwoEngines();

it('clients use node:crypto by default, and the tests all engines', () => {
  expect(defaultEngine).toBe(nodeEngine);
  expect(Object.values(ENGINES).map(({ name }) => name)).toEqual(['node:crypto', 'node:crypto', 'jose']);
});

const SHORT = [...JWTS, ...NO_JWTS].filter(({ alg }) => !/^RS|512$/.test(alg));
const TOKENS = new Map(SHORT.map(({ alg, token }) => [alg, token]));

it.each([...TOKENS])('both engines refuse the %s example with any bit changed', async (_, token) => {
  const options = { secret: VECTOR_SECRET, onWarning: () => {} };
  const config = parseConfig({ ...options, ...servedFromMemory(VECTOR_JWKS) });
  const clients = Object.values(ENGINES).map((engine) => clientFrom(config, engine));
  for (let place = 0; place < token.length; place += 1) {
    for (let bit = 0; bit < 6; bit += 1) {
      const changed = withBitChanged(token, place, bit);
      const [one, pooled, other] = await Promise.all(clients.map((client) => client.verify(changed)));
      expect(one).toEqual(other);
      expect(pooled).toEqual(other);
      expect(['malformed', 'algorithm', 'key', 'signature']).toContain(one?.reason);
    }
  }
});

const ALGORITHMS = [...HMAC_ALGORITHMS, ...ASYMMETRIC_ALGORITHMS] as const;

const VALID = ALGORITHMS.map((alg) => forge(alg));
/** The attacks of ordinary size. */
const { size: _, ...ATTACKS } = attacks('http://127.0.0.1:9/jwks.json');
const SMALL = Object.values(ATTACKS).flat();
const attackTokens = fc.constantFrom(...SMALL).map(({ token }) => token.slice(0, 4096));

/** Overrides members in the JSON of a segment, if it is JSON. */
function edited(token: string, index: number, members: object): string {
  try {
    const json: unknown = JSON.parse(bytesOf(token, index).toString());
    return withSegment(token, index, () => segment({ ...(json as object), ...members }));
  } catch {
    return token;
  }
}

const others = fc.constantFrom(NOW, NOW - 1, NOW + 1, '', 'rsa', ['b64'], 'none', ...ALGORITHMS);
const values = fc.oneof(fc.jsonValue({ maxDepth: 1 }), others);
const parameters = fc.constantFrom('alg', 'kid', 'typ', 'crit', 'b64', 'x', 'cty', 'jwk');
const claims = fc.constantFrom('iss', 'aud', 'exp', 'nbf', 'iat', 'sub', 'jti', '__proto__');

const randoms = fc.record({
  at: fc.nat(),
  mask: fc.nat({ max: 255 }),
  less: fc.nat({ max: 400 }),
  bytes: fc.uint8Array({ maxLength: 140 }),
  other: fc.constantFrom(...VALID),
  order: fc.shuffledSubarray([0, 1, 2], { minLength: 1 }),
  header: fc.dictionary(parameters, values, { minKeys: 1, maxKeys: 1 }),
  claims: fc.dictionary(claims, values, { minKeys: 1, maxKeys: 1 }),
});
type Mutation = (token: string, random: typeof randoms extends fc.Arbitrary<infer R> ? R : never) => string;
const MUTATIONS: readonly Mutation[] = [
  (token, { at, mask }) => token && withBitChanged(token, at % token.length, mask % 8),
  // Stays within the alphabet, so that the signature is checked.
  (token, { at, mask }) => withSignature(token, (s) => flipped(s, at, mask)),
  (token, { mask, less }) => withSignature(token, (s) => s.subarray(mask % 4, -(less % 40))),
  (token, { bytes }) => withSignature(token, () => bytes),
  (token, { less }) => token.slice(0, -less),
  (token, { other, at }) => withSegment(token, at % 3, () => other.split('.')[at % 3] ?? ''),
  (token, { order }) => order.map((i) => token.split('.')[i]).join('.'),
  (token, { header }) => edited(token, 0, header),
  (token, { claims }) => edited(token, 1, claims),
];
const mutations = fc.array(fc.tuple(fc.constantFrom(...MUTATIONS), randoms), { maxLength: 2 });

const mutated = fc
  .tuple(fc.oneof(fc.constantFrom(...VALID), attackTokens), mutations)
  .map(([token, all]) => all.reduce((changed, [mutate, random]) => mutate(changed, random), token));
const tokens = fc.oneof({ weight: 3, arbitrary: mutated }, { weight: 2, arbitrary: signedTokens });

it(seeded('both engines return the same result for a random token'), async () => {
  const seen = new Set<string | undefined>();
  const kinds = fc.constantFrom(...KINDS, 'both' as const);
  const options = fc.constantFrom(...OPTION_SETS);
  const property = fc.asyncProperty(tokens, kinds, options, async (token, kind, each) => {
    seen.add((await engines.verify(token, kind, each)).reason);
  });
  await fc.assert(property, { seed: SEED, numRuns: COUNT });
  // The generator must produce a refusal by every step of the verification.
  const steps = [
    'malformed',
    'algorithm',
    'key',
    'signature',
    'issuer',
    'audience',
    'claim',
    'not_yet_valid',
  ];
  if (COUNT >= 5000) expect([...seen]).toEqual(expect.arrayContaining([undefined, ...steps, 'expired']));
});

it.each(HMAC_ALGORITHMS)(seeded('both engines sign the same token with %s'), async (alg) => {
  const config = parseConfig({ secret: SECRET, algorithm: alg, onWarning: () => {} });
  const byNode = clientFrom(config, ENGINES.node);
  const byJose = clientFrom(config, ENGINES.jose);
  const names = fc.string().filter((name) => !['iss', 'sub', 'aud', 'jti', 'nbf'].includes(name));
  const property = fc.asyncProperty(fc.dictionary(names, fc.jsonValue()), async (claims) => {
    expect(await byNode.sign(claims)).toBe(await byJose.sign(claims));
  });
  await fc.assert(property, { seed: SEED, numRuns: Math.ceil(COUNT / 10) });
});
