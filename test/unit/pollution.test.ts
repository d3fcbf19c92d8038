/** A polluted `Object.prototype` changes nothing: neither what is configured, nor what is signed, nor a verdict. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAuthClient, createAuthProvider } from '../../src/index.js';
import { generateKeys, mint } from '../support/mint.js';

const SECRET = 'a-secret-that-is-not-polluted-0123456789';
const NOW = 1_800_000_000;
const keys = generateKeys('ES256', 'k1');
const fetch = async (): Promise<Response> => new Response(JSON.stringify({ keys: [keys.jwk] }));

/** Every option, claim, header parameter and sign option, with a value that would do harm. */
const POLLUTION: Readonly<Record<string, unknown>> = {
  secret: 'the-secret-of-whoever-polluted-0123456789',
  jwksUrl: 'https://attacker.example/jwks.json',
  jwks: { issuer: 'https://attacker.example/' },
  issuer: 'https://attacker.example/',
  audience: 'another-api',
  algorithm: 'HS512',
  algorithms: ['ES512'],
  defaultExpiry: '10y',
  maxExpiry: '1s',
  clockTolerance: '10y',
  requiredClaims: ['polluted'],
  maxTokenAge: '1s',
  typ: 'polluted',
  name: 'polluted',
  onWarning: () => {
    throw new Error('polluted');
  },
  timeout: '1ms',
  cooldown: '10y',
  cacheMaxAge: '10y',
  staleIfError: '10y',
  headers: { polluted: 'yes' },
  fetch: () => {
    throw new Error('polluted');
  },
  dangerouslyAllowHttp: true,
  cache: { get: () => 'polluted', set: () => 'polluted' },
  revocation: { isRevoked: () => true },
  isRevoked: () => true,
  revoke: () => 'polluted',
  onVerdict: () => {
    throw new Error('polluted');
  },
  subject: 'admin',
  expiresIn: '10y',
  claims: { role: 'admin' },
  iss: 'https://issuer.example/',
  aud: 'my-api',
  sub: 'admin',
  exp: NOW + 999_999,
  nbf: NOW + 999_999,
  iat: NOW + 999_999,
  jti: 5,
  kid: 'k2',
  crit: ['polluted'],
  b64: false,
  problem: 'polluted',
  reason: 'polluted',
};

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date', 'performance'], now: NOW * 1000 }));
afterEach(() => {
  for (const name of Object.keys(POLLUTION)) Reflect.deleteProperty(Object.prototype, name);
  vi.useRealTimers();
});

const hmac = (payload: object): string => mint({ header: { alg: 'HS256' }, payload, key: SECRET });
const es256 = (header: object): string =>
  mint({ header: { alg: 'ES256', ...header }, payload: { sub: 'user-1' }, key: keys.privateKey });
const TOKENS = {
  good: hmac({ sub: 'user-1' }),
  expired: hmac({ sub: 'user-1', exp: NOW - 1 }),
  withoutKeyId: es256({}),
  withKeyId: es256({ kid: 'k1' }),
};

/** What clients of both kinds say and do, as plain data. */
async function behaviour(): Promise<unknown> {
  const own = createAuthProvider({ secret: SECRET, onWarning: () => {} });
  const remote = createAuthClient({ jwksUrl: 'https://issuer.example/jwks.json', jwks: { fetch } });
  const strict = createAuthClient({ secret: SECRET, issuer: 'https://issuer.example/', audience: 'my-api' });
  const revocable = createAuthClient({ secret: SECRET, revocation: { isRevoked: () => false } });
  const client = await own.initialize();
  const verdicts = [
    await client.verify(TOKENS.good),
    await client.verify(TOKENS.expired),
    await strict.verify(TOKENS.good),
    await remote.verify(TOKENS.good),
    await remote.verify(TOKENS.withoutKeyId),
    await remote.verify(TOKENS.withKeyId),
    await revocable.verify(TOKENS.good),
  ];
  return JSON.stringify({
    name: own.name,
    verdicts: verdicts.map(({ valid, reason, payload }) => [valid, valid ? payload : reason]),
    signed: client.decode(await client.sign({ role: 'reader' })),
    signedWithOptions: client.decode(await client.sign({}, { subject: 'user-2' })),
    refusals: [
      await remote.sign({}).catch((error: { code: string }) => error.code),
      await revocable.revoke(TOKENS.good).catch((error: { code: string }) => error.code),
      code(() => createAuthClient({ secret: SECRET, revocation: {} as never })),
      code(() => createAuthClient({ jwksUrl: 'http://issuer.example/jwks.json' })),
      code(() => createAuthClient({})),
    ],
    status: [client.status(), remote.status()],
  });
}

function code(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}

describe('A polluted Object.prototype', () => {
  it.each(Object.keys(POLLUTION))('changes nothing when "%s" is on it', async (name) => {
    const expected = await behaviour();
    Object.defineProperty(Object.prototype, name, {
      value: POLLUTION[name],
      configurable: true,
      writable: true,
      enumerable: false,
    });
    expect(await behaviour()).toBe(expected);
  });
});
