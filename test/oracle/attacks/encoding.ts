import { CLAIMS, type Forgery } from '../../support/forge.js';
import { base64url } from '../../support/mint.js';
import { withSegment } from '../../support/tamper.js';
import type { Row } from './row.js';

const SEGMENTS = ['header', 'payload', 'signature'] as const;
const shifted = (segment: string, which: RegExp, by: number): string =>
  segment.replace(which, (c) => String.fromCodePoint(c.charCodeAt(0) + by));
const shown = (text: string): string =>
  JSON.stringify(text).replace(/[^ -~]/gu, (c) => `U+${c.codePointAt(0)}`);
const INSIDE = [...' \n\t\f\0\u00a0\u200b\u2028+/,!', '\r\n', '\ud800', '😀'];
const LOOK_ALIKE = /[AaecopxyXBEHKMPCT]/;
const LATIN = 'AaecopxyXBEHKMPCT';
const CYRILLIC = 'АаесорхуХВЕНКМРСТ';
type Change = readonly [what: string, change: (text: string) => string];
type ByText = (segment: string, text: string) => string;
const each = (texts: readonly string[], where: string, change: ByText): Change[] =>
  texts.map((text) => [`${shown(text)} ${where}`, (segment) => change(segment, text)]);

/** Other spellings of a segment. Each one decodes to the signed bytes with some lenient decoder. */
export const RESPELT: readonly Change[] = [
  ['padding', (s) => s + '='.repeat(4 - (s.length % 4))],
  ...each(['=', '==', '=A', '%3D', ' ', '\n', '\0', '\u0301'], 'at the end', (s, text) => s + text),
  ...each([' ', '\ufeff'], 'at the start', (s, text) => text + s),
  ...each(INSIDE, 'inside', (s, text) => s.slice(0, 4) + text + s.slice(4)),
  ['a Cyrillic look-alike', (s) => s.replace(LOOK_ALIKE, (c) => CYRILLIC.charAt(LATIN.indexOf(c)))],
  ['a full-width character', (s) => shifted(s, /./, 0xfee0)],
  ['a mathematical character', (s) => shifted(s, /[A-Z]/, 0x1d400 - 65)],
  ['a character above 255 with the same low byte', (s) => shifted(s, /./, 0x100)],
  ['one additional character', (s) => `${s}A`.padEnd(Math.ceil(s.length / 4) * 4 + 1, 'A')],
  ['empty text', () => ''],
];

/** RFC 7515 sections 2 and 7.1, RFC 4648 sections 3.1 to 3.5. */
const respelt = (['HS256', 'RS256'] as const).flatMap((alg) =>
  SEGMENTS.flatMap((name, index) =>
    RESPELT.map(([what, change]): Row => {
      const token = (valid: string): string => withSegment(valid, index, change);
      return [`${what} in the ${name} of ${alg} (CVE-2026-102269)`, alg, { token }, 'shape'];
    }),
  ),
);

export const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Pads header and payload until their segments have 2 or 4 leftover bits. */
function withLengths(remainder: 2 | 3): Forgery {
  const pad = (json: object): string =>
    ['', 'x', 'xx']
      .map((x) => JSON.stringify({ ...json, x }))
      .find((text) => base64url(text).length % 4 === remainder) ?? '';
  return { rawHeader: pad({ alg: 'HS256' }), rawPayload: pad(CLAIMS) };
}

/** RFC 4648 section 3.5: all last characters whose leftover bits are not zero. */
const spareBits = ([2, 3] as const).flatMap((remainder) =>
  SEGMENTS.flatMap((name, index) => {
    // An HMAC-SHA256 always leaves 2 bits, and an Ed25519 signature 4.
    const alg = name === 'signature' && remainder === 2 ? 'Ed25519' : 'HS256';
    const control = alg === 'HS256' ? withLengths(remainder) : {};
    const spare = remainder === 2 ? 0b1111 : 0b11;
    return [...ALPHABET]
      .filter((_, value) => (value & spare) !== 0)
      .map((last): Row => {
        const token = (valid: string): string => withSegment(valid, index, (s) => s.slice(0, -1) + last);
        const what = `"${last}" as the last of ${remainder} characters after the full groups of the ${name}`;
        return [what, alg, { ...control, token }, 'shape', { control }];
      });
  }),
);

const JWE_HEADERS = [
  ...['{"alg":"dir","enc":"A256GCM"}', '{"alg":"dir","enc":"A256GCM","zip":"DEF"}'],
  '{"alg":"PBES2-HS256+A128KW","enc":"A256GCM","p2c":2147483647,"p2s":"AAAAAAAAAAA"}',
];
const jwe = (header: string): string =>
  [header, '', 'iv-of-12-byt', 'ciphertext', 'tag-of-16-bytes!'].map(base64url).join('.');
const asJson = (make: (head?: string, payload?: string, signature?: string) => object) => (token: string) =>
  JSON.stringify(make(...token.split('.')));
const header = { alg: 'HS256' };

/** RFC 7515 sections 3.1 and 7.2, RFC 7516 section 9, RFC 7519 section 7.2. */
const SERIALISATIONS: readonly Change[] = [
  ...each(['Bearer ', ' ', '\n', '\ufeff', '.'], 'before it', (token, text) => text + token),
  ...each([' ', '\n', '\r\n', '\0', '.', '.AA', '.AA.AA'], 'after it', (token, text) => token + text),
  ...each(['..', '.', '', ' ', 'null', 'undefined'], 'instead of it', (_, text) => text),
  ...each([',', '\n'], 'and a second token', (token, between) => token + between + token),
  ...each(['%2E', '．', '..'], 'for each dot', (token, dot) => token.replaceAll('.', dot)),
  ...each(JWE_HEADERS, 'as the header of a JWE (CVE-2021-29443, CVE-2022-36083)', (_, header) => jwe(header)),
  ['quotes around it', (token) => `"${token}"`],
  ['two dots', (token) => token.replace('.', '..')],
  ['no signature segment', (token) => token.slice(0, token.lastIndexOf('.'))],
  ['no signature and no dot', (token) => token.slice(0, token.indexOf('.'))],
  ['a detached payload (RFC 7515 appendix F)', (token) => withSegment(token, 1, () => '')],
  ['an empty header', (token) => withSegment(token, 0, () => '')],
  [
    'the flattened JSON serialisation instead of it',
    asJson((head, payload, signature) => ({ protected: head, payload, signature })),
  ],
  // GHSA-jc38-x7x8-2xc8
  ['an unprotected "alg" in JSON', asJson((_, payload, signature) => ({ header, payload, signature }))],
  [
    'the general JSON serialisation instead of it',
    asJson((head, payload) => ({ payload, signatures: [{ protected: head }] })),
  ],
  ['JSON around it', (token) => JSON.stringify({ token })],
  ['a second base64url encoding of the whole token', (token) => base64url(token)],
];
const serialisations = SERIALISATIONS.map(([what, token]): Row => [what, 'HS256', { token }, 'shape']);

export const encodingAttacks: readonly Row[] = [...respelt, ...spareBits, ...serialisations];
