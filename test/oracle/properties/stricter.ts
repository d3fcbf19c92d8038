import { mistypedClaim } from '../../../src/claims/check.js';
import { MAX_TOKEN_LENGTH } from '../../../src/token/parse.js';
import { bytesOf, forge, forgeWhere, KEYS, SECRET, startsWithZero } from '../../support/forge.js';
import { base64url, mint, segment } from '../../support/mint.js';

/** One way in which we refuse a token that jose's `jwtVerify` accepts. */
export interface Stricter {
  readonly why: string;
  /** Tells from the token alone that this is such a case. */
  applies(token: string): boolean;
  /** Tokens that jose accepts and we refuse, for this and nothing else in the list. */
  readonly examples: () => readonly string[];
}

const jsonOf = (token: string, index: number): Record<string, unknown> => {
  try {
    return Object(JSON.parse(bytesOf(token, index).toString())) as Record<string, unknown>;
  } catch {
    return {};
  }
};
const sizeOfModulus = (): number => Buffer.from(String(KEYS.rsa.jwk.n), 'base64url').length;

/** Segments as they are given, rightly signed. */
const signed = (header: string, payload: string): string =>
  mint({ header, payload, key: SECRET, alg: 'HS256' });
const HEADER = segment({ alg: 'HS256' });
const claiming = (json: string): string => signed(HEADER, base64url(`{${json}}`));
const MISTYPED = ['"iss":1', '"sub":["x"]', '"jti":null', '"aud":["x",1]', '"exp":1e400', '"iat":-1e400'];

export const STRICTER: readonly Stricter[] = [
  {
    why: 'base64url has no padding and no white space (RFC 7515 section 2), or one token has many spellings',
    applies: (token) => !/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token),
    examples: () => [
      ...['eyJhIjoxfQ==', 'eyJh IjoxfQ'].map((payload) => signed(HEADER, payload)),
      ...['=', ' '].map((end) => `${claiming('"a":1')}${end}`),
      signed(`\n${HEADER}`, 'eyJhIjoxfQ'),
    ],
  },
  {
    why: 'the bits that base64url leaves over are zero (RFC 4648 section 3.5), for the same reason',
    applies: (token) =>
      token.split('.').some((text, i) => /^[\w-]+$/.test(text) && base64url(bytesOf(token, i)) !== text),
    examples: () => [
      signed(HEADER, 'eyJhIjoxfR'),
      signed(segment({ alg: 'HS256', x: 12 }).replace(/Q$/, 'R'), segment({})),
    ],
  },
  {
    why: 'JSON has no byte-order mark (RFC 8259 section 8.1), and readers differ on it',
    applies: (token) => [0, 1].some((i) => bytesOf(token, i).subarray(0, 3).toString('hex') === 'efbbbf'),
    examples: () => [
      signed(base64url('\ufeff{"alg":"HS256"}'), segment({})),
      signed(HEADER, base64url('\ufeff{}')),
    ],
  },
  {
    why: 'a JWT is never left unencoded (RFC 7797 section 7), whether "crit" says so or forgets to',
    applies: (token) => jsonOf(token, 0).b64 === false,
    examples: () => [signed(segment({ alg: 'HS256', b64: false }), segment({}))],
  },
  {
    why: 'a registered claim has its type (RFC 7519 section 4.1), also without a rule for it; 1e400 is infinity',
    applies: (token) => mistypedClaim(jsonOf(token, 1)) !== undefined,
    examples: () => MISTYPED.map(claiming),
  },
  {
    why: 'a token is at most 64 KiB, so that reading one costs next to nothing',
    applies: (token) => token.length > MAX_TOKEN_LENGTH,
    examples: () => [claiming(`"x":"${'x'.repeat(MAX_TOKEN_LENGTH)}"`)],
  },
  {
    why: 'an RSA-PSS signature is as long as the modulus (RFC 8017 section 8.1.2), which OpenSSL does not check',
    applies: (token) =>
      String(jsonOf(token, 0).alg).startsWith('PS') && bytesOf(token, 2).length < sizeOfModulus(),
    examples: () => {
      const { claims = {}, signature } = forgeWhere('PS256', startsWithZero);
      const without = (s: Buffer, input: string) => Buffer.from(signature?.(s, input) ?? s).subarray(1);
      return [forge('PS256', { claims, signature: without })];
    },
  },
];
