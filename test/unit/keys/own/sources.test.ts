import { type AuthProviderConfig, createAuthClient } from 'intentkit-auth';
import { createTestIssuer } from 'intentkit-auth/testing';
import { decodeProtectedHeader } from 'jose';
import { describe, expect, it } from 'vitest';
import { generateKeys, mint } from '../../../support/mint.js';
import { clientWith, ENGINE_NAMES, pairFor } from '../../../support/own-keys.js';
import { OTHER_SECRET, SECRET } from '../../../support/secrets.js';

const OWN = 'https://agents.example.com';
const [now, then, ed] = [pairFor('ES256'), pairFor('ES512'), pairFor('Ed25519')];
const token = (alg: string, key: Parameters<typeof mint>[0]['key'], header = {}, claims = {}): string =>
  mint({ header: { alg, ...header }, payload: { iss: OWN, ...claims }, key });

describe('A client with "signingKeys"', () => {
  const config: AuthProviderConfig = {
    issuer: OWN,
    signingKeys: [
      { privateKey: now.privateKey, keyId: 'now' },
      { publicKey: then.publicKey, keyId: 'then' },
      { publicKey: ed.publicKey, keyId: 'ed', algorithm: 'Ed25519' },
    ],
  };

  it.each<[what: string, reason: string | undefined, token: string]>([
    ['accepts the key that signs', undefined, token('ES256', now.privateKey, { kid: 'now' })],
    ['accepts a key that only verifies', undefined, token('ES512', then.privateKey, { kid: 'then' })],
    ['accepts a token without "kid"', undefined, token('ES512', then.privateKey)],
    ['refuses an unknown "kid"', 'key', token('ES256', now.privateKey, { kid: 'other' })],
    [
      'refuses the "kid" of a key for another algorithm',
      'key',
      token('ES256', now.privateKey, { kid: 'then' }),
    ],
    ['refuses a "kid" that is not text', 'key', token('ES256', now.privateKey, { kid: 1 })],
    ['refuses the name of a prototype as "kid"', 'key', token('ES256', now.privateKey, { kid: '__proto__' })],
    ['refuses another name of the algorithm', 'algorithm', token('EdDSA', ed.privateKey, { kid: 'ed' })],
    [
      'refuses a signature of another key',
      'signature',
      token('ES256', generateKeys('ES256').privateKey, { kid: 'now' }),
    ],
    ['refuses an algorithm of no key', 'algorithm', token('ES384', pairFor('ES384').privateKey)],
    ['refuses HMAC by the text of its public key', 'algorithm', token('HS256', JSON.stringify(now.jwk))],
    [
      'refuses another issuer',
      'issuer',
      token('ES256', now.privateKey, { kid: 'now' }, { iss: 'https://other' }),
    ],
  ])('%s', async (_, reason, text) => {
    for (const engine of ENGINE_NAMES) {
      const { valid, reason: found } = await clientWith(config, engine).verify(text);
      expect([engine, valid, found]).toEqual([engine, reason === undefined, reason]);
    }
  });

  it.each(ENGINE_NAMES)('names its keys in `status`, and `ping` is a round trip (%s)', async (engine) => {
    const auth = clientWith(config, engine);
    expect(await auth.ping()).toBe(true);
    expect(auth.status()).toMatchObject({
      canSign: true,
      algorithms: ['ES256', 'ES512', 'Ed25519'],
      signingKeyIds: ['now', 'then', 'ed'],
    });
  });

  it('writes the "typ" of the client and its "kid" into tokens', async () => {
    const auth = createAuthClient({ ...config, typ: 'at+jwt' });
    const header = decodeProtectedHeader(await auth.sign({}));
    expect(header).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: 'now' });
  });

  it('signs RSA in the thread pool, and EC and Ed25519 at once', async () => {
    // A synchronous signature leaves the promise of `sign` nothing to wait for.
    const turns = async (alg: string): Promise<boolean> => {
      const auth = createAuthClient({ signingKeys: [{ privateKey: pairFor(alg).privateKey }] });
      let hasTurned = false;
      setImmediate(() => (hasTurned = true));
      await auth.sign({});
      return hasTurned;
    };
    expect([await turns('ES256'), await turns('Ed25519'), await turns('RS256')]).toEqual([
      false,
      false,
      true,
    ]);
  });

  it('tells `onSign` which key has signed, and nothing of a `ping`', async () => {
    for (const engine of ENGINE_NAMES) {
      const keyIds: unknown[] = [];
      const auth = clientWith({ ...config, onSign: ({ keyId }) => void keyIds.push(keyId) }, engine);
      expect(await auth.ping()).toBe(true);
      await auth.sign({});
      expect(keyIds).toEqual(['now']);
    }
  });

  it('with a "secret" beside them signs with the key, and verifies both', async () => {
    const both = { ...config, secret: SECRET, algorithm: 'HS512' } as const;
    const old = await createAuthClient({ secret: SECRET, algorithm: 'HS512', issuer: OWN }).sign({});
    for (const engine of ENGINE_NAMES) {
      const auth = clientWith(both, engine);
      const fresh = await auth.sign({});
      expect(decodeProtectedHeader(fresh).alg).toBe('ES256');
      expect([(await auth.verify(old)).valid, (await auth.verify(fresh)).valid]).toEqual([true, true]);
      const forged = await createAuthClient({ secret: OTHER_SECRET, algorithm: 'HS512', issuer: OWN }).sign(
        {},
      );
      expect((await auth.verify(forged)).reason).toBe('signature');
      expect(auth.status().algorithms).toEqual(['HS512', 'ES256', 'ES512', 'Ed25519']);
    }
  });
});

describe('"signingKeys" beside other keys', async () => {
  const idp = await createTestIssuer({ url: 'https://id.example.com' });
  const signingKeys = [{ privateKey: now.privateKey, keyId: idp.keyId }];
  const configs: Record<string, AuthProviderConfig> = {
    jwksUrl: {
      issuer: OWN,
      signingKeys,
      jwksUrl: idp.jwksUrl,
      jwks: { issuer: ['https://older.example.com', idp.url], fetch: idp.fetch },
    },
    issuers: { issuer: OWN, signingKeys, issuers: [{ issuer: idp.url, fetch: idp.fetch }] },
  };
  const kid = idp.keyId;
  const theirs = await idp.token();
  const CASES: [what: string, reason: string | undefined, requests: boolean, token: string][] = [
    ['accept a token of their own', undefined, false, token('ES256', now.privateKey, { kid })],
    ['accept a token of the identity provider', undefined, true, theirs],
    ['refuse a foreign token in their name', 'signature', false, await idp.token({ iss: OWN })],
    [
      'refuse their own token in a foreign name',
      'signature',
      true,
      token('ES256', now.privateKey, { kid }, { iss: idp.url }),
    ],
    [
      'refuse an unknown issuer',
      'issuer',
      false,
      token('ES256', now.privateKey, { kid }, { iss: 'https://third' }),
    ],
    [
      'refuse a token without issuer',
      'issuer',
      false,
      token('ES256', now.privateKey, { kid }, { iss: undefined }),
    ],
    ['refuse an unknown "kid" of their own', 'key', false, token('ES256', now.privateKey, { kid: 'x' })],
    [
      'refuse an algorithm that only others use',
      'algorithm',
      false,
      token('ES384', pairFor('ES384').privateKey, { kid }),
    ],
  ];

  it.each(
    Object.keys(configs).flatMap((name) => CASES.map(([what, ...rest]) => [what, name, ...rest] as const)),
  )('%s (%s)', async (_, name, reason, requests, text) => {
    const before = idp.requests.length;
    expect((await createAuthClient(configs[name] ?? {}).verify(text)).reason).toBe(reason);
    expect(idp.requests.length > before).toBe(requests);
  });
});
