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
  it.each<[what: string, input: unknown, message: string]>([
    ['a list of a token', [good], NOT_TEXT],
    ['a String object', Object(good), NOT_TEXT],
    ['65,537 characters', 'a'.repeat(65_537), TOO_LARGE],
    ['65,536 characters', 'a'.repeat(65_536), NOT_CANONICAL],
    ['the empty text', '', NOT_CANONICAL],
    ['a token without its signature', `${headerSegment}.${payload}.`, NOT_CANONICAL],
    ['a token with a fourth segment', `${good}.AA`, NOT_CANONICAL],
    ['a padded signature', `${good}=`, NOT_CANONICAL],
    ['white space within', `${headerSegment}. ${payload}.${signature}`, NOT_CANONICAL],
    ['the scheme of HTTP before', `Bearer ${good}`, HAS_SCHEME],
    ['the scheme in other letters after white space', `\t bEARER ${good}`, HAS_SCHEME],
    ['the scheme alone', 'Bearer', HAS_SCHEME],
    ['a longer word than the scheme', `Bearers ${good}`, NOT_CANONICAL],
    ['the scheme behind another word', `Not Bearer ${good}`, NOT_CANONICAL],
    ['a space before', ` ${good}`, HAS_WHITE_SPACE],
    ['a line break after', `${good}\r\n`, HAS_WHITE_SPACE],
    ['white space alone', ' ', HAS_WHITE_SPACE],
    ['a header of a list', under([]), NO_ALGORITHM],
    ['a header with a number as "alg"', under({ alg: 256 }), NO_ALGORITHM],
    ['a header with "b64" false', under({ ...header, b64: false }), UNENCODED],
  ])('parseToken answers %s with the sentence for it', (_, input, message) => {
    expect(parseToken(input)).toEqual(new Malformed(message));
  });

  it('parseToken takes a token apart', () => {
    expect(parseToken(good)).toEqual({
      compact: good,
      headerSegment,
      header,
      signingInput: `${headerSegment}.${payload}`,
      payload: Buffer.from('{"sub":"user-1"}'),
      signature: Buffer.from(signature, 'base64url'),
    });
  });

  it('parseToken takes the header from the memory where it is there', () => {
    const remembered = { alg: 'remembered' };
    const memory = new HeaderMemory();
    memory.add(headerSegment, remembered);
    expect(parseToken(good, memory)).toMatchObject({ header: remembered });
    expect(parseToken(under({ alg: 'new' }), memory)).toMatchObject({ header: { alg: 'new' } });
  });
});
