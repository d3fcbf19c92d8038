import { createHash } from 'node:crypto';
import { type AuthClient, createAuthClient, type SigningKeyOptions } from 'intentkit-auth';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type HsmKey, type SigningService, startSigningService } from './signing-service.js';
import { type SoftHsm, startHsm } from './soft-hsm.js';

type Algorithm = NonNullable<SigningKeyOptions['algorithm']>;

const ISSUER = 'https://agents.example.com';
const UNAVAILABLE = { name: 'AuthError', code: 'ERR_SIGNER_UNAVAILABLE', retryAfter: 1 };

/** The ids of the key pairs in the HSM. */
const IDS = { 'P-256': '01', 'another P-256': '02', RSA: '03' } as const;
type Name = keyof typeof IDS;

let hsm: SoftHsm;
let service: SigningService;
const publicKeys = new Map<Name, string>();
beforeAll(async () => {
  hsm = await startHsm();
  for (const name of Object.keys(IDS) as Name[]) {
    publicKeys.set(name, await hsm.generate(IDS[name], name === 'RSA' ? 'rsa:2048' : 'EC:prime256v1'));
  }
  service = await startSigningService(hsm);
});
afterAll(async () => {
  await service.kill();
  await hsm.close();
});

/** SoftHSM cannot hash for ECDSA. RSA gets the data, because there the hash is a part of the mechanism. */
const hashed = (data: Uint8Array, algorithm: Algorithm): Uint8Array =>
  algorithm.startsWith('ES')
    ? createHash(`sha${algorithm.slice(2)}`)
        .update(data)
        .digest()
    : data;

interface Entry extends Omit<HsmKey, 'id'> {
  readonly publicKey: Name;
  /** The key that signs. Default: that of `publicKey`. */
  readonly signsWith?: Name;
  readonly algorithm?: Algorithm;
  readonly timeout?: string;
}

function clientOf({ publicKey, signsWith = publicKey, algorithm, timeout, ...how }: Entry): AuthClient {
  const signingKey: SigningKeyOptions = {
    publicKey: publicKeys.get(publicKey) ?? '',
    sign: (data, key) => service.sign({ id: IDS[signsWith], ...how }, hashed(data, key.algorithm)),
    ...(algorithm && { algorithm }),
    ...(timeout !== undefined && { timeout }),
  };
  return createAuthClient({ issuer: ISSUER, signingKeys: [signingKey], onWarning: () => {} });
}

const ES256: Entry = { publicKey: 'P-256', mechanism: 'ECDSA' };

describe('A key in the HSM', () => {
  it.each<[algorithm: Algorithm, how: string, entry: Entry]>([
    ['ES256', 'r and s', ES256],
    ['ES256', 'DER', { ...ES256, 'signature-format': 'openssl' }],
    ['RS256', 'bytes', { publicKey: 'RSA', mechanism: 'SHA256-RSA-PKCS' }],
    ['PS256', 'bytes', { publicKey: 'RSA', mechanism: 'SHA256-RSA-PKCS-PSS', algorithm: 'PS256' }],
  ])('signs %s, answered as %s: this client and jose accept every token', async (algorithm, _, entry) => {
    const auth = clientOf(entry);
    const keys = createLocalJWKSet(auth.jwks());
    const tokens = await Promise.all(Array.from({ length: 20 }, (__, count) => auth.sign({ count })));
    for (const [count, token] of tokens.entries()) {
      expect(await auth.verify(token)).toMatchObject({ valid: true, payload: { count } });
      const { protectedHeader } = await jwtVerify(token, keys, { issuer: ISSUER });
      expect(protectedHeader.alg).toBe(algorithm);
    }
    expect(await auth.ping()).toBe(true);
  });

  it.each<[what: string, entry: Entry]>([
    ['another EC key', { ...ES256, signsWith: 'another P-256' }],
    ['an RSA key', { publicKey: 'P-256', signsWith: 'RSA', mechanism: 'SHA256-RSA-PKCS' }],
    ['another hash', { publicKey: 'RSA', mechanism: 'SHA512-RSA-PKCS' }],
    ['another padding', { publicKey: 'RSA', mechanism: 'SHA256-RSA-PKCS-PSS' }],
    ['another padding than PSS', { publicKey: 'RSA', mechanism: 'SHA256-RSA-PKCS', algorithm: 'PS256' }],
  ])('causes ERR_SIGNER_BROKEN if the HSM signs with %s', async (_, entry) => {
    const auth = clientOf(entry);
    await expect(auth.sign({})).rejects.toMatchObject({ name: 'AuthError', code: 'ERR_SIGNER_BROKEN' });
    expect(await auth.ping()).toBe(false);
  });
});

describe('While the HSM does not answer', () => {
  it('nothing is signed, tokens are still verified, and signing works again afterwards', async () => {
    const auth = clientOf(ES256);
    const token = await auth.sign({});
    await hsm.unplug();
    let isPlugged = false;
    onTestFinished(() => (isPlugged ? undefined : hsm.plugIn()));
    const refusals = await Promise.allSettled(Array.from({ length: 5 }, () => auth.sign({})));
    for (const refusal of refusals) expect(refusal).toMatchObject({ reason: UNAVAILABLE });
    expect(await auth.verify(token)).toMatchObject({ valid: true });
    expect(await auth.ping()).toBe(false);
    expect(auth.status().pingFailure).toContain('"signingKeys[0].sign" failed');
    await hsm.plugIn();
    isPlugged = true;
    expect(await auth.verify(await auth.sign({}))).toMatchObject({ valid: true });
    // `ping` asks the signer again 5 s after a failure.
    await expect.poll(() => auth.ping(), { timeout: 10_000, interval: 500 }).toBe(true);
    expect(auth.status().pingFailure).toBeUndefined();
  });

  it('a signing service that hangs misses the deadline, and signs again when it goes on', async () => {
    const [hasty, patient] = [clientOf({ ...ES256, timeout: '0.2s' }), clientOf(ES256)];
    service.pause();
    onTestFinished(() => service.resume());
    await expect(hasty.sign({})).rejects.toMatchObject(UNAVAILABLE);
    const waiting = patient.sign({});
    service.resume();
    expect(await patient.verify(await waiting)).toMatchObject({ valid: true });
    expect(await patient.verify(await patient.sign({}))).toMatchObject({ valid: true });
  });

  it('a signing service that was killed and started again signs again', async () => {
    const auth = clientOf(ES256);
    const token = await auth.sign({});
    await service.kill();
    await expect(auth.sign({})).rejects.toMatchObject(UNAVAILABLE);
    expect(await auth.verify(token)).toMatchObject({ valid: true });
    await service.restart();
    expect(await auth.verify(await auth.sign({}))).toMatchObject({ valid: true });
  });
});

it('A key in the HSM gives way to another one: jose and this client accept the tokens of both', async () => {
  const [first, second] = (['P-256', 'another P-256'] as const).map(
    (name): SigningKeyOptions => ({
      publicKey: publicKeys.get(name) ?? '',
      sign: (data, { algorithm }) =>
        service.sign({ id: IDS[name], mechanism: 'ECDSA' }, hashed(data, algorithm)),
    }),
  ) as [SigningKeyOptions, SigningKeyOptions];
  const old = createAuthClient({ issuer: ISSUER, signingKeys: [first, second] });
  const next = createAuthClient({ issuer: ISSUER, signingKeys: [second, first] });
  const tokens = [await old.sign({}), await next.sign({})];
  for (const client of [old, next]) {
    const keys = createLocalJWKSet(client.jwks());
    for (const token of tokens) {
      expect(await client.verify(token)).toMatchObject({ valid: true });
      await jwtVerify(token, keys, { issuer: ISSUER });
    }
  }
});
