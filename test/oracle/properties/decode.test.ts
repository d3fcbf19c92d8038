import fc from 'fast-check';
import { decodeJwt } from 'jose';
import { describe, expect, it } from 'vitest';
import { AuthError, createAuthClient } from '../../../src/index.js';
import { SECRET } from '../attacks/forge.js';
import { allowTime, PARAMETERS, seeded } from './seed.js';
import { STRICTER } from './stricter.js';
import { signedTokens } from './tokens.js';

allowTime();

const client = createAuthClient({ secret: SECRET });

const outcome = (decode: () => object): object | undefined => {
  try {
    return decode();
  } catch {
    return undefined;
  }
};

/** jose reads the payload and nothing else; we refuse what is not a signed JWT as a whole. */
function isNoSignedJwt(token: string): boolean {
  try {
    const bytes = Buffer.from(token.split('.')[0] ?? '', 'base64url');
    const header: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return typeof (header as { alg?: unknown }).alg !== 'string' || Array.isArray(header);
  } catch {
    return true;
  }
}

const segment = fc.oneof(
  fc.constantFrom(
    'eyJhbGciOiJIUzI1NiJ9',
    'eyJhbGciOiJub25lIn0',
    'e30',
    'bnVsbA',
    'W10',
    '',
    '!',
    'AA',
    'eyJhIjoxfQ==',
  ),
  fc.json().map((json) => Buffer.from(json).toString('base64url')),
  fc.base64String(),
  fc.string({ unit: 'binary' }),
);
const anyTokens = fc.oneof(
  signedTokens,
  fc.tuple(segment, segment, segment).map((parts) => parts.join('.')),
  fc.array(segment, { maxLength: 6 }).map((parts) => parts.join('.')),
  fc.string({ unit: 'binary' }),
);

describe('decode', () => {
  it(seeded('reads what jose reads, and throws ERR_TOKEN_MALFORMED for the rest'), () => {
    fc.assert(
      fc.property(anyTokens, (token) => {
        const theirs = outcome(() => decodeJwt(token));
        try {
          expect(client.decode(token)).toEqual(theirs);
        } catch (error) {
          if (!(error instanceof AuthError)) throw error;
          expect(error.code).toBe('ERR_TOKEN_MALFORMED');
          const isStricter = isNoSignedJwt(token) || STRICTER.some(({ applies }) => applies(token));
          if (theirs && !isStricter)
            expect.unreachable('jose reads this token, and there is no reason not to');
        }
      }),
      PARAMETERS,
    );
  });

  it(seeded('throws ERR_TOKEN_MALFORMED for any value that is not text'), () => {
    fc.assert(
      fc.property(
        fc.anything().filter((value) => typeof value !== 'string'),
        (value) => {
          expect(() => client.decode(value as string)).toThrow(
            expect.objectContaining({ name: 'AuthError', code: 'ERR_TOKEN_MALFORMED' }),
          );
        },
      ),
      PARAMETERS,
    );
  });
});
