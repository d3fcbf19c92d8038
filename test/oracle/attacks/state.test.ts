import { type AuthProviderConfig, createAuthClient } from 'intentkit-auth';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Clients } from '../../support/clients.js';
import { AUDIENCE, CLAIMS, forge, ISSUER, NOW, SECRET } from '../../support/forge.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: NOW * 1000 }));
afterEach(() => void vi.useRealTimers());

const client = new Clients().get('both');

/** Advisories about state that a verifier keeps between two tokens. */
describe.each(['HS256', 'RS256', 'ES256', 'EdDSA'] as const)('between one %s token and the next', (alg) => {
  it(`the claims of ${alg} tokens are not mixed up, one after another or concurrently (CVE-2026-35039)`, async () => {
    const subjects = Array.from({ length: 50 }, (_, i) => `user-${i}`);
    const tokens = subjects.map((sub) => forge(alg, { claims: { sub } }));
    const one: unknown[] = [];
    for (const token of tokens) one.push((await client.verify(token)).payload.sub);
    const all = await Promise.all(tokens.map((token) => client.verify(token)));
    expect(one).toEqual(subjects);
    expect(all.map(({ payload }) => payload.sub)).toEqual(subjects);
  });

  it(`changing the payload of an ${alg} verdict does not change later verdicts (CVE-2026-35039)`, async () => {
    const valid = forge(alg, { claims: { roles: ['reader'] } });
    const { payload } = await client.verify(valid);
    (payload.roles as string[]).push('admin');
    Object.assign(payload, { sub: 'admin', exp: NOW + 1_000_000 });
    expect((await client.verify(valid)).payload).toEqual({ ...CLAIMS, roles: ['reader'] });
    const invalid = forge(alg, { signature: () => 'AAAA' });
    (await client.verify(invalid)).payload.admin = true;
    expect((await client.verify(invalid)).payload).toEqual({});
  });

  it(`the verdict on one ${alg} token is always the same (CVE-2026-35040)`, async () => {
    const valid = forge(alg);
    const invalid = forge(alg, { signature: (signature) => signature.subarray(1) });
    for (let i = 0; i < 50; i += 1) {
      expect((await client.verify(valid)).reason).toBeUndefined();
      expect((await client.verify(invalid)).reason).toBe('signature');
    }
  });

  it(`an ${alg} token that was valid is refused once it has expired`, async () => {
    const token = forge(alg, { claims: { exp: NOW + 1, iat: undefined } });
    expect(await client.verify(token)).toMatchObject({ valid: true });
    vi.setSystemTime((NOW + 1) * 1000);
    expect(await client.verify(token)).toMatchObject({ valid: false, expired: true, reason: 'expired' });
  });

  it(`a forged token with the header and signature of a valid ${alg} token is refused`, async () => {
    const [header, payload, signature] = forge(alg).split('.');
    expect(await client.verify(`${header}.${payload}.${signature}`)).toMatchObject({ valid: true });
    const [, admin] = forge(alg, { claims: { sub: 'admin' } }).split('.');
    expect(await client.verify(`${header}.${admin}.${signature}`)).toMatchObject({ reason: 'signature' });
  });
});

// biome-ignore format: a table
const OPTIONS: ReadonlyArray<readonly [name: string, value: unknown]> = [
  ['issuer', /^https:/g], ['issuer', [/https:/]], ['issuer', { toString: () => ISSUER }],
  ['issuer', (issuer: string) => issuer === ISSUER], ['audience', { includes: () => true }],
  ['audience', /^my/y], ['audience', new Set([AUDIENCE])], ['typ', /jwt/], ['maxTokenAge', '0s'],
  ['requiredClaims', 'exp'], ['requiredClaims', [/exp/]], ['clockTolerance', 30], ['clockTolerance', '-30s'],
  ['clockTolerance', 'Infinity s'], ['algorithm', 'none'], ['algorithm', ['HS256', 'none']],
  ['algorithms', ['HS256']], ['ignoreExpiration', true],
];

it.each(OPTIONS)('the option %s cannot be %o (CVE-2026-35040, CVE-2026-35041)', (name, value) => {
  const config = { secret: SECRET, [name]: value, onWarning: () => {} } as AuthProviderConfig;
  expect(() => createAuthClient(config)).toThrow(expect.objectContaining({ code: 'ERR_AUTH_CONFIG' }));
});

it('changing the options after creation does not change a client', async () => {
  const secret = new TextEncoder().encode(SECRET);
  const issuer = [ISSUER];
  const requiredClaims = ['exp'];
  const client = createAuthClient({ secret, issuer, requiredClaims });
  secret.fill(0);
  issuer[0] = 'https://attacker.example/';
  requiredClaims.length = 0;
  const reasonFor = async (forgery: object) => (await client.verify(forge('HS256', forgery))).reason;
  expect(await reasonFor({})).toBeUndefined();
  expect(await reasonFor({ key: new Uint8Array(SECRET.length) })).toBe('signature');
  expect(await reasonFor({ claims: { iss: 'https://attacker.example/' } })).toBe('issuer');
  expect(await reasonFor({ claims: { exp: undefined } })).toBe('claim');
});

const withMember = (name: string, json: string): string =>
  forge('HS256', { rawPayload: `{"iss":"${ISSUER}","aud":"${AUDIENCE}",${JSON.stringify(name)}:${json}}` });

it('signing a verified payload that is nested too deep rejects with an AuthError', async () => {
  const { valid, payload } = await client.verify(withMember('x', '['.repeat(24_000) + ']'.repeat(24_000)));
  expect(valid).toBe(true);
  await expect(client.sign(payload)).rejects.toMatchObject({ code: 'ERR_SIGN_INPUT' });
});

it.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'])(
  'signing a verified claim "%s" keeps the claim and changes no prototype',
  async (name) => {
    const { payload } = await client.verify(withMember(name, '{"polluted":1}'));
    const again = client.decode(await client.sign(payload));
    expect(Object.getOwnPropertyDescriptor(again, name)?.value).toEqual({ polluted: 1 });
    expect(Object.getPrototypeOf(again)).toBe(Object.prototype);
    expect('polluted' in {}).toBe(false);
  },
);

it('tokens of all lengths that are read during the verification of other tokens are not mixed up', async () => {
  const expected = Array.from({ length: 40 }, (_, i) => ({
    ...CLAIMS,
    sub: `user-${i}`,
    text: '\ufffdé'.repeat(i * i),
  }));
  const tokens = expected.map((claims) => forge('HS256', { claims }));
  const tokenAt = (index: number): string => tokens[index] ?? '';
  const inner: Promise<unknown>[] = [];
  const reader = createAuthClient({ secret: SECRET });
  const outer = createAuthClient({
    secret: SECRET,
    revocation: {
      // Runs in the middle of each verification.
      isRevoked({ sub }) {
        const next = (Number(String(sub).slice(5)) * 7 + 3) % tokens.length;
        expect(reader.decode(tokenAt(next))).toEqual(expected[next]);
        inner.push(
          reader.verify(tokenAt(next)).then(({ payload }) => expect(payload).toEqual(expected[next])),
        );
        expect(() => reader.decode(`${tokenAt(next)}+`)).toThrow('canonical');
        return false;
      },
    },
    onVerdict: ({ subject }) => void reader.decode(tokenAt(Number(subject?.slice(5)) % 3)),
  });
  const verdicts = await Promise.all(tokens.map((token) => outer.verify(token)));
  await Promise.all(inner);
  expect(inner).toHaveLength(tokens.length);
  expect(verdicts.map(({ payload }) => payload)).toEqual(expected);
});
