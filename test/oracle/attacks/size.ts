import { base64url } from '../../support/mint.js';
import { type Forgery, ISSUER, NOW, type Row } from './forge.js';
import { replaced } from './header.js';

const LIMIT = 64 * 1024;
const TEN_MB = 10 * 1024 * 1024;
const CLAIMS_TEXT = `"iss":"${ISSUER}","aud":"my-api","exp":${NOW + 3600}`;

const claimsOf = (json: string): Forgery => ({ rawPayload: `{${CLAIMS_TEXT},"x":${json}}` });
const headerOf = (json: string): Forgery => ({ rawHeader: `{"alg":"HS256","x":${json}}` });
const list = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const tree = (depth: number): string => `${'{"a":'.repeat(depth)}0${'}'.repeat(depth)}`;
const names = (count: number): string =>
  JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, i) => [`n${i}`, 0])));

/** A good token of exactly this many characters. */
function ofLength(length: number): Forgery {
  const signature = 43;
  for (const pad of ['', 'x', 'xx', 'xxx']) {
    const rawHeader = JSON.stringify({ alg: 'HS256', pad });
    const segment = length - base64url(rawHeader).length - signature - 2;
    if (segment % 4 === 1) continue;
    const bytes = Math.floor((segment * 3) / 4);
    const frame = `{${CLAIMS_TEXT},"x":""}`;
    return { rawHeader, rawPayload: frame.replace('""', `"${'x'.repeat(bytes - frame.length)}"`) };
  }
  throw new Error('unreachable: three of four paddings fit');
}

/** RFC 8725 section 3.2 and the advisories of every JSON reader: size and depth. */
const big: Row[] = [
  ['64 KiB exactly', 'HS256', ofLength(LIMIT), 'valid'],
  ['64 KiB and one character', 'HS256', ofLength(LIMIT + 1), 'shape', { control: ofLength(LIMIT) }],
  ['10 MB of payload', 'HS256', claimsOf(`"${'x'.repeat(TEN_MB)}"`), 'shape'],
  ['10 MB of header', 'HS256', headerOf(`"${'x'.repeat(TEN_MB)}"`), 'shape'],
  [
    '10 MB of signature',
    'HS256',
    { token: (token) => replaced(token, 2, () => 'A'.repeat(TEN_MB)) },
    'shape',
  ],
  ['10 MB of kid', 'RS256', { header: { kid: 'k'.repeat(TEN_MB) } }, 'shape'],
  ['10 MB of "alg"', 'HS256', { header: { alg: 'a'.repeat(TEN_MB) } }, 'shape'],
  ['10 MB of "crit"', 'HS256', { header: { crit: Array(2_500_000).fill('a') } }, 'shape'],
  ['10 MB of one letter', 'HS256', { token: () => 'a'.repeat(TEN_MB) }, 'shape'],
  ['10 MB of spaces before it', 'HS256', { token: (token) => ' '.repeat(TEN_MB) + token }, 'shape'],
  ['10 MB of padding', 'HS256', { token: (token) => token + '='.repeat(TEN_MB) }, 'shape'],
  ['a million dots', 'HS256', { token: () => '.'.repeat(1_000_000) }, 'shape'],
  ['a million segments (CVE-2025-30204)', 'HS256', { token: () => 'a.'.repeat(1_000_000) }, 'shape'],
  ['dots, 64 KiB of them', 'HS256', { token: () => '.'.repeat(LIMIT) }, 'shape'],
  ['a letter and dots, 64 KiB', 'HS256', { token: () => 'a.'.repeat(LIMIT / 2) }, 'shape'],
  ['letters and a bad end, 64 KiB', 'HS256', { token: () => `${'a'.repeat(LIMIT - 1)}!` }, 'shape'],
  ['60 KB of kid', 'RS256', { header: { kid: 'k'.repeat(45_000) } }, 'key'],
  ['60 KB of "alg"', 'HS256', { header: { alg: 'a'.repeat(45_000) } }, 'algorithm'],
  [
    'thousands of "crit"',
    'HS256',
    { header: { crit: Array.from({ length: 5000 }, (_, i) => `c${i}`) } },
    'malformed',
  ],
  ['60 KB of one digit', 'HS256', claimsOf('9'.repeat(45_000)), 'valid'],
  ['60 KB of a fraction', 'HS256', claimsOf(`0.${'1'.repeat(45_000)}`), 'valid'],
  ['thousands of names', 'HS256', claimsOf(names(4000)), 'valid'],
  ['thousands of names in the header', 'HS256', headerOf(names(4000)), 'valid'],
];

const deep: Row[] = [
  ...[100_000, 1_000_000].flatMap((depth): Row[] => [
    [`a payload of ${depth} lists in one another`, 'HS256', claimsOf(list(depth)), 'shape'],
    [`a header of ${depth} lists in one another`, 'HS256', headerOf(list(depth)), 'shape'],
    [`a payload of ${depth} objects in one another`, 'HS256', claimsOf(tree(depth)), 'shape'],
  ]),
  ['a payload of 24,000 lists in one another', 'HS256', claimsOf(list(24_000)), 'valid'],
  ['a header of 24,000 lists in one another', 'HS256', headerOf(list(24_000)), 'valid'],
  ['a payload of 7,000 objects in one another', 'HS256', claimsOf(tree(7000)), 'valid'],
  ['a header of 7,000 objects in one another', 'HS256', headerOf(tree(7000)), 'valid'],
  ['a payload of 24,000 lists that do not end', 'HS256', claimsOf('['.repeat(24_000)), 'malformed'],
  ['a header of 24,000 lists that do not end', 'HS256', headerOf('['.repeat(24_000)), 'shape'],
  ['a "sub" of 20,000 lists', 'HS256', { rawPayload: `{${CLAIMS_TEXT},"sub":${list(20_000)}}` }, 'claim'],
  ['an "aud" of 20,000 lists', 'HS256', { rawPayload: `{${CLAIMS_TEXT},"aud":${list(20_000)}}` }, 'audience'],
  ['an "exp" of 20,000 lists', 'HS256', { rawPayload: `{${CLAIMS_TEXT},"exp":${list(20_000)}}` }, 'claim'],
  ['an "alg" of 20,000 lists', 'HS256', { rawHeader: `{"alg":${list(20_000)}}` }, 'shape'],
  ['a kid of 20,000 lists', 'RS256', { rawHeader: `{"alg":"RS256","kid":${list(20_000)}}` }, 'key'],
  ['a "crit" of 20,000 lists', 'HS256', { rawHeader: `{"alg":"HS256","crit":${list(20_000)}}` }, 'malformed'],
  [
    'a "typ" of 20,000 lists',
    'HS256',
    { rawHeader: `{"alg":"HS256","typ":${list(20_000)}}` },
    'claim',
    { options: { typ: 'JWT' } },
  ],
];

export const sizeAttacks: readonly Row[] = [...big, ...deep];
