import fc from 'fast-check';
import { ASYMMETRIC_ALGORITHMS } from '../../../src/signature/algorithms.js';
import type { Options } from '../../support/clients.js';
import { AUDIENCE, ISSUER, keyName, NOW, signingKey } from '../../support/forge.js';
import { base64url, signature } from '../../support/mint.js';
import { ALPHABET, RESPELT } from '../attacks/encoding.js';
import { notAnObject } from '../attacks/json.js';

/** Any code point, including surrogates. Creating fast-check's own 'binary' takes half a second each time. */
export const unit = fc.nat({ max: 0x10ffff }).map((code) => String.fromCodePoint(code));

/** Mostly values of a valid token, and sometimes any value. Every value is JSON text. */
const mostly = (usual: fc.Arbitrary<unknown>, odd: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 60, arbitrary: usual.map((value) => JSON.stringify(value)) },
    { weight: 2, arbitrary: fc.constantFrom(...odd) },
    { weight: 1, arbitrary: fc.json({ maxDepth: 2 }) },
  );

/** The value in this percentage of cases, otherwise `undefined`. */
const often = <T>(percent: number, value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof(
    { weight: percent, arbitrary: value },
    { weight: 100 - percent, arbitrary: fc.constant(undefined) },
  );

const ODD_TIMES = `1e400 -1e400 -0 0 0.5 null true "" "${NOW + 60}" [] {} 1e308`.split(' ');
const ODD_TEXTS = 'null 0 true "" [] {} ["x"] "\\ud800" "\\u0000"'.split(' ');
const ODD_AUDIENCES = [...ODD_TEXTS, `["${AUDIENCE}",1]`, `[["${AUDIENCE}"]]`, `["x","${AUDIENCE}"]`];

const around = (time: number): fc.Arbitrary<number> => fc.integer({ min: time - 5, max: time + 5 });
const pastOrNear = fc.oneof(fc.constant(NOW - 60), around(NOW), around(NOW - 3600));
const audiences = fc.constantFrom<unknown>(AUDIENCE, AUDIENCE, AUDIENCE, [AUDIENCE], ['x', AUDIENCE]);

const CLAIM_TEXTS = {
  iss: mostly(fc.oneof({ weight: 12, arbitrary: fc.constant(ISSUER) }, fc.string()), ODD_TEXTS),
  aud: mostly(audiences, ODD_AUDIENCES),
  exp: mostly(fc.oneof(fc.constant(NOW + 3600), fc.constant(NOW + 60), around(NOW)), ODD_TIMES),
  nbf: mostly(fc.oneof(fc.constant(NOW - 60), pastOrNear), ODD_TIMES),
  iat: mostly(pastOrNear, ODD_TIMES),
  sub: mostly(fc.string(), ODD_TEXTS),
  jti: mostly(fc.string(), ODD_TEXTS),
};
const PARAMETER_TEXTS = {
  crit: mostly(fc.constantFrom(['b64'], ['b64'], ['b64', 'b64'], ['x'], []), ['null', '"b64"', '{}', '[1]']),
  b64: mostly(fc.constantFrom(true, true, false), ['null', '"true"', '1']),
  cty: fc.constant('"JWT"'),
  jwk: fc.json({ maxDepth: 1 }),
  // Computed, because a literal `__proto__` would set the prototype of this object.
  ['__proto__']: fc.constantFrom('{"crit":["x"]}', '1'),
};

type Members = ReadonlyArray<readonly [name: string, json: string]>;

/** Any of these members, each present in this percentage of cases. */
const members = (texts: Readonly<Record<string, fc.Arbitrary<string>>>, percent: number) =>
  fc
    .tuple(...Object.entries(texts).map(([name, text]) => fc.tuple(fc.constant(name), often(percent, text))))
    .map((all) => all.flatMap(([name, json]) => (json === undefined ? [] : [[name, json] as const])));

const strangers = fc.array(fc.tuple(fc.string(), fc.json({ maxDepth: 2 })), { maxLength: 2 });
const repeated = members(
  { exp: fc.constant('null'), iss: fc.constant('"x"'), aud: fc.constant(`"${AUDIENCE}"`) },
  1,
);
const claims = fc.tuple(members(CLAIM_TEXTS, 90), strangers, repeated).map((all): Members => all.flat());
const textOf = (all: Members): string => all.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join();

/** Changes to the JSON of a segment, before the token is signed. */
const RAW: readonly ((json: string) => string | Uint8Array)[] = [
  (json) => ` {${json}}\n`,
  ...notAnObject('').map((_, i) => (json: string) => notAnObject(json)[i]?.[1] ?? ''),
];
const rawChange = often(5, fc.constantFrom(...RAW));
const withSpareBits = (text: string): string =>
  text.slice(0, -1) + ALPHABET.charAt(ALPHABET.indexOf(text.slice(-1)) | 1);
const respelling = often(6, fc.constantFrom(withSpareBits, ...RESPELT.map(([, change]) => change)));

/**
 * Signed tokens. Most signatures are valid. Headers and claims are usually valid and sometimes unusual, and some segments have
 * a spelling that a lenient parser might accept.
 */
export const signedTokens: fc.Arbitrary<string> = fc
  .record({
    // Mostly algorithms that sign quickly.
    alg: fc.oneof(
      { weight: 12, arbitrary: fc.constant('HS256' as const) },
      { weight: 5, arbitrary: fc.constantFrom('ES256', 'EdDSA', 'Ed25519') },
      { weight: 1, arbitrary: fc.constantFrom(...ASYMMETRIC_ALGORITHMS) },
    ),
    says: often(5, fc.constantFrom(...'none HS384 HS256 ES256 RS256 EdDSA hs256 toString'.split(' '), '')),
    kid: often(30, fc.constantFrom(undefined, 'p256', 'ed', 'rsa', '', null, 1, ['p256'], 'toString')),
    hasRightKid: fc.boolean(),
    typ: often(50, mostly(fc.constantFrom('JWT', 'jwt', 'at+jwt', 'application/jwt'), ODD_TEXTS)),
    parameters: members(PARAMETER_TEXTS, 6),
    claims,
    isWrong: often(5, fc.constant(true)),
    spelling: fc.tuple(respelling, respelling, respelling),
    raw: fc.tuple(rawChange, rawChange),
  })
  .map(({ alg, says, kid, hasRightKid, typ, parameters, claims, isWrong, spelling, raw }) => {
    const id = kid === undefined && hasRightKid ? keyName(alg) : kid;
    const named = { alg: JSON.stringify(says ?? alg), kid: JSON.stringify(id), typ };
    const first = Object.entries(named).flatMap(([name, json]) => (json ? [[name, json] as const] : []));
    const [header, payload] = [textOf([...first, ...parameters]), textOf(claims)].map((json, i) => {
      const text = base64url(raw[i]?.(json) ?? `{${json}}`);
      return spelling[i]?.(text) ?? text;
    });
    const input = `${header}.${payload}`;
    const made = base64url(isWrong ? Buffer.alloc(64) : signature(alg, input, signingKey(alg)));
    return `${input}.${spelling[2]?.(made) ?? made}`;
  });

const SEGMENTS = ['eyJhbGciOiJIUzI1NiJ9', 'eyJhbGciOiJub25lIn0', 'e30', 'bnVsbA', 'W10', 'eyJhIjoxfQ=='];
const segments = fc.oneof(
  fc.constantFrom(...SEGMENTS, '', '!', '=', '_-', 'AA'),
  fc.json().map(base64url),
  fc.base64String(),
  fc.string({ unit }),
);
/** Texts, most of them with dots: random text, JSON, or something similar to a header and claims. */
export const anyTexts = fc.oneof(
  fc.string({ unit, maxLength: 300 }),
  fc.string({ unit: fc.constantFrom(...'.a_-=\n'), maxLength: 100 }),
  fc.tuple(segments, segments, segments).map((parts) => parts.join('.')),
  fc.array(segments, { maxLength: 6 }).map((parts) => parts.join('.')),
);

/** Any value, including unusual types. */
export const anything = fc.anything({
  ...{ withBigInt: true, withBoxedValues: true, withDate: true, withMap: true, withNullPrototype: true },
  ...{ withObjectString: true, withSet: true, withSparseArray: true, withTypedArray: true },
});

const digits = fc.oneof(
  fc.nat({ max: 1000 }).map(String),
  fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 5 }),
);
const amounts = fc.oneof(
  digits,
  fc.tuple(digits, digits).map((both) => both.join('.')),
  fc.constantFrom(...'.5 5. 1e3 0x10 1,5 1_000 ٣ １ NaN Infinity'.split(' '), '', '9'.repeat(400)),
);
const UNITS = [
  ...'s sec secs second seconds m min mins minute minutes h hr hrs hour hours'.split(' '),
  ...'d day days w week weeks y yr yrs year years'.split(' '),
  ...'ms mo month wk S Hours DAYS ho hourss wee\u212as \u017fec m\u0131n \uff53'.split(' '),
  '',
];
const ENDINGS = ['ago', ' from  now', ' ago ', ' later', '\n', ' from now ago', ' From Now', ' AGO'];
/** Texts such as '2h'. Most of them are durations. */
export const durations = fc
  .tuple(
    fc.constantFrom('', '', '', '+', '-', '+ ', '- ', ' ', '--', '\u2212'),
    amounts,
    fc.constantFrom('', '', ' ', ' ', '  ', '\t', '\u00a0'),
    fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...UNITS) }, fc.string({ unit })),
    fc.constantFrom('', '', '', ' ago', ' from now', ...ENDINGS),
  )
  .map((parts) => parts.join(''));

/** The same options for us and for jose's `jwtVerify`. */
export const OPTION_SETS: readonly Options[] = [
  {},
  { issuer: ISSUER, audience: AUDIENCE },
  { issuer: [ISSUER, 'x'], audience: ['x', AUDIENCE], clockTolerance: '5s' },
  { maxTokenAge: '1h' },
  { maxTokenAge: '1h', clockTolerance: '3s', requiredClaims: ['sub', 'exp'] },
  { typ: 'JWT', requiredClaims: ['jti', 'toString'] },
  { typ: 'at+jwt' },
];
