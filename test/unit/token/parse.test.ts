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
const HEADER_LINE =
  'The token is a whole "Authorization" header. Give only what follows the scheme, "Bearer".';
const BEARER = 'The token begins with "Bearer". Give the token without its scheme.';
const DPOP = 'The token begins with "DPoP". Give the token without its scheme.';
const QUOTES = 'The token is in quotes. Remove the quotes.';
const BACKTICKS = 'The token is in backticks. Remove the backticks.';
const JSON_AROUND =
  'The token is inside JSON. Give only the value of the field that holds the token, such as "access_token".';
const ENCODED =
  'The token is URL-encoded, with "%" in it. Decode it first, for example with decodeURIComponent.';
const SPACED = 'The token has a line break or another space in it. Give the token alone, in one line.';
const PADDED =
  'The token is padded with "=". Remove the padding, or have the issuer leave it out: JWTs have none.';
const EMPTY = 'The token is empty. Check the variable or the header that it comes from.';
const PLACEHOLDER =
  'The token is a placeholder or another text, such as "undefined": it was never put in. Check the variable that it comes from, and that its promise was awaited.';
const SEVERAL = 'The token has a comma in it, as if there were two tokens. Give one token.';
const SURROUNDED = 'The token begins or ends with white space. Remove it.';
const CUT =
  'The token was cut in the middle: it has "..." in the place of other characters. Copy the whole token.';
const UNSIGNED =
  'The token has no signature: it was cut at its end, or it was never signed. Copy the whole token, or have its issuer sign it.';
const OPAQUE =
  'The token is opaque, not a JWT: only its issuer can check it. Ask the identity provider for a token for your API, for example with its audience.';
const encrypted = (by: string): string =>
  `The token is encrypted (a JWE${by}): only its recipient can read it. Ask the identity provider for a signed token for your API, for example with its audience.`;
const NO_ALGORITHM = 'The token has no JSON header with an "alg".';
const UNENCODED = 'The token has an unencoded payload.';

// The tables of attacks have hundreds more malformed tokens. This test checks the messages.
describe('parseToken', () => {
  it.each<[what: string, message: string, input: unknown]>([
    ['a list of a token', NOT_TEXT, [valid]],
    ['a String object', NOT_TEXT, Object(valid)],
    ['65,537 characters', TOO_LARGE, 'a'.repeat(65_537)],
    ['the empty text', EMPTY, ''],
    ['white space alone', EMPTY, ' \n'],
    ['65,536 characters', OPAQUE, 'a'.repeat(65_536)],
    ['one word', OPAQUE, 'gho_16C7e42F292c6912E7710c838347Ae178B4a'],
    ['a padded word', OPAQUE, '5rLpBz9sQ2kVxw=='],
    ['two words with a dot', OPAQUE, 'ya29.a0AfH6SMBx'],
    ['a header alone', UNSIGNED, headerSegment],
    ['a part of a header', UNSIGNED, headerSegment.slice(0, 11)],
    ['a token without its signature', UNSIGNED, `${headerSegment}.${payload}.`],
    ['a token without its last dot', UNSIGNED, `${headerSegment}.${payload}`],
    ['a token with a fourth segment', NOT_CANONICAL, `${valid}.AA`],
    ['a token without a payload', NOT_CANONICAL, `${headerSegment}..${signature}`],
    ['another alphabet', NOT_CANONICAL, `${valid}+`],
    ['the name of a value that is not there', PLACEHOLDER, 'undefined'],
    ['a promise as text', PLACEHOLDER, '[object Promise]'],
    ['a shell variable', PLACEHOLDER, '$TOKEN'],
    ['a variable of a template', PLACEHOLDER, '{{token}}'],
    ['a word of instructions', PLACEHOLDER, '<your-token>'],
    ['a page', PLACEHOLDER, '<!DOCTYPE html>'],
    ['two tokens of one header', SEVERAL, `${valid},${valid}`],
    ['two tokens of one header with a space', SPACED, `${valid}, ${valid}`],
    ['a JWE', encrypted(' with A256GCM'), `${segment({ alg: 'dir', enc: 'A256GCM' })}..iv.text.tag`],
    ['a JWE by an "enc" of its own', encrypted(''), `${segment({ alg: 'dir', enc: valid })}..iv.text.tag`],
    ['five segments', encrypted(''), 'a.b.c.d.e'],
    ['dots in the middle', CUT, 'abc.def...xyz'],
    ['an ellipsis in the middle', CUT, `${valid.slice(0, 20)}…${valid.slice(-9)}`],
    ['dots in the middle with spaces', CUT, `${valid.slice(0, 20)} ... ${valid.slice(-9)}`],
    ['a whole header', HEADER_LINE, `authorization: Bearer ${valid}`],
    ['the HTTP scheme before the token', BEARER, `Bearer ${valid}`],
    ['the scheme in mixed case after white space', BEARER, `\t bEARER ${valid}`],
    ['the scheme alone', BEARER, 'Bearer'],
    ['the scheme of a bound token before', DPOP, `DPoP ${valid}`],
    ['a word that begins with the scheme', SPACED, `Bearers ${valid}`],
    ['the scheme after another word', SPACED, `Not Bearer ${valid}`],
    ['quotes', QUOTES, `"${valid}"`],
    ['quotes after white space', QUOTES, ` '${valid}'\n`],
    ['quotes out of a document', QUOTES, `“${valid}”`],
    ['quotes out of JSON', QUOTES, `\\"${valid}\\"`],
    ['a quote at one end', QUOTES, `${valid}"`],
    ['backticks', BACKTICKS, `\`${valid}\``],
    ['the answer of a token endpoint', JSON_AROUND, JSON.stringify({ access_token: valid })],
    ['JSON that was cut', JSON_AROUND, `{"access_token":"${valid.slice(0, 20)}...`],
    ['an encoded dot', ENCODED, valid.replace('.', '%2E')],
    ['encoded padding', ENCODED, `${valid}%3D`],
    ['encoded quotes', ENCODED, `%22${valid}%22`],
    ['a percent sign that encodes nothing', NOT_CANONICAL, `${valid}%zz`],
    ['a percent sign at the end', NOT_CANONICAL, `${valid}%`],
    ['white space inside', SPACED, `${headerSegment}. ${payload}.${signature}`],
    ['a line break inside', SPACED, `${valid.slice(0, 30)}\r\n${valid.slice(30)}`],
    ['a padded signature', PADDED, `${valid}=`],
    ['a padded header', PADDED, `${headerSegment}==.${payload}.${signature}`],
    ['a space before', SURROUNDED, ` ${valid}`],
    ['a line break after', SURROUNDED, `${valid}\r\n`],
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
