// The functions of `examples/keys/external-signers.ts`, with services that behave as their documents say.
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { createAuthClient, type SigningKeyOptions } from 'intentkit-auth';
import { jwtVerify } from 'jose';
import { expect, it, vi } from 'vitest';
import * as signers from '../../examples/keys/external-signers.js';

type Sign = NonNullable<SigningKeyOptions['sign']>;
/** Each service gets a hash, or data, and returns a signature in the form that it has. */
const SERVICES: readonly [
  name: string,
  by: (service: (hash: Uint8Array, encoding?: 'der') => Buffer) => Sign,
][] = [
  [
    'byAws',
    (service) =>
      signers.byAws(
        {
          async sign(input) {
            expect(input).toEqual({
              KeyId: 'alias/agents',
              MessageType: 'DIGEST',
              SigningAlgorithm: 'ECDSA_SHA_256',
              Message: expect.any(Uint8Array),
            });
            return { Signature: service((input as { Message: Uint8Array }).Message, 'der') };
          },
        },
        'alias/agents',
      ),
  ],
  [
    'byGoogle',
    (service) =>
      signers.byGoogle(
        {
          async asymmetricSign(input) {
            const { name, digest } = input as { name: string; digest: { sha256: Uint8Array } };
            expect(name).toBe('cryptoKeyVersions/1');
            return [{ signature: service(digest.sha256, 'der') }];
          },
        },
        'cryptoKeyVersions/1',
      ),
  ],
  [
    'byAzure',
    (service) =>
      signers.byAzure({
        async sign(algorithm, digest) {
          expect(algorithm).toBe('ES256');
          return { result: service(digest) };
        },
      }),
  ],
  [
    'byVault',
    (service) => {
      vi.stubGlobal('fetch', async (url: string, { headers, body }: RequestInit) => {
        expect([url, new Headers(headers).get('x-vault-token')]).toEqual([
          'https://vault.example.com/v1/transit/sign/agents/sha2-256',
          'vault-token',
        ]);
        const { input, marshaling_algorithm } = JSON.parse(String(body));
        expect(marshaling_algorithm).toBe('jws');
        const hash = createHash('sha256').update(Buffer.from(input, 'base64')).digest();
        return Response.json({ data: { signature: `vault:v1:${service(hash).toString('base64url')}` } });
      });
      return signers.byVault('https://vault.example.com/v1/transit/sign/agents', 'vault-token');
    },
  ],
  [
    'byModule',
    (service) =>
      signers.byModule(
        {
          createSign: (mechanism, key) => {
            expect([mechanism, key]).toEqual(['ECDSA', 'the key']);
            return { once: (hash) => service(hash) };
          },
        },
        'the key',
      ),
  ],
];

it.each(SERVICES)('keys/external-signers.ts has %s, whose tokens jose verifies', async (_, by) => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  let data: Uint8Array = new Uint8Array();
  const service = (hash: Uint8Array, encoding?: 'der'): Buffer => {
    expect(Buffer.from(hash)).toEqual(createHash('sha256').update(data).digest());
    return sign('sha256', data, { key: privateKey, dsaEncoding: encoding ?? 'ieee-p1363' });
  };
  const signWith = by(service);
  const auth = createAuthClient({
    signingKeys: [
      {
        publicKey,
        sign: (bytes, key) => {
          data = bytes;
          return signWith(bytes, key);
        },
      },
    ],
  });
  const { payload } = await jwtVerify(await auth.sign({}, { subject: 'user-1' }), publicKey);
  expect(payload.sub).toBe('user-1');
});

it('Each function of keys/external-signers.ts has a test', () => {
  expect(SERVICES.map(([name]) => name).toSorted()).toEqual(Object.keys(signers).toSorted());
});
