import { type Forgery, ISSUER, NOW } from '../../support/forge.js';
import { base64url } from '../../support/mint.js';
import { withSegment } from '../../support/tamper.js';
import { type Row, rows } from './row.js';

const LIMIT = 64 * 1024;
const ONE_MB = 1024 * 1024;
const GOOD = `"iss":"${ISSUER}","aud":"my-api","exp":${NOW + 3600}`;

const claiming = (name: string, json: string): Forgery => ({ rawPayload: `{${GOOD},"${name}":${json}}` });
const heading = (name: string, json: string): Forgery => ({ rawHeader: `{"alg":"HS256","${name}":${json}}` });
// biome-ignore format: two rows
const inBoth = (what: string, json: string) =>
  [[`a payload of ${what}`, claiming('x', json)], [`a header of ${what}`, heading('x', json)]] as const;
const list = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const tree = (depth: number): string => `${'{"a":'.repeat(depth)}0${'}'.repeat(depth)}`;
const names = (count: number): string =>
  JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, i) => [`n${i}`, 0])));
const xs = (length: number): string => JSON.stringify('x'.repeat(length));

/** A valid token of exactly this many characters. */
function ofLength(length: number): Forgery {
  const signature = 43;
  for (const pad of ['', 'x', 'xx', 'xxx']) {
    const rawHeader = JSON.stringify({ alg: 'HS256', pad });
    const segment = length - base64url(rawHeader).length - signature - 2;
    if (segment % 4 === 1) continue;
    const frame = `{${GOOD},"x":""}`;
    const bytes = Math.floor((segment * 3) / 4);
    return { rawHeader, ...claiming('x', xs(bytes - frame.length)) };
  }
  throw new Error('unreachable: three of four paddings fit');
}

/** Size and depth: RFC 8725 section 3.2, and advisories of JSON parsers. */
export const sizeAttacks: readonly Row[] = [
  ...rows('HS256', 'shape', [
    ['64 KiB plus one character', ofLength(LIMIT + 1), { control: ofLength(LIMIT) }],
    ...inBoth('1 MB', xs(ONE_MB)),
    ['1 MB of signature', { token: (token) => withSegment(token, 2, () => 'A'.repeat(ONE_MB)) }],
    ['1 MB of "alg"', { header: { alg: 'a'.repeat(ONE_MB) } }],
    ['1 MB of "crit"', heading('crit', `["a"${',"a"'.repeat(ONE_MB / 4)}]`)],
    ['1 MB of one letter', { token: () => 'a'.repeat(ONE_MB) }],
    ['1 MB of spaces before it', { token: (token) => ' '.repeat(ONE_MB) + token }],
    ['1 MB of padding', { token: (token) => token + '='.repeat(ONE_MB) }],
    ['a million dots', { token: () => '.'.repeat(1_000_000) }],
    ['a million segments (CVE-2025-30204)', { token: () => 'a.'.repeat(1_000_000) }],
    ['64 KiB of dots', { token: () => '.'.repeat(LIMIT) }],
    ['64 KiB of letters and dots', { token: () => 'a.'.repeat(LIMIT / 2) }],
    ['64 KiB of letters and an invalid last character', { token: () => `${'a'.repeat(LIMIT - 1)}!` }],
    ...inBoth('500,000 nested lists', list(500_000)),
    ...inBoth('100,000 nested objects', tree(100_000)),
    ['a header of 24,000 lists that do not end', heading('x', '['.repeat(24_000))],
    ['an "alg" of 20,000 lists', { rawHeader: `{"alg":${list(20_000)}}` }],
  ]),
  ...rows('HS256', 'valid', [
    ['64 KiB exactly', ofLength(LIMIT)],
    ['45,000 digits', claiming('x', '9'.repeat(45_000))],
    ['45,000 digits of a fraction', claiming('x', `0.${'1'.repeat(45_000)}`)],
    ...inBoth('thousands of names', names(4000)),
    ...inBoth('24,000 nested lists', list(24_000)),
    ...inBoth('7,000 nested objects', tree(7000)),
  ]),
  ...rows('HS256', 'malformed', [
    ['thousands of "crit"', { header: { crit: Array.from({ length: 5000 }, (_, i) => `c${i}`) } }],
    ['a payload of 24,000 unclosed lists', claiming('x', '['.repeat(24_000))],
    ['a "crit" of 20,000 lists', heading('crit', list(20_000))],
  ]),
  ...rows('HS256', 'claim', [
    ['a "sub" of 20,000 lists', claiming('sub', list(20_000))],
    ['an "exp" of 20,000 lists', claiming('exp', list(20_000))],
    ['a "typ" of 20,000 lists', heading('typ', list(20_000)), { options: { typ: 'JWT' } }],
  ]),
  ...rows('HS256', 'audience', [['an "aud" of 20,000 lists', claiming('aud', list(20_000))]]),
  ...rows('HS256', 'algorithm', [['45,000 letters of "alg"', { header: { alg: 'a'.repeat(45_000) } }]]),
  ...rows('RS256', 'shape', [['1 MB of kid', { header: { kid: 'k'.repeat(ONE_MB) } }]]),
  ...rows('RS256', 'key', [
    ['45,000 letters of kid', { header: { kid: 'k'.repeat(45_000) } }],
    ['a kid of 20,000 lists', { rawHeader: `{"alg":"RS256","kid":${list(20_000)}}` }],
  ]),
];
