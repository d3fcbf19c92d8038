import fc from 'fast-check';
import { AuthError, createAuthClient } from 'intentkit-auth';
import { decodeJwt } from 'jose';
import { expect, it } from 'vitest';
import { SECRET } from '../../support/forge.js';
import { allowTime, PARAMETERS, seeded } from './seed.js';
import { STRICTER } from './stricter.js';
import { anyTexts, anything, signedTokens } from './tokens.js';

allowTime();

const client = createAuthClient({ secret: SECRET });

function joses(token: string): object | undefined {
  try {
    return decodeJwt(token);
  } catch {
    return undefined;
  }
}

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

it(seeded('decode reads what jose reads, and throws ERR_TOKEN_MALFORMED for the rest'), () => {
  const property = fc.property(fc.oneof(signedTokens, anyTexts), (token) => {
    const theirs = joses(token);
    try {
      expect(client.decode(token)).toEqual(theirs);
    } catch (error) {
      if (!(error instanceof AuthError)) throw error;
      expect(error.code).toBe('ERR_TOKEN_MALFORMED');
      const isStricter = isNoSignedJwt(token) || STRICTER.some(({ applies }) => applies(token));
      if (theirs && !isStricter) expect.unreachable('jose reads this token, and there is no reason not to');
    }
  });
  fc.assert(property, PARAMETERS);
});

it(seeded('decode throws ERR_TOKEN_MALFORMED for any value that is not text'), () => {
  const notText = anything.filter((value) => typeof value !== 'string');
  const property = fc.property(notText, (value) => {
    const error = { name: 'AuthError', code: 'ERR_TOKEN_MALFORMED' };
    expect(() => client.decode(value as string)).toThrow(expect.objectContaining(error));
  });
  fc.assert(property, PARAMETERS);
});
