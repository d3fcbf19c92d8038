// The examples of the standards. node:crypto and jose check that they are copied correctly.
import { createHmac, createPublicKey, verify as cryptoVerify, type JsonWebKey } from 'node:crypto';
import { createAuthClient, type TokenPayload } from 'intentkit-auth';
import { compactVerify, importJWK } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { servedFromMemory } from '../support/clients.js';
import { bytesOf, flipped } from '../support/forge.js';
import { base64url } from '../support/mint.js';
import { withSegment } from '../support/tamper.js';
import { JOES_CLAIMS, JWTS, NO_JWTS, UNSECURED, VECTOR_JWKS, VECTOR_SECRET, type Vector } from './vectors.js';

const jwks = servedFromMemory(VECTOR_JWKS);
const client = createAuthClient({ secret: VECTOR_SECRET, ...jwks, onWarning: () => {} });

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: (JOES_CLAIMS.exp - 1) * 1000 }));
afterEach(() => void vi.useRealTimers());

const accepted = { valid: true, payload: JOES_CLAIMS, expired: false };
const refused = (reason: string, message: string, payload: TokenPayload = {}) => ({
  valid: false,
  payload,
  expired: reason === 'expired',
  reason,
  message,
});
const EXPIRED = refused('expired', 'The token has expired.', JOES_CLAIMS);
const NOT_CLAIMS = refused('malformed', 'The payload is not a JSON object.');
const UNSIGNED =
  'The token has no signature: it was cut at its end, or it was never signed. Copy the whole token, or have its issuer sign it.';

const named = (vector: Vector) => [`the ${vector.alg} example of ${vector.section}`, vector] as const;

describe.each([...JWTS, ...NO_JWTS].map(named))('%s', (title, { alg, token, key: jwk }) => {
  it(`${title} verifies with node:crypto`, () => {
    const [header, payload] = token.split('.');
    const data = Buffer.from(`${header}.${payload}`);
    expect(JSON.parse(bytesOf(token, 0).toString()).alg).toBe(alg);
    if (jwk.kty === 'oct') {
      expect(createHmac('sha256', VECTOR_SECRET).update(data).digest()).toEqual(bytesOf(token, 2));
      return;
    }
    const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
    const hash = alg === 'EdDSA' ? null : `sha${alg.slice(2)}`;
    expect(cryptoVerify(hash, data, { key, dsaEncoding: 'ieee-p1363' }, bytesOf(token, 2))).toBe(true);
  });

  it(`${title} verifies with jose`, async () => {
    const { payload } = await compactVerify(token, await importJWK(jwk, alg), { algorithms: [alg] });
    expect(Buffer.from(payload)).toEqual(bytesOf(token, 1));
  });

  it(`${title} is refused with the reason "signature" when a bit is flipped`, async () => {
    const changed = withSegment(token, 2, () => base64url(flipped(bytesOf(token, 2), 20, 0x10)));
    const message = 'The signature was not made by the expected key.';
    expect(await client.verify(changed)).toEqual(refused('signature', message));
  });
});

it.each(JWTS.map(named))('%s is accepted until it expires', async (_, { token }) => {
  expect(client.decode(token)).toEqual(JOES_CLAIMS);
  expect(await client.verify(token)).toEqual(accepted);
  vi.setSystemTime(JOES_CLAIMS.exp * 1000);
  expect(await client.verify(token)).toEqual(EXPIRED);
  vi.useRealTimers();
  expect(await client.verify(token)).toEqual(EXPIRED);
});

it.each(NO_JWTS.map(named))('%s has a valid signature, but is not a JWT', async (_, { token }) => {
  expect(await client.verify(token)).toEqual(NOT_CLAIMS);
});

it('the unsecured JWT of RFC 7519 section 6.1 is refused, even with a signature', async () => {
  expect(await client.verify(UNSECURED)).toEqual(refused('malformed', UNSIGNED));
  expect(await client.verify(`${UNSECURED}${JWTS[0]?.token.split('.')[2]}`)).toEqual(
    refused('algorithm', 'The "alg" header is not an accepted algorithm.'),
  );
});
