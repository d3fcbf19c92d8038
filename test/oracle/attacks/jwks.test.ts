import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { type Algorithm, AuthError, type AuthProviderConfig, createAuthClient } from 'intentkit-auth';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { servedFromMemory } from '../../support/clients.js';
import { ATTACKER, type Forgery, forge, jwksOf, KEYS, NOW, SECRET } from '../../support/forge.js';
import { startJwksServer } from '../../support/jwks-server.js';
import { base64url } from '../../support/mint.js';
import { emsaPkcs1 } from './signature.js';

/** A rejection that nobody handles ends a Node process. */
const unhandled: unknown[] = [];
const remember = (reason: unknown): void => void unhandled.push(reason);
beforeAll(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW * 1000 });
  process.on('unhandledRejection', remember);
});
afterEach(async () => {
  await new Promise((resolve) => setImmediate(resolve));
  expect(unhandled).toEqual([]);
});
afterAll(() => {
  process.off('unhandledRejection', remember);
  vi.useRealTimers();
});

const client = (config: Partial<AuthProviderConfig>) => createAuthClient({ ...config, onWarning: () => {} });
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const zeros = (length: number): string => base64url(new Uint8Array(length));
const exported = (key: KeyObject): object => key.export({ format: 'jwk' });
const curve = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });

/** A member of the set, as JSON text, and what a token by it would be. */
interface Bad {
  readonly member: string;
  readonly alg: Algorithm;
  readonly by: Forgery;
}
type Row = readonly [what: string, bad: Bad];

const KID = { kid: 'bad' };
const bad = (member: object | string | null, alg: Algorithm = 'RS256', by: Forgery = {}): Bad => ({
  member: typeof member === 'string' ? member : JSON.stringify(member),
  alg,
  by: { ...by, header: { ...KID, ...by.header } },
});

/** The attacker's key of one kind, changed. */
const FAMILIES = { RSA: ['rsa', 'RS256'], EC: ['p256', 'ES256'], Ed25519: ['ed', 'EdDSA'] } as const;
const changed = (family: keyof typeof FAMILIES, change: object, header = {}): Bad => {
  const [name, alg] = FAMILIES[family];
  const { jwk, privateKey } = ATTACKER[name];
  return bad({ ...jwk, ...KID, ...change }, alg, { key: privateKey, header });
};
const madeOf = (pair: { publicKey: KeyObject; privateKey: KeyObject }, alg: Algorithm, change = {}): Bad =>
  bad({ ...exported(pair.publicKey), ...KID, ...change }, alg, { key: pair.privateKey });
/** JSON text, as no `JSON.stringify` would write it. */
const deep = (member: object, name: string, depth: number, alg: Algorithm = 'RS256'): Bad =>
  bad(
    `${JSON.stringify({ ...KID, ...member, [name]: undefined }).slice(0, -1)},"${name}":${nested(depth)}}`,
    alg,
  );

const { jwk: rsa } = KEYS.rsa;
const { jwk: ec } = KEYS.p256;
const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
const weakModulus = Buffer.from(String(weak.publicKey.export({ format: 'jwk' }).n), 'base64url');
const K256 = curve('secp256k1');
const ED448 = generateKeyPairSync('ed448');
const X25519 = generateKeyPairSync('x25519');

const RSA_CHANGES: readonly object[] = [
  ...['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'].map((name) => ({ [name]: 'AQ' })),
  { d: null },
  ...['enc', 'SIG', ['sig']].map((use) => ({ use })),
  ...[['sign'], [], 'verify'].map((key_ops) => ({ key_ops })),
  ...['PS256', 'RSA-OAEP', 'HS256', 'none', ['RS256']].map((alg) => ({ alg })),
  ...['EC', 'rsa', '__proto__', 'constructor', undefined, ['RSA'], { toString: 1, valueOf: 1 }].map(
    (kty) => ({ kty }),
  ),
];
const GOOD_KEY_CHANGES: readonly object[] = [
  ...['Ag', ['AQAB']].map((e) => ({ ...rsa, e })),
  ...[zeros(256), 3, `${rsa.n}=`, 'AAAAA', undefined].map((n) => ({ ...rsa, n })),
  { kty: 'RSA', x5c: [base64url('certificate')] },
];
const POINTS: ReadonlyArray<readonly [what: string, change: object]> = [
  ['a point that is not on the curve (CVE-2015-7940)', { y: ec.x }],
  ['the point at infinity', { x: '', y: '' }],
  ['the point at zero', { x: zeros(32), y: zeros(32) }],
  ['a point of another curve', { ...KEYS.p384.jwk, crv: 'P-256' }],
];
const byAttacker: Forgery = { key: ATTACKER.rsa.privateKey };

const MEMBERS: readonly Row[] = [
  [
    'an HMAC key',
    bad({ kty: 'oct', k: base64url('known'), ...KID }, 'RS256', { key: 'known', signedBy: 'HS256' }),
  ],
  ...(['RSA', 'EC', 'Ed25519'] as const).map((family): Row => {
    const { privateKey } = ATTACKER[FAMILIES[family][0]];
    return [`an ${family} key and its private part`, changed(family, exported(privateKey))];
  }),
  ...RSA_CHANGES.map(
    (change): Row => [`an RSA key changed by ${JSON.stringify(change)}`, changed('RSA', change)],
  ),
  ['an RSA key of 1024 bits (CVE-2022-23539)', madeOf(weak, 'RS256')],
  [
    'an RSA key of 1024 bits, with zeros before it',
    madeOf(weak, 'RS256', { n: base64url(Buffer.concat([Buffer.alloc(128), weakModulus])) }),
  ],
  ['an RSA key of 2047 bits', madeOf(generateKeyPairSync('rsa', { modulusLength: 2047 }), 'RS256')],
  // With exponent 1, what is signed is its own signature; with exponent 0, one is the signature of everything.
  [
    'an RSA key of exponent 1',
    bad({ ...rsa, ...KID, e: 'AQ' }, 'RS256', { signature: (_, input) => emsaPkcs1(input) }),
  ],
  [
    'an RSA key of exponent 0',
    bad({ ...rsa, ...KID, e: 'AA' }, 'RS256', { signature: () => Buffer.alloc(256).fill(1, 255) }),
  ],
  ...GOOD_KEY_CHANGES.map((member): Row => {
    const { kid: _, ...shown } = member as { kid?: unknown };
    return [`the RSA key ${JSON.stringify(shown).slice(-60)}`, bad({ ...member, ...KID })];
  }),
  ...POINTS.map(([what, change]): Row => [what, bad({ ...ec, ...change, ...KID }, 'ES256')]),
  ['a key on secp256k1', madeOf(K256, 'ES256')],
  ['a key on secp256k1 that says P-256', madeOf(K256, 'ES256', { crv: 'P-256' })],
  ['a key on Ed448', madeOf(ED448, 'EdDSA')],
  ['a key on Ed448 that says Ed25519', madeOf(ED448, 'EdDSA', { crv: 'Ed25519' })],
  ['a key on X25519', bad({ ...exported(X25519.publicKey), ...KID }, 'EdDSA')],
  ['an Ed25519 key of 31 bytes', bad({ kty: 'OKP', crv: 'Ed25519', x: zeros(31), ...KID }, 'EdDSA')],
  ['an EC key that says RSA', changed('EC', { kty: 'RSA' })],
  ['a kind of 100,000 lists in one another', deep(rsa, 'kty', 100_000)],
  ...['alg', 'use', 'key_ops', 'n', 'e'].map((name): Row => {
    return [`an RSA key with a "${name}" of 200,000 lists`, deep({ ...rsa, e: 'AAEAAQ' }, name, 200_000)];
  }),
  ['an RSA key without exponent and with 200,000 lists', deep({ ...rsa, e: undefined }, 'x5c', 200_000)],
  ['an EC key with a coordinate of 200,000 lists', deep(ec, 'y', 200_000, 'ES256')],
  ['a key in a key', bad({ keys: [ATTACKER.rsa.jwk], ...KID }, 'RS256', byAttacker)],
  ['a list of keys', bad([ATTACKER.rsa.jwk], 'RS256', byAttacker)],
  ...['null', '1', '"RSA"', '[]'].map((json): Row => [json, bad(json)]),
  ['a list of 500,000 lists in one another', bad(nested(500_000))],
];

/** Ids that are not text: the key has none. */
const IDS: readonly Row[] = [
  ...(
    [
      [1, 1],
      [1, '1'],
      [null, null],
      [['bad'], 'bad'],
      [{}, '[object Object]'],
    ] as const
  ).map(([kid, asked]): Row => {
    const what = `a key id that is ${JSON.stringify(kid)}, where the token has ${JSON.stringify(asked)},`;
    return [what, changed('RSA', { kid }, { kid: asked })];
  }),
  ['a key id of 200,000 lists', deep(rsa, 'kid', 200_000)],
];

const setOf = (...members: readonly string[]): string => `{"keys":[${members.join()}]}`;
const GOOD_MEMBERS = jwksOf(KEYS).keys.map((jwk) => JSON.stringify(jwk));
const GOOD_TOKENS = (['RS256', 'ES256', 'EdDSA'] as const).flatMap((alg) =>
  [{}, { header: { kid: undefined } }].map((forgery) => forge(alg, forgery)),
);

describe('a JWKS with a bad member', () => {
  it.each([...MEMBERS, ...IDS])(
    '%s verifies nothing, and the good keys go on',
    async (_, { member, alg, by }) => {
      for (const set of [setOf(member, ...GOOD_MEMBERS), setOf(...GOOD_MEMBERS, member)]) {
        const verifier = client(servedFromMemory(set));
        const verdict = await verifier.verify(forge(alg, by));
        expect(verdict).toMatchObject({ valid: false, payload: {} });
        expect(['key', 'signature']).toContain(verdict.reason);
        for (const good of GOOD_TOKENS) expect(await verifier.verify(good)).toMatchObject({ valid: true });
      }
    },
  );

  it.each(MEMBERS)('%s verifies nothing alone, without kid', async (_, { member, alg, by }) => {
    const verifier = client(servedFromMemory(setOf(member)));
    const token = forge(alg, { ...by, header: { ...by.header, kid: undefined } });
    expect(await verifier.verify(token)).toMatchObject({ valid: false, payload: {} });
    await expect(verifier.ping()).resolves.toBeTypeOf('boolean');
  });
});

it('an HMAC key in a JWKS makes no HMAC token good, with a secret or without (CVE-2022-23541)', async () => {
  const hmac = { kty: 'oct', k: base64url('known'), ...KID, alg: 'HS256' };
  const jwks = servedFromMemory({ keys: [hmac, ...jwksOf(KEYS).keys] });
  const token = forge('HS256', { key: 'known', header: KID });
  expect(await client(jwks).verify(token)).toMatchObject({ reason: 'algorithm' });
  expect(await client({ ...jwks, secret: SECRET }).verify(token)).toMatchObject({ reason: 'signature' });
});

const twin = { ...ATTACKER.rsa.jwk, kid: 'rsa' };
const byTwin = forge('RS256', byAttacker);

it.each([
  ['first', [twin, rsa]],
  ['last', [rsa, twin]],
])('two keys that share an id, ours %s, both verify, and no other does', async (_, keys) => {
  const verifier = client(servedFromMemory({ keys }));
  for (const token of [forge('RS256'), byTwin]) {
    expect(await verifier.verify(token)).toMatchObject({ valid: true });
  }
  const { privateKey: key } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  expect(await verifier.verify(forge('RS256', { key }))).toMatchObject({ valid: false, reason: 'signature' });
});

it.each([
  ['RS256', 'PS256'],
  ['PS256', 'RS256'],
  ['RS256', 'RS512'],
  ['ES256', 'RS256'],
  ['EdDSA', 'Ed25519'],
] as const)('a client of %s alone refuses %s by the very same set', async (algorithm, other) => {
  const pinned = client({ ...servedFromMemory(), algorithm });
  expect(await pinned.verify(forge(algorithm))).toMatchObject({ valid: true });
  expect(await pinned.verify(forge(other))).toMatchObject({ valid: false, reason: 'algorithm' });
});

it('a key that names its algorithm verifies no other (CVE-2026-22817, CVE-2026-48523)', async () => {
  const pinned = client(servedFromMemory({ keys: [{ ...rsa, alg: 'PS256' }] }));
  expect(await pinned.verify(forge('PS256'))).toMatchObject({ valid: true });
  for (const kid of ['rsa', undefined]) {
    expect(await pinned.verify(forge('RS256', { header: { kid } }))).toMatchObject({ reason: 'key' });
  }
});

// biome-ignore format: one kind a line
it.each([
  'file:///etc/passwd', 'ftp://issuer.example/jwks.json', 'data:application/json,{"keys":[]}', 'javascript:alert(1)',
  'blob:https://issuer.example/1', 'about:blank', 'ws://issuer.example/', 'http://issuer.example/jwks.json',
  'http://169.254.169.254/latest/meta-data/', 'http://[::ffff:169.254.169.254]/', 'http://2852039166/',
  'http://127.0.0.1.attacker.example/', 'http://localhost.attacker.example/', 'http://127.0.0.1@attacker.example/',
  'http://0.0.0.0/', '//issuer.example/jwks.json', '/jwks.json', 'issuer.example', '',
])('a JWKS cannot be at "%s" (CVE-2026-48522)', (jwksUrl) => {
  expect(() => client({ jwksUrl })).toThrow(expect.objectContaining({ code: 'ERR_AUTH_CONFIG' }));
});

it.each([301, 302, 303, 307, 308])(
  'a JWKS is not where a redirect by %i points (CVE-2026-102267)',
  async (status) => {
    const trap = await startJwksServer({ keys: [twin] });
    onTestFinished(() => trap.close());
    const server = await startJwksServer();
    onTestFinished(() => server.close());
    server.handler = (_, response) => response.writeHead(status, { location: trap.url }).end();
    const verifier = client({ jwksUrl: server.url });
    await expect(verifier.verify(byTwin)).rejects.toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE' });
    expect(await verifier.ping()).toBe(false);
    expect(server.requests).toBeGreaterThan(0);
    expect(trap.requests).toBe(0);
  },
);

it('the JWKS of a client is not that of another whose keys have the same ids (CVE-2025-59936)', async () => {
  const other = client(servedFromMemory({ keys: [twin] }));
  const ours = client(servedFromMemory());
  for (const [verifier, good, refused] of [
    [other, byTwin, forge('RS256')],
    [ours, forge('RS256'), byTwin],
  ] as const) {
    expect(await verifier.verify(good)).toMatchObject({ valid: true });
    expect(await verifier.verify(refused)).toMatchObject({ valid: false, reason: 'signature' });
  }
});

const SET = setOf(...GOOD_MEMBERS);
it.each(
  [
    ...['', ' ', 'null', '[]', '"keys"', '1', '<!doctype html><title>Sign in</title>', '{}', '{"keys":null}'],
    ...['{"keys":{"0":{},"length":1}}', '{"keys":"RSA"}', '{"__proto__":{"keys":[]}}', GOOD_MEMBERS.join()],
    ...[
      JSON.stringify(rsa),
      `${SET}${SET}`,
      SET.slice(0, -1),
      '['.repeat(500_000),
      `{"keys":${'['.repeat(500_000)}`,
    ],
  ].map((body) => [body.slice(0, 60), body]),
)('the answer %j gives no verdict, and no other error', async (_, body) => {
  const verifier = client(servedFromMemory(body));
  const error: unknown = await verifier.verify(forge('RS256')).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(AuthError);
  expect(error).toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE' });
  expect(await verifier.ping()).toBe(false);
});

it('a flood of unknown key ids costs a few requests, and good tokens nothing (CVE-2026-48524)', async () => {
  let requests = 0;
  let isThrottled = false;
  const { jwksUrl, jwks } = servedFromMemory();
  const fetch: typeof globalThis.fetch = async (...request) => {
    requests += 1;
    return isThrottled ? new Response('', { status: 429 }) : (jwks?.fetch ?? globalThis.fetch)(...request);
  };
  const verifier = client({ ...(jwksUrl && { jwksUrl }), jwks: { fetch } });
  const good = forge('RS256');
  expect(await verifier.verify(good)).toMatchObject({ valid: true });
  for (let i = 0; i < 500; i += 1) {
    const token = forge('ES256', { header: { kid: `unknown-${i}` } });
    expect(await verifier.verify(token)).toMatchObject({ valid: false, reason: 'key' });
  }
  expect(await verifier.verify(good)).toMatchObject({ valid: true });
  expect(requests).toBeLessThanOrEqual(3);

  // What the flood may have brought about must not take the keys away either.
  isThrottled = true;
  expect(await verifier.ping()).toBe(false);
  expect(await verifier.verify(good)).toMatchObject({ valid: true });
});
