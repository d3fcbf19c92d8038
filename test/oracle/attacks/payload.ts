import { CLAIMS, forge, NOW } from '../../support/forge.js';
import { notAnObject } from './json.js';
import type { Row } from './row.js';

const token = forge('HS256');
const valid = `"iss":"https://issuer.example/","aud":"my-api","exp":${CLAIMS.exp}`;

const notClaims = [
  ...notAnObject(valid),
  ['a nested token (RFC 7519 section 5.2)', token] as const,
  ['a nested token as JSON text', JSON.stringify(token)] as const,
].flatMap(([what, rawPayload]) =>
  (['HS256', 'RS256'] as const).map((alg): Row => {
    return [`an ${alg} payload that is ${what}`, alg, { rawPayload }, 'malformed'];
  }),
);

/** Unusual JSON, read as `JSON.parse` does: of two equal names, the last one counts (RFC 7519 section 4). */
const ODD: ReadonlyArray<readonly [what: string, members: string, Row[3], claims?: object]> = [
  ['a second "sub"', `${valid},"sub":"a","sub":"b"`, 'valid', { sub: 'b' }],
  ['a second "sub" written with escapes', `${valid},"sub":"a","\\u0073ub":"b"`, 'valid', { sub: 'b' }],
  ['a second "exp", past', `${valid},"exp":${NOW - 1}`, 'expired', { exp: NOW - 1 }],
  ['a first "exp", past', `"exp":${NOW - 1},${valid}`, 'valid', { exp: CLAIMS.exp }],
  ['a second "exp", null', `${valid},"exp":null`, 'claim', { exp: null }],
  ['a second "aud", another', `${valid},"aud":"other"`, 'audience', { aud: 'other' }],
  ['a first "aud", another', `"aud":"other",${valid}`, 'valid', { aud: 'my-api' }],
  ['a second "iss", another', `${valid},"iss":"https://attacker.example/"`, 'issuer'],
  ['an escaped lone surrogate', `${valid},"sub":"\\ud800"`, 'valid', { sub: '\ud800' }],
  ['a NUL as an escape', `${valid},"sub":"user-1\\u0000admin"`, 'valid', { sub: 'user-1\0admin' }],
  ['a "__proto__"', `${valid},"__proto__":{"polluted":1,"admin":true}`, 'valid'],
  ['claims only in "__proto__"', `"__proto__":{${valid}}`, 'issuer'],
  ['a "constructor"', `${valid},"constructor":{"prototype":{"polluted":1}}`, 'valid'],
  ['a "prototype"', `${valid},"prototype":{"polluted":1}`, 'valid'],
  ['a "toString"', `${valid},"toString":"x","valueOf":1`, 'valid', { toString: 'x' }],
  ['a "hasOwnProperty"', `${valid},"hasOwnProperty":false`, 'valid', { hasOwnProperty: false }],
  ['a "toJSON"', `${valid},"toJSON":"x"`, 'valid', { toJSON: 'x' }],
  ['a "then"', `${valid},"then":"x"`, 'valid'],
  ['the empty name', `${valid},"":1`, 'valid', { '': 1 }],
];
const odd = ODD.map(([what, members, expected, claims = {}]): Row => {
  return [`a payload with ${what}`, 'HS256', { rawPayload: `{${members}}` }, expected, { claims }];
});

const inherited = ['toString', 'constructor', 'hasOwnProperty', '__proto__', 'valueOf'].map((name): Row => {
  const control = { rawPayload: `{${valid},${JSON.stringify(name)}:1}` };
  const extra = { options: { requiredClaims: [name] }, control };
  return [`a required claim "${name}" that every object inherits`, 'HS256', {}, 'claim', extra];
});

/** RFC 7519 section 5.2, RFC 8725 section 2.8. */
const spaced = ` \t\r\n{ ${valid} }\n`;
const nested: Row[] = [
  ['"cty" JWT over claims', 'HS256', { header: { cty: 'JWT' } }, 'valid'],
  ['"cty" JWT over a token', 'HS256', { header: { cty: 'JWT' }, rawPayload: token }, 'malformed'],
  ['white space around the payload', 'HS256', { rawPayload: spaced }, 'valid'],
];

export const payloadAttacks: readonly Row[] = [...notClaims, ...odd, ...inherited, ...nested];
