import { calculateJwkThumbprint, compactVerify, importPKCS8, type JWK, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { ASYMMETRIC_ALGORITHMS, type AsymmetricAlgorithm } from '../../../../src/signature/algorithms.js';
import { generateKeys } from '../../../support/mint.js';
import {
  clientWith,
  ENGINE_NAMES,
  importPublished,
  pairFor,
  privateForms,
  publicForms,
} from '../../../support/own-keys.js';

const CASES = ENGINE_NAMES.flatMap((engine) => ASYMMETRIC_ALGORITHMS.map((alg) => [alg, engine] as const));

describe('A key of "signingKeys"', () => {
  it.each(CASES)(
    'signs and verifies %s in every form like jose, imported by %s',
    async (algorithm, engine) => {
      const { privateKey, jwk } = pairFor(algorithm);
      const kid = await calculateJwkThumbprint(jwk as JWK);
      const byJose = await new SignJWT({ sub: 'user-1' })
        .setProtectedHeader({ alg: algorithm, kid })
        .sign(privateKey);
      for (const [form, given] of Object.entries(await privateForms(algorithm, privateKey))) {
        const auth = clientWith({ signingKeys: [{ privateKey: given, algorithm }] }, engine);
        const token = await auth.sign({ sub: 'user-1' });
        const { protectedHeader } = await compactVerify(token, await importPublished(auth));
        expect([form, protectedHeader]).toEqual([form, { alg: algorithm, typ: 'JWT', kid }]);
        expect(auth.jwks()).toEqual({ keys: [{ ...jwk, kid, alg: algorithm, use: 'sig' }] });
        for (const each of [token, byJose])
          expect([form, (await auth.verify(each)).valid]).toEqual([form, true]);
      }
    },
  );

  it.each(CASES)('that is public verifies %s in every form, imported by %s', async (algorithm, engine) => {
    const { privateKey, publicKey, jwk } = pairFor(algorithm);
    const kid = await calculateJwkThumbprint(jwk as JWK);
    const old = await new SignJWT({}).setProtectedHeader({ alg: algorithm, kid }).sign(privateKey);
    const current = generateKeys('ES256').privateKey;
    for (const [form, given] of Object.entries(await publicForms(algorithm, publicKey))) {
      const signingKeys = [{ privateKey: current }, { publicKey: given, algorithm }];
      const auth = clientWith({ signingKeys }, engine);
      expect([form, (await auth.verify(old)).valid]).toEqual([form, true]);
      expect(auth.jwks().keys[1]).toEqual({ ...jwk, kid, alg: algorithm, use: 'sig' });
    }
  });

  // Node 26 reads `oth`, and Node 20 does not.
  it.each([
    ['oth', [{ r: 'AQAB', d: 'AQAB', t: 'AQAB' }]],
    ['passphrase', 'x'],
    ['alg', 'HS256'],
  ])('gets no "%s" from a polluted Object.prototype', async (name, value) => {
    for (const algorithm of ['RS256', 'ES256', 'EdDSA'] as const) {
      for (const [form, privateKey] of Object.entries(
        await privateForms(algorithm, pairFor(algorithm).privateKey),
      )) {
        Object.defineProperty(Object.prototype, name, { value, configurable: true });
        let auth: ReturnType<typeof clientWith>;
        try {
          auth = clientWith({ signingKeys: [{ privateKey }] });
        } finally {
          Reflect.deleteProperty(Object.prototype, name);
        }
        expect([form, (await auth.verify(await auth.sign({}))).valid]).toEqual([form, true]);
      }
    }
  });

  it.each(ENGINE_NAMES)('has an algorithm by its type, imported by %s', async (engine) => {
    for (const [alg, keys] of [
      ['ES256', pairFor('ES256')],
      ['ES384', pairFor('ES384')],
      ['ES512', pairFor('ES512')],
      ['EdDSA', pairFor('Ed25519')],
      ['RS256', pairFor('RS256')],
    ] as const) {
      const auth = clientWith({ signingKeys: [{ privateKey: keys.privateKey }] }, engine);
      await auth.ping();
      expect([auth.jwks().keys[0]?.alg, auth.status().algorithms]).toEqual([alg, [alg]]);
    }
  });

  it.each(ENGINE_NAMES)('has the "kid" and the "alg" of its JWK, imported by %s', async (engine) => {
    const jwk = { ...pairFor('PS512').privateKey.export({ format: 'jwk' }), kid: 'own', alg: 'PS512' };
    const told = async (more: { keyId?: string; algorithm?: AsymmetricAlgorithm }) => {
      const auth = clientWith({ signingKeys: [{ privateKey: jwk, ...more }] }, engine);
      expect(await auth.ping()).toBe(true);
      return [auth.jwks().keys[0]?.alg, ...(auth.status().signingKeyIds ?? [])];
    };
    expect(await told({})).toEqual(['PS512', 'own']);
    expect(await told({ keyId: 'given', algorithm: 'PS512' })).toEqual(['PS512', 'given']);
  });

  it.each(ENGINE_NAMES)('may be a CryptoKey that cannot be exported, imported by %s', async (engine) => {
    const { privateKey, publicKey } = pairFor('ES256');
    const locked = await importPKCS8(String(privateKey.export({ format: 'pem', type: 'pkcs8' })), 'ES256');
    const auth = clientWith({ signingKeys: [{ privateKey: locked, publicKey }] }, engine);
    const token = await auth.sign({});
    await compactVerify(token, await importPublished(auth));
  });

  it.each(ENGINE_NAMES)(
    'may have a JWK in plain base64 and with `null` members, imported by %s',
    async (engine) => {
      const jwk = pairFor('RS256').privateKey.export({ format: 'jwk' });
      const plain = Object.entries(jwk).map(([name, text]) => [
        name,
        name === 'kty' ? text : Buffer.from(String(text), 'base64url').toString('base64'),
      ]);
      const privateKey = { ...Object.fromEntries(plain), use: null, key_ops: null, alg: null, kid: null };
      const auth = clientWith({ signingKeys: [{ privateKey }] }, engine);
      await compactVerify(await auth.sign({}), await importPublished(auth));
    },
  );

  it.each(ENGINE_NAMES)(
    'is copied: later changes of the JWK have no effect, imported by %s',
    async (engine) => {
      const jwk: Record<string, unknown> = { ...pairFor('ES256').privateKey.export({ format: 'jwk' }) };
      const auth = clientWith({ signingKeys: [{ privateKey: jwk, keyId: 'a' }] }, engine);
      for (const name of Object.keys(jwk)) jwk[name] = 'x';
      await compactVerify(await auth.sign({}), await importPublished(auth));
    },
  );

  it('is read from PEM with the name of its curve in front, and with text around it', async () => {
    const sec1 = String(pairFor('ES256').privateKey.export({ format: 'pem', type: 'sec1' }));
    const parameters = '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n';
    for (const privateKey of [parameters + sec1, `key:\n${sec1}\n# end`, sec1.replaceAll('\n', '\r\n')]) {
      const auth = clientWith({ signingKeys: [{ privateKey }] });
      expect((await auth.verify(await auth.sign({}))).valid).toBe(true);
    }
  });
});

describe('jwks', () => {
  it('returns a new object each time, and no keys without "signingKeys"', () => {
    const auth = clientWith({ signingKeys: [{ privateKey: pairFor('ES256').privateKey }] });
    const first = auth.jwks();
    const expected = structuredClone(first);
    for (const key of first.keys) key.kid = 'changed';
    first.keys.length = 0;
    expect(auth.jwks()).toEqual(expected);
    expect(clientWith({ secret: 'x'.repeat(40), onWarning: () => {} }).jwks()).toEqual({ keys: [] });
  });
});
