import { randomBytes } from 'node:crypto';
import { expect, it, vi } from 'vitest';
import { isOpaqueToken } from '../../../src/token/opaque.js';
import { forge } from '../../support/forge.js';
import { segment } from '../../support/mint.js';
import { withoutBuffer } from '../../support/without-buffer.js';

const base64url = (text: string | Buffer): string => Buffer.from(text).toString('base64url');
const random = (bytes: number): string => randomBytes(bytes).toString('base64url');

/** Examples have the lengths and the alphabets of the providers' documents. Their bytes are random or made up. */
// biome-ignore format: a table
const OPAQUE: ReadonlyArray<readonly [what: string, token: string]> = [
  ['one character', 'a'],
  ['the longest', 'a'.repeat(4096)],
  ['all characters of the syntax', 'at_abc-._~+/12=='],
  ['a UUID', '8f3b2a90-2f3c-4b7e-9a52-0d7c1f1f6c11'],
  ['Ory Hydra', `ory_at_${random(32)}.${random(32)}`],
  ['Fosite without a prefix', `${random(32)}.${random(32)}`],
  ['ZITADEL', random(50)],
  ['Spring Authorization Server', random(96)],
  ['Duende IdentityServer', `${randomBytes(32).toString('hex').toUpperCase()}-1`],
  ['Curity', '_0XBPWQQ_453276d6-8f4c-4c1d-9e52-4f1f0b3f7c11'],
  ['PingFederate', 'nSDHoJ2VVFcCGPpJG2VdDFqLJcD1'],
  ['Auth0 for /userinfo', 'JlAYkOoDP2kPpVgxbFkEi7-2XhfHVzYx'],
  ['GitHub, OAuth', 'gho_16C7e42F292c6912E7710c838347Ae178B4a'],
  ['GitHub, fine-grained', `github_pat_11ABCDEFG0${'a1B2'.repeat(4)}_${'c3D4'.repeat(14)}`],
  ['GitLab', 'glpat-9a_Wk3bZ-xYc7dEfGh1j'],
  ['Google', `ya29.a0Af${random(120)}`],
  ['Microsoft account', `EwB4A8l6BAAU${randomBytes(120).toString('base64')}`],
  ['Slack', 'xoxb-17653672481-19874698323-pdFZKVeTuE8sk7oOcBrzbqgy'],
  ['Discord', 'MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs'],
  ['Linear', `lin_oauth_${randomBytes(32).toString('hex')}`],
  ['a macaroon, version 1', base64url('0021location http://mybank/\n0026identifier we used our secret key\n')],
  ['a macaroon, version 2', base64url('\u0002\u0001\u000fhttp://mybank/\u0002\u001awe used our secret key')],
  ['a biscuit', `En0KEwoE${randomBytes(90).toString('base64url')}`],
  ['PASETO, local', `v4.local.${random(96)}`],
  ['PASETO, public, with a footer', `v4.public.${base64url(Buffer.concat([Buffer.from('{"sub":"ada"}'), Buffer.alloc(64, 7)]))}.${random(8)}`],
  ['JSON in base64, without a dot', base64url('{"iv":"AAAA","value":"BBBB"}')],
  ['dots alone', '...'],
  ['words with dots', 'a.b.c'],
  ['five parts', 'a.b.c.d.e'],
  ['a part that is JSON, but no object', `${base64url('["alg"]')}.a.b`],
];

const JWT = forge('RS256');
const [header = '', payload = '', signature = ''] = JWT.split('.');
const jweHeader = segment({ alg: 'RSA-OAEP', enc: 'A256GCM' });
const JWE = `${jweHeader}.${random(256)}.${random(12)}.${random(40)}.${random(16)}`;
/** The header with other bytes around it. */
const spelled = (bytes: string | Buffer): string => `${base64url(bytes)}.${payload}.${signature}`;
/** A header of one byte more than a multiple of three, so that four bits are left over in its last character. */
const short = base64url('{"alg":"HS"}  ').slice(0, -1);

// biome-ignore format: a table
const NOT_OPAQUE: ReadonlyArray<readonly [what: string, token: string]> = [
  ['a JWT', JWT],
  ['a JWE', JWE],
  ['a JWE without an encrypted key', `${segment({ alg: 'dir', enc: 'A256GCM' })}..${random(12)}.${random(40)}.${random(16)}`],
  ['an SD-JWT', `${JWT}~${random(40)}~`],
  ['a JWT without a signature', `${header}.${payload}.`],
  ['a JWT that was cut after the payload', `${header}.${payload}`],
  ['a JWT that was cut in the payload', `${header}.${payload.slice(0, 9)}`],
  ['a JWT whose header was cut at its beginning', `${header.slice(5)}.${payload}.${signature}`],
  ['an empty header', `e30.${payload}.`],
  ['a header of spaces and braces', spelled('{ }')],
  ['a header with white space', spelled(' \n{ \t"alg" : "ES256"\r\n} ')],
  ['a header with a byte-order mark', spelled('\ufeff{"alg":"ES256"}')],
  ['a header with invalid UTF-8', spelled(Buffer.from('{"alg":"ES256","kid":"\xff"}', 'latin1'))],
  ['a header with a duplicate name', spelled('{"alg":"none","alg":"ES256"}')],
  ['a header in the other alphabet', `${Buffer.from('{"alg":"ES256","kid":"\u07ff?"}').toString('base64').replaceAll('=', '')}.${payload}.${signature}`],
  ...['Q', 'f', '_'].map((last) => [`a header whose leftover bits are not zero (${last})`, `${short}${last}.${payload}.${signature}`] as const),
  ['a header with a character too many', `${base64url('{"alg":"ES256"} ').slice(0, 20)}A.${payload}.${signature}`],
  ...['x', 'xy', 'xyz', 'wxyz', '.', 'a.', 'a.b.', '~', 'token~', 'Bearer-', '/', '+', '--'].flatMap((before) => [
    [`${before} before a JWT`, before + JWT] as const,
    [`${before} before a JWE`, before + JWE] as const,
  ]),
  ...['.', '..', '.a', '=', '~', '-x'].flatMap((after) => [
    [`${after} after a JWT`, JWT + after] as const,
    [`${after} after a JWE`, JWE + after] as const,
  ]),
  ['two JWTs', `${JWT}.${JWT}`],
  ['a prefix of an opaque token', `ory_at_${random(32)}.${JWT}`],
];

it.each(OPAQUE)('Text may be an opaque token: %s', (_, token) => {
  expect(isOpaqueToken(token)).toBe(true);
});
it.each(NOT_OPAQUE)('Text is not an opaque token: %s', (_, token) => {
  expect(isOpaqueToken(token)).toBe(false);
});

it('Random tokens with dots are opaque', () => {
  const refused = Array.from({ length: 5000 }, () => `${random(33)}.${random(32)}.${random(30)}`).filter(
    (token) => !isOpaqueToken(token),
  );
  expect(refused).toEqual([]);
});

it('Without `Buffer`, the answers are the same', async () => {
  const web = await withoutBuffer(() => import('../../../src/token/opaque.js'));
  for (const [what, token] of OPAQUE) expect(web.isOpaqueToken(token), what).toBe(true);
  for (const [what, token] of NOT_OPAQUE) expect(web.isOpaqueToken(token), what).toBe(false);
});

it('A text costs little, also with a thousand segments', () => {
  const decoded = vi.spyOn(Buffer, 'from');
  expect(isOpaqueToken('efQ.'.repeat(1024))).toBe(true);
  expect(decoded).not.toHaveBeenCalled();
  decoded.mockRestore();
});
