import { describe, expect, it } from 'vitest';
import { HeaderMemory } from '../../../src/token/header.js';
import { Malformed, parseToken } from '../../../src/token/parse.js';
import { mint, segment } from '../../support/mint.js';
import { SECRET } from '../../support/secrets.js';

const header = { alg: 'HS256', typ: 'JWT' };
const valid = mint({ header, payload: { sub: 'user-1' }, key: SECRET });
const [headerSegment = '', payload = '', signature = ''] = valid.split('.');
const under = (object: unknown): string => `${segment(object)}.${payload}.${signature}`;

const NOT_TEXT = 'The token is not a string.';
const TOO_LARGE = 'The token is larger than 64 KiB.';
const NOT_CANONICAL = 'The token is not three non-empty segments of canonical base64url.';
const HAS_SCHEME = 'The token begins with "Bearer": give the token without its scheme.';
const HAS_WHITE_SPACE = 'The token begins or ends with white space: remove it.';
const NO_ALGORITHM = 'The token has no JSON header with an "alg".';
const UNENCODED = 'The token has an unencoded payload.';

// The tables of attacks have hundreds more malformed tokens. This test checks the messages.
describe('parseToken', () => {
  it.each<[what: string, message: string, input: unknown]>([
    ['a list of a token', NOT_TEXT, [valid]],
    ['a String object', NOT_TEXT, Object(valid)],
    ['65,537 characters', TOO_LARGE, 'a'.repeat(65_537)],
    ['65,536 characters', NOT_CANONICAL, 'a'.repeat(65_536)],
    ['the empty text', NOT_CANONICAL, ''],
    ['a token without its signature', NOT_CANONICAL, `${headerSegment}.${payload}.`],
    ['a token with a fourth segment', NOT_CANONICAL, `${valid}.AA`],
    ['a padded signature', NOT_CANONICAL, `${valid}=`],
    ['white space inside', NOT_CANONICAL, `${headerSegment}. ${payload}.${signature}`],
    ['the HTTP scheme before the token', HAS_SCHEME, `Bearer ${valid}`],
    ['the scheme in mixed case after white space', HAS_SCHEME, `\t bEARER ${valid}`],
    ['the scheme alone', HAS_SCHEME, 'Bearer'],
    ['a word that begins with the scheme', NOT_CANONICAL, `Bearers ${valid}`],
    ['the scheme after another word', NOT_CANONICAL, `Not Bearer ${valid}`],
    ['a space before', HAS_WHITE_SPACE, ` ${valid}`],
    ['a line break after', HAS_WHITE_SPACE, `${valid}\r\n`],
    ['white space alone', HAS_WHITE_SPACE, ' '],
    ['a list as header', NO_ALGORITHM, under([])],
    ['a header with a number as "alg"', NO_ALGORITHM, under({ alg: 256 })],
    ['a header with "b64" false', UNENCODED, under({ ...header, b64: false })],
  ])('parseToken refuses %s: %s', (_, message, input) => {
    expect(parseToken(input, new HeaderMemory(1))).toEqual(new Malformed(message));
  });

  it('parseToken splits a token into its parts', () => {
    expect(parseToken(valid, new HeaderMemory(1))).toEqual({
      compact: valid,
      headerSegment,
      header,
      signingInput: `${headerSegment}.${payload}`,
      payloadSegment: payload,
      payloadText: '{"sub":"user-1"}',
      signature: Buffer.from(signature, 'base64url'),
    });
  });

  it('parseToken uses a cached header', () => {
    const cached = { alg: 'cached' };
    const memory = new HeaderMemory(1);
    memory.add(headerSegment, cached);
    expect(parseToken(valid, memory)).toMatchObject({ header: cached });
    expect(parseToken(under({ alg: 'new' }), memory)).toMatchObject({ header: { alg: 'new' } });
  });
});
