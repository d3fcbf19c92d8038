import { base64url } from '../../support/mint.js';
import { ATTACKER, forge, KEYS, type Row } from './forge.js';

const attackerCertificate = base64url(ATTACKER.rsa.publicKey.export({ format: 'der', type: 'spki' }));
const attackerSecret = { kty: 'oct', k: base64url('attacker'), kid: 'attacker' };

/** RFC 7515 section 10.3 and RFC 8725 section 3.10: the token brings its own key. */
const embedded: Row[] = [
  ...(['rsa', undefined] as const).map(
    (kid): Row => [
      `its own RSA key in "jwk", kid ${kid} (CVE-2018-0114)`,
      'RS256',
      { header: { jwk: ATTACKER.rsa.jwk, kid }, key: ATTACKER.rsa.privateKey },
      'signature',
    ],
  ),
  [
    'its own RSA key in "jwk" under a kid of its own',
    'RS256',
    { header: { jwk: { ...ATTACKER.rsa.jwk, kid: 'x' }, kid: 'x' }, key: ATTACKER.rsa.privateKey },
    'key',
  ],
  [
    'its own EC key in "jwk"',
    'ES256',
    { header: { jwk: ATTACKER.p256.jwk }, key: ATTACKER.p256.privateKey },
    'signature',
  ],
  ['its own HMAC key in "jwk"', 'HS256', { header: { jwk: attackerSecret }, key: 'attacker' }, 'signature'],
  [
    'its own certificate in "x5c"',
    'RS256',
    { header: { x5c: [attackerCertificate] }, key: ATTACKER.rsa.privateKey },
    'signature',
  ],
  [
    'the thumbprint of its own certificate in "x5t#S256"',
    'RS256',
    { header: { 'x5t#S256': attackerCertificate, kid: undefined }, key: ATTACKER.rsa.privateKey },
    'signature',
  ],
];

/** RFC 8725 section 3.10: the token says where its key is. Whoever runs these counts the requests to `url`. */
export const fetchAttacks = (url: string): readonly Row[] =>
  [url, `${url}#fragment`, url.replace('http://', 'http://issuer.example@')].flatMap((link): Row[] => [
    [`its own JWKS in "jku" ${shown(link)}`, 'RS256', fetched({ jku: link, kid: undefined }), 'signature'],
    [
      `its own JWKS in "jku" ${shown(link)} under a kid of its own`,
      'RS256',
      fetched({ jku: link, kid: 'x' }),
      'key',
    ],
    [`its own certificate in "x5u" ${shown(link)}`, 'RS256', fetched({ x5u: link }), 'signature'],
    [`a URL as kid ${shown(link)}`, 'RS256', fetched({ kid: link }), 'key'],
    [`a URL as issuer ${shown(link)}`, 'RS256', { claims: { iss: link } }, 'issuer'],
    [
      `"jku" in an HMAC token ${shown(link)}`,
      'HS256',
      { header: { jku: link }, key: 'attacker' },
      'signature',
    ],
  ]);

const fetched = (header: Record<string, unknown>) => ({ header, key: ATTACKER.rsa.privateKey });
const shown = (link: string): string => `(${link.replace(/:\d+/, '')})`;

const KEY_IDS: ReadonlyArray<readonly [title: string, kid: unknown]> = [
  ['a path', '../../../../../../dev/null'],
  ['a Windows path', '..\\..\\..\\windows\\win.ini'],
  ['SQL', "' UNION SELECT 'attacker' -- "],
  ['a shell command', '$(cat /etc/passwd)|`id`'],
  ['a file URL', 'file:///dev/null'],
  ['of 10 KB', 'k'.repeat(10_240)],
  ['empty', ''],
  ['null', null],
  ['zero', 0],
  ['a number', 1],
  ['true', true],
  ['an array', []],
  ['a list that holds ours', ['rsa']],
  ['an object', {}],
  ['an object with toString', { toString: 'rsa' }],
  ['"__proto__"', '__proto__'],
  ['"constructor"', 'constructor'],
  ['"toString"', 'toString'],
  ['"hasOwnProperty"', 'hasOwnProperty'],
  ['"undefined"', 'undefined'],
  ['a lone surrogate', '\ud800'],
  ['ours with a NUL', 'rsa\0'],
  ['ours with a space', 'rsa '],
  ['ours in upper case', 'RSA'],
  ['ours in full width', 'ｒｓａ'],
  ['ours with percent signs', '%72sa'],
];

/** RFC 8725 section 3.10 again, and RFC 7515 section 4.1.4. A secret has no id, so its tokens may say anything. */
const keyIds: Row[] = KEY_IDS.flatMap(([title, kid]): Row[] => [
  [`a kid that is ${title}`, 'RS256', { header: { kid } }, 'key'],
  [`a kid that is ${title}, by the empty secret`, 'HS256', { header: { kid }, key: '' }, 'signature'],
  [`a kid that is ${title}, by the right secret`, 'HS256', { header: { kid } }, 'valid'],
]);

const crit = (value: unknown, more: object = {}) => ({ header: { crit: value, ...more } });

const UNSUPPORTED: ReadonlyArray<readonly [title: string, forgery: ReturnType<typeof crit>]> = [
  ['unknown', crit(['x-policy'], { 'x-policy': 'require-mfa' })],
  ['unknown and absent', crit(['x-policy'])],
  ['empty', crit([])],
  ['null', crit(null)],
  ['text', crit('x-policy', { 'x-policy': 1 })],
  ['the text "b64"', crit('b64', { b64: true })],
  ['empty text', crit('')],
  ['false', crit(false)],
  ['zero', crit(0)],
  ['an object', crit({ 0: 'b64', length: 1 }, { b64: true })],
  ['a list of null', crit([null])],
  ['a list of a list', crit([['b64']], { b64: true })],
  ['an empty name', crit([''], { '': 1 })],
  ['"exp"', crit(['exp'], { exp: 1 })],
  ['"alg"', crit(['alg'])],
  ['"kid"', crit(['kid'])],
  ['"typ"', crit(['typ'])],
  ['"crit"', crit(['crit'])],
  ['"__proto__"', crit(['__proto__'])],
  ['"constructor"', crit(['constructor'])],
  ['"b64" without b64', crit(['b64'])],
  ['"b64" and b64 null', crit(['b64'], { b64: null })],
  ['"b64" and b64 "true"', crit(['b64'], { b64: 'true' })],
  ['"b64" and b64 "false"', crit(['b64'], { b64: 'false' })],
  ['"b64" and b64 1', crit(['b64'], { b64: 1 })],
  ['"b64" and unknown', crit(['b64', 'x-policy'], { b64: true, 'x-policy': 1 })],
  ['unknown, twice', crit(['x-policy', 'x-policy'], { 'x-policy': 1 })],
  ['"B64"', crit(['B64'], { B64: true })],
];

/** RFC 7515 section 4.1.11 and RFC 7797 sections 6 and 7. */
const critical: Row[] = [
  ...UNSUPPORTED.flatMap(([title, forgery]): Row[] => [
    [`"crit": ${title} (CVE-2026-35042, CVE-2026-32597)`, 'HS256', forgery, 'malformed'],
    [`"crit": ${title}, by RSA`, 'RS256', forgery, 'malformed'],
  ]),
  ['an unencoded payload with "crit"', 'HS256', crit(['b64'], { b64: false }), 'shape'],
  ['an unencoded payload without "crit"', 'HS256', { header: { b64: false } }, 'shape'],
  ['an unencoded payload with "crit", by RSA', 'RS256', crit(['b64'], { b64: false }), 'shape'],
  [
    'a payload that really is unencoded (CVE-2026-48525)',
    'HS256',
    { ...crit(['b64'], { b64: false }), token: (token) => replaced(token, 1, () => '{"sub":"user-1"}') },
    'shape',
  ],
  ['"crit" that says what is so anyway', 'HS256', crit(['b64'], { b64: true }), 'valid'],
  ['"crit" that says so twice', 'HS256', crit(['b64', 'b64'], { b64: true }), 'valid'],
  ['"crit" that says what is so anyway, by EC', 'ES256', crit(['b64'], { b64: true }), 'valid'],
  ['b64 without "crit"', 'HS256', { header: { b64: true } }, 'valid'],
  ['"crit" in another case', 'HS256', { header: { Crit: ['x-policy'] } }, 'valid'],
];

const TYPES: ReadonlyArray<readonly [typ: unknown, expected: 'valid' | 'claim']> = [
  ['at+jwt', 'valid'],
  ['AT+JWT', 'valid'],
  ['application/at+jwt', 'valid'],
  ['APPLICATION/AT+JWT', 'valid'],
  ['JWT', 'claim'],
  ['at+jwt ', 'claim'],
  ['at+jwt\0', 'claim'],
  ['text/at+jwt', 'claim'],
  ['application/application/at+jwt', 'claim'],
  ['application/', 'claim'],
  ['', 'claim'],
  [null, 'claim'],
  [1, 'claim'],
  [['at+jwt'], 'claim'],
  [{}, 'claim'],
  [undefined, 'claim'],
];

/** RFC 8725 sections 2.8, 3.11 and 3.12: a token of another kind from the same issuer. */
const kinds: Row[] = [
  ...TYPES.map(
    ([typ, expected]): Row => [
      `"typ" ${JSON.stringify(typ)} where at+jwt is expected`,
      'RS256',
      { header: { typ } },
      expected,
      { options: { typ: 'at+jwt' }, control: { header: { typ: 'at+jwt' } } },
    ],
  ),
  ['"typ" of any type where none is expected', 'HS256', { header: { typ: [1] } }, 'valid'],
];

const NOT_A_HEADER: ReadonlyArray<readonly [title: string, rawHeader: string | Uint8Array]> = [
  ['a list', '[{"alg":"HS256"}]'],
  ['text', '"HS256"'],
  ['a token', JSON.stringify(forge('HS256'))],
  ['a number', '256'],
  ['null', 'null'],
  ['true', 'true'],
  ['white space', ' '],
  ['cut off', '{"alg":"HS256"'],
  ['two objects', '{"alg":"HS256"}{"alg":"HS256"}'],
  ['an object and a comma', '{"alg":"HS256"},'],
  ['an object and a NUL', '{"alg":"HS256"}\0'],
  ['JavaScript', "{alg:'HS256'}"],
  ['with a comment', '{"alg":"HS256"/**/}'],
  ['with a trailing comma', '{"alg":"HS256",}'],
  ['with NaN', '{"alg":"HS256","x":NaN}'],
  ['with a raw newline in text', '{"alg":"HS256","x":"\n"}'],
  ['empty', '{}'],
  ['with "ALG"', '{"ALG":"HS256"}'],
  ['with a nested "alg"', '{"header":{"alg":"HS256"}}'],
  ['with an "alg" in "__proto__"', '{"__proto__":{"alg":"HS256"}}'],
  ['with a byte-order mark', '\ufeff{"alg":"HS256"}'],
  ['with a byte-order mark after it', '{"alg":"HS256"}\ufeff'],
  ['with an overlong slash', withBytes(0xc0, 0xaf)],
  ['with a character cut off', withBytes(0xe2, 0x82)],
  ['with a stray continuation byte', withBytes(0x80)],
  ['with a raw surrogate', withBytes(0xed, 0xa0, 0x80)],
  ['beyond Unicode', withBytes(0xf5, 0x80, 0x80, 0x80)],
  ['with byte 0xFF', withBytes(0xff)],
  ['in UTF-16', Buffer.from('{"alg":"HS256"}', 'utf16le')],
  ['in UTF-16 with its mark', Buffer.from('\ufeff{"alg":"HS256"}', 'utf16le')],
  ['in Latin-1', Buffer.from('{"alg":"HS256","x":"é"}', 'latin1')],
  ['binary', Uint8Array.of(0, 1, 2, 3)],
];

function withBytes(...bytes: number[]): Uint8Array {
  return Buffer.concat([Buffer.from('{"alg":"HS256","x":"'), Buffer.from(bytes), Buffer.from('"}')]);
}

/** RFC 7515 section 5.2 steps 2 to 4, RFC 8725 section 3.7. */
const unreadable: Row[] = NOT_A_HEADER.map(
  ([title, rawHeader]): Row => [`a header that is ${title}`, 'HS256', { rawHeader }, 'shape'],
);

/** Odd, and read as `JSON.parse` reads it: of two equal names the last governs (RFC 7515 section 4). */
const odd: Row[] = [
  ['a second "alg", none', 'HS256', { rawHeader: '{"alg":"HS256","alg":"none"}' }, 'algorithm'],
  ['a first "alg", none', 'HS256', { rawHeader: '{"alg":"none","alg":"HS256"}' }, 'valid'],
  [
    'a second "alg", RS256, over an HMAC',
    'RS256',
    { rawHeader: '{"alg":"HS256","alg":"RS256"}', key: KEYS.rsa.privateKey },
    'valid',
  ],
  [
    'a second "alg" written with escapes',
    'HS256',
    { rawHeader: '{"alg":"HS256","\\u0061lg":"none"}' },
    'algorithm',
  ],
  ['an "alg" written with escapes', 'HS256', { rawHeader: '{"\\u0061lg":"\\u0048S256"}' }, 'valid'],
  ['a second kid, unknown', 'RS256', { rawHeader: '{"alg":"RS256","kid":"rsa","kid":"x"}' }, 'key'],
  ['a first kid, unknown', 'RS256', { rawHeader: '{"alg":"RS256","kid":"x","kid":"rsa"}' }, 'valid'],
  [
    'a second "crit", unknown',
    'HS256',
    { rawHeader: '{"alg":"HS256","crit":["b64"],"b64":true,"crit":["x"]}' },
    'malformed',
  ],
  ['an escaped lone surrogate', 'HS256', { rawHeader: '{"alg":"HS256","x":"\\ud800"}' }, 'valid'],
  ['white space around it', 'HS256', { rawHeader: ' \t\r\n{ "alg" : "HS256" }\n' }, 'valid'],
  [
    'a "crit" in "__proto__"',
    'HS256',
    { rawHeader: '{"alg":"HS256","__proto__":{"crit":["x"],"polluted":1}}' },
    'valid',
  ],
  [
    'a prototype in "constructor"',
    'HS256',
    { rawHeader: '{"alg":"HS256","constructor":{"prototype":{"polluted":1}}}' },
    'valid',
  ],
  [
    'names of Object.prototype',
    'HS256',
    { rawHeader: '{"alg":"HS256","hasOwnProperty":1,"toString":2,"valueOf":3}' },
    'valid',
  ],
].map(([title, ...rest]) => [`a header with ${title}`, ...rest] as unknown as Row);

/** The token with one of its segments changed. */
export function replaced(token: string, index: number, change: (segment: string) => string): string {
  return token
    .split('.')
    .map((segment, i) => (i === index ? change(segment) : segment))
    .join('.');
}

export const headerAttacks: readonly Row[] = [
  ...embedded,
  ...keyIds,
  ...critical,
  ...kinds,
  ...unreadable,
  ...odd,
];
