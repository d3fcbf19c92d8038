import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type AuthProviderConfig, createAuthClient } from '../../../src/index.js';
import { Clients } from './clients.js';
import { AUDIENCE, CLAIMS, forge, ISSUER, NOW, SECRET } from './forge.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: NOW * 1000 }));
afterEach(() => void vi.useRealTimers());

const clients = new Clients();
const ALGORITHMS = ['HS256', 'RS256', 'ES256', 'EdDSA'] as const;

/** The advisories on what a verifier keeps from one token to the next. */
describe.each(ALGORITHMS)('between one %s token and the next', (alg) => {
  const client = clients.get('both');

  it('no claims are confused, one after the other or all at once (CVE-2026-35039)', async () => {
    const subjects = Array.from({ length: 50 }, (_, i) => `user-${i}`);
    const tokens = subjects.map((sub) => forge(alg, { claims: { sub } }));
    const one: unknown[] = [];
    for (const token of tokens) one.push((await client.verify(token)).payload.sub);
    const all = await Promise.all(tokens.map((token) => client.verify(token)));
    expect(one).toEqual(subjects);
    expect(all.map(({ payload }) => payload.sub)).toEqual(subjects);
  });

  it('what the caller does to a payload does not come back (CVE-2026-35039)', async () => {
    const token = forge(alg, { claims: { roles: ['reader'] } });
    const first = await client.verify(token);
    (first.payload.roles as string[]).push('admin');
    first.payload.sub = 'admin';
    first.payload.exp = NOW + 1_000_000;
    const second = await client.verify(token);
    expect(second.payload).toEqual({ ...CLAIMS, roles: ['reader'] });
  });

  it('what the caller does to an empty payload does not come back', async () => {
    const bad = forge(alg, { signature: () => 'AAAA' });
    (await client.verify(bad)).payload.admin = true;
    expect((await client.verify(bad)).payload).toEqual({});
  });

  it('the verdict on one token is always the same (CVE-2026-35040)', async () => {
    const good = forge(alg);
    const bad = forge(alg, { signature: (signature) => signature.subarray(1) });
    for (let i = 0; i < 50; i += 1) {
      expect((await client.verify(good)).reason).toBeUndefined();
      expect((await client.verify(bad)).reason).toBe('signature');
    }
  });

  it('a token that was good is refused once it has expired', async () => {
    const token = forge(alg, { claims: { exp: NOW + 1, iat: undefined } });
    expect(await client.verify(token)).toMatchObject({ valid: true });
    vi.setSystemTime((NOW + 1) * 1000);
    expect(await client.verify(token)).toMatchObject({ valid: false, expired: true, reason: 'expired' });
  });

  it('a good token does not lend its header or signature to another', async () => {
    const [header, payload, signature] = forge(alg).split('.');
    expect(await client.verify(`${header}.${payload}.${signature}`)).toMatchObject({ valid: true });
    const [, admin] = forge(alg, { claims: { sub: 'admin' } }).split('.');
    expect(await client.verify(`${header}.${admin}.${signature}`)).toMatchObject({ reason: 'signature' });
  });
});

describe('what is expected of a claim', () => {
  it.each([
    ['issuer', /^https:/g],
    ['audience', /^my/y],
    ['issuer', [/https:/]],
    ['audience', new Set([AUDIENCE])],
    ['issuer', (issuer: string) => issuer === ISSUER],
    ['audience', { includes: () => true }],
    ['issuer', { toString: () => ISSUER }],
    ['typ', /jwt/],
    ['requiredClaims', 'exp'],
    ['requiredClaims', [/exp/]],
    ['clockTolerance', 30],
    ['clockTolerance', '-30s'],
    ['clockTolerance', 'Infinity s'],
    ['maxTokenAge', '0s'],
    ['algorithm', 'none'],
    ['algorithm', ['HS256', 'none']],
    ['algorithms', ['HS256']],
    ['ignoreExpiration', true],
  ])('cannot be set by %s: %o (CVE-2026-35040, CVE-2026-35041)', (name, value) => {
    const config = { secret: SECRET, [name]: value, onWarning: () => {} } as AuthProviderConfig;
    expect(() => createAuthClient(config)).toThrow(expect.objectContaining({ code: 'ERR_AUTH_CONFIG' }));
  });

  it('is what it was when the client was made, whatever becomes of the options', async () => {
    const secret = new TextEncoder().encode(SECRET);
    const issuer = [ISSUER];
    const requiredClaims = ['exp'];
    const client = createAuthClient({ secret, issuer, requiredClaims });
    secret.fill(0);
    issuer[0] = 'https://attacker.example/';
    requiredClaims.length = 0;
    expect(await client.verify(forge('HS256'))).toMatchObject({ valid: true });
    const forged = forge('HS256', { key: new Uint8Array(SECRET.length) });
    expect(await client.verify(forged)).toMatchObject({ reason: 'signature' });
    const elsewhere = forge('HS256', { claims: { iss: 'https://attacker.example/' } });
    expect(await client.verify(elsewhere)).toMatchObject({ reason: 'issuer' });
    const eternal = forge('HS256', { claims: { exp: undefined } });
    expect(await client.verify(eternal)).toMatchObject({ reason: 'claim' });
  });
});

describe('signing what was verified', () => {
  const client = clients.get('secret');

  it('ends after a payload too deep to write, with an error of ours', async () => {
    const depth = 24_000;
    const deep = `{"iss":"${ISSUER}","aud":"${AUDIENCE}","x":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    const { valid, payload } = await client.verify(forge('HS256', { rawPayload: deep }));
    expect(valid).toBe(true);
    await expect(client.sign(payload)).rejects.toMatchObject({ code: 'ERR_SIGN_INPUT' });
  });

  it.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'])(
    'keeps a claim "%s" a claim, and touches no prototype',
    async (name) => {
      const rawPayload = `{"iss":"${ISSUER}","aud":"${AUDIENCE}",${JSON.stringify(name)}:{"polluted":1}}`;
      const { payload } = await client.verify(forge('HS256', { rawPayload }));
      const again = client.decode(await client.sign(payload));
      expect(Object.hasOwn(again, name)).toBe(true);
      expect(Object.getOwnPropertyDescriptor(again, name)?.value).toEqual({ polluted: 1 });
      expect(Object.getPrototypeOf(again)).toBe(Object.prototype);
      expect('polluted' in {}).toBe(false);
    },
  );
});
