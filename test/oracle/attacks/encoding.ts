import type { Algorithm } from '../../../src/signature/algorithms.js';
import { base64url } from '../../support/mint.js';
import { type Forgery, forge, type Row } from './forge.js';
import { replaced } from './header.js';

const SEGMENTS = ['header', 'payload', 'signature'] as const;

/** Each of them decodes, by one lax decoder or another, to the bytes that were signed. */
const RESPELT: ReadonlyArray<readonly [title: string, change: (segment: string) => string]> = [
  ['padding', (s) => s + '='.repeat(4 - (s.length % 4))],
  ['one padding character', (s) => `${s}=`],
  ['two padding characters', (s) => `${s}==`],
  ['padding and more', (s) => `${s}=A`],
  ['percent-encoded padding', (s) => `${s}%3D`],
  ['a leading space', (s) => ` ${s}`],
  ['a trailing space', (s) => `${s} `],
  ['a space inside', (s) => inside(s, ' ')],
  ['a trailing newline', (s) => `${s}\n`],
  ['a newline inside', (s) => inside(s, '\n')],
  ['a CRLF inside', (s) => inside(s, '\r\n')],
  ['a tab inside', (s) => inside(s, '\t')],
  ['a form feed inside', (s) => inside(s, '\f')],
  ['a NUL inside', (s) => inside(s, '\0')],
  ['a trailing NUL', (s) => `${s}\0`],
  ['a no-break space inside', (s) => inside(s, '\u00a0')],
  ['a zero-width space inside', (s) => inside(s, '\u200b')],
  ['a byte-order mark before', (s) => `\ufeff${s}`],
  ['a line separator inside', (s) => inside(s, '\u2028')],
  ['a lone surrogate inside', (s) => inside(s, '\ud800')],
  ['an emoji inside', (s) => inside(s, '😀')],
  ['a combining mark', (s) => `${s}\u0301`],
  ['a Cyrillic look-alike', (s) => s.replace(/[AaecopxyXBEHKMPCT]/, (c) => LOOK_ALIKES[c] ?? '')],
  ['a full-width character', (s) => s.replace(/./, (c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0))],
  [
    'a mathematical character',
    (s) => s.replace(/[A-Z]/, (c) => String.fromCodePoint(c.charCodeAt(0) - 65 + 0x1d400)),
  ],
  ['a plus inside', (s) => inside(s, '+')],
  ['a slash inside', (s) => inside(s, '/')],
  ['a comma inside', (s) => inside(s, ',')],
  ['an exclamation mark inside', (s) => inside(s, '!')],
  [
    'a character above 255 with the same low byte',
    (s) => s.replace(/./, (c) => String.fromCharCode(c.charCodeAt(0) + 0x100)),
  ],
  ['one character more', (s) => `${s}A`.padEnd(Math.ceil(s.length / 4) * 4 + 1, 'A')],
  ['nothing', () => ''],
];

const LOOK_ALIKES: Readonly<Record<string, string>> = {
  ...{ A: 'А', a: 'а', e: 'е', c: 'с', o: 'о', p: 'р', x: 'х', y: 'у', X: 'Х', B: 'В', E: 'Е' },
  ...{ H: 'Н', K: 'К', M: 'М', P: 'Р', C: 'С', T: 'Т' },
};

function inside(segment: string, text: string): string {
  return `${segment.slice(0, 4)}${text}${segment.slice(4)}`;
}

/** RFC 7515 sections 2 and 7.1, RFC 4648 sections 3.1 to 3.5. */
const respelt: Row[] = (['HS256', 'RS256'] as const).flatMap((alg) =>
  SEGMENTS.flatMap((name, index) =>
    RESPELT.map(
      ([title, change]): Row => [
        `the ${name} of ${alg} with ${title} (CVE-2026-102269)`,
        alg,
        { token: (token) => replaced(token, index, change) },
        'shape',
      ],
    ),
  ),
);

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Header and payload padded until the segment leaves spare bits: 2 of them, or 4. */
function withLengths(remainder: 2 | 3): Forgery {
  const pad = (json: (pad: string) => string): string => {
    const found = ['', 'x', 'xx'].map(json).find((text) => base64url(text).length % 4 === remainder);
    return found ?? '';
  };
  return {
    rawHeader: pad((x) => JSON.stringify({ alg: 'HS256', x })),
    rawPayload: pad((x) => JSON.stringify({ ...claims(), x })),
  };
}

function claims(): object {
  return JSON.parse(Buffer.from(forge('HS256').split('.')[1] ?? '', 'base64url').toString()) as object;
}

/** RFC 4648 section 3.5: every last character that has a bit set where nothing is left to encode. */
const spareBits: Row[] = ([2, 3] as const).flatMap((remainder) =>
  SEGMENTS.flatMap((name, index): Row[] => {
    // An HMAC always leaves 2 spare bits, and an Ed25519 signature 4.
    const alg: Algorithm = name === 'signature' && remainder === 2 ? 'Ed25519' : 'HS256';
    const control = alg === 'HS256' ? withLengths(remainder) : {};
    const spare = remainder === 2 ? 0b1111 : 0b11;
    return [...ALPHABET]
      .filter((_, value) => (value & spare) !== 0)
      .map((last) => {
        const token = (good: string): string =>
          replaced(good, index, (segment) => segment.slice(0, -1) + last);
        const title = `the ${name} with "${last}" behind a group of ${remainder}`;
        return [title, alg, { ...control, token }, 'shape', { control }];
      });
  }),
);

const around = (title: string, token: (token: string) => string): Row => [title, 'HS256', { token }, 'shape'];
const parts = (token: string): string[] => token.split('.');

/** RFC 7515 sections 3.1 and 7.2, RFC 7516 section 9, RFC 7519 section 7.2. */
const serialisations: Row[] = [
  around('a scheme before it', (token) => `Bearer ${token}`),
  around('a leading space', (token) => ` ${token}`),
  around('a trailing space', (token) => `${token} `),
  around('a leading newline', (token) => `\n${token}`),
  around('a trailing newline', (token) => `${token}\n`),
  around('a trailing CRLF', (token) => `${token}\r\n`),
  around('a trailing NUL', (token) => `${token}\0`),
  around('a byte-order mark', (token) => `\ufeff${token}`),
  around('quotes', (token) => `"${token}"`),
  around('a second token after a comma', (token) => `${token},${token}`),
  around('a second token after a newline', (token) => `${token}\n${token}`),
  around('percent-encoded dots', (token) => token.replaceAll('.', '%2E')),
  around('full-width dots', (token) => token.replaceAll('.', '．')),
  around('a leading dot', (token) => `.${token}`),
  around('a trailing dot', (token) => `${token}.`),
  around('two dots', (token) => token.replace('.', '..')),
  around('no signature segment', (token) => parts(token).slice(0, 2).join('.')),
  around('no signature and no dot', (token) => parts(token)[0] ?? ''),
  around('four segments', (token) => `${token}.AA`),
  around('a detached payload (RFC 7515 appendix F)', (token) => replaced(token, 1, () => '')),
  around('an empty header', (token) => replaced(token, 0, () => '')),
  around('only dots', () => '..'),
  around('only one dot', () => '.'),
  around('nothing', () => ''),
  around('white space', () => ' '),
  around('"null"', () => 'null'),
  around('"undefined"', () => 'undefined'),
  around('five segments, as a JWE has', (token) => `${token}.AA.AA`),
  around('a JWE by direct encryption (CVE-2021-29443)', () => jwe({ alg: 'dir', enc: 'A256GCM' })),
  around('a JWE with a huge p2c (CVE-2022-36083)', () =>
    jwe({ alg: 'PBES2-HS256+A128KW', enc: 'A256GCM', p2c: 2 ** 31 - 1, p2s: 'AAAAAAAAAAA' }),
  ),
  around('a JWE that is compressed (CVE-2024-28176)', () => jwe({ alg: 'dir', enc: 'A256GCM', zip: 'DEF' })),
  around('the flattened JSON serialisation', (token) => {
    const [header, payload, signature] = parts(token);
    return JSON.stringify({ protected: header, payload, signature });
  }),
  around('the general JSON serialisation', (token) => {
    const [header, payload, signature] = parts(token);
    return JSON.stringify({ payload, signatures: [{ protected: header, signature }] });
  }),
  around('the flattened serialisation with an unprotected "alg" (GHSA-jc38-x7x8-2xc8)', (token) => {
    const [, payload, signature] = parts(token);
    return JSON.stringify({ header: { alg: 'HS256' }, payload, signature });
  }),
  around('the token as JSON in JSON', (token) => JSON.stringify({ token })),
  around('the whole token encoded again', (token) => base64url(token)),
];

function jwe(header: object): string {
  return [JSON.stringify(header), '', 'iv-of-12-byt', 'ciphertext', 'tag-of-16-bytes!']
    .map(base64url)
    .join('.');
}

export const encodingAttacks: readonly Row[] = [...respelt, ...spareBits, ...serialisations];
