import { constants, generateKeyPairSync, type KeyObject, publicEncrypt } from 'node:crypto';
import type { Algorithm, AuthClient, AuthProviderConfig } from 'intentkit-auth';
import { createAuthClient } from 'intentkit-auth';
import { afterAll, afterEach, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { quickClock, servedFromMemory } from '../../support/clients.js';
import { ATTACKER, type Forgery, forge, jwksOf, KEYS, keyName, NOW, SECRET } from '../../support/forge.js';
import { startJwksServer } from '../../support/jwks-server.js';
import { base64url } from '../../support/mint.js';

/** Unhandled rejections. Outside a test, one would end the Node process. */
const unhandled: unknown[] = [];
const record = (reason: unknown): void => void unhandled.push(reason);
beforeAll(() => {
  quickClock(NOW);
  process.on('unhandledRejection', record);
});
afterEach(async () => {
  await new Promise((resolve) => setImmediate(resolve));
  expect(unhandled).toEqual([]);
});
afterAll(() => {
  process.off('unhandledRejection', record);
  vi.useRealTimers();
});

const client = (config: Partial<AuthProviderConfig>) => createAuthClient({ ...config, onWarning: () => {} });
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const zeros = (length: number): string => base64url(new Uint8Array(length));
const exported = (key: KeyObject): object => key.export({ format: 'jwk' });
const padding = constants.RSA_NO_PADDING;

/** A member of the set as JSON text, and a token that would use it. */
type Row = readonly [what: string, member: string, alg: Algorithm, by: Forgery];

const KID = { kid: 'bad' };
const row = (what: string, member: unknown, alg: Algorithm = 'RS256', by: Forgery = {}): Row => {
  return [what, JSON.stringify(member), alg, { ...by, header: { ...KID, ...by.header } }];
};
/** The attacker's key for one algorithm, changed. */
type Signing = 'RS256' | 'ES256' | 'EdDSA';
const changed = (what: string, alg: Signing, change: object, header = {}): Row => {
  const { jwk, privateKey: key } = ATTACKER[keyName(alg)];
  return row(`an ${alg} key with ${what}`, { ...jwk, ...KID, ...change }, alg, { key, header });
};
/** Our own key, changed. By default, the token is signed with our key, as in the best case for an attacker. */
const ours = (what: string, alg: Signing, change: object, by: Forgery = {}): Row =>
  row(`our ${alg} key with ${what}`, { ...KEYS[keyName(alg)].jwk, ...change, ...KID }, alg, by);
type Pair = { publicKey: KeyObject; privateKey: KeyObject };
const madeOf = (what: string, { publicKey, privateKey }: Pair, alg: Algorithm, change: object = {}): Row =>
  row(what, { ...exported(publicKey), ...KID, ...change }, alg, { key: privateKey });
/** Nested lists as text, because `JSON.stringify` cannot write them this deep. */
const deep = (name: string, depth: number, change: object = {}, alg: Signing = 'RS256'): Row => {
  const others = { ...KEYS[keyName(alg)].jwk, ...KID, ...change, [name]: undefined };
  const member = `${JSON.stringify(others).slice(0, -1)},"${name}":${nested(depth)}}`;
  return [`a key with a "${name}" of ${depth} nested lists`, member, alg, { header: KID }];
};

const { jwk: rsa, publicKey: rsaKey } = KEYS.rsa;
const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
const weakModulus = Buffer.from(String(weak.publicKey.export({ format: 'jwk' }).n), 'base64url');
const padded = { n: base64url(Buffer.concat([Buffer.alloc(128), weakModulus])) };
const K256 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
const ED448 = generateKeyPairSync('ed448');
const OCT = { kty: 'oct', k: base64url('known') };
const byAttacker: Forgery = { key: ATTACKER.rsa.privateKey };

const RSA_CHANGES: readonly object[] = [
  ...['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'].map((name) => ({ [name]: 'AQ' })),
  { d: [null] },
  ...['enc', 'SIG', ['sig']].map((use) => ({ use })),
  ...[['sign'], [null], 'verify'].map((key_ops) => ({ key_ops })),
  ...['PS256', 'RSA-OAEP', 'HS256', 'none', ['RS256']].map((alg) => ({ alg })),
  ...['EC', 'rsa', '__proto__', 'constructor', ['RSA'], { toString: 1, valueOf: 1 }].map((kty) => ({ kty })),
];
const MEMBERS: readonly Row[] = [
  row('an HMAC key', { ...OCT, ...KID }, 'RS256', { key: 'known', signedBy: 'HS256' }),
  ...(['RS256', 'ES256', 'EdDSA'] as const).map((alg) => {
    return changed('its private part', alg, exported(ATTACKER[keyName(alg)].privateKey));
  }),
  ...RSA_CHANGES.map((change) => changed(JSON.stringify(change), 'RS256', change)),
  changed('no "kty"', 'RS256', { kty: undefined }),
  changed('another "kty"', 'ES256', { kty: 'RSA' }),
  madeOf('an RSA key of 1024 bits (CVE-2022-23539)', weak, 'RS256'),
  madeOf('an RSA key of 1024 bits, padded with zeros', weak, 'RS256', padded),
  madeOf('an RSA key of 2047 bits', generateKeyPairSync('rsa', { modulusLength: 2047 }), 'RS256'),
  // With exponent 1, the signed message is its own signature. With exponent 0, the number 1 is a signature of everything.
  ours('exponent 1', 'RS256', { e: 'AQ' }, { signature: (s) => publicEncrypt({ key: rsaKey, padding }, s) }),
  ours('exponent 0', 'RS256', { e: 'AA' }, { signature: () => Buffer.alloc(256).fill(1, 255) }),
  ours('exponent 2', 'RS256', { e: 'Ag' }),
  ours('a list as exponent', 'RS256', { e: ['AQAB'] }),
  ours('modulus zero', 'RS256', { n: zeros(256) }),
  ours('padding after the modulus', 'RS256', { n: `${rsa.n}=` }),
  ...[3, 'AAAAA', null].map((n) => ours(`modulus ${n}`, 'RS256', { n })),
  row('an RSA key of a certificate', { kty: 'RSA', x5c: [base64url('certificate')], ...KID }),
  ours('a point that is not on the curve (CVE-2015-7940)', 'ES256', { y: KEYS.p256.jwk.x }),
  ours('the point at infinity', 'ES256', { x: '', y: '' }),
  ours('the point at zero', 'ES256', { x: zeros(32), y: zeros(32) }),
  ours('a point of another curve', 'ES256', { ...KEYS.p384.jwk, crv: 'P-256' }),
  madeOf('a key on secp256k1', K256, 'ES256'),
  madeOf('a key on secp256k1 with the "crv" P-256', K256, 'ES256', { crv: 'P-256' }),
  madeOf('a key on Ed448', ED448, 'EdDSA'),
  madeOf('a key on Ed448 with the "crv" Ed25519', ED448, 'EdDSA', { crv: 'Ed25519' }),
  row('a key on X25519', { ...exported(generateKeyPairSync('x25519').publicKey), ...KID }, 'EdDSA'),
  row('an Ed25519 key of 31 bytes', { kty: 'OKP', crv: 'Ed25519', x: zeros(31), ...KID }, 'EdDSA'),
  deep('kty', 50_000),
  ...['alg', 'use', 'key_ops', 'n', 'e'].map((name) => deep(name, 20_000, { e: 'AAEAAQ' })),
  deep('x5c', 20_000, { e: undefined }),
  deep('y', 20_000, {}, 'ES256'),
  row('a key in a key', { keys: [ATTACKER.rsa.jwk], ...KID }, 'RS256', byAttacker),
  row('a list of keys', [ATTACKER.rsa.jwk], 'RS256', byAttacker),
  ...[null, 1, 'RSA', []].map((member) => row(`${JSON.stringify(member)} instead of a key`, member)),
  ['50,000 nested lists', nested(50_000), 'RS256', { header: KID }],
];
/** Key ids that are not text. Such a key has no id. */
const IDS: readonly Row[] = [
  ...[1, null].map((kid) => changed(`the id ${kid}, as in the token,`, 'RS256', { kid }, { kid })),
  ...[1, ['bad'], {}].map((kid) => {
    return changed(`the id ${JSON.stringify(kid)}`, 'RS256', { kid }, { kid: String(kid) });
  }),
  deep('kid', 20_000),
];

/** The reason for each token, or `valid`. */
async function outcomes(verifier: AuthClient, ...tokens: readonly string[]): Promise<string[]> {
  const reasons: string[] = [];
  for (const token of tokens) reasons.push((await verifier.verify(token)).reason ?? 'valid');
  return reasons;
}
const setOf = (...members: readonly string[]): string => `{"keys":[${members.join()}]}`;
const VALID_MEMBERS = jwksOf(KEYS).keys.map((jwk) => JSON.stringify(jwk));
const VALID_TOKENS = (['RS256', 'ES256', 'EdDSA'] as const).flatMap((alg) => {
  return [forge(alg), forge(alg, { header: { kid: undefined } })];
});

it.each([...MEMBERS, ...IDS])(
  '%s verifies nothing, and the valid keys still work',
  async (_, member, alg, by) => {
    for (const set of [setOf(member, ...VALID_MEMBERS), setOf(...VALID_MEMBERS, member)]) {
      const verifier = client(servedFromMemory(set));
      const verdict = await verifier.verify(forge(alg, by));
      expect(verdict).toMatchObject({ valid: false, payload: {} });
      expect(['key', 'signature']).toContain(verdict.reason);
      for (const jwt of VALID_TOKENS) expect(await verifier.verify(jwt)).toMatchObject({ valid: true });
    }
  },
);

it.each(MEMBERS)('%s, alone in its set, does not verify a token without kid', async (_, member, alg, by) => {
  const verifier = client(servedFromMemory(setOf(member)));
  const token = forge(alg, { ...by, header: { ...by.header, kid: undefined } });
  // A set without a usable key counts as an outage. The other keys do not verify the token.
  const verdict = await verifier.verify(token).catch((error: { code: string }) => error.code);
  if (verdict !== 'ERR_JWKS_UNAVAILABLE') expect(verdict).toMatchObject({ valid: false, payload: {} });
  await expect(verifier.ping()).resolves.toBeTypeOf('boolean');
});

it('an HMAC key in a JWKS verifies no HMAC token, with or without a secret (CVE-2022-23541)', async () => {
  const jwks = servedFromMemory({ keys: [{ ...OCT, ...KID, alg: 'HS256' }, ...jwksOf(KEYS).keys] });
  const token = forge('HS256', { key: 'known', header: KID });
  expect(await outcomes(client(jwks), token)).toEqual(['algorithm']);
  expect(await outcomes(client({ ...jwks, secret: SECRET }), token)).toEqual(['signature']);
});

const twin = { ...ATTACKER.rsa.jwk, kid: 'rsa' };
const byTwin = forge('RS256', byAttacker);

it('two keys that share an id both verify their own tokens, in either order', async () => {
  const { privateKey: key } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const tokens = [forge('RS256'), byTwin, forge('RS256', { key })];
  for (const keys of [[twin, rsa] as const, [rsa, twin] as const]) {
    const verifier = client(servedFromMemory({ keys }));
    expect(await outcomes(verifier, ...tokens)).toEqual(['valid', 'valid', 'signature']);
  }
});

// biome-ignore format: a table
const PINNED = [
  ['RS256', 'PS256'], ['PS256', 'RS256'], ['RS256', 'RS512'], ['ES256', 'RS256'], ['EdDSA', 'Ed25519'],
] as const;
it.each(PINNED)('a client that accepts only %s refuses %s with the same set', async (algorithm, other) => {
  const pinned = client({ ...servedFromMemory(), algorithm });
  expect(await outcomes(pinned, forge(algorithm), forge(other))).toEqual(['valid', 'algorithm']);
});

it('a key with an "alg" verifies only that algorithm (CVE-2026-22817, CVE-2026-48523)', async () => {
  const pinned = client(servedFromMemory({ keys: [{ ...rsa, alg: 'PS256' }] }));
  const tokens = [forge('PS256'), forge('RS256'), forge('RS256', { header: { kid: undefined } })];
  expect(await outcomes(pinned, ...tokens)).toEqual(['valid', 'key', 'key']);
});

// biome-ignore format: one type per line
it.each([
  'file:///etc/passwd', 'ftp://issuer.example/jwks.json', 'data:application/json,{"keys":[]}', 'javascript:alert(1)',
  'blob:https://issuer.example/1', 'about:blank', 'ws://issuer.example/', 'http://issuer.example/jwks.json',
  'http://169.254.169.254/latest/meta-data/', 'http://[::ffff:169.254.169.254]/', 'http://2852039166/',
  'http://127.0.0.1.attacker.example/', 'http://localhost.attacker.example/', 'http://127.0.0.1@attacker.example/',
  'http://0.0.0.0/', '//issuer.example/jwks.json', '/jwks.json', 'issuer.example', '',
])('"%s" is refused as the URL of a JWKS (CVE-2026-48522)', (jwksUrl) => {
  expect(() => client({ jwksUrl })).toThrow(expect.objectContaining({ code: 'ERR_AUTH_CONFIG' }));
});

it.each([301, 302, 303, 307, 308])(
  'the client does not follow a redirect with %i (CVE-2026-102267)',
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

it('two clients whose keys have the same ids do not share them (CVE-2025-59936)', async () => {
  const other = client(servedFromMemory({ keys: [twin] }));
  expect(await outcomes(other, byTwin, forge('RS256'))).toEqual(['valid', 'signature']);
  expect(await outcomes(client(servedFromMemory()), byTwin, forge('RS256'))).toEqual(['signature', 'valid']);
});

const SET = setOf(...VALID_MEMBERS);
const TEXTS = [
  ...['', ' ', 'null', '[]', '"keys"', '1', '<!doctype html><title>Sign in</title>', '{}', '{"keys":null}'],
  ...['{"keys":{"0":{},"length":1}}', '{"keys":"RSA"}', '{"__proto__":{"keys":[]}}'],
];
// biome-ignore format: a table
const ANSWERS = [
  ...TEXTS.map((text) => [JSON.stringify(text), text] as const),
  ['one key', `${VALID_MEMBERS[0]}`], ['keys', VALID_MEMBERS.join()], ['two sets', SET + SET],
  ['a set that is cut off', SET.slice(0, -1)], ['unclosed lists', '['.repeat(50_000)],
  ['unclosed keys', `{"keys":${'['.repeat(50_000)}`],
] as const;
it.each(ANSWERS)('%s instead of a JWKS causes ERR_JWKS_UNAVAILABLE', async (_, body) => {
  const verifier = client(servedFromMemory(body));
  const error = expect.objectContaining({ name: 'AuthError', code: 'ERR_JWKS_UNAVAILABLE' });
  await expect(verifier.verify(forge('RS256'))).rejects.toEqual(error);
  expect(await verifier.ping()).toBe(false);
});

it('a flood of unknown key ids causes few requests, and valid tokens stay valid (CVE-2026-48524)', async () => {
  let requests = 0;
  const { jwksUrl = '', jwks } = servedFromMemory(undefined, () => {
    requests += 1;
    // A failed fetch that the flood caused must not remove the keys.
    if (requests > 3) throw new Error('too many requests');
  });
  const verifier = client({ jwksUrl, jwks: { ...jwks, cooldown: '1h' } });
  const valid = forge('RS256');
  expect(await outcomes(verifier, valid)).toEqual(['valid']);
  const flood = Array.from({ length: 500 }, (_, i) => forge('ES256', { header: { kid: `unknown-${i}` } }));
  const ends = flood.map((token) => outcomes(verifier, token));
  // They arrive together, so one fetch answers for all of them. Later ones are not looked up.
  expect(new Set((await Promise.all(ends)).flat())).toEqual(new Set(['key']));
  const later = ['a', 'b', 'c'].map((kid) => forge('ES256', { header: { kid } }));
  await expect(outcomes(verifier, ...later)).rejects.toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE' });
  expect(requests).toBeLessThanOrEqual(3);
  requests = 3;
  expect(await verifier.ping()).toBe(false);
  expect(await outcomes(verifier, valid)).toEqual(['valid']);
});
