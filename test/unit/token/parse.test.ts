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
const NOT_CANONICAL =
  'The token is not three non-empty segments of canonical base64url. Give all characters of the token, and no others.';
const NO_ALGORITHM = 'The token has no JSON header with an "alg".';
const UNENCODED = 'The token has an unencoded payload.';

// `test/support/first-tries.ts` has what people paste, and the tables of attacks have hundreds more malformed tokens.
describe('parseToken', () => {
  it.each<[what: string, message: string, input: unknown]>([
    ['a list of a token', NOT_TEXT, [valid]],
    ['a String object', NOT_TEXT, Object(valid)],
    ['65,537 characters', TOO_LARGE, 'a'.repeat(65_537)],
    ['a token with a fourth segment', NOT_CANONICAL, `${valid}.AA`],
    ['a token without a payload', NOT_CANONICAL, `${headerSegment}..${signature}`],
    ['another alphabet', NOT_CANONICAL, `${valid}+`],
    ['a percent sign that encodes nothing', NOT_CANONICAL, `${valid}%zz`],
    ['a percent sign at the end', NOT_CANONICAL, `${valid}%`],
    ['a list as header', NO_ALGORITHM, under([])],
    ['a header with a number as "alg"', NO_ALGORITHM, under({ alg: 256 })],
    ['a header with "b64" false', UNENCODED, under({ ...header, b64: false })],
  ])('parseToken refuses %s: %s', (_, message, input) => {
    /a/.exec('a');
    expect(parseToken(input, new HeaderMemory(1))).toEqual(new Malformed(message));
    // The engine keeps the last text that an expression was tried on.
    expect(RegExp.input).toBe('a');
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
