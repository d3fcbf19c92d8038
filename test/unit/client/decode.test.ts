import { AuthError, createAuthClient } from 'intentkit-auth';
import { createTestIssuer } from 'intentkit-auth/testing';
import { describe, expect, it } from 'vitest';
import { base64url, mint, segment } from '../../support/mint.js';
import { SECRET } from '../../support/secrets.js';

const client = createAuthClient({ secret: SECRET });
const claims = { iss: 'i', sub: 'Žofie', aud: ['a', 'b'], exp: 1, nbf: 2, role: { a: [null] } };
const good = mint({ header: { alg: 'HS256' }, payload: claims, key: SECRET });
const [header = '', payload = ''] = good.split('.');

const NO_CLAIMS = 'The payload is not a JSON object.';

describe('decode', () => {
  it.each([
    ['a good token', good],
    ['a token by another secret', mint({ header: { alg: 'HS256' }, payload: claims, key: 'x' })],
    ['a token whose signature is none', `${header}.${payload}.AA`],
    ['a token by an algorithm that nobody knows', `${segment({ alg: 'X' })}.${payload}.AA`],
    ['a token that says it is not signed', `${segment({ alg: 'none' })}.${payload}.AA`],
    ['a token that asks for an extension', `${segment({ alg: 'X', crit: ['y'] })}.${payload}.AA`],
  ])('decode reads the claims of %s, and verifies nothing', (_, token) => {
    expect(client.decode(token)).toEqual(claims);
  });

  it('decode checks no claim', () => {
    const rules = { issuer: 'x', audience: 'x', requiredClaims: ['x'], typ: 'x' };
    const strict = createAuthClient({ secret: SECRET, ...rules });
    const text = '{"exp":"never","sub":5,"nbf":1e999}';
    expect(strict.decode(`${header}.${base64url(text)}.AA`)).toEqual(JSON.parse(text));
  });

  it('decode needs no keys, makes no request, and answers with an object of its own', async () => {
    const { jwksUrl, fetch, requests } = await createTestIssuer();
    const verifier = createAuthClient({ jwksUrl, jwks: { fetch } });
    verifier.decode(good).sub = 'changed';
    expect(verifier.decode(good)).toEqual(claims);
    expect(requests).toEqual([]);
  });

  // What else is malformed: test/unit/token/parse.test.ts, and the tables of attacks, by way of verify.
  it.each<[what: string, message: string, input: unknown]>([
    ['a number', 'The token is not a string.', 5],
    ['a word', 'The token is not three non-empty segments of canonical base64url.', 'token'],
    ['a space before', 'The token begins or ends with white space: remove it.', ` ${good}`],
    ['no "alg"', 'The token has no JSON header with an "alg".', `${segment({})}.${payload}.AA`],
    ['a list for claims', NO_CLAIMS, `${header}.${segment([claims])}.AA`],
    ['a byte-order mark', NO_CLAIMS, `${header}.${base64url('\uFEFF{}')}.AA`],
    ['bytes that are not UTF-8', NO_CLAIMS, `${header}.${base64url(Uint8Array.of(0x22, 0xff, 0x22))}.AA`],
  ])('decode throws for %s: %s', (_, message, input) => {
    expect(() => client.decode(input as string)).toThrow(new AuthError('ERR_TOKEN_MALFORMED', message));
  });
});
