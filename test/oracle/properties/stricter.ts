import { mistypedClaim } from '../../../src/claims/check.js';
import { MAX_TOKEN_LENGTH } from '../../../src/token/parse.js';
import { bytesOf, forge, forgeWhere, SECRET } from '../../support/forge.js';
import { base64url, mint, segment } from '../../support/mint.js';
import { withSignature } from '../../support/tamper.js';

const jsonOf = (token: string, index: number): Record<string, unknown> => {
  try {
    return Object(JSON.parse(bytesOf(token, index).toString())) as Record<string, unknown>;
  } catch {
    return {};
  }
};

/** Signs two raw segments with the right secret. */
const signed = (header: string, payload: string): string =>
  mint({ header, payload, key: SECRET, alg: 'HS256' });
const HEADER = segment({ alg: 'HS256' });
const EMPTY = segment({});
const claiming = (json: string): string => signed(HEADER, base64url(`{${json}}`));
const MISTYPED = ['"iss":1', '"sub":["x"]', '"jti":null', '"aud":["x",1]', '"exp":1e400', '"iat":-1e400'];

/**
 * The reasons why this package refuses tokens that jose's `jwtVerify` accepts. Each has a check that recognizes such a token,
 * and examples that are refused for this reason only.
 */
export const STRICTER: ReadonlyArray<
  readonly [why: string, applies: (token: string) => boolean, examples: () => readonly string[]]
> = [
  [
    'base64url has no padding and no white space (RFC 7515 section 2), so that a token has only one spelling',
    (token) => !/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token),
    () => [
      ...['eyJhIjoxfQ==', 'eyJh IjoxfQ'].map((payload) => signed(HEADER, payload)),
      ...['=', ' '].map((end) => `${claiming('"a":1')}${end}`),
      signed(`\n${HEADER}`, EMPTY),
    ],
  ],
  [
    'the leftover bits of base64url are zero (RFC 4648 section 3.5), so that a token has only one spelling',
    (token) =>
      token.split('.').some((text, i) => /^[\w-]+$/.test(text) && base64url(bytesOf(token, i)) !== text),
    () => [signed(HEADER, 'eyJhIjoxfR'), signed(segment({ alg: 'HS256', x: 12 }).replace(/Q$/, 'R'), EMPTY)],
  ],
  [
    'JSON has no byte-order mark (RFC 8259 section 8.1), and parsers treat it differently',
    (token) => [0, 1].some((i) => bytesOf(token, i).subarray(0, 3).toString('hex') === 'efbbbf'),
    () => [signed(base64url('\ufeff{"alg":"HS256"}'), EMPTY), signed(HEADER, base64url('\ufeff{}'))],
  ],
  [
    'the payload of a JWT is always encoded (RFC 7797 section 7), with and without "crit"',
    (token) => jsonOf(token, 0).b64 === false,
    () => [signed(segment({ alg: 'HS256', b64: false }), EMPTY)],
  ],
  [
    'a registered claim has its type (RFC 7519 section 4.1), even without a rule for it; 1e400 is infinity',
    (token) => mistypedClaim(jsonOf(token, 1)) !== undefined,
    () => MISTYPED.map(claiming),
  ],
  [
    'a token has at most 64 KiB, so that parsing it is fast',
    (token) => token.length > MAX_TOKEN_LENGTH,
    () => [claiming(`"x":"${'x'.repeat(MAX_TOKEN_LENGTH)}"`)],
  ],
  [
    'an RSA-PSS signature is as long as the modulus (RFC 8017 section 8.1.2), which OpenSSL does not check',
    (token) => String(jsonOf(token, 0).alg).startsWith('PS') && bytesOf(token, 2).length < 256,
    () => [
      withSignature(
        forge(
          'PS256',
          forgeWhere('PS256', (s) => s[0] === 0),
        ),
        (s) => s.subarray(1),
      ),
    ],
  ],
];
