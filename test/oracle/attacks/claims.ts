import {
  AUDIENCE,
  CLAIMS,
  type Expected,
  type Forgery,
  ISSUER,
  NOW,
  type Options,
  type Row,
} from './forge.js';

/** The good claims but one, which is JSON text, as some of it no `JSON.stringify` would write. */
function withClaim(name: string, json: string): Forgery {
  const others = Object.entries(CLAIMS).filter(([claim]) => claim !== name);
  const members = others.map(([claim, value]) => `${JSON.stringify(claim)}:${JSON.stringify(value)}`);
  return { rawPayload: `{${[...members, `${JSON.stringify(name)}:${json}`].join()}}` };
}

const row = (name: string, json: string, expected: Expected, options?: Options): Row => [
  `"${name}" ${json.length > 60 ? `${json.slice(0, 60)}…` : json}${options ? ` under ${JSON.stringify(options)}` : ''}`,
  'HS256',
  withClaim(name, json),
  expected,
  options && { options },
];

const PLAIN: Options = {};

const NOT_TEXT = [
  'null',
  '0',
  '1',
  '-0',
  '1e400',
  'true',
  'false',
  '[]',
  '["user-1"]',
  '{}',
  '{"toString":"x"}',
];

/** RFC 7519 sections 4.1.1, 4.1.2 and 4.1.7. */
const text: Row[] = [
  ...NOT_TEXT.flatMap((json) => [
    row('iss', json, 'issuer'),
    row('iss', json, 'claim', PLAIN),
    row('sub', json, 'claim'),
    row('jti', json, 'claim'),
  ]),
  row('sub', '""', 'valid'),
  row('jti', '""', 'valid'),
  row('iss', '""', 'issuer'),
  row('iss', '""', 'valid', PLAIN),
];

const OTHER_ISSUERS = [
  ...['https://attacker.example/', 'https://', 'h', '__proto__', 'toString'],
  ...[ISSUER.slice(0, -1), ISSUER.slice(1), `${ISSUER}/`, `${ISSUER}?`, `${ISSUER}#`, `${ISSUER}x`],
  ...[`${ISSUER} `, ` ${ISSUER}`, `${ISSUER}\0`, `${ISSUER}\n`, `${ISSUER}@attacker.example/`],
  ...[`${ISSUER},https://attacker.example/`, ISSUER.toUpperCase(), 'HTTPS://issuer.example/'],
  ...['https://Issuer.example/', 'http://issuer.example/', 'https://issuer.example:443/'],
  ...['https://issuer.example./', 'https://issuer%2Eexample/', 'https://issuer．example/'],
];

const issuerUnder = (iss: string, issuer: string | readonly string[]): Row => [
  `"iss" ${JSON.stringify(iss)} where ${JSON.stringify(issuer)} is expected (CVE-2024-53861)`,
  'HS256',
  { claims: { iss } },
  'issuer',
  { options: { issuer }, control: { claims: { iss: [issuer].flat()[0] } } },
];

/** RFC 8725 section 3.8: the issuer is ours character for character, or it is not. */
const issuer: Row[] = [
  ...OTHER_ISSUERS.map((iss) => row('iss', JSON.stringify(iss), 'issuer')),
  ...[[ISSUER], ['https://attacker.example/', ISSUER], { 0: ISSUER, length: 1 }].map((iss): Row => {
    const title = `"iss" ${JSON.stringify(iss)} (CVE-2025-30144)`;
    return [title, 'HS256', { claims: { iss } }, 'issuer'];
  }),
  issuerUnder('ab', 'abc'),
  issuerUnder('abcd', 'abc'),
  issuerUnder('a', ['abc', 'b']),
  issuerUnder('abc,b', ['abc', 'b']),
  // The same letter to a reader, by one code point and by two.
  issuerUnder('e\u0301', '\u00e9'),
  ['no "iss"', 'HS256', { claims: { iss: undefined } }, 'issuer'],
];

/** RFC 7519 section 4.1.3, RFC 8725 section 3.9. */
const audience: Row[] = [
  ...[
    'null',
    '0',
    'true',
    '{}',
    '[null]',
    '[1]',
    '[{}]',
    '{"0":"my-api","length":1}',
    '[["my-api"]]',
    '1e400',
  ].flatMap((json) => [row('aud', json, 'audience'), row('aud', json, 'claim', PLAIN)]),
  ...['["my-api",1]', '["my-api",null]', '["my-api",["other"]]', '[{},"my-api"]'].flatMap((json) => [
    row('aud', json, 'claim'),
    row('aud', json, 'claim', PLAIN),
  ]),
  row('aud', '[]', 'audience'),
  row('aud', '[]', 'valid', PLAIN),
  row('aud', '""', 'audience'),
  row('aud', '[""]', 'audience'),
  ...[
    'other',
    'my-ap',
    'y-api',
    'my-apis',
    'my-api ',
    ' my-api',
    'MY-API',
    'my-api\0',
    'my-api,other',
    'my‐api',
  ].flatMap((aud) => [
    row('aud', JSON.stringify(aud), 'audience'),
    row('aud', JSON.stringify([aud]), 'audience'),
  ]),
  row('aud', JSON.stringify(['other', AUDIENCE]), 'valid'),
  row('aud', JSON.stringify([AUDIENCE, AUDIENCE]), 'valid'),
  row('aud', JSON.stringify(Array(5000).fill('other')), 'audience'),
  row('aud', '"m"', 'audience', { audience: ['my-api', 'other'] }),
  ['no "aud" (CVE-2025-62610)', 'HS256', { claims: { aud: undefined } }, 'audience'],
];

const NOT_A_TIME = [
  ...['null', 'true', 'false', '""', '" "', '"0"', `"${NOW + 3600}"`, `"${NOW - 3600}"`, '"0x7fffffff"'],
  ...['"Infinity"', '"never"', '"2099-01-01T00:00:00Z"', '[]', `[${NOW + 3600}]`, '{}', '{"valueOf":1}'],
  ...['1e400', '-1e400', `${'9'.repeat(400)}`, `-${'9'.repeat(400)}.5`],
];

/** RFC 7519 sections 2 and 4.1.4 to 4.1.6; CVE-2026-44459 has the falsy, the infinite and the wrong of type. */
const times: Row[] = [
  ...NOT_A_TIME.flatMap((json) => ['exp', 'nbf', 'iat'].map((name) => row(name, json, 'claim'))),
  ...[0, 1, 0.5, 5e-324, -1, -0.5, -1e308, -(2 ** 53), NOW, NOW - 1, NOW - 0.5].map((exp) =>
    row('exp', String(exp), 'expired'),
  ),
  row('exp', '-0', 'expired'),
  row('exp', '18e8', 'expired'),
  ...[NOW + 1, NOW + 0.5, Number.MAX_SAFE_INTEGER, 2 ** 53 + 2, 1e308, NOW * 1000].map((exp) =>
    row('exp', String(exp), 'valid'),
  ),
  ...[0, -1, NOW, NOW - 0.5, -1e308, Number.MIN_SAFE_INTEGER].map((nbf) => row('nbf', String(nbf), 'valid')),
  row('nbf', '-0', 'valid'),
  ...[NOW + 0.5, NOW + 1, Number.MAX_SAFE_INTEGER, 1e308, NOW * 1000].map((nbf) =>
    row('nbf', String(nbf), 'not_yet_valid'),
  ),
  ...[0, -1, NOW, NOW + 1, 1e308, -1e308].map((iat) => row('iat', String(iat), 'valid')),
  ['no "exp", where none is required', 'HS256', { claims: { exp: undefined } }, 'valid'],
  ['no "iat" and no "nbf"', 'HS256', { claims: { iat: undefined, nbf: undefined } }, 'valid'],
];

const TOLERANT: Options = { clockTolerance: '30s' };
const YOUNG: Options = { maxTokenAge: '1h' };
const HAS_EXP: Options = { requiredClaims: ['exp'] };

const rules: Row[] = [
  row('exp', String(NOW - 29), 'valid', TOLERANT),
  row('exp', String(NOW - 30), 'expired', TOLERANT),
  row('nbf', String(NOW + 30), 'valid', TOLERANT),
  row('nbf', String(NOW + 31), 'not_yet_valid', TOLERANT),
  row('nbf', String(NOW + 30.5), 'not_yet_valid', TOLERANT),
  row('iat', String(NOW - 3600), 'valid', YOUNG),
  row('iat', String(NOW - 3601), 'expired', YOUNG),
  row('iat', String(NOW - 3600.5), 'expired', YOUNG),
  row('iat', String(NOW + 1), 'claim', YOUNG),
  row('iat', '0', 'expired', YOUNG),
  row('iat', '-0', 'expired', YOUNG),
  row('iat', '1e400', 'claim', YOUNG),
  row('iat', 'null', 'claim', YOUNG),
  ['no "iat" under a limit of age', 'HS256', { claims: { iat: undefined } }, 'claim', { options: YOUNG }],
  ['no "exp" where it is required', 'HS256', { claims: { exp: undefined } }, 'claim', { options: HAS_EXP }],
  row('exp', 'null', 'claim', HAS_EXP),
  row('exp', '1e400', 'claim', HAS_EXP),
];

/** `expired` says that a new token would do, so nothing else may be wrong. */
const together: Row[] = [
  ['expired, from another issuer', 'HS256', { claims: { exp: NOW - 1, iss: 'x' } }, 'issuer'],
  ['expired, for another audience', 'HS256', { claims: { exp: NOW - 1, aud: 'x' } }, 'audience'],
  ['expired and not yet valid', 'HS256', { claims: { exp: NOW - 1, nbf: NOW + 1 } }, 'not_yet_valid'],
  ['expired, with a "sub" of the wrong type', 'HS256', { claims: { exp: NOW - 1, sub: 1 } }, 'claim'],
  [
    'expired, without a required claim',
    'HS256',
    { claims: { exp: NOW - 1, jti: undefined } },
    'claim',
    { options: { requiredClaims: ['jti'] } },
  ],
  [
    'expired, with another "typ"',
    'HS256',
    { claims: { exp: NOW - 1 }, header: { typ: 'id' } },
    'claim',
    { options: { typ: 'JWT' } },
  ],
  ['expired, signed by another key', 'HS256', { claims: { exp: NOW - 1 }, key: 'other' }, 'signature'],
  ['expired, by RSA', 'RS256', { claims: { exp: NOW - 1 } }, 'expired'],
  ['for another audience, by RSA', 'RS256', { claims: { aud: 'x' } }, 'audience'],
  ['a "sub" of the wrong type, by RSA', 'RS256', { claims: { sub: 1 } }, 'claim'],
];

export const claimAttacks: readonly Row[] = [
  ...text,
  ...issuer,
  ...audience,
  ...times,
  ...rules,
  ...together,
];
