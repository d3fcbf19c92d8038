// Whoever verifies by `node:crypto` and whoever verifies by jose must say the same of every token, to the word.
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import type { AuthClient } from 'intentkit-auth';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { clientFrom } from '../../src/client.js';
import { parseConfig } from '../../src/config/parse.js';
import type { VerifyResult } from '../../src/index.js';
import type { Algorithm } from '../../src/signature/algorithms.js';
import { defaultEngine, nodeEngine } from '../../src/signature/choose.js';
import type { SignatureEngine } from '../../src/signature/engine.js';
import { joseEngine } from '../../src/signature/jose.js';
import { base64url, segment } from '../support/mint.js';
import { attacks } from './attacks/attacks.js';
import { Clients, servedFromMemory } from './attacks/clients.js';
import {
  ATTACKER,
  type Forgery,
  forge,
  KINDS,
  type Kind,
  keyName,
  NOW,
  type Options,
  SECRET,
} from './attacks/forge.js';
import { allowTime, SEED } from './properties/seed.js';
import { OPTION_SETS, signedTokens } from './properties/tokens.js';

const COUNT = Number(process.env.DIFFERENTIAL_COUNT ?? 15_000);
allowTime(COUNT);

const seeded = (title: string): string => `${title} (FC_SEED=${SEED}, DIFFERENTIAL_COUNT=${COUNT})`;

beforeAll(() => void vi.useFakeTimers({ toFake: ['Date'], now: NOW * 1000 }));
afterAll(() => void vi.useRealTimers());

if (!nodeEngine) throw new Error('This is Node, and Node has node:crypto.');
const ENGINES: readonly SignatureEngine[] = [nodeEngine, joseEngine];
const [byNode, byJose] = ENGINES.map((engine) => new Clients(servedFromMemory(), engine)) as [
  Clients,
  Clients,
];

/** The verdict of both, once it is known to be one. */
async function verdict(token: string, kind: Kind, options?: Options): Promise<VerifyResult> {
  const one = await byNode.get(kind, options).verify(token);
  const other = await byJose.get(kind, options).verify(token);
  if (same(one, other)) return one;
  expect({ token, ...one }).toStrictEqual({ token, ...other });
  return expect.unreachable('the verdicts differ');
}

/** Without recursion, as some payloads are nested deeper than any stack. */
function same(one: unknown, other: unknown): boolean {
  const pairs: Array<readonly [unknown, unknown]> = [[one, other]];
  for (let pair = pairs.pop(); pair; pair = pairs.pop()) {
    const [a, b] = pair;
    if (Object.is(a, b)) continue;
    if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
    const names = Object.getOwnPropertyNames(a);
    if (!isDeepStrictEqual(names, Object.getOwnPropertyNames(b))) return false;
    if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
    for (const name of names) pairs.push([Reflect.get(a, name), Reflect.get(b, name)]);
  }
  return true;
}

it('the engine that clients use is one of the two', () => {
  expect(ENGINES).toContain(defaultEngine);
  expect(nodeEngine).not.toBe(joseEngine);
});

const ATTACKS = attacks('http://127.0.0.1:9/jwks.json');

describe.each(Object.entries(ATTACKS))('attacks on the %s', (_, cases) => {
  it('end alike, and as each of them says', async () => {
    for (const { title, token, control, verdicts, options } of cases) {
      for (const kind of KINDS) {
        const { reason } = await verdict(token, kind, options);
        expect({ title, [kind]: reason ?? 'valid' }).toEqual({ title, [kind]: verdicts[kind] });
      }
      expect((await verdict(control, 'both', options)).valid).toBe(true);
    }
  });
});

/** As printed in RFC 7515 appendices A.1 and A.3 and in RFC 8037 appendix A.4. */
const VECTORS = [
  {
    title: 'HS256',
    token:
      'eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
    reason: 'expired',
  },
  {
    title: 'ES256',
    token:
      'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q',
    reason: 'expired',
  },
  {
    title: 'EdDSA',
    token:
      'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg',
    reason: 'malformed',
  },
] as const;
const VECTOR_KEYS = [
  {
    ...{ kty: 'EC', crv: 'P-256', x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU' },
    y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
  },
  { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' },
];
const VECTOR_SECRET = Buffer.from(
  'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
  'base64url',
);

describe('the vectors of the standards', () => {
  const config = { secret: VECTOR_SECRET, ...servedFromMemory({ keys: VECTOR_KEYS }) };
  const clients = ENGINES.map((engine) => clientFrom(parseConfig(config), engine));

  it.each(VECTORS)('$title ends alike, and so does each change of one bit', async ({ token, reason }) => {
    for (const client of clients) expect(await client.verify(token)).toMatchObject({ reason });
    for (let place = 0; place < token.length; place += 1) {
      for (const bit of [1, 2, 4, 8, 16, 32]) {
        const code = token.charCodeAt(place) ^ bit;
        const changed = token.slice(0, place) + String.fromCharCode(code) + token.slice(place + 1);
        const [one, other] = await Promise.all(clients.map((client) => client.verify(changed)));
        expect(one).toEqual(other);
        expect(['malformed', 'algorithm', 'key', 'signature']).toContain(one?.reason);
      }
    }
  });
});

const ALGORITHMS: readonly Algorithm[] = [
  ...(['HS256', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const),
  ...(['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519', 'HS384', 'HS512'] as const),
];

/** Signed rightly, with something about them that is odd or not; made once, as RSA takes its time to sign. */
const FORGERIES: readonly Forgery[] = [
  ...[
    {},
    { header: { kid: undefined } },
    { header: { kid: 'x' } },
    { header: { kid: 1 } },
    { header: { typ: 'at+jwt' } },
  ],
  ...[
    { header: { crit: ['x'] } },
    { header: { crit: ['b64'], b64: true } },
    { header: { crit: ['b64'], b64: 'x' } },
  ],
  ...[{ header: { crit: [] } }, { header: { b64: false } }, { header: { crit: null } }],
  ...[
    { claims: { exp: NOW } },
    { claims: { exp: 'x' } },
    { claims: { nbf: NOW + 1 } },
    { claims: { iat: null } },
  ],
  ...[{ claims: { iss: ['x'] } }, { claims: { aud: [1] } }, { claims: { sub: {} } }, { claims: { jti: 0 } }],
  ...[
    { rawPayload: '[]' },
    { rawPayload: '\ufeff{}' },
    { rawPayload: '{}' },
    { rawPayload: Buffer.from([0xff]) },
  ],
];
const MADE: readonly string[] = ALGORITHMS.flatMap((alg) => {
  const other = alg.startsWith('HS') ? 'not the secret' : ATTACKER[keyName(alg as 'RS256')].privateKey;
  return [...FORGERIES.map((forgery) => forge(alg, forgery)), forge(alg, { key: other })];
});
/** With the attacks that are no larger than a token usually is. */
const POOL: readonly string[] = [
  ...MADE,
  ...Object.values(ATTACKS).flatMap((cases) => cases.map(({ token }) => token).filter(isUsual)),
];

function isUsual(token: string): boolean {
  return token.length < 4096;
}

type Mutation = (token: string) => string;
const parts = (token: string): [string, string, string] => {
  const [header = '', payload = '', signature = ''] = token.split('.');
  return [header, payload, signature];
};
const edited = (text: string, edit: object): string => {
  const json: unknown = JSON.parse(
    Buffer.from(text, 'base64url')
      .toString()
      .replace(/^\ufeff/, '') || '0',
  );
  return segment({ ...(json as object), ...edit });
};
const safely =
  (mutation: Mutation): Mutation =>
  (token) => {
    try {
      return mutation(token);
    } catch {
      // Not every payload can be edited: some are no JSON.
      return token;
    }
  };

const value = fc.oneof(
  fc.jsonValue({ maxDepth: 1 }),
  fc.constantFrom(NOW, NOW - 1, NOW + 1, '', 'rsa', ['b64']),
);
const mutations: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(fc.nat(), fc.nat({ max: 7 })).map(
    ([at, bit]): Mutation =>
      (token) => {
        const place = at % Math.max(1, token.length);
        return (
          token.slice(0, place) +
          String.fromCharCode(token.charCodeAt(place) ^ (1 << bit)) +
          token.slice(place + 1)
        );
      },
  ),
  fc.tuple(fc.nat(), fc.nat({ max: 64 })).map(
    ([at, bits]): Mutation =>
      (token) => {
        // Within the alphabet, so that the signature is looked at.
        const [header, payload, signature] = parts(token);
        const bytes = Buffer.from(signature, 'base64url');
        if (bytes.length > 0)
          bytes.writeUInt8((bytes.readUInt8(at % bytes.length) + bits) & 255, at % bytes.length);
        return [header, payload, base64url(bytes)].join('.');
      },
  ),
  fc.nat({ max: 400 }).map(
    (length): Mutation =>
      (token) =>
        token.slice(0, -length),
  ),
  fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 40 })).map(
    ([from, less]): Mutation =>
      (token) => {
        const [header, payload, signature] = parts(token);
        const bytes = Buffer.from(signature, 'base64url');
        return [header, payload, base64url(bytes.subarray(from, bytes.length - less))].join('.');
      },
  ),
  fc.uint8Array({ maxLength: 140 }).map(
    (bytes): Mutation =>
      (token) => {
        const [header, payload] = parts(token);
        return [header, payload, base64url(bytes)].join('.');
      },
  ),
  fc.tuple(fc.constantFrom(...MADE), fc.nat({ max: 2 })).map(
    ([other, index]): Mutation =>
      (token) => {
        return parts(token)
          .map((part, i) => (i === index ? parts(other)[i] : part))
          .join('.');
      },
  ),
  fc.shuffledSubarray([0, 1, 2], { minLength: 1 }).map(
    (order): Mutation =>
      (token) => {
        return order.map((i) => parts(token)[i as 0 | 1 | 2]).join('.');
      },
  ),
  fc
    .tuple(fc.constantFrom('alg', 'kid', 'typ', 'crit', 'b64', 'x'), value)
    .map(([name, json]) =>
      safely((token) => [edited(parts(token)[0], { [name]: json }), ...parts(token).slice(1)].join('.')),
    ),
  fc
    .constantFrom(...ALGORITHMS, 'none')
    .map((alg) => safely((token) => [edited(parts(token)[0], { alg }), ...parts(token).slice(1)].join('.'))),
  fc
    .tuple(fc.constantFrom('iss', 'aud', 'exp', 'nbf', 'iat', 'sub', 'jti'), value)
    .map(([name, json]) =>
      safely((token) =>
        [parts(token)[0], edited(parts(token)[1], { [name]: json }), parts(token)[2]].join('.'),
      ),
    ),
);

/** Edited and then signed, by an algorithm that is quick to sign. */
const resigned: fc.Arbitrary<string> = fc
  .record({
    alg: fc.constantFrom<Algorithm>('HS256', 'HS256', 'HS256', 'ES256', 'EdDSA'),
    header: fc.dictionary(fc.constantFrom('alg', 'kid', 'typ', 'crit', 'b64', 'cty', 'jwk'), value, {
      maxKeys: 2,
    }),
    claims: fc.dictionary(
      fc.constantFrom('iss', 'aud', 'exp', 'nbf', 'iat', 'sub', 'jti', '__proto__'),
      value,
      { maxKeys: 2 },
    ),
    key: fc.constantFrom(undefined, undefined, undefined, undefined, 'known'),
  })
  .map(({ alg, header, claims, key }) =>
    forge(alg, { header, claims, ...(key && alg === 'HS256' && { key }) }),
  );

const tokens = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.constantFrom(...POOL), fc.array(mutations, { maxLength: 2 }))
      .map(([token, all]) => all.reduce((mutated, mutate) => mutate(mutated), token)),
  },
  { weight: 2, arbitrary: resigned },
  { weight: 2, arbitrary: signedTokens },
);

describe('tokens that are made up', () => {
  it(seeded('end alike by both engines'), async () => {
    const seen = new Set<string | undefined>();
    await fc.assert(
      fc.asyncProperty(
        tokens,
        fc.constantFrom(...KINDS, 'both', 'both'),
        fc.constantFrom(...OPTION_SETS),
        async (token, kind, options) => {
          seen.add((await verdict(token, kind as 'both', options)).reason);
        },
      ),
      { seed: SEED, numRuns: COUNT },
    );
    // A generator that only made rubbish would prove nothing: every verdict there is has come up.
    if (COUNT >= 5000) expect(seen).toEqual(EVERY_REASON);
  });

  it(seeded('are signed alike by both engines, to the byte'), async () => {
    for (const algorithm of ['HS256', 'HS384', 'HS512'] as const) {
      const config = parseConfig({ secret: SECRET, algorithm, onWarning: () => {} });
      const [one, other] = ENGINES.map((engine) => clientFrom(config, engine)) as [AuthClient, AuthClient];
      await fc.assert(
        fc.asyncProperty(
          fc.dictionary(
            fc.string().filter((name) => !REGISTERED.has(name)),
            fc.jsonValue(),
          ),
          async (claims) => {
            expect(await one.sign(claims)).toBe(await other.sign(claims));
          },
        ),
        { seed: SEED, numRuns: Math.ceil(COUNT / 10) },
      );
    }
  });
});

const REGISTERED: ReadonlySet<string> = new Set(['iss', 'sub', 'aud', 'jti', 'exp', 'nbf', 'iat']);
const EVERY_REASON = new Set([
  ...[undefined, 'malformed', 'algorithm', 'key', 'signature', 'expired', 'not_yet_valid'],
  ...['issuer', 'audience', 'claim'],
]);
