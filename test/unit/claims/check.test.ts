import { jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { type BrokenRule, type ClaimRules, checkClaims, mistypedClaim } from '../../../src/claims/check.js';
import { parseConfig } from '../../../src/config/parse.js';
import type { TokenPayload } from '../../../src/types.js';
import { NOW } from '../../support/clock.js';
import { mint } from '../../support/mint.js';
import { SECRET } from '../../support/secrets.js';

const VALID = 'valid';
/** The rules of a client without configured rules. */
const NO_RULES = parseConfig({ secret: SECRET }).secret?.rules as ClaimRules;

const check = (
  claims: object,
  rules: Partial<ClaimRules> = {},
  header: { typ?: unknown } = {},
): BrokenRule | undefined => checkClaims({ ...claims }, header.typ, { ...NO_RULES, ...rules }, NOW);

describe('checkClaims, with several broken rules,', () => {
  const rules = {
    ...{ issuer: ['own/', 'own'], audience: ['api'], clientIds: ['app-1', 'app-2'], typ: 'at+jwt' },
    ...{ requiredClaims: ['a"b'], maxTokenAge: 3600 },
  };
  const broken = { typ: 'JWT', iss: 'x', aud: 'x', sub: 5, nbf: NOW + 1, iat: NOW + 1, exp: NOW };

  // Each row fixes the rule that the row before it reported.
  const ROWS: [fixed: Record<string, unknown>, reason: string, message: string][] = [
    [{}, 'claim', 'The "typ" header is not "at+jwt".'],
    [{ typ: 'at+jwt' }, 'issuer', 'The "iss" claim is not the expected issuer, "own/" or "own".'],
    [{ iss: 'own' }, 'audience', 'The "aud" claim does not have the expected audience, "api".'],
    [{ aud: 'api' }, 'client', 'The token was not issued to the expected client, "app-1" or "app-2".'],
    [{ azp: 'app-2' }, 'claim', 'The "a\\"b" claim is missing.'],
    [{ 'a"b': null }, 'claim', 'The "sub" claim has the wrong type.'],
    [{ sub: 'user-1' }, 'not_yet_valid', 'The "nbf" claim is in the future.'],
    [{ nbf: NOW }, 'claim', 'The "iat" claim is in the future.'],
    [{ iat: NOW - 3601 }, 'expired', 'The token has expired.'],
    [{ exp: NOW + 1 }, 'expired', 'The token was issued too long ago.'],
  ];
  const upTo = (row: number): Record<string, unknown> =>
    Object.assign({ ...broken }, ...ROWS.slice(0, row + 1).map(([fixed]) => fixed));

  it.each(ROWS.map(([, reason, message], row) => [row + 1, reason, message] as const))(
    'checkClaims reports in place %d: %s, %s',
    (number, reason, message) => {
      const { typ, ...claims } = upTo(number - 1);
      expect(check(claims, rules, { typ })).toEqual({ reason, message });
    },
  );

  it('checkClaims reports nothing when all of them are fixed', () => {
    const { typ, ...claims } = Object.assign(upTo(ROWS.length - 1), { iat: NOW - 3600 });
    expect(check(claims, rules, { typ })).toBeUndefined();
  });
});

describe('checkClaims, at the exact limits of the time claims,', () => {
  const AGE = { maxTokenAge: 3600 };
  const TOLERANT = { clockTolerance: 30 };
  const EXPIRED = 'The token has expired.';
  const NOT_YET = 'The "nbf" claim is in the future.';
  const NOT_ISSUED = 'The "iat" claim is in the future.';
  const TOO_OLD = 'The token was issued too long ago.';

  it.each<['exp' | 'nbf' | 'iat', offset: number, rules: Partial<ClaimRules>, verdict: string]>([
    ['exp', -0.5, {}, EXPIRED],
    ['exp', 0, {}, EXPIRED],
    ['exp', 0.5, {}, VALID],
    ['exp', -30, TOLERANT, EXPIRED],
    ['exp', -29, TOLERANT, VALID],
    ['exp', Number.MAX_VALUE, {}, VALID],
    ['nbf', 0, {}, VALID],
    ['nbf', 0.5, {}, NOT_YET],
    ['nbf', 30, TOLERANT, VALID],
    ['nbf', 31, TOLERANT, NOT_YET],
    ['iat', 0, AGE, VALID],
    ['iat', 0.5, AGE, NOT_ISSUED],
    ['iat', 30, { ...AGE, ...TOLERANT }, VALID],
    ['iat', 31, { ...AGE, ...TOLERANT }, NOT_ISSUED],
    ['iat', -3600, AGE, VALID],
    ['iat', -3600.5, AGE, TOO_OLD],
    ['iat', -3630, { ...AGE, ...TOLERANT }, VALID],
    ['iat', -3631, { ...AGE, ...TOLERANT }, TOO_OLD],
    ['iat', 1, {}, VALID],
    ['iat', -NOW, {}, VALID],
  ])('checkClaims checks "%s" = now + %d s with the rules %j: %s', (claim, offset, rules, verdict) => {
    expect(check({ [claim]: NOW + offset }, rules)?.message ?? VALID).toBe(verdict);
  });

  it('checkClaims accepts a token without times, but not with "maxTokenAge"', () => {
    expect(check({})).toBeUndefined();
    // parseConfig also makes "iat" required with "maxTokenAge".
    expect(check({}, { maxTokenAge: Number.MAX_VALUE })?.message).toBe(TOO_OLD);
  });
});

describe('checkClaims, with one rule,', () => {
  it.each<[iss: unknown, issuer: string[], verdict: string]>([
    ['a', ['a'], VALID],
    ['b', ['a', 'b'], VALID],
    ['ab', ['a'], 'issuer'],
    [['a'], ['a'], 'issuer'],
    [undefined, ['a'], 'issuer'],
  ])('checkClaims compares the "iss" %j with %j: %s', (iss, issuer, verdict) => {
    expect(check({ iss }, { issuer })?.reason ?? VALID).toBe(verdict);
  });

  it.each<[aud: unknown, audience: string[], verdict: string]>([
    ['a', ['a'], VALID],
    [['b', 'a'], ['a'], VALID],
    [['c', 'b'], ['a', 'b'], VALID],
    ['ab', ['a'], 'audience'],
    [['ab', 'b'], ['a'], 'audience'],
    [[['a']], ['a'], 'audience'],
    [{ includes: 'a' }, ['a'], 'audience'],
    [undefined, ['a'], 'audience'],
  ])('checkClaims compares the "aud" %j with %j: %s', (aud, audience, verdict) => {
    expect(check({ aud }, { audience })?.reason ?? VALID).toBe(verdict);
  });

  // The shapes of access tokens of real providers. Of the claims that name the client, the first that is text counts.
  it.each<[claims: TokenPayload, clientIds: string[], verdict: string]>([
    [{ client_id: 'a' }, ['a'], VALID],
    [{ azp: 'a' }, ['b', 'a'], VALID],
    [{ cid: 'a' }, ['a'], VALID],
    [{ appid: 'a' }, ['a'], VALID],
    [{ client_id: 'b', azp: 'a', cid: 'a', appid: 'a' }, ['a'], 'client'],
    [{ azp: 'b', cid: 'a' }, ['a'], 'client'],
    [{ cid: 'b', appid: 'a' }, ['a'], 'client'],
    [{ client_id: ['a'] }, ['a'], 'client'],
    [{ client_id: 'A' }, ['a'], 'client'],
    [{ client_id: '' }, ['a'], 'client'],
    [{ clientId: 'a', aud: 'a', sub: 'a' }, ['a'], 'client'],
    [{}, ['a'], 'client'],
    [Object.create({ client_id: 'a' }), ['a'], 'client'],
  ])('checkClaims compares the client of %j with %j: %s', (claims, clientIds, verdict) => {
    expect(checkClaims(claims, 'JWT', { ...NO_RULES, clientIds }, NOW)?.reason ?? VALID).toBe(verdict);
  });

  it.each<[required: string[], claims: object, verdict: string]>([
    [['role'], { role: null }, VALID],
    [['role', 'tenant'], { role: 'admin' }, 'The "tenant" claim is missing.'],
    [['role', 'tenant'], {}, 'The "role" claim is missing.'],
    [['toString'], {}, 'The "toString" claim is missing.'],
  ])('checkClaims requires the claims %j in %j: %s', (requiredClaims, claims, verdict) => {
    expect(check(claims, { requiredClaims })?.message ?? VALID).toBe(verdict);
  });

  it.each<[typ: unknown, expected: string, matches: boolean]>([
    ['JWT', 'jwt', true],
    ['at+jwt', 'application/at+jwt', true],
    ['application/at+jwt', 'APPLICATION/AT+JWT', true],
    ['Application/At+Jwt', 'at+jwt', true],
    ['a/b', 'a/b', true],
    ['application/a/b', 'a/b', false],
    ['at+application/jwt', 'at+jwt', false],
    ['x/application/at+jwt', 'at+jwt', false],
    ['at-jwt', 'at+jwt', false],
    [['at+jwt'], 'at+jwt', false],
    [undefined, 'JWT', false],
  ])('checkClaims compares the "typ" %j with %j as jose does: %s', async (typ, expected, matches) => {
    expect(check({}, { typ: expected }, { typ }) === undefined).toBe(matches);
    const token = mint({ header: { alg: 'HS256', typ }, payload: {}, key: SECRET });
    const verifiedByJose = jwtVerify(token, Buffer.from(SECRET), { typ: expected });
    if (matches) await verifiedByJose;
    else await expect(verifiedByJose).rejects.toMatchObject({ claim: 'typ' });
  });

  it('checkClaims ignores "typ", "iss", "aud" and the client without a rule for them', () => {
    expect(check({ iss: 'anyone', aud: 'anything', client_id: 5 }, {}, { typ: [1] })).toBeUndefined();
  });
});

describe('mistypedClaim', () => {
  it.each<[claim: string, ...values: unknown[]]>([
    ['iss', 5, null, ['idp']],
    ['sub', 5, null],
    ['jti', {}, null],
    ['aud', 5, null, {}, ['api', 5], [['api']]],
    ['exp', '1900000000', null, Number.POSITIVE_INFINITY, true],
    ['nbf', '1', null, Number.NEGATIVE_INFINITY],
    ['iat', [1], null, Number.NaN],
  ])('mistypedClaim names "%s" if it does not have its type of RFC 7519', (claim, ...values) => {
    for (const value of values) expect([value, mistypedClaim({ [claim]: value })]).toEqual([value, claim]);
  });

  it('mistypedClaim accepts claims that are absent, empty, of the right type or not registered', () => {
    const typed = { iss: '', sub: '', jti: '', aud: [], exp: 0.5, nbf: 0, iat: -1 };
    expect(mistypedClaim({ ...typed, role: null, admin: 5 })).toBeUndefined();
    expect(mistypedClaim({ aud: ['a', 'b'], exp: undefined })).toBeUndefined();
  });
});
