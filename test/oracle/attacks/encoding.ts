import { CLAIMS, type Forgery, replaced } from '../../support/forge.js';
import { base64url } from '../../support/mint.js';
import { type Row, rows } from './row.js';

const SEGMENTS = ['header', 'payload', 'signature'] as const;
const inside = (segment: string, text: string): string => `${segment.slice(0, 4)}${text}${segment.slice(4)}`;
const shifted = (segment: string, which: RegExp, by: number): string =>
  segment.replace(which, (c) => String.fromCodePoint(c.charCodeAt(0) + by));
const LATIN = 'AaecopxyXBEHKMPCT';
const CYRILLIC = 'АаесорхуХВЕНКМРСТ';

/** Each of them decodes, by one lax decoder or another, to the bytes that were signed. */
export const RESPELT: ReadonlyArray<readonly [what: string, change: (segment: string) => string]> = [
  ['padding', (s) => s + '='.repeat(4 - (s.length % 4))],
  ...['=', '==', '=A', '%3D', ' ', '\n', '\0', '\u0301'].map(
    (end) => [`${JSON.stringify(end)} at its end`, (s: string) => `${s}${end}`] as const,
  ),
  ...[' ', '\ufeff'].map((start) => [`${hex(start)} at its start`, (s: string) => `${start}${s}`] as const),
  ...[...' \n\t\f\0\u00a0\u200b\u2028+/,!', '\r\n', '\ud800', '😀'].map(
    (text) => [`${hex(text)} inside`, (s: string) => inside(s, text)] as const,
  ),
  [
    'a Cyrillic look-alike',
    (s) => s.replace(/[AaecopxyXBEHKMPCT]/, (c) => CYRILLIC.charAt(LATIN.indexOf(c))),
  ],
  ['a full-width character', (s) => shifted(s, /./, 0xfee0)],
  ['a mathematical character', (s) => shifted(s, /[A-Z]/, 0x1d400 - 65)],
  ['a character above 255 with the same low byte', (s) => shifted(s, /./, 0x100)],
  ['one character more', (s) => `${s}A`.padEnd(Math.ceil(s.length / 4) * 4 + 1, 'A')],
  ['nothing', () => ''],
];

function hex(text: string): string {
  return [...text].map((c) => `U+${(c.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`).join();
}

/** RFC 7515 sections 2 and 7.1, RFC 4648 sections 3.1 to 3.5. */
const respelt = (['HS256', 'RS256'] as const).flatMap((alg) =>
  SEGMENTS.flatMap((name, index) =>
    RESPELT.map(([what, change]): Row => {
      const token = (good: string): string => replaced(good, index, change);
      return [`${what} in the ${name} of ${alg} (CVE-2026-102269)`, alg, { token }, 'shape'];
    }),
  ),
);

export const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Header and payload padded until the segment leaves spare bits: 2 of them, or 4. */
function withLengths(remainder: 2 | 3): Forgery {
  const pad = (json: object): string =>
    ['', 'x', 'xx']
      .map((x) => JSON.stringify({ ...json, x }))
      .find((text) => base64url(text).length % 4 === remainder) ?? '';
  return { rawHeader: pad({ alg: 'HS256' }), rawPayload: pad(CLAIMS) };
}

/** RFC 4648 section 3.5: every last character that has a bit set where nothing is left to encode. */
const spareBits = ([2, 3] as const).flatMap((remainder) =>
  SEGMENTS.flatMap((name, index) => {
    // An HMAC always leaves 2 spare bits, and an Ed25519 signature 4.
    const alg = name === 'signature' && remainder === 2 ? 'Ed25519' : 'HS256';
    const control = alg === 'HS256' ? withLengths(remainder) : {};
    const spare = remainder === 2 ? 0b1111 : 0b11;
    return [...ALPHABET]
      .filter((_, value) => (value & spare) !== 0)
      .map((last): Row => {
        const token = (good: string): string => replaced(good, index, (s) => s.slice(0, -1) + last);
        const what = `"${last}" at the end of the ${name}, behind a group of ${remainder}`;
        return [what, alg, { ...control, token }, 'shape', { control }];
      });
  }),
);

const jwe = (header: object): string =>
  [JSON.stringify(header), '', 'iv-of-12-byt', 'ciphertext', 'tag-of-16-bytes!'].map(base64url).join('.');
const PBES2 = { alg: 'PBES2-HS256+A128KW', enc: 'A256GCM', p2c: 2 ** 31 - 1, p2s: 'AAAAAAAAAAA' };
const flattened = (header: object) => (token: string) => {
  const [, payload, signature] = token.split('.');
  return JSON.stringify({ payload, signature, ...header });
};

/** RFC 7515 sections 3.1 and 7.2, RFC 7516 section 9, RFC 7519 section 7.2. */
const SERIALISATIONS: ReadonlyArray<readonly [what: string, token: (token: string) => string]> = [
  ['a scheme before it', (token) => `Bearer ${token}`],
  ...[' ', '\n', '\ufeff', '.'].map(
    (start) => [`${hex(start)} before it`, (t: string) => start + t] as const,
  ),
  ...[' ', '\n', '\r\n', '\0', '.'].map((end) => [`${hex(end)} after it`, (t: string) => t + end] as const),
  ['quotes around it', (token) => `"${token}"`],
  ['a second token after a comma', (token) => `${token},${token}`],
  ['a second token after a newline', (token) => `${token}\n${token}`],
  ['percent-encoded dots', (token) => token.replaceAll('.', '%2E')],
  ['full-width dots', (token) => token.replaceAll('.', '．')],
  ['two dots', (token) => token.replace('.', '..')],
  ['no signature segment', (token) => token.slice(0, token.lastIndexOf('.'))],
  ['no signature and no dot', (token) => token.slice(0, token.indexOf('.'))],
  ['four segments', (token) => `${token}.AA`],
  ['five segments, as a JWE has', (token) => `${token}.AA.AA`],
  ['a detached payload (RFC 7515 appendix F)', (token) => replaced(token, 1, () => '')],
  ['an empty header', (token) => replaced(token, 0, () => '')],
  ...['..', '.', '', ' ', 'null', 'undefined'].map((text) => [`no more than "${text}"`, () => text] as const),
  ['the shape of a JWE by direct encryption (CVE-2021-29443)', () => jwe({ alg: 'dir', enc: 'A256GCM' })],
  ['the shape of a JWE and a huge p2c (CVE-2022-36083)', () => jwe(PBES2)],
  ['the shape of a compressed JWE (CVE-2024-28176)', () => jwe({ alg: 'dir', enc: 'A256GCM', zip: 'DEF' })],
  ['the flattened JSON serialisation', (token) => flattened({ protected: token.split('.')[0] })(token)],
  [
    'the flattened serialisation and an unprotected "alg" (GHSA-jc38-x7x8-2xc8)',
    flattened({ header: { alg: 'HS256' } }),
  ],
  [
    'the general JSON serialisation',
    (token) => {
      const [header, payload, signature] = token.split('.');
      return JSON.stringify({ payload, signatures: [{ protected: header, signature }] });
    },
  ],
  ['JSON around it', (token) => JSON.stringify({ token })],
  ['a second encoding of the whole', (token) => base64url(token)],
];
const serialisations = rows(
  'HS256',
  'shape',
  SERIALISATIONS.map(([what, token]) => [what, { token }]),
);

export const encodingAttacks: readonly Row[] = [...respelt, ...spareBits, ...serialisations];
