import { describe, expect, it } from 'vitest';
import { HeaderMemory } from '../../../src/token/header.js';
import { Malformed, parseToken } from '../../../src/token/parse.js';
import { mint, segment } from '../../support/mint.js';
import { SECRET } from '../../support/secrets.js';

const header = { alg: 'HS256', typ: 'JWT' };
const good = mint({ header, payload: { sub: 'user-1' }, key: SECRET });
const [headerSegment = '', payload = '', signature = ''] = good.split('.');
const under = (object: unknown): string => `${segment(object)}.${payload}.${signature}`;

const NOT_TEXT = 'The token is not a string.';
const TOO_LARGE = 'The token is larger than 64 KiB.';
const NOT_CANONICAL = 'The token is not three non-empty segments of canonical base64url.';
const HAS_SCHEME = 'The token begins with "Bearer": give the token without its scheme.';
const HAS_WHITE_SPACE = 'The token begins or ends with white space: remove it.';
const NO_ALGORITHM = 'The token has no JSON header with an "alg".';
const UNENCODED = 'The token has an unencoded payload.';

// That these and hundreds more are malformed is in the tables of attacks; here is what is said of them.
describe('parseToken', () => {
  it.each<[what: string, message: string, input: unknown]>([
    ['a list of a token', NOT_TEXT, [good]],
    ['a String object', NOT_TEXT, Object(good)],
    ['65,537 characters', TOO_LARGE, 'a'.repeat(65_537)],
    ['65,536 characters', NOT_CANONICAL, 'a'.repeat(65_536)],
    ['the empty text', NOT_CANONICAL, ''],
    ['a token without its signature', NOT_CANONICAL, `${headerSegment}.${payload}.`],
    ['a token with a fourth segment', NOT_CANONICAL, `${good}.AA`],
    ['a padded signature', NOT_CANONICAL, `${good}=`],
    ['white space within', NOT_CANONICAL, `${headerSegment}. ${payload}.${signature}`],
    ['the scheme of HTTP before', HAS_SCHEME, `Bearer ${good}`],
    ['the scheme in other letters after white space', HAS_SCHEME, `\t bEARER ${good}`],
    ['the scheme alone', HAS_SCHEME, 'Bearer'],
    ['a longer word than the scheme', NOT_CANONICAL, `Bearers ${good}`],
    ['the scheme behind another word', NOT_CANONICAL, `Not Bearer ${good}`],
    ['a space before', HAS_WHITE_SPACE, ` ${good}`],
    ['a line break after', HAS_WHITE_SPACE, `${good}\r\n`],
    ['white space alone', HAS_WHITE_SPACE, ' '],
    ['a header of a list', NO_ALGORITHM, under([])],
    ['a header with a number as "alg"', NO_ALGORITHM, under({ alg: 256 })],
    ['a header with "b64" false', UNENCODED, under({ ...header, b64: false })],
  ])('parseToken answers %s with: %s', (_, message, input) => {
    expect(parseToken(input, new HeaderMemory(1))).toEqual(new Malformed(message));
  });

  it('parseToken takes a token apart', () => {
    expect(parseToken(good, new HeaderMemory(1))).toEqual({
      compact: good,
      headerSegment,
      header,
      signingInput: `${headerSegment}.${payload}`,
      payloadSegment: payload,
      payloadText: '{"sub":"user-1"}',
      signature: Buffer.from(signature, 'base64url'),
    });
  });

  it('parseToken takes the header from the memory where it is there', () => {
    const remembered = { alg: 'remembered' };
    const memory = new HeaderMemory(1);
    memory.add(headerSegment, remembered);
    expect(parseToken(good, memory)).toMatchObject({ header: remembered });
    expect(parseToken(under({ alg: 'new' }), memory)).toMatchObject({ header: { alg: 'new' } });
  });
});
