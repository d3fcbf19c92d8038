import fc from 'fast-check';
import type { AuthProviderConfig } from '../../../src/index.js';
import type { Algorithm } from '../../../src/signature/algorithms.js';
import { base64url, signature } from '../../support/mint.js';
import { AUDIENCE, ISSUER, KEYS, keyName, NOW, SECRET } from '../attacks/forge.js';

/** Mostly what a good token has, and now and then anything at all. Every value is JSON text. */
const mostly = (good: fc.Arbitrary<unknown>, odd: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 60, arbitrary: good.map((value) => JSON.stringify(value)) },
    { weight: 2, arbitrary: fc.constantFrom(...odd) },
    { weight: 1, arbitrary: fc.json({ maxDepth: 2 }) },
  );

const ODD_TIMES = [
  '1e400',
  '-1e400',
  '-0',
  '0',
  '0.5',
  'null',
  'true',
  '""',
  `"${NOW + 60}"`,
  '[]',
  '{}',
  '1e308',
];
const ODD_TEXTS = ['null', '0', 'true', '""', '[]', '{}', '["x"]', '"\\ud800"', '"\\u0000"'];
const ODD_AUDIENCES = [
  ...ODD_TEXTS,
  `["${AUDIENCE}",1]`,
  `[["${AUDIENCE}"]]`,
  `["x","${AUDIENCE}"]`,
  '["x"]',
];

const around = (time: number): fc.Arbitrary<number> => fc.integer({ min: time - 5, max: time + 5 });
const pastOrNear = fc.oneof(fc.constant(NOW - 60), around(NOW), around(NOW - 3600));

const CLAIM_TEXTS: Readonly<Record<string, fc.Arbitrary<string>>> = {
  iss: mostly(fc.oneof({ weight: 12, arbitrary: fc.constant(ISSUER) }, fc.string()), ODD_TEXTS),
  aud: mostly(
    fc.constantFrom<unknown>(AUDIENCE, AUDIENCE, AUDIENCE, [AUDIENCE], ['x', AUDIENCE]),
    ODD_AUDIENCES,
  ),
  exp: mostly(fc.oneof(fc.constant(NOW + 3600), fc.constant(NOW + 60), around(NOW)), ODD_TIMES),
  nbf: mostly(fc.oneof(fc.constant(NOW - 60), pastOrNear), ODD_TIMES),
  iat: mostly(pastOrNear, ODD_TIMES),
  sub: mostly(fc.string(), ODD_TEXTS),
  jti: mostly(fc.string(), ODD_TEXTS),
};

const PARAMETER_TEXTS: Readonly<Record<string, fc.Arbitrary<string>>> = {
  crit: mostly(fc.constantFrom(['b64'], ['b64'], ['b64', 'b64'], ['x'], []), ['null', '"b64"', '{}', '[1]']),
  b64: mostly(fc.constantFrom(true, true, false), ['null', '"true"', '1']),
  cty: fc.constant('"JWT"'),
  x: fc.json({ maxDepth: 1 }),
  // Computed, as otherwise it would be the prototype of this object and not a member.
  ['__proto__']: fc.constantFrom('{"crit":["x"]}', '1'),
};

type Members = ReadonlyArray<readonly [name: string, json: string]>;

/** Any of these members, each of them present so many times in a hundred. */
const members = (
  texts: Readonly<Record<string, fc.Arbitrary<string>>>,
  percent: number,
): fc.Arbitrary<Members> =>
  fc
    .tuple(...Object.entries(texts).map(([name, text]) => fc.tuple(fc.constant(name), often(percent, text))))
    .map((all) => all.flatMap(([name, json]) => (json === undefined ? [] : [[name, json] as const])));

const often = <T>(percent: number, value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof(
    { weight: percent, arbitrary: value },
    { weight: 100 - percent, arbitrary: fc.constant(undefined) },
  );

const REPEATED: Members = [
  ['exp', 'null'],
  ['sub', '"again"'],
  ['iss', '"x"'],
  ['aud', JSON.stringify(AUDIENCE)],
];

const claims: fc.Arbitrary<Members> = fc
  .tuple(
    members(CLAIM_TEXTS, 90),
    fc.array(fc.tuple(fc.string(), fc.json({ maxDepth: 2 })), { maxLength: 2 }),
    often(3, fc.constantFrom(...REPEATED)),
  )
  .map(([registered, others, repeated]) => [...registered, ...others, ...(repeated ? [repeated] : [])]);

const object = (all: Members): string =>
  `{${all.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join()}}`;

const ALGORITHMS: ReadonlyArray<fc.WeightedArbitrary<Algorithm>> = [
  { weight: 12, arbitrary: fc.constant('HS256') },
  { weight: 3, arbitrary: fc.constant('ES256') },
  { weight: 3, arbitrary: fc.constantFrom('EdDSA', 'Ed25519') },
];

/** What becomes of the text of a segment, before it is signed or, for the signature, after. */
const respelling = often(
  6,
  fc.constantFrom('padding', 'space', 'newline', 'spare bits', 'plus', 'extra', 'cut', 'empty'),
);
const BOM = Buffer.from('\ufeff');
const rawChange = often(
  5,
  fc.constantFrom('mark', 'invalid UTF-8', 'cut', 'twice', 'in a list', 'white space'),
);

function respelt(segment: string, how: string | undefined): string {
  switch (how) {
    case 'padding':
      return segment.padEnd(Math.ceil(segment.length / 4) * 4, '=');
    case 'space':
      return `${segment.slice(0, 2)} ${segment.slice(2)}`;
    case 'newline':
      return `${segment}\n`;
    case 'spare bits':
      return segment.slice(0, -1) + ALPHABET[ALPHABET.indexOf(segment.slice(-1)) | 1];
    case 'plus':
      return segment.replace(/[-_]/, (c) => (c === '-' ? '+' : '/'));
    case 'extra':
      return `${segment}A`;
    case 'cut':
      return segment.slice(0, -1);
    case 'empty':
      return '';
    default:
      return segment;
  }
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

function changed(json: string, how: string | undefined): Uint8Array {
  const bytes = Buffer.from(json);
  switch (how) {
    case 'mark':
      return Buffer.concat([BOM, bytes]);
    case 'invalid UTF-8':
      return Buffer.concat([bytes.subarray(0, -1), Buffer.from(',"u":"\xff"}', 'latin1')]);
    case 'cut':
      return bytes.subarray(0, -1);
    case 'twice':
      return Buffer.concat([bytes, bytes]);
    case 'in a list':
      return Buffer.from(`[${json}]`);
    case 'white space':
      return Buffer.from(` ${json}\n`);
    default:
      return bytes;
  }
}

/**
 * Tokens that are signed, most of them rightly, over headers and claims that are usually good and sometimes odd,
 * with what a lax reader might let pass done to them before they were signed.
 */
export const signedTokens: fc.Arbitrary<string> = fc
  .record({
    alg: fc.oneof(...ALGORITHMS),
    says: often(
      5,
      fc.constantFrom('none', 'HS384', 'HS256', 'ES256', 'RS256', 'EdDSA', 'hs256', '', 'toString'),
    ),
    kid: fc.oneof(
      { weight: 14, arbitrary: fc.constant('right') },
      { weight: 3, arbitrary: fc.constant('none') },
      { weight: 3, arbitrary: fc.constantFrom('p256', 'ed', 'rsa', '', null, 1, ['p256'], 'toString') },
    ),
    typ: often(50, mostly(fc.constantFrom('JWT', 'jwt', 'at+jwt', 'application/jwt'), ODD_TEXTS)),
    parameters: members(PARAMETER_TEXTS, 6),
    claims,
    key: often(5, fc.constant('wrong')),
    spelling: fc.tuple(respelling, respelling, respelling),
    raw: fc.tuple(rawChange, rawChange),
  })
  .map(({ alg, says, kid, typ, parameters, claims, key, spelling, raw }) => {
    const isHmac = alg === 'HS256';
    const name = isHmac ? undefined : keyName(alg as 'ES256');
    const id = kid === 'right' ? name : kid === 'none' ? undefined : kid;
    const first: Members = [
      ['alg', JSON.stringify(says ?? alg)],
      ...(id === undefined ? [] : [['kid', JSON.stringify(id)] as const]),
      ...(typ === undefined ? [] : [['typ', typ] as const]),
    ];
    const header = respelt(base64url(changed(object([...first, ...parameters]), raw[0])), spelling[0]);
    const payload = respelt(base64url(changed(object(claims), raw[1])), spelling[1]);
    const input = `${header}.${payload}`;
    const rightKey = name === undefined ? SECRET : KEYS[name].privateKey;
    const made = key === 'wrong' ? Buffer.alloc(64) : signature(alg, input, rightKey);
    return `${input}.${respelt(base64url(made), spelling[2])}`;
  });

/** The same options for us and for jose's `jwtVerify`. */
export const OPTION_SETS: ReadonlyArray<
  Pick<
    AuthProviderConfig,
    'issuer' | 'audience' | 'clockTolerance' | 'maxTokenAge' | 'requiredClaims' | 'typ'
  >
> = [
  {},
  { issuer: ISSUER, audience: AUDIENCE },
  { issuer: [ISSUER, 'x'], audience: ['x', AUDIENCE], clockTolerance: '5s' },
  { maxTokenAge: '1h' },
  { maxTokenAge: '1h', clockTolerance: '3s', requiredClaims: ['sub', 'exp'] },
  { typ: 'JWT', requiredClaims: ['jti', 'toString'] },
  { typ: 'at+jwt' },
];
