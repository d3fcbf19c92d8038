import { AuthError, createAuthClient } from 'intentkit-auth';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type JwksServer, startJwksServer } from '../support/jwks-server.js';
import { base64url, generateKeys, mint, segment } from '../support/mint.js';
import { titled } from '../support/titled.js';

const SECRET = 'a secret of sixty-four bytes, which is enough for every HMAC hash';
const client = createAuthClient({ secret: SECRET });

let server: JwksServer;
beforeAll(async () => {
  server = await startJwksServer();
});
afterAll(() => server.close());

const claims = {
  iss: 'i',
  sub: 'Žofie',
  aud: ['a', 'b'],
  exp: 1,
  nbf: 2,
  iat: 3,
  jti: 'j',
  role: { a: [null] },
};
const good = mint({ header: { alg: 'HS256' }, payload: claims, key: SECRET });
const [header = '', payload = '', signature = ''] = good.split('.');

function failure(input: unknown): unknown {
  try {
    client.decode(input as string);
    return 'no failure';
  } catch (error) {
    return error;
  }
}

const malformed = (message: string): AuthError => new AuthError('ERR_TOKEN_MALFORMED', message);

describe('decode', () => {
  it('answers with the claims, at once and as jose reads them', () => {
    expect(client.decode(good)).toEqual(claims);
    expect(decodeJwt(good)).toEqual(claims);
  });

  const ecKeys = generateKeys('ES256');

  it.each(
    titled([
      {
        what: 'signed with another secret',
        token: mint({ header: { alg: 'HS256' }, payload: claims, key: 'x' }),
      },
      { what: 'with a signature that is none', token: `${header}.${payload}.AA` },
      {
        what: 'by an algorithm that verify does not accept',
        token: mint({ header: { alg: 'ES256' }, payload: claims, key: ecKeys.privateKey }),
      },
      { what: 'by an algorithm that nobody knows', token: `${segment({ alg: 'X' })}.${payload}.AA` },
      { what: 'that says it is not signed', token: `${segment({ alg: 'none' })}.${payload}.AA` },
      {
        what: 'with an extension that is not supported',
        token: `${segment({ alg: 'X', crit: ['y'] })}.${payload}.AA`,
      },
    ]),
  )('verifies nothing: a token %s', (_, { token }) => {
    expect(client.decode(token)).toEqual(claims);
  });

  it('checks no claim', () => {
    const strict = createAuthClient({
      secret: SECRET,
      issuer: 'x',
      audience: 'x',
      requiredClaims: ['x'],
      typ: 'x',
    });
    const text = '{"exp":"never","sub":5,"nbf":1e999}';
    expect(strict.decode(`${header}.${base64url(text)}.AA`)).toEqual(JSON.parse(text));
  });

  it('needs no keys, and makes no request', () => {
    expect(createAuthClient({ jwksUrl: server.url }).decode(good)).toEqual(claims);
    expect(server.requests).toBe(0);
  });

  it('answers with an object of its own for each call', () => {
    client.decode(good).sub = 'changed';
    expect(client.decode(good)).toEqual(claims);
  });

  it.each(
    titled<{ what: string; input: unknown }>([
      { what: 'undefined', input: undefined },
      { what: 'null', input: null },
      { what: 'a number', input: 5 },
      { what: 'a symbol', input: Symbol('token') },
      { what: 'an object', input: { toString: () => good } },
      { what: 'a boxed string', input: new String(good) },
      { what: 'a list', input: [good] },
    ]),
  )('throws for %s', (_, { input }) => {
    expect(failure(input)).toEqual(malformed('The token is not a string.'));
  });

  it.each(
    titled([
      { what: 'nothing', input: '' },
      { what: 'a word', input: 'token' },
      { what: 'two segments', input: `${header}.${payload}` },
      { what: 'an unsecured token', input: `${header}.${payload}.` },
      { what: 'five segments', input: `${good}.AA.AA` },
      { what: 'a space after', input: `${good} ` },
      { what: 'the scheme before', input: `Bearer ${good}` },
      { what: 'padding', input: `${good}=` },
    ]),
  )('throws for %s', (_, { input }) => {
    expect(failure(input)).toEqual(
      malformed('The token is not three non-empty segments of canonical base64url.'),
    );
  });

  it('throws for another spelling of the same token', () => {
    expect(failure(`${header}.${payload}.AB`)).toEqual(
      malformed('The token is not three non-empty segments of canonical base64url.'),
    );
  });

  it('throws beyond 64 KiB', () => {
    const long = `${header}.${payload}.`;
    const room = 65_536 - long.length;
    const filler = 'A'.repeat(room - (room % 4));
    expect(client.decode(`${long}${filler}`)).toEqual(claims);
    expect(failure(`${long}${filler}AAAA`)).toEqual(malformed('The token is larger than 64 KiB.'));
  });

  it.each(
    titled([
      { what: 'no JSON', segment: base64url('alg') },
      { what: 'a list', segment: segment([]) },
      { what: 'no alg', segment: segment({ typ: 'JWT' }) },
      { what: 'an alg that is no text', segment: segment({ alg: null }) },
    ]),
  )('throws for a header with %s', (_, row) => {
    expect(failure(`${row.segment}.${payload}.${signature}`)).toEqual(
      malformed('The token has no JSON header with an "alg".'),
    );
  });

  it('throws for an unencoded payload', () => {
    expect(failure(`${segment({ alg: 'HS256', b64: false })}.${payload}.${signature}`)).toEqual(
      malformed('The token has an unencoded payload.'),
    );
  });

  it.each(
    titled([
      { what: 'text', bytes: Buffer.from('"text"') },
      { what: 'a number', bytes: Buffer.from('5') },
      { what: 'null', bytes: Buffer.from('null') },
      { what: 'a list', bytes: Buffer.from('[{}]') },
      { what: 'no JSON', bytes: Buffer.from('{') },
      { what: 'a byte-order mark', bytes: Buffer.from('\uFEFF{}') },
      { what: 'invalid UTF-8', bytes: Buffer.from([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d]) },
    ]),
  )('throws for a payload of %s', (_, { bytes }) => {
    expect(failure(`${header}.${base64url(bytes)}.${signature}`)).toEqual(
      malformed('The payload is not a JSON object.'),
    );
  });
});
