import { AuthError, createAuthClient } from 'intentkit-auth';
import { createTestIssuer } from 'intentkit-auth/testing';
import { describe, expect, it } from 'vitest';
import { base64url, mint, segment } from '../../support/mint.js';
import { SECRET } from '../../support/secrets.js';

const client = createAuthClient({ secret: SECRET });
const claims = { iss: 'i', sub: 'Žofie', aud: ['a', 'b'], exp: 1, nbf: 2, role: { a: [null] } };
const valid = mint({ header: { alg: 'HS256' }, payload: claims, key: SECRET });
const [header = '', payload = ''] = valid.split('.');

const NO_CLAIMS = 'The payload is not a JSON object.';
const NOT_CANONICAL =
  'The token is not three non-empty segments of canonical base64url. Give all characters of the token, and no others.';

describe('decode', () => {
  it.each([
    ['a valid token', valid],
    ['a token signed with another secret', mint({ header: { alg: 'HS256' }, payload: claims, key: 'x' })],
    ['a token with an invalid signature', `${header}.${payload}.AA`],
    ['a token with an unknown algorithm', `${segment({ alg: 'X' })}.${payload}.AA`],
    ['a token with the algorithm "none"', `${segment({ alg: 'none' })}.${payload}.AA`],
    ['a token that requires an extension', `${segment({ alg: 'X', crit: ['y'] })}.${payload}.AA`],
  ])('decode reads the claims of %s without verifying it', (_, token) => {
    expect(client.decode(token)).toEqual(claims);
  });

  it('decode does not check claims', () => {
    const rules = { issuer: 'x', audience: 'x', requiredClaims: ['x'], typ: 'x' };
    const strict = createAuthClient({ secret: SECRET, ...rules });
    const text = '{"exp":"never","sub":5,"nbf":1e999}';
    expect(strict.decode(`${header}.${base64url(text)}.AA`)).toEqual(JSON.parse(text));
  });

  it('decode needs no keys, makes no request, and returns a new object each time', async () => {
    const { jwksUrl, fetch, requests } = await createTestIssuer();
    const verifier = createAuthClient({ jwksUrl, jwks: { fetch } });
    verifier.decode(valid).sub = 'changed';
    expect(verifier.decode(valid)).toEqual(claims);
    expect(requests).toEqual([]);
  });

  // test/unit/token/parse.test.ts and the tables of attacks cover other malformed tokens.
  it.each<[what: string, message: string, input: unknown]>([
    ['a number', 'The token is not a string.', 5],
    ['four segments', NOT_CANONICAL, `${valid}.AA`],
    ['a space before', 'The token begins or ends with white space. Remove it.', ` ${valid}`],
    ['no "alg"', 'The token has no JSON header with an "alg".', `${segment({})}.${payload}.AA`],
    ['a list for claims', NO_CLAIMS, `${header}.${segment([claims])}.AA`],
    ['a byte-order mark', NO_CLAIMS, `${header}.${base64url('\uFEFF{}')}.AA`],
    ['bytes that are not UTF-8', NO_CLAIMS, `${header}.${base64url(Uint8Array.of(0x22, 0xff, 0x22))}.AA`],
  ])('decode throws for %s: %s', (_, message, input) => {
    expect(() => client.decode(input as string)).toThrow(new AuthError('ERR_TOKEN_MALFORMED', message));
  });
});
