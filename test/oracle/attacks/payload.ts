import { forge, NOW, type Row } from './forge.js';

const token = forge('HS256');
const LATER = NOW + 3600;
const good = `"iss":"https://issuer.example/","aud":"my-api","exp":${LATER}`;

const NOT_A_CLAIMS_SET: ReadonlyArray<readonly [title: string, rawPayload: string | Uint8Array]> = [
  ['a list (CVE-2026-107723)', `[{${good}}]`],
  ['an empty list (CVE-2026-107723)', '[]'],
  ['text', '"user-1"'],
  ['a number', '1'],
  ['zero', '0'],
  ['null', 'null'],
  ['true', 'true'],
  ['white space', ' '],
  ['a NUL', '\0'],
  ['a nested token (RFC 7519 section 5.2)', token],
  ['a nested token as JSON text', JSON.stringify(token)],
  ['two objects', `{${good}}{${good}}`],
  ['an object and a newline and an object', `{${good}}\n{${good}}`],
  ['an object and a NUL', `{${good}}\0`],
  ['an object and a comma', `{${good}},`],
  ['cut off', `{${good}`],
  ['with a trailing comma', `{${good},}`],
  ['with a comment', `{${good}/* */}`],
  ['with a number that begins with zero', `{${good},"x":01}`],
  ['with a hexadecimal number', `{${good},"x":0x10}`],
  ['with NaN', `{${good},"x":NaN}`],
  ['with Infinity', `{${good},"x":Infinity}`],
  ['with undefined', `{${good},"x":undefined}`],
  ['with a BigInt', `{${good},"x":1n}`],
  ['with a raw newline in text', `{${good},"x":"\n"}`],
  ['JavaScript', `{sub:'user-1'}`],
  ['with a byte-order mark', `\ufeff{${good}}`],
  ['with a byte-order mark after it', `{${good}}\ufeff`],
  ['with an overlong slash', withBytes(0xc0, 0xaf)],
  ['with an overlong NUL', withBytes(0xc0, 0x80)],
  ['with a character cut off', withBytes(0xe2, 0x82)],
  ['with a stray continuation byte', withBytes(0x80)],
  ['with a raw surrogate', withBytes(0xed, 0xa0, 0x80)],
  ['with a raw pair of surrogates', withBytes(0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80)],
  ['beyond Unicode', withBytes(0xf4, 0x90, 0x80, 0x80)],
  ['with byte 0xFF', withBytes(0xff)],
  ['in UTF-16', Buffer.from(`{${good}}`, 'utf16le')],
  ['in UTF-16 with its mark', Buffer.from(`\ufeff{${good}}`, 'utf16le')],
  ['in Latin-1', Buffer.from(`{${good},"x":"é"}`, 'latin1')],
  ['form data', 'sub=user-1&exp=1800003600'],
  ['XML', '<sub>user-1</sub>'],
];

function withBytes(...bytes: number[]): Uint8Array {
  return Buffer.concat([Buffer.from(`{${good},"x":"`), Buffer.from(bytes), Buffer.from('"}')]);
}

/** RFC 7519 section 7.2 step 10, RFC 8725 section 3.7. */
const notClaims: Row[] = NOT_A_CLAIMS_SET.flatMap(([title, rawPayload]): Row[] => [
  [`a payload that is ${title}`, 'HS256', { rawPayload }, 'malformed'],
  [`a payload that is ${title}, by RSA`, 'RS256', { rawPayload }, 'malformed'],
]);

/** Of two equal names the last governs, as `JSON.parse` has it (RFC 7519 section 4). */
const odd: Row[] = [
  ['a second "sub"', `{${good},"sub":"a","sub":"b"}`, 'valid', { sub: 'b' }],
  ['a second "sub" written with escapes', `{${good},"sub":"a","\\u0073ub":"b"}`, 'valid', { sub: 'b' }],
  ['a second "exp", past', `{${good},"exp":${NOW - 1}}`, 'expired', { exp: NOW - 1 }],
  ['a first "exp", past', `{"exp":${NOW - 1},${good}}`, 'valid', { exp: LATER }],
  ['a second "exp", null', `{${good},"exp":null}`, 'claim', { exp: null }],
  ['a second "aud", another', `{${good},"aud":"other"}`, 'audience', { aud: 'other' }],
  ['a first "aud", another', `{"aud":"other",${good}}`, 'valid', { aud: 'my-api' }],
  ['a second "iss", another', `{${good},"iss":"https://attacker.example/"}`, 'issuer', {}],
  ['an escaped lone surrogate', `{${good},"sub":"\\ud800"}`, 'valid', { sub: '\ud800' }],
  ['a NUL written as an escape', `{${good},"sub":"user-1\\u0000admin"}`, 'valid', { sub: 'user-1\0admin' }],
  ['white space around it', ` \t\r\n{ ${good} }\n`, 'valid', {}],
  ['a "__proto__"', `{${good},"__proto__":{"polluted":1,"admin":true}}`, 'valid', {}],
  ['claims only in "__proto__"', `{"__proto__":{${good}}}`, 'issuer', {}],
  ['a "constructor"', `{${good},"constructor":{"prototype":{"polluted":1}}}`, 'valid', {}],
  ['a "prototype"', `{${good},"prototype":{"polluted":1}}`, 'valid', {}],
  ['a "toString"', `{${good},"toString":"x","valueOf":1}`, 'valid', { toString: 'x' }],
  ['a "hasOwnProperty"', `{${good},"hasOwnProperty":false}`, 'valid', { hasOwnProperty: false }],
  ['a "toJSON"', `{${good},"toJSON":"x"}`, 'valid', { toJSON: 'x' }],
  ['a "then"', `{${good},"then":"x"}`, 'valid', {}],
  ['the empty name', `{${good},"":1}`, 'valid', { '': 1 }],
].map(
  ([title, rawPayload, expected, claims]) =>
    [`a payload with ${title}`, 'HS256', { rawPayload }, expected, { claims }] as Row,
);

const inherited: Row[] = ['toString', 'constructor', 'hasOwnProperty', '__proto__', 'valueOf'].map(
  (name): Row => [
    `a required claim "${name}" that every object inherits`,
    'HS256',
    {},
    'claim',
    {
      options: { requiredClaims: [name] },
      control: { rawPayload: `{${good},${JSON.stringify(name)}:1}` },
    },
  ],
);

/** RFC 7519 section 5.2, RFC 8725 section 2.8. */
const nested: Row[] = [
  ['"cty" JWT over claims', 'HS256', { header: { cty: 'JWT' } }, 'valid'],
  ['"cty" JWT over a token', 'HS256', { header: { cty: 'JWT' }, rawPayload: token }, 'malformed'],
];

export const payloadAttacks: readonly Row[] = [...notClaims, ...odd, ...inherited, ...nested];
