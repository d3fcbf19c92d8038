import type { Options } from '../../support/clients.js';
import { CLAIMS, type Forgery, ISSUER, NOW } from '../../support/forge.js';
import type { Expected, Row } from './row.js';

/** The valid claims, with one claim as JSON text, because `JSON.stringify` cannot write all of these values. */
function withClaim(name: string, json: string): Forgery {
  const others = Object.entries(CLAIMS).filter(([claim]) => claim !== name);
  const members = others.map(([claim, value]) => `"${claim}":${JSON.stringify(value)}`);
  return { rawPayload: `{${[...members, `"${name}":${json}`].join()}}` };
}

type Line = readonly [claim: string, values: readonly unknown[], expected: Expected, options?: Options];

/** One row for each value. Text is used as JSON. */
const each = ([claim, values, expected, options]: Line): Row[] =>
  values.map((value) => {
    const json = typeof value === 'string' ? value : String(value);
    const under = options ? ` with the options ${JSON.stringify(options)}` : '';
    const what = `"${claim}" ${json.slice(0, 60)}${under}`;
    return [what, 'HS256', withClaim(claim, json), expected, { options }];
  });

const quoted = (texts: readonly unknown[]): string[] => texts.map((text) => JSON.stringify(text));

const PLAIN: Options = {};
const TOLERANT: Options = { clockTolerance: '30s' };
const YOUNG: Options = { maxTokenAge: '1h' };
const STRICT: Options = { requiredClaims: ['exp', 'jti'] };
const TYP_ID: Forgery = { header: { typ: 'id' } };

const NOT_TEXT = 'null 0 1 -0 1e400 true false [] ["user-1"] {} {"toString":"x"}'.split(' ');
// biome-ignore format: one type per line
const OTHER_ISSUERS = quoted([
  'https://attacker.example/', 'https://', 'h', '__proto__', 'toString',
  ISSUER.slice(0, -1), ISSUER.slice(1), `${ISSUER}/`, `${ISSUER}?`, `${ISSUER}#`, `${ISSUER}x`,
  `${ISSUER} `, ` ${ISSUER}`, `${ISSUER}\0`, `${ISSUER}\n`, `${ISSUER}@attacker.example/`,
  `${ISSUER},https://attacker.example/`, ISSUER.toUpperCase(), 'HTTPS://issuer.example/',
  'https://Issuer.example/', 'http://issuer.example/', 'https://issuer.example:443/',
  'https://issuer.example./', 'https://issuer%2Eexample/', 'https://issuer．example/',
  [ISSUER], ['https://attacker.example/', ISSUER], { 0: ISSUER, length: 1 }, '',
]);
const NO_AUDIENCE = 'null 0 true {} [null] [1] [{}] {"0":"my-api","length":1} [["my-api"]] 1e400'.split(' ');
const MIXED_AUDIENCE = '["my-api",1] ["my-api",null] ["my-api",["other"]] [{},"my-api"]'.split(' ');
// biome-ignore format: one type per line
const OTHER_AUDIENCES = [
  'other', 'my-ap', 'y-api', 'my-apis', 'my-api ', ' my-api', 'MY-API', 'my-api\0', 'my-api,other', 'my‐api',
];
// biome-ignore format: one type per line
const NOT_A_TIME = [
  'null', 'true', 'false', '""', '" "', '"0"', `"${NOW + 3600}"`, `"${NOW - 3600}"`, '"0x7fffffff"',
  '"Infinity"', '"never"', '"2099-01-01T00:00:00Z"', '[]', `[${NOW + 3600}]`, '{}', '{"valueOf":1}',
  '1e400', '-1e400', '9'.repeat(400), `-${'9'.repeat(400)}.5`,
];
const { MAX_SAFE_INTEGER, MIN_SAFE_INTEGER } = Number;

const TABLE: readonly Line[] = [
  // RFC 7519 sections 4.1.1, 4.1.2 and 4.1.7.
  ['iss', NOT_TEXT, 'issuer'],
  ['iss', NOT_TEXT, 'claim', PLAIN],
  ...['sub', 'jti'].map((claim): Line => [claim, NOT_TEXT, 'claim']),
  ...['sub', 'jti', 'iss'].map((claim): Line => [claim, ['""'], 'valid', PLAIN]),
  // RFC 8725 section 3.8, CVE-2025-30144: the issuer must match character for character.
  ['iss', OTHER_ISSUERS, 'issuer'],
  // RFC 7519 section 4.1.3, RFC 8725 section 3.9.
  ['aud', NO_AUDIENCE, 'audience'],
  ['aud', MIXED_AUDIENCE, 'claim'],
  ['aud', [...NO_AUDIENCE, ...MIXED_AUDIENCE], 'claim', PLAIN],
  ['aud', ['[]', '""', '[""]', JSON.stringify(Array(5000).fill('other'))], 'audience'],
  ['aud', ['[]'], 'valid', PLAIN],
  ['aud', quoted([...OTHER_AUDIENCES, ...OTHER_AUDIENCES.map((aud) => [aud])]), 'audience'],
  ['aud', ['["other","my-api"]', '["my-api","my-api"]'], 'valid'],
  ['aud', ['"m"'], 'audience', { audience: ['my-api', 'other'] }],
  // RFC 7519 sections 2 and 4.1.4 to 4.1.6; CVE-2026-44459 lists falsy and infinite values and wrong types.
  ...['exp', 'nbf', 'iat'].map((claim): Line => [claim, NOT_A_TIME, 'claim']),
  ['exp', [0, '-0', 1, 0.5, 5e-324, -1, -0.5, -1e308, NOW, NOW - 1, NOW - 0.5, '18e8'], 'expired'],
  ['exp', [NOW + 1, NOW + 0.5, MAX_SAFE_INTEGER, 2 ** 53 + 2, 1e308, NOW * 1000], 'valid'],
  ['nbf', [0, '-0', -1, NOW, NOW - 0.5, -1e308, MIN_SAFE_INTEGER], 'valid'],
  ['nbf', [NOW + 0.5, NOW + 1, MAX_SAFE_INTEGER, 1e308, NOW * 1000], 'not_yet_valid'],
  ['iat', [0, -1, NOW, NOW + 1, 1e308, -1e308], 'valid'],
  ['exp', [NOW - 29], 'valid', TOLERANT],
  ['exp', [NOW - 30], 'expired', TOLERANT],
  ['nbf', [NOW + 30], 'valid', TOLERANT],
  ['nbf', [NOW + 31, NOW + 30.5], 'not_yet_valid', TOLERANT],
  ['iat', [NOW - 3600], 'valid', YOUNG],
  ['iat', [NOW - 3601, NOW - 3600.5, 0, '-0'], 'expired', YOUNG],
  ['iat', [NOW + 1, '1e400', 'null'], 'claim', YOUNG],
  ['exp', ['null', '1e400'], 'claim', STRICT],
];

// The last row is the same letter, written as two code points and as one.
// biome-ignore format: a table
const ISSUERS = [
  ['ab', 'abc'], ['abcd', 'abc'], ['a', 'abc', 'b'], ['abc,b', 'abc', 'b'], ['e\u0301', '\u00e9'],
];
const issuers = ISSUERS.map(([iss, ...issuer]): Row => {
  const extra = { options: { issuer }, control: { claims: { iss: issuer[0] } } };
  const what = `"iss" ${JSON.stringify(iss)} for ${JSON.stringify(issuer)} (CVE-2024-53861)`;
  return [what, 'HS256', { claims: { iss } }, 'issuer', extra];
});

/** Expired tokens with another defect. The reason must be that defect, because `expired` means that nothing else is wrong. */
const past = (claims = {}, more: Forgery = {}): Forgery => ({ ...more, claims: { exp: NOW - 1, ...claims } });
const others: Row[] = [
  ['no "iss"', 'HS256', { claims: { iss: undefined } }, 'issuer'],
  ['no "aud" (CVE-2025-62610)', 'HS256', { claims: { aud: undefined } }, 'audience'],
  ['no "exp" if it is not required', 'HS256', { claims: { exp: undefined } }, 'valid'],
  ['no "exp" if it is required', 'HS256', { claims: { exp: undefined } }, 'claim', { options: STRICT }],
  ['no "iat" with "maxTokenAge"', 'HS256', { claims: { iat: undefined } }, 'claim', { options: YOUNG }],
  ['no "iat" and no "nbf"', 'HS256', { claims: { iat: undefined, nbf: undefined } }, 'valid'],
  ['a past "exp" and another issuer', 'HS256', past({ iss: 'x' }), 'issuer'],
  ['a past "exp" and another audience', 'HS256', past({ aud: 'x' }), 'audience'],
  ['a past "exp" and a future "nbf"', 'HS256', past({ nbf: NOW + 1 }), 'not_yet_valid'],
  ['a past "exp" and a "sub" of the wrong type', 'HS256', past({ sub: 1 }), 'claim'],
  ['a past "exp" and no "jti"', 'HS256', past({ jti: undefined }), 'claim', { options: STRICT }],
  ['a past "exp" and another "typ"', 'HS256', past({}, TYP_ID), 'claim', { options: { typ: 'JWT' } }],
  ['a past "exp" and a signature with another key', 'HS256', past({}, { key: 'other' }), 'signature'],
  ['a past "exp", with RSA', 'RS256', past(), 'expired'],
  ['another audience, with RSA', 'RS256', { claims: { aud: 'x' } }, 'audience'],
  ['a "sub" of the wrong type, with RSA', 'RS256', { claims: { sub: 1 } }, 'claim'],
];

export const claimAttacks: readonly Row[] = [...TABLE.flatMap(each), ...issuers, ...others];
