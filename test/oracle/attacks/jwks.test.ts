import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { AuthError, type AuthProviderConfig, createAuthClient } from '../../../src/index.js';
import type { Algorithm } from '../../../src/signature/algorithms.js';
import { startJwksServer } from '../../support/jwks-server.js';
import { base64url } from '../../support/mint.js';
import { servedFromMemory } from './clients.js';
import { ATTACKER, type Forgery, forge, JWKS, KEYS, NOW, SECRET } from './forge.js';

beforeAll(() => void vi.useFakeTimers({ toFake: ['Date'], now: NOW * 1000 }));

/** A rejection that nobody handles ends a Node process. */
const unhandled: unknown[] = [];
const remember = (reason: unknown): void => void unhandled.push(reason);
process.on('unhandledRejection', remember);
afterAll(() => {
  process.off('unhandledRejection', remember);
  vi.useRealTimers();
});

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const client = (config: Partial<AuthProviderConfig>) => createAuthClient({ ...config, onWarning: () => {} });
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const privateJwk = (key: KeyObject): object => key.export({ format: 'jwk' });
type KeyPair = { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
const rsa = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength });
const curve = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });

const weak = rsa(1024);
const nearly = rsa(2047);
const k256 = curve('secp256k1');
const ed448 = generateKeyPairSync('ed448');
const x25519 = generateKeyPairSync('x25519');
const { jwk: goodRsa } = KEYS.rsa;
const { jwk: goodEc } = KEYS.p256;

/** A member of the set, as JSON text, and what a token by it would be. */
interface Bad {
  readonly member: string;
  readonly alg: Algorithm;
  readonly by: Forgery;
}

const bad = (member: unknown, alg: Algorithm = 'RS256', by: Forgery = {}): Bad => ({
  member: typeof member === 'string' ? member : JSON.stringify(member),
  alg,
  by: { ...by, header: { kid: 'bad', ...by.header } },
});
const rsaWith = (change: object, header: Record<string, unknown> = {}): Bad =>
  bad({ ...ATTACKER.rsa.jwk, kid: 'bad', ...change }, 'RS256', { key: ATTACKER.rsa.privateKey, header });
const ecWith = (change: object): Bad =>
  bad({ ...ATTACKER.p256.jwk, kid: 'bad', ...change }, 'ES256', { key: ATTACKER.p256.privateKey });
const edWith = (change: object): Bad =>
  bad({ ...ATTACKER.ed.jwk, kid: 'bad', ...change }, 'EdDSA', { key: ATTACKER.ed.privateKey });
const madeOf = ({ publicKey, privateKey }: KeyPair, alg: Algorithm, change: object = {}): Bad =>
  bad({ ...publicKey.export({ format: 'jwk' }), kid: 'bad', ...change }, alg, { key: privateKey });
const deep = (member: object, name: string, depth: number): Bad =>
  bad(`${JSON.stringify({ kid: 'bad', ...member }).slice(0, -1)},"${name}":${nested(depth)}}`);

const MEMBERS: ReadonlyArray<readonly [title: string, bad: Bad]> = [
  [
    'an HMAC key',
    bad({ kty: 'oct', k: base64url('known'), kid: 'bad' }, 'RS256', { key: 'known', signedBy: 'HS256' }),
  ],
  ['an RSA key with its private part', rsaWith(privateJwk(ATTACKER.rsa.privateKey))],
  ['an EC key with its private part', ecWith(privateJwk(ATTACKER.p256.privateKey))],
  ['an Ed25519 key with its private part', edWith(privateJwk(ATTACKER.ed.privateKey))],
  ...['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'].map(
    (name) => [`an RSA key with a "${name}"`, rsaWith({ [name]: 'AQ' })] as const,
  ),
  ['an RSA key with a "d" that is null', rsaWith({ d: null })],
  ['an RSA key for encryption', rsaWith({ use: 'enc' })],
  ['an RSA key of an unknown use', rsaWith({ use: 'SIG' })],
  ['an RSA key whose use is a list', rsaWith({ use: ['sig'] })],
  ['an RSA key that only signs', rsaWith({ key_ops: ['sign'] })],
  ['an RSA key without operations', rsaWith({ key_ops: [] })],
  ['an RSA key whose operations are text', rsaWith({ key_ops: 'verify' })],
  ['an RSA key for PS256', rsaWith({ alg: 'PS256' })],
  ['an RSA key for RSA-OAEP', rsaWith({ alg: 'RSA-OAEP' })],
  ['an RSA key for HS256', rsaWith({ alg: 'HS256' })],
  ['an RSA key for "none"', rsaWith({ alg: 'none' })],
  ['an RSA key whose algorithm is a list', rsaWith({ alg: ['RS256'] })],
  ['an RSA key of 1024 bits (CVE-2022-23539)', madeOf(weak, 'RS256')],
  ['an RSA key of 1024 bits, with zeros before it', madeOf(weak, 'RS256', { n: withZeros(weak) })],
  ['an RSA key of 2047 bits', madeOf(nearly, 'RS256')],
  [
    'an RSA key with exponent 1',
    bad({ ...goodRsa, e: 'AQ', kid: 'bad' }, 'RS256', { signature: encodedMessage }),
  ],
  [
    'an RSA key with exponent 0',
    bad({ ...goodRsa, e: 'AA', kid: 'bad' }, 'RS256', { signature: () => oneOf(256) }),
  ],
  ['an RSA key with exponent 2', bad({ ...goodRsa, e: 'Ag', kid: 'bad' })],
  ['an RSA key with modulus zero', bad({ ...goodRsa, n: zeros(256), kid: 'bad' })],
  ['an RSA key without a modulus', bad({ kty: 'RSA', e: 'AQAB', kid: 'bad' })],
  ['an RSA key whose modulus is a number', bad({ ...goodRsa, n: 3, kid: 'bad' })],
  ['an RSA key whose modulus is not base64url', bad({ ...goodRsa, n: `${goodRsa.n}=`, kid: 'bad' })],
  ['an RSA key whose modulus is one character short', bad({ ...goodRsa, n: 'AAAAA', kid: 'bad' })],
  ['an RSA key whose exponent is a list', bad({ ...goodRsa, e: ['AQAB'], kid: 'bad' })],
  ['a point that is not on the curve (CVE-2015-7940)', bad({ ...goodEc, y: goodEc.x, kid: 'bad' }, 'ES256')],
  ['the point at infinity', bad({ ...goodEc, x: '', y: '', kid: 'bad' }, 'ES256')],
  ['the point at zero', bad({ ...goodEc, x: zeros(32), y: zeros(32), kid: 'bad' }, 'ES256')],
  ['a point of another curve', bad({ ...KEYS.p384.jwk, crv: 'P-256', kid: 'bad' }, 'ES256')],
  ['a key on secp256k1', madeOf(k256, 'ES256')],
  ['a key on secp256k1 that says P-256', madeOf(k256, 'ES256', { crv: 'P-256' })],
  ['a key on Ed448', madeOf(ed448, 'EdDSA')],
  ['a key on Ed448 that says Ed25519', madeOf(ed448, 'EdDSA', { crv: 'Ed25519' })],
  ['a key on X25519', bad({ ...x25519.publicKey.export({ format: 'jwk' }), kid: 'bad' }, 'EdDSA')],
  ['an Ed25519 key of 31 bytes', bad({ kty: 'OKP', crv: 'Ed25519', x: zeros(31), kid: 'bad' }, 'EdDSA')],
  ['an EC key that says RSA', ecWith({ kty: 'RSA' })],
  ['an RSA key that says EC', rsaWith({ kty: 'EC' })],
  ['an RSA key in lower case', rsaWith({ kty: 'rsa' })],
  ['a key of kind "__proto__"', rsaWith({ kty: '__proto__' })],
  ['a key of kind "constructor"', rsaWith({ kty: 'constructor' })],
  ['a key of no kind', rsaWith({ kty: undefined })],
  ['a key whose kind is a list', rsaWith({ kty: ['RSA'] })],
  ['a key whose kind is an object that is not text', rsaWith({ kty: { toString: 1, valueOf: 1 } })],
  ['a key whose kind is 100,000 lists in one another', deep({ n: goodRsa.n, e: 'AQAB' }, 'kty', 100_000)],
  ...['alg', 'use', 'key_ops', 'n'].map((name) => {
    const member = { ...KEYS.rsa.jwk, e: 'AAEAAQ', [name]: undefined };
    return [`an RSA key with a "${name}" of 200,000 lists`, deep(member, name, 200_000)] as const;
  }),
  ['an RSA key with an exponent of 200,000 lists', deep({ kty: 'RSA', n: goodRsa.n }, 'e', 200_000)],
  ['an RSA key without exponent and with 200,000 lists', deep({ kty: 'RSA', n: goodRsa.n }, 'x5c', 200_000)],
  [
    'an EC key with a coordinate of 200,000 lists',
    { ...deep({ ...goodEc, y: undefined }, 'y', 200_000), alg: 'ES256' },
  ],
  [
    'a key in a key',
    bad({ keys: [ATTACKER.rsa.jwk], kid: 'bad' }, 'RS256', { key: ATTACKER.rsa.privateKey }),
  ],
  ['a certificate instead of a key', bad({ kty: 'RSA', kid: 'bad', x5c: [base64url('certificate')] })],
  ['null', bad(null)],
  ['a number', bad(1)],
  ['text', bad('"RSA"')],
  ['a list of keys', bad([ATTACKER.rsa.jwk], 'RS256', { key: ATTACKER.rsa.privateKey })],
  ['500,000 lists in one another', bad(nested(500_000))],
];

/** Ids that are not text: the key has none. */
const IDS: ReadonlyArray<readonly [title: string, bad: Bad]> = [
  ['a number', rsaWith({ kid: 1 }, { kid: 1 })],
  ['a number that the token has as text', rsaWith({ kid: 1 }, { kid: '1' })],
  ['null', rsaWith({ kid: null }, { kid: null })],
  ['a list', rsaWith({ kid: ['bad'] }, { kid: 'bad' })],
  ['an object', rsaWith({ kid: {} }, { kid: '[object Object]' })],
  ['200,000 lists in one another', deep({ ...KEYS.rsa.jwk, kid: undefined }, 'kid', 200_000)],
];

function withZeros({ publicKey }: KeyPair): string {
  const { n } = publicKey.export({ format: 'jwk' });
  return base64url(Buffer.concat([Buffer.alloc(128), Buffer.from(String(n), 'base64url')]));
}

function zeros(length: number): string {
  return base64url(new Uint8Array(length));
}

function oneOf(length: number): Uint8Array {
  return Buffer.concat([Buffer.alloc(length - 1), Uint8Array.of(1)]);
}

/** What an RSA signature is before the private exponent: with exponent 1 it is its own signature. */
function encodedMessage(_: Buffer, input: string): Uint8Array {
  const hash = createHash('sha256').update(input).digest();
  const info = Buffer.concat([Buffer.from('3031300d060960864801650304020105000420', 'hex'), hash]);
  return Buffer.concat([
    Uint8Array.of(0, 1),
    Buffer.alloc(256 - 3 - info.length, 0xff),
    Uint8Array.of(0),
    info,
  ]);
}

const withoutKid = ({ alg, by }: Bad): string =>
  forge(alg, { ...by, header: { ...by.header, kid: undefined } });
const setOf = (...members: readonly string[]): string => `{"keys":[${members.join()}]}`;
const GOOD = JWKS.keys.map((jwk) => JSON.stringify(jwk));

async function verifiesNothing(set: string, { alg, by }: Bad): Promise<void> {
  const verifier = client(servedFromMemory(set));
  const verdict = await verifier.verify(forge(alg, by));
  expect(verdict).toMatchObject({ valid: false, payload: {} });
  expect(['key', 'signature']).toContain(verdict.reason);
  for (const good of ['RS256', 'ES256', 'EdDSA'] as const) {
    expect(await verifier.verify(forge(good))).toMatchObject({ valid: true });
    expect(await verifier.verify(forge(good, { header: { kid: undefined } }))).toMatchObject({ valid: true });
  }
  await nextTurn();
  expect(unhandled).toEqual([]);
}

describe('a JWKS with a bad member', () => {
  it.each(MEMBERS)('%s verifies nothing, and the good keys go on', async (_, bad) => {
    await verifiesNothing(setOf(bad.member, ...GOOD), bad);
    await verifiesNothing(setOf(...GOOD, bad.member), bad);
  });

  it.each(MEMBERS)('%s verifies nothing alone, without kid', async (_, bad) => {
    const verifier = client(servedFromMemory(setOf(bad.member)));
    expect(await verifier.verify(withoutKid(bad))).toMatchObject({ valid: false, payload: {} });
    await expect(verifier.ping()).resolves.toBeTypeOf('boolean');
    await nextTurn();
    expect(unhandled).toEqual([]);
  });

  it.each(IDS)('an id that is %s is no id', async (_, bad) => {
    await verifiesNothing(setOf(bad.member, ...GOOD), bad);
  });
});

describe('a JWKS with an HMAC key', () => {
  it('does not make an HMAC token good, with a secret beside it or without (CVE-2022-23541)', async () => {
    const jwks = { keys: [{ kty: 'oct', k: base64url('known'), kid: 'bad', alg: 'HS256' }, ...JWKS.keys] };
    const token = forge('HS256', { key: 'known', header: { kid: 'bad' } });
    expect(await client(servedFromMemory(jwks)).verify(token)).toMatchObject({ reason: 'algorithm' });
    const both = client({ ...servedFromMemory(jwks), secret: SECRET });
    expect(await both.verify(token)).toMatchObject({ reason: 'signature' });
  });
});

describe('a JWKS in which two keys share an id', () => {
  it('verifies by either, and by no other', async () => {
    const twin = { ...ATTACKER.rsa.jwk, kid: 'rsa' };
    for (const keys of [
      [twin, KEYS.rsa.jwk],
      [KEYS.rsa.jwk, twin],
    ]) {
      const verifier = client(servedFromMemory({ keys }));
      expect(await verifier.verify(forge('RS256'))).toMatchObject({ valid: true });
      expect(await verifier.verify(forge('RS256', { key: ATTACKER.rsa.privateKey }))).toMatchObject({
        valid: true,
      });
      const third = forge('RS256', { key: rsa(2048).privateKey });
      expect(await verifier.verify(third)).toMatchObject({ valid: false, reason: 'signature' });
    }
  });
});

describe('a JWKS behind one algorithm', () => {
  it.each([
    ['RS256', 'PS256'],
    ['PS256', 'RS256'],
    ['RS256', 'RS512'],
    ['ES256', 'RS256'],
    ['EdDSA', 'Ed25519'],
  ] as const)('of %s refuses %s by the very same set', async (algorithm, other) => {
    const pinned = client({ ...servedFromMemory(), algorithm });
    expect(await pinned.verify(forge(algorithm))).toMatchObject({ valid: true });
    expect(await pinned.verify(forge(other))).toMatchObject({ valid: false, reason: 'algorithm' });
  });

  it('of the key itself refuses another by that key (CVE-2026-22817, CVE-2026-48523)', async () => {
    const pinned = client(servedFromMemory({ keys: [{ ...KEYS.rsa.jwk, alg: 'PS256' }] }));
    expect(await pinned.verify(forge('PS256'))).toMatchObject({ valid: true });
    expect(await pinned.verify(forge('RS256'))).toMatchObject({ valid: false, reason: 'key' });
    expect(await pinned.verify(forge('RS256', { header: { kid: undefined } }))).toMatchObject({
      reason: 'key',
    });
  });
});

describe('the place of a JWKS', () => {
  it.each([
    'file:///etc/passwd',
    'ftp://issuer.example/jwks.json',
    `data:application/json,${encodeURIComponent(JSON.stringify(JWKS))}`,
    'javascript:alert(1)',
    'blob:https://issuer.example/1',
    'about:blank',
    'ws://issuer.example/',
    'http://issuer.example/jwks.json',
    'http://169.254.169.254/latest/meta-data/',
    'http://[::ffff:169.254.169.254]/',
    'http://127.0.0.1.attacker.example/',
    'http://localhost.attacker.example/',
    'http://127.0.0.1@attacker.example/',
    'http://2852039166/',
    'http://0.0.0.0/',
    '//issuer.example/jwks.json',
    '/jwks.json',
    'issuer.example',
    '',
  ])('is not %s (CVE-2026-48522)', (jwksUrl) => {
    expect(() => client({ jwksUrl })).toThrow(expect.objectContaining({ code: 'ERR_AUTH_CONFIG' }));
  });

  it('is not where a redirect points (CVE-2026-102267)', async () => {
    const trap = await startJwksServer({ keys: [{ ...ATTACKER.rsa.jwk, kid: 'rsa' }] });
    const server = await startJwksServer(JWKS);
    const forged = forge('RS256', { key: ATTACKER.rsa.privateKey });
    try {
      for (const status of [301, 302, 303, 307, 308]) {
        server.handler = (_, response) => response.writeHead(status, { location: trap.url }).end();
        const verifier = client({ jwksUrl: server.url });
        await expect(verifier.verify(forged)).rejects.toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE' });
        expect(await verifier.ping()).toBe(false);
      }
      expect(trap.requests).toBe(0);
    } finally {
      await server.close();
      await trap.close();
    }
  });

  it('is not that of another client whose keys have the same ids (CVE-2025-59936)', async () => {
    const other = client(servedFromMemory({ keys: [{ ...ATTACKER.rsa.jwk, kid: 'rsa' }] }));
    const ours = client(servedFromMemory());
    const forged = forge('RS256', { key: ATTACKER.rsa.privateKey });
    expect(await other.verify(forged)).toMatchObject({ valid: true });
    expect(await ours.verify(forged)).toMatchObject({ valid: false, reason: 'signature' });
    expect(await other.verify(forge('RS256'))).toMatchObject({ valid: false, reason: 'signature' });
    expect(await ours.verify(forge('RS256'))).toMatchObject({ valid: true });
  });
});

const ANSWERS: ReadonlyArray<readonly [title: string, body: string]> = [
  ['nothing', ''],
  ['white space', ' '],
  ['null', 'null'],
  ['a list', '[]'],
  ['text', '"keys"'],
  ['a number', '1'],
  ['HTML', '<!doctype html><title>Sign in</title>'],
  ['an object without keys', '{}'],
  ['keys that are null', '{"keys":null}'],
  ['keys that are an object', '{"keys":{"0":{},"length":1}}'],
  ['keys that are text', '{"keys":"RSA"}'],
  ['keys in "__proto__"', '{"__proto__":{"keys":[]}}'],
  ['a JWK', JSON.stringify(KEYS.rsa.jwk)],
  ['two sets', `${JSON.stringify(JWKS)}${JSON.stringify(JWKS)}`],
  ['a set cut off', JSON.stringify(JWKS).slice(0, -1)],
  ['lists that do not end', '['.repeat(500_000)],
  ['keys that do not end', `{"keys":${'['.repeat(500_000)}`],
];

describe('an endpoint that answers with', () => {
  it.each(ANSWERS)('%s gives no verdict, and no other error', async (_, body) => {
    const fetch = async () => new Response(body);
    const verifier = client({ jwksUrl: 'https://issuer.example/', jwks: { fetch } });
    const error: unknown = await verifier.verify(forge('RS256')).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(AuthError);
    expect(error).toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE' });
    expect(await verifier.ping()).toBe(false);
    await nextTurn();
    expect(unhandled).toEqual([]);
  });
});

describe('a flood of unknown key ids', () => {
  it('costs the identity provider a few requests, and good tokens nothing (CVE-2026-48524)', async () => {
    const server = await startJwksServer(JWKS);
    try {
      const verifier = client({ jwksUrl: server.url });
      expect(await verifier.verify(forge('RS256'))).toMatchObject({ valid: true });
      for (let i = 0; i < 500; i += 1) {
        const token = forge('ES256', { header: { kid: `unknown-${i}` } });
        expect(await verifier.verify(token)).toMatchObject({ valid: false, reason: 'key' });
      }
      expect(await verifier.verify(forge('RS256'))).toMatchObject({ valid: true });
      expect(server.requests).toBeLessThanOrEqual(3);

      // What the flood may have brought about must not take the keys away either.
      server.handler = (_, response) => response.writeHead(429).end();
      expect(await verifier.ping()).toBe(false);
      expect(await verifier.verify(forge('RS256'))).toMatchObject({ valid: true });
    } finally {
      await server.close();
    }
  });
});
