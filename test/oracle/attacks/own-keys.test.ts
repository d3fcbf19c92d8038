// A client with own keys publishes them. Nothing that it publishes verifies a token that it has not signed.
import { type AuthProviderConfig, createAuthClient } from 'intentkit-auth';
import { describe, expect, it } from 'vitest';
import { base64url, generateKeys, mint, segment, signature } from '../../support/mint.js';
import { clientWith, ENGINE_NAMES, pairFor } from '../../support/own-keys.js';
import { SECRET } from '../../support/secrets.js';

const ISSUER = 'https://agents.example.com';
const [ec, rsa] = [pairFor('ES256'), pairFor('RS256')];
const attacker = generateKeys('ES256');
const config: AuthProviderConfig = {
  issuer: ISSUER,
  signingKeys: [
    { privateKey: ec.privateKey, keyId: 'ec' },
    { publicKey: rsa.publicKey, keyId: 'rsa' },
  ],
};
const CONFIGS: Record<string, AuthProviderConfig> = {
  'own keys': config,
  'own keys and a secret': { ...config, secret: SECRET },
};
const payload = { iss: ISSUER, exp: Math.floor(Date.now() / 1000) + 600 };
const token = (header: object, key: Parameters<typeof mint>[0]['key'], alg = 'ES256'): string =>
  mint({ header: { alg, ...header }, payload, key });

/** Every text and every bytes of the public keys that somebody could take for an HMAC secret. */
const PUBLISHED: (string | Uint8Array)[] = createAuthClient(config)
  .jwks()
  .keys.flatMap((key) => {
    const bytes = String(key.x ?? key.n);
    const { kid, alg, use, ...bare } = key;
    return [JSON.stringify(key), JSON.stringify(bare), bytes, Buffer.from(bytes, 'base64url'), kid, alg];
  });
for (const { publicKey } of [ec, rsa]) {
  const pem = String(publicKey.export({ format: 'pem', type: 'spki' }));
  PUBLISHED.push(pem, pem.trimEnd(), pem.replaceAll('\n', '\r\n'), pem.replaceAll(/-----.*-----|\n/g, ''));
  PUBLISHED.push(publicKey.export({ format: 'der', type: 'spki' }));
}
PUBLISHED.push(JSON.stringify(createAuthClient(config).jwks()), '', ISSUER);

const hmac = ['HS256', 'HS384', 'HS512'].flatMap((alg) =>
  PUBLISHED.flatMap((key) =>
    [{}, { kid: 'ec' }, { kid: 'rsa' }].map((header) => ({ alg, token: token(header, key, alg) })),
  ),
);

const input = `${segment({ alg: 'ES256', kid: 'ec' })}.${segment(payload)}`;
const FORGED: [what: string, reason: string, token: string][] = [
  ['a key of the attacker under an own "kid"', 'signature', token({ kid: 'ec' }, attacker.privateKey)],
  ['a key in "jwk"', 'signature', token({ jwk: attacker.jwk }, attacker.privateKey)],
  [
    'a key in "jwk" under an own "kid"',
    'signature',
    token({ jwk: attacker.jwk, kid: 'ec' }, attacker.privateKey),
  ],
  ['a URL in "jku"', 'signature', token({ jku: 'https://attacker.example' }, attacker.privateKey)],
  ['a certificate in "x5c"', 'signature', token({ x5c: ['AA=='] }, attacker.privateKey)],
  ['a list as "kid"', 'key', token({ kid: ['ec'] }, ec.privateKey)],
  ['an object as "kid"', 'key', token({ kid: { ec: 'ec' } }, ec.privateKey)],
  ['a "kid" with a null character', 'key', token({ kid: 'ec\0' }, ec.privateKey)],
  ['the "kid" of the RSA key', 'key', token({ kid: 'rsa' }, ec.privateKey)],
  ['PS256 by the key for RS256', 'algorithm', token({ kid: 'rsa' }, rsa.privateKey, 'PS256')],
  ['RS512 by the key for RS256', 'algorithm', token({ kid: 'rsa' }, rsa.privateKey, 'RS512')],
  ['no algorithm', 'algorithm', `${segment({ alg: 'none', kid: 'ec' })}.${segment(payload)}.AA`],
  ['zeros as signature (CVE-2022-21449)', 'signature', `${input}.${base64url(new Uint8Array(64))}`],
  [
    'a signature of other claims',
    'signature',
    `${input}.${base64url(signature('ES256', `${input}x`, ec.privateKey))}`,
  ],
];

describe.each(Object.entries(CONFIGS))('With %s', (_, each) => {
  it.each(ENGINE_NAMES)('nothing published is an HMAC secret (%s)', async (engine) => {
    const auth = clientWith(each, engine);
    const expected = (alg: string): string =>
      each.secret !== undefined && alg === 'HS256' ? 'signature' : 'algorithm';
    for (const { alg, token: text } of hmac) {
      expect([alg, (await auth.verify(text)).reason]).toEqual([alg, expected(alg)]);
    }
  });

  it.each(FORGED)('%s is refused', async (__, reason, text) => {
    for (const engine of ENGINE_NAMES) {
      const { valid, payload: claims, reason: found } = await clientWith(each, engine).verify(text);
      expect([engine, valid, claims, found]).toEqual([engine, false, {}, reason]);
    }
  });
});
