import { createAuthClient, type Signed, type Verdict } from 'intentkit-auth';
import { createTestIssuer } from 'intentkit-auth/testing';
import { describe, expect, it, vi } from 'vitest';
import { observed } from '../../../src/client/observe.js';
import { mint } from '../../support/mint.js';
import { outcome } from '../../support/outcome.js';

const SECRET = 'R9v!Lq2#xW7pZk4@mC8sTb5&nH1dYf6^';
const claims = { iss: 'my-service', sub: 'user-1', jti: 'a', client_id: 'app-1', azp: 'app-2' };
const hmac = (payload: object, key = SECRET): string =>
  mint({ header: { alg: 'HS256', kid: 'k0' }, payload, key });

function observe(options: object = {}) {
  const verdicts: Verdict[] = [];
  const onVerdict = (verdict: Verdict): void => void verdicts.push(verdict);
  return { verdicts, client: createAuthClient({ secret: SECRET, onVerdict, ...options }) };
}

const BROKEN_HANDLERS: readonly [what: string, handler: () => unknown][] = [
  [
    'throws',
    () => {
      throw new Error('hush');
    },
  ],
  ['rejects', () => Promise.reject(new Error('hush'))],
  ['hangs', () => new Promise(() => {})],
];

describe('onVerdict', () => {
  const signed = { issuer: 'my-service', subject: 'user-1', jti: 'a', clientId: 'app-1', keyId: 'k0' };
  it.each([
    ['accepted', hmac(claims), { valid: true, ...signed }],
    ['expired', hmac({ ...claims, exp: 1 }), { valid: false, reason: 'expired', ...signed }],
    ['signed with another key', hmac(claims, 'another'), { valid: false, reason: 'signature' }],
    ['not a JWT', 'hush-hush', { valid: false, reason: 'malformed' }],
    ['not even text', undefined, { valid: false, reason: 'malformed' }],
    ['without claims', hmac({}), { valid: true, keyId: 'k0' }],
    [
      'with claims of other types',
      hmac({ client_id: 5, azp: 'app-2' }),
      { valid: true, clientId: 'app-2', keyId: 'k0' },
    ],
  ])(
    'receives the verdict on a token (%s), with claims only if its signature is valid',
    async (_, token, expected) => {
      const { client, verdicts } = observe();
      const result = await client.verify(token);
      expect(verdicts).toEqual([{ ...expected, milliseconds: expect.any(Number) }]);
      expect(result.valid).toBe(expected.valid);
      expect(verdicts[0]?.milliseconds).toBeGreaterThan(0);
      if (typeof token === 'string') expect(JSON.stringify(verdicts)).not.toContain(token);
    },
  );

  it('receives the error code when a token cannot be verified right now', async () => {
    const { jwksUrl, fetch, fail, token } = await createTestIssuer();
    fail('500');
    const { client, verdicts } = observe({ jwksUrl, jwks: { fetch }, onWarning: () => {} });
    expect(await outcome(client, await token())).toBe('ERR_JWKS_UNAVAILABLE');
    expect(verdicts).toEqual([
      { valid: false, reason: 'ERR_JWKS_UNAVAILABLE', milliseconds: expect.any(Number) },
    ]);
  });

  it('takes no reason from an error that is not of this package', async () => {
    const verdicts: Verdict[] = [];
    const error = Object.assign(new Error('hush'), { code: 'ECONNRESET' });
    const verify = observed(
      () => Promise.reject(error),
      (verdict) => void verdicts.push(verdict),
    );
    await expect(verify('token')).rejects.toBe(error);
    expect(verdicts).toEqual([{ valid: false, milliseconds: expect.any(Number) }]);
  });

  it('is not called for the health check, which also verifies a token', async () => {
    const { client, verdicts } = observe();
    expect(await client.ping()).toBe(true);
    expect(verdicts).toEqual([]);
  });

  it.each(BROKEN_HANDLERS)('does not change a verdict when it %s', async (_, onVerdict) => {
    const rejections = vi.fn();
    process.on('unhandledRejection', rejections);
    const { client } = observe({ onVerdict });
    expect((await client.verify(hmac(claims))).valid).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 5));
    process.off('unhandledRejection', rejections);
    expect(rejections).not.toHaveBeenCalled();
  });

  it('must be a function', () => {
    expect(() => observe({ onVerdict: 'log' })).toThrow('"onVerdict" must be a function.');
  });
});

describe('onSign', () => {
  function watch(options: object = {}) {
    const signed: Signed[] = [];
    const onSign = (one: Signed): void => void signed.push(one);
    return { signed, client: createAuthClient({ secret: SECRET, issuer: 'my-service', onSign, ...options }) };
  }

  it.each([
    ['nothing but times', {}, {}, { claimNames: [] }],
    ['a subject', {}, { subject: 'user-1' }, { subject: 'user-1', claimNames: [] }],
    [
      'claims of its own, a "jti" and a "sub"',
      { sub: 'user-1', role: 'hush', team: { hush: 'hush' } },
      { claims: { jti: 'a', nbf: 5 } },
      { subject: 'user-1', jti: 'a', claimNames: ['role', 'team'] },
    ],
  ])(
    'receives what was signed, without the token and the values of claims: %s',
    async (_, payload, options, expected) => {
      const { client, signed } = watch();
      const { exp: expiresAt } = client.decode(await client.sign(payload, options));
      expect(signed).toEqual([{ ...expected, expiresAt }]);
      expect(JSON.stringify(signed)).not.toMatch(/hush|eyJ/);
    },
  );

  it('receives the random "jti" of a client that can revoke', async () => {
    const { client, signed } = watch({ revocation: { isRevoked: () => false } });
    const { jti } = client.decode(await client.sign({}));
    expect(signed).toMatchObject([{ jti }]);
  });

  it('is called before the caller gets the token, and not for what is not signed, verified or pinged', async () => {
    const { client, signed } = watch();
    await expect(client.sign({}, { expiresIn: 'soon' })).rejects.toThrow('"expiresIn"');
    await expect(client.sign({ text: 'x'.repeat(70_000) })).rejects.toThrow('64 KiB');
    expect(await client.ping()).toBe(true);
    await client.verify('a.b.c');
    expect(signed).toEqual([]);
    const pending = client.sign({});
    await pending;
    expect(signed).toHaveLength(1);
  });

  it.each(BROKEN_HANDLERS)('does not change what is signed when it %s', async (_, onSign) => {
    const rejections = vi.fn();
    process.on('unhandledRejection', rejections);
    const { client } = watch({ onSign });
    expect((await client.verify(await client.sign({}))).valid).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 5));
    process.off('unhandledRejection', rejections);
    expect(rejections).not.toHaveBeenCalled();
  });

  it('must be a function', () => {
    expect(() => watch({ onSign: 'log' })).toThrow('"onSign" must be a function.');
  });
});
