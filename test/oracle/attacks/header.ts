import { ATTACKER, forge, signingKey } from '../../support/forge.js';
import { base64url } from '../../support/mint.js';
import { withSegment } from '../../support/tamper.js';
import { notAnObject } from './json.js';
import type { Row } from './row.js';

const { jwk } = ATTACKER.rsa;
const x5c = base64url(ATTACKER.rsa.publicKey.export({ format: 'der', type: 'spki' }));
const oct = { kty: 'oct', k: base64url(String(signingKey('HS256', ATTACKER))), kid: 'attacker' };

type Own = readonly [what: string, alg: Row[1], header: Record<string, unknown>, expected: Row[3]];
const byAttacker = ([what, alg, header, expected]: Own): Row => {
  return [what, alg, { header, key: signingKey(alg, ATTACKER) }, expected];
};

/** RFC 7515 section 10.3 and RFC 8725 section 3.10: the token contains its own key. */
const EMBEDDED: readonly Own[] = [
  ['its own RSA key in "jwk", with our kid (CVE-2018-0114)', 'RS256', { jwk }, 'signature'],
  ['its own RSA key in "jwk", without kid (CVE-2018-0114)', 'RS256', { jwk, kid: undefined }, 'signature'],
  ['its own RSA key in "jwk", with its own kid', 'RS256', { jwk: { ...jwk, kid: 'x' }, kid: 'x' }, 'key'],
  ['its own EC key in "jwk"', 'ES256', { jwk: ATTACKER.p256.jwk }, 'signature'],
  ['its own HMAC key in "jwk"', 'HS256', { jwk: oct }, 'signature'],
  ['its own certificate in "x5c"', 'RS256', { x5c: [x5c] }, 'signature'],
  ['its own certificate in "x5t#S256"', 'RS256', { 'x5t#S256': x5c, kid: undefined }, 'signature'],
];
const embedded = EMBEDDED.map(byAttacker);

/** RFC 8725 section 3.10: the token contains the URL of its key. The caller counts the requests to `url`. */
export const fetchAttacks = (url: string): readonly Row[] =>
  [url, `${url}#fragment`, url.replace('http://', 'http://issuer.example@')].flatMap((jku): Row[] => {
    const shown = `(${jku.replace(/:\d+/, '')})`;
    const own: readonly Own[] = [
      [`its own JWKS in "jku" ${shown}`, 'RS256', { jku, kid: undefined }, 'signature'],
      [`its own JWKS in "jku", with its own kid ${shown}`, 'RS256', { jku, kid: 'x' }, 'key'],
      [`its own certificate in "x5u" ${shown}`, 'RS256', { x5u: jku }, 'signature'],
      [`a URL as kid ${shown}`, 'RS256', { kid: jku }, 'key'],
      [`a "jku" and an HMAC ${shown}`, 'HS256', { jku }, 'signature'],
    ];
    return [
      ...own.map(byAttacker),
      [`a URL as issuer ${shown}`, 'RS256', { claims: { iss: jku } }, 'issuer'],
    ];
  });

// biome-ignore format: one type per line
const KEY_IDS: readonly unknown[] = [
  '../../../../../../dev/null', '..\\..\\..\\windows\\win.ini', 'file:///dev/null',
  "' UNION SELECT 'attacker' -- ", '$(cat /etc/passwd)|`id`', 'k'.repeat(10_240),
  '', null, 0, 1, true, [], ['rsa'], {}, { toString: 'rsa' },
  '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'undefined',
  '\ud800', 'rsa\0', 'rsa ', 'RSA', 'ｒｓａ', '%72sa',
];

/** RFC 8725 section 3.10, RFC 7515 section 4.1.4. A secret has no id, so tokens signed with it may have any kid. */
const keyIds = KEY_IDS.flatMap((kid): Row[] => {
  const shown = JSON.stringify(kid).slice(0, 40);
  return [
    [`the kid ${shown}`, 'RS256', { header: { kid } }, 'key'],
    [`the kid ${shown}, signed with an empty secret`, 'HS256', { header: { kid }, key: '' }, 'signature'],
    [`the kid ${shown}, signed with the right secret`, 'HS256', { header: { kid } }, 'valid'],
  ];
});

const NAMES = ['exp', 'alg', 'kid', 'typ', 'crit', '__proto__', 'constructor', 'b64', 'x-policy'];
const PRESENT = { '': 1, 'x-policy': 1 };
const UNSUPPORTED: readonly object[] = [
  ...NAMES.map((name) => ({ crit: [name] })),
  ...[[], null, 'x-policy', 'b64', '', false, 0, [null], ['']].map((crit) => ({ crit, ...PRESENT })),
  { crit: 'b64', b64: true },
  { crit: { 0: 'b64', length: 1 }, b64: true },
  { crit: [['b64']], b64: true },
  { crit: ['x-policy'], 'x-policy': 'require-mfa' },
  { crit: ['x-policy', 'x-policy'], 'x-policy': 1 },
  { crit: ['b64', 'x-policy'], b64: true, 'x-policy': 1 },
  { crit: ['exp'], exp: 1 },
  { crit: ['B64'], B64: true },
  ...[null, 'true', 'false', 1].map((b64) => ({ crit: ['b64'], b64 })),
];
const b64 = (value: boolean, crit?: readonly string[]) => ({ header: { b64: value, crit } });

/** RFC 7515 section 4.1.11 and RFC 7797 sections 6 and 7. */
const unsupported = UNSUPPORTED.flatMap((header) =>
  (['HS256', 'RS256'] as const).map((alg): Row => {
    const what = `the ${alg} header ${JSON.stringify(header)} (CVE-2026-35042, CVE-2026-32597)`;
    return [what, alg, { header: { ...header } }, 'malformed'];
  }),
);
const unencoded = (token: string): string => withSegment(token, 1, () => '{"sub":"user-1"}');
const critical: Row[] = [
  ['"b64" false, listed in "crit"', 'HS256', b64(false, ['b64']), 'shape'],
  ['"b64" false, listed in "crit", with RSA', 'RS256', b64(false, ['b64']), 'shape'],
  ['"b64" false, not listed in "crit"', 'HS256', b64(false), 'shape'],
  ['an unencoded payload (CVE-2026-48525)', 'HS256', { ...b64(false, ['b64']), token: unencoded }, 'shape'],
  ['"b64" true, listed in "crit"', 'HS256', b64(true, ['b64']), 'valid'],
  ['"b64" true, listed in "crit", with EC', 'ES256', b64(true, ['b64']), 'valid'],
  ['"b64" true, listed twice in "crit"', 'HS256', b64(true, ['b64', 'b64']), 'valid'],
  ['"b64" true, not listed in "crit"', 'HS256', b64(true), 'valid'],
  ['"crit" in another case', 'HS256', { header: { Crit: ['x-policy'] } }, 'valid'],
];

// biome-ignore format: first the accepted types, then the others
const TYPES: ReadonlyArray<readonly [typ: unknown, expected: 'valid' | 'claim']> = [
  ...['at+jwt', 'AT+JWT', 'application/at+jwt', 'APPLICATION/AT+JWT'].map((typ) => [typ, 'valid'] as const),
  ...['JWT', 'at+jwt ', 'at+jwt\0', 'text/at+jwt', 'application/application/at+jwt', 'application/', '',
    null, 1, ['at+jwt'], {}, undefined].map((typ) => [typ, 'claim'] as const),
];

/** RFC 8725 sections 2.8, 3.11 and 3.12: a token of another type from the same issuer. */
const types: Row[] = [
  ...TYPES.map(([typ, expected]): Row => {
    const extra = { options: { typ: 'at+jwt' }, control: { header: { typ: 'at+jwt' } } };
    return [`"typ" ${JSON.stringify(typ)} for "at+jwt"`, 'RS256', { header: { typ } }, expected, extra];
  }),
  ['any "typ" if none is expected', 'HS256', { header: { typ: [1] } }, 'valid'],
];

const NO_ALG = ['{}', '{"ALG":"HS256"}', '{"header":{"alg":"HS256"}}', '{"__proto__":{"alg":"HS256"}}'];
const unreadable = [
  ...notAnObject('"alg":"HS256"'),
  ...[...NO_ALG, JSON.stringify(forge('HS256'))].map((raw) => [raw.slice(0, 40), raw] as const),
].map(([what, rawHeader]): Row => [`a header that is ${what}`, 'HS256', { rawHeader }, 'shape']);

/** Unusual JSON, read as `JSON.parse` does: of two equal names, the last one counts (RFC 7515 section 4). */
const ODD: ReadonlyArray<readonly [what: string, rawHeader: string, Row[3], alg?: 'RS256']> = [
  ['a second "alg", none', '{"alg":"HS256","alg":"none"}', 'algorithm'],
  ['a first "alg", none', '{"alg":"none","alg":"HS256"}', 'valid'],
  ['a second "alg", RS256, over RSA', '{"alg":"HS256","alg":"RS256"}', 'valid', 'RS256'],
  ['a second "alg" written with escapes', '{"alg":"HS256","\\u0061lg":"none"}', 'algorithm'],
  ['an "alg" written with escapes', '{"\\u0061lg":"\\u0048S256"}', 'valid'],
  ['a second kid, unknown', '{"alg":"RS256","kid":"rsa","kid":"x"}', 'key', 'RS256'],
  ['a first kid, unknown', '{"alg":"RS256","kid":"x","kid":"rsa"}', 'valid', 'RS256'],
  ['a second "crit", unknown', '{"alg":"HS256","crit":["b64"],"b64":true,"crit":["x"]}', 'malformed'],
  ['an escaped lone surrogate', '{"alg":"HS256","x":"\\ud800"}', 'valid'],
  ['white space around it', ' \t\r\n{ "alg" : "HS256" }\n', 'valid'],
  ['a "crit" in "__proto__"', '{"alg":"HS256","__proto__":{"crit":["x"],"polluted":1}}', 'valid'],
  ['a prototype', '{"alg":"HS256","constructor":{"prototype":{"polluted":1}}}', 'valid'],
  ['inherited names', '{"alg":"HS256","hasOwnProperty":1,"toString":2,"valueOf":3}', 'valid'],
];
const odd = ODD.map(([what, rawHeader, expected, alg = 'HS256' as const]): Row => {
  return [`a header that has ${what}`, alg, { rawHeader }, expected];
});

export const headerAttacks: readonly Row[] = [
  ...[...embedded, ...keyIds, ...unsupported, ...critical, ...types, ...unreadable, ...odd],
];
