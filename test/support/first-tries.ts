// What agents and people give at their first try, and what the answer says. A token that was only wrapped can be used at the
// second try, and so can each lifetime.
import { segment } from './mint.js';

const DOCUMENT_QUOTES = '“”';

/** What the sentences of a message tell to do, as code. */
export const ADVICE: readonly [sentence: string, follow: (text: string) => string][] = [
  [
    'The token is a whole "Authorization" header. Give only what follows the scheme, "Bearer".',
    (text) => text.replace(/^\s*authorization:\s*(bearer\s+)?/i, ''),
  ],
  [
    'The token begins with "Bearer". Give the token without its scheme.',
    (text) => text.replace(/^\s*bearer\s+/i, ''),
  ],
  [
    'The token begins with "DPoP". Give the token without its scheme.',
    (text) => text.replace(/^\s*dpop\s+/i, ''),
  ],
  [
    'The token is in quotes. Remove the quotes.',
    (text) =>
      text.replace(new RegExp(`^\\s*[\\\\"'${DOCUMENT_QUOTES}]+|[\\\\"'${DOCUMENT_QUOTES}]+\\s*$`, 'g'), ''),
  ],
  ['The token is in backticks. Remove the backticks.', (text) => text.replaceAll('`', '')],
  [
    'The token is inside JSON. Give only the value of the field that holds the token, such as "access_token".',
    (text) => JSON.parse(text).access_token,
  ],
  [
    'The token is URL-encoded, with "%" in it. Decode it first, for example with decodeURIComponent.',
    (text) => decodeURIComponent(text),
  ],
  [
    'The token has a line break or another space in it. Give the token alone, in one line.',
    (text) => text.replace(/[\s\0\u200b]/g, ''),
  ],
  [
    'The token is padded with "=". Remove the padding, or have the issuer leave it out: JWTs have none.',
    (text) => text.replaceAll('=', ''),
  ],
  [
    'The token is inside a URL or a form. Give only the value of the parameter that holds the token.',
    (text) =>
      new URLSearchParams(text.slice(text.indexOf('#') + 1)).get(
        text.includes('#') ? 'access_token' : 'token',
      ) ?? '',
  ],
  ['The token begins or ends with white space. Remove it.', (text) => text.trim()],
];

/** A whole header, quotes and so on around a good token, and how many sentences of {@link ADVICE} the answer has. */
export const WRAPPED: readonly [what: string, wrap: (token: string) => string, sentences?: number][] = [
  ['a whole header', (token) => `authorization: Bearer ${token}`],
  ['a whole header with quotes', (token) => `Authorization: Bearer "${token}"`, 2],
  ['a whole header without a scheme', (token) => `authorization: ${token}`],
  ['the scheme of HTTP', (token) => `Bearer ${token}`],
  ['the scheme in mixed case after white space', (token) => `\t bEARER ${token}`],
  ['the scheme and quotes', (token) => `Bearer '${token}'`, 2],
  ['the scheme in quotes', (token) => `"Bearer ${token}"`, 2],
  ['the scheme of a bound token', (token) => `DPoP ${token}`],
  ['quotes', (token) => `"${token}"`],
  ['quotes after white space', (token) => ` '${token}'\n`],
  ['quotes from a document', (token) => `“${token}”`],
  ['quotes from JSON', (token) => `\\"${token}\\"`],
  ['a quote at one end', (token) => `${token}"`],
  ['backticks', (token) => `\`${token}\``],
  ['quotes and backticks', (token) => `"\`${token}\`"`, 2],
  [
    'the answer of a token endpoint',
    (token) => JSON.stringify({ access_token: token, token_type: 'Bearer' }),
  ],
  ['JSON with the scheme', (token) => JSON.stringify({ access_token: `Bearer ${token}` }), 2],
  ['an encoded dot', (token) => token.replace('.', '%2E')],
  ['encoded padding', (token) => `${token}%3D`, 2],
  ['encoded quotes', (token) => `%22${token}%22`, 2],
  ['a space inside', (token) => token.replace('.', '. ')],
  ['a line break inside', (token) => `${token.slice(0, 30)}\r\n${token.slice(30)}`],
  ['an invisible space', (token) => token.replace('.', '.\u200b')],
  ['a null character', (token) => `${token.slice(0, 30)}\0${token.slice(30)}`],
  ['a URL', (token) => `https://app.example/cb#access_token=${token}&token_type=Bearer`],
  ['a form', (token) => `token=${token}`],
  ['a padded signature', (token) => `${token}=`],
  ['a padded header', (token) => token.replace('.', '==.')],
  ['a space before', (token) => ` ${token}`],
  ['a line break after', (token) => `${token}\r\n`],
];

const EMPTY = 'The token is empty. Give the whole token.';
const PLACEHOLDER =
  'The token is a placeholder or another text, such as "undefined": it was never put in. Give the token itself.';
const SEVERAL = 'There are several tokens. Give one token.';
const SPACED = 'The token has a line break or another space in it. Give the token alone, in one line.';
const CUT =
  'The token was cut in the middle: it has "..." in the place of other characters. Copy the whole token.';
const CUT_AT_END = 'The token was cut at its end: its signature is too short. Copy the whole token.';
const UNSIGNED =
  'The token has no signature: it was cut at its end, or it was never signed. Copy the whole token, or have its issuer sign it.';
const TEXT =
  'The token has spaces in it, like a sentence or the credentials of another scheme. Give the token alone.';
const OPAQUE =
  'The token is opaque, not a JWT: only its issuer can check it. Ask the identity provider for a token for your API, for example with its audience.';
const JSON_AROUND =
  'The token is inside JSON. Give only the value of the field that holds the token, such as "access_token".';
const BEARER = 'The token begins with "Bearer". Give the token without its scheme.';
const encrypted = (by: string): string =>
  `The token is encrypted (a JWE${by}): only its recipient can read it. Ask the identity provider for a signed token for your API, for example with its audience.`;

/** Text that cannot become a good token, made from a good token, and what the answer says. */
export const HOPELESS: readonly [what: string, message: string, make: (token: string) => string][] = [
  ['the empty text', EMPTY, () => ''],
  ['white space alone', EMPTY, () => ' \n'],
  ['65,536 characters', OPAQUE, () => 'a'.repeat(65_536)],
  ['a sentence', TEXT, () => 'not a token'],
  ['the credentials of another scheme', TEXT, () => 'Basic dXNlcjpwYXNz'],
  ['a token without its last characters', CUT_AT_END, (token) => token.slice(0, -10)],
  ['one word', OPAQUE, () => 'gho_16C7e42F292c6912E7710c838347Ae178B4a'],
  ['a padded word', OPAQUE, () => '5rLpBz9sQ2kVxw=='],
  ['two words with a dot', OPAQUE, () => 'ya29.a0AfH6SMBx'],
  ['a header alone', UNSIGNED, (token) => token.slice(0, token.indexOf('.'))],
  ['a part of a header', UNSIGNED, (token) => token.slice(0, 11)],
  ['a token without its signature', UNSIGNED, (token) => token.slice(0, token.lastIndexOf('.') + 1)],
  ['a token without its last dot', UNSIGNED, (token) => token.slice(0, token.lastIndexOf('.'))],
  ['the name of a value that is not there', PLACEHOLDER, () => 'undefined'],
  ['a promise as text', PLACEHOLDER, () => '[object Promise]'],
  ['a shell variable', PLACEHOLDER, () => '$TOKEN'],
  ['a variable of a template', PLACEHOLDER, () => '{{token}}'],
  ['a word of instructions', PLACEHOLDER, () => '<your-token>'],
  ['a page', PLACEHOLDER, () => '<!DOCTYPE html>'],
  ['two tokens in two lines', SEVERAL, (token) => `${token}\n${token}`],
  ['a text in the place of a secret', PLACEHOLDER, () => '[REDACTED]'],
  ['stars', PLACEHOLDER, () => '********'],
  ['two tokens of one header', SEVERAL, (token) => `${token},${token}`],
  ['two tokens of one header with a space', SEVERAL, (token) => `${token}, ${token}`],
  ['a word that begins with the scheme', SPACED, (token) => `Bearers ${token}`],
  ['the scheme after another word', SPACED, (token) => `Not Bearer ${token}`],
  ['the scheme alone', `${BEARER} ${EMPTY}`, () => 'Bearer'],
  [
    'an opaque token with the scheme',
    `${BEARER} ${OPAQUE}`,
    () => 'Bearer gho_16C7e42F292c6912E7710c838347Ae178B4a',
  ],
  ['a JWE', encrypted(' with A256GCM'), () => `${segment({ alg: 'dir', enc: 'A256GCM' })}..iv.text.tag`],
  [
    'a JWE with an "enc" of its own',
    encrypted(''),
    (token) => `${segment({ alg: 'dir', enc: token })}..iv.text.tag`,
  ],
  ['five segments', encrypted(''), () => 'a.b.c.d.e'],
  ['dots in the middle', CUT, () => 'abc.def...xyz'],
  ['an ellipsis in the middle', CUT, (token) => `${token.slice(0, 20)}…${token.slice(-9)}`],
  ['dots in the middle with spaces', CUT, (token) => `${token.slice(0, 20)} ... ${token.slice(-9)}`],
  ['JSON that was cut', JSON_AROUND, (token) => `{"access_token":"${token.slice(0, 20)}...`],
];

const [MINUTE, HOUR, DAY] = [60, 3600, 86_400];

/**
 * Lifetimes that are refused, and the seconds that the answer proposes: what was probably meant, where that is clear and allowed.
 * The server has a default of an hour and a maximum of 30 days. `now` is in seconds since the epoch.
 */
export const LIFETIMES: readonly [what: string, make: (now: number) => unknown, proposed: number][] = [
  ['a number of seconds', () => 3600, HOUR],
  ['a number of seconds as text', () => '3600', HOUR],
  ['a number with spaces', () => ' 900 ', 900],
  ['a fraction of seconds', () => 90.5, 91],
  ['too many seconds', () => 2_592_001, 30 * DAY],
  ['no seconds', () => 0, HOUR],
  ['negative seconds', () => '-3600', HOUR],
  ['a part of a second', () => '0.4s', HOUR],
  ['a duration of zero', () => '0s', HOUR],
  ['a negative duration', () => '-1h', HOUR],
  ['a duration in the past', () => '1h ago', HOUR],
  ['more than the maximum', () => '31d', 30 * DAY],
  ['a century', () => '101 years', 30 * DAY],
  ['seconds since the epoch', (now) => now + 2 * HOUR, 2 * HOUR],
  ['seconds since the epoch as text', (now) => `${now + DAY}`, DAY],
  ['milliseconds since the epoch', (now) => (now + HOUR) * 1000, HOUR],
  ['seconds since the epoch in the past', (now) => now - HOUR, HOUR],
  ['a time in UTC', (now) => new Date((now + 30 * HOUR) * 1000).toISOString(), 30 * HOUR],
  [
    'a time with an offset',
    (now) => new Date((now + HOUR) * 1000).toISOString().replace('Z', '+00:00'),
    HOUR,
  ],
  ['a time without a zone', (now) => new Date((now + HOUR) * 1000).toISOString().replace('Z', ''), HOUR],
  [
    'a time without a "T"',
    (now) => new Date((now + HOUR) * 1000).toISOString().replace('T', ' ').slice(0, 19),
    HOUR,
  ],
  ['a time in the past', () => '2020-01-01T00:00:00Z', HOUR],
  ['a date beyond the maximum', () => '2099-12-31', 30 * DAY],
  ['a day in words', () => 'tomorrow noon', HOUR],
  ['an ISO period', () => 'PT15M', 15 * MINUTE],
  ['an ISO period of several units', () => 'P1DT12H', 36 * HOUR],
  ['an ISO period beyond the maximum', () => 'P1Y', 30 * DAY],
  ['an ISO period of nothing', () => 'P', HOUR],
  ['two units', () => '1h30m', 90 * MINUTE],
  ['two units with a space', () => '1h 30m', 90 * MINUTE],
  ['two units in words', () => '1 hour and 30 minutes', 90 * MINUTE],
  ['a sentence', () => 'in 15 minutes', 15 * MINUTE],
  ['quotes', () => '"15m"', 15 * MINUTE],
  ['a full stop', () => '15m.', 15 * MINUTE],
  ['a comma in a fraction', () => '1,5h', 90 * MINUTE],
  ['wide digits', () => '１５m', 15 * MINUTE],
  ['a unit with an article', () => 'an hour', HOUR],
  ['a number in words', () => 'one day', DAY],
  ['a part of a unit in words', () => 'half an hour', HOUR],
  ['a month', () => '1 month', 30 * DAY],
  ['milliseconds', () => '500ms', HOUR],
  ['an unknown unit', () => '2 fortnights', HOUR],
  ['two lifetimes', () => '1h; 100y', HOUR],
  ['never', () => 'never', HOUR],
  ['nothing', () => '', HOUR],
  ['null', () => null, HOUR],
  ['true', () => true, HOUR],
  ['a list', () => ['1h'], HOUR],
  ['an object', () => ({ minutes: 15 }), HOUR],
  ['a long text', () => 'x'.repeat(1000), HOUR],
];
