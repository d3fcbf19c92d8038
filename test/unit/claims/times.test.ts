// Every boundary in time, second by second, and what plain jose says of the same token at the same time.
import { type AuthProviderConfig, createAuthClient, type VerifyFailure } from 'intentkit-auth';
import { errors, jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { mint } from '../../support/mint.js';

const NOW = 1_750_000_000;
const SECRET = 'a secret of sixty-four bytes, which is enough for every HMAC hash';

interface Row {
  claims: { exp?: number; nbf?: number; iat?: number };
  verdict: 'valid' | VerifyFailure;
  /** What is said of it; absent for `valid`. */
  message?: string;
  clockTolerance?: string;
  maxTokenAge?: string;
  /** Milliseconds into the second. Default: 0. */
  ms?: number;
}

const EXPIRED = { verdict: 'expired', message: 'The token has expired.' } as const;
const NOT_YET = { verdict: 'not_yet_valid', message: 'The "nbf" claim is in the future.' } as const;
const TOO_OLD = { verdict: 'expired', message: 'The token was issued too long ago.' } as const;
const NOT_ISSUED = { verdict: 'claim', message: 'The "iat" claim is in the future.' } as const;
const NO_IAT = { verdict: 'claim', message: 'The "iat" claim is missing.' } as const;
const VALID = { verdict: 'valid' } as const;

afterEach(() => {
  vi.useRealTimers();
});

async function josesVerdict(token: string, row: Row): Promise<string> {
  const { clockTolerance = '0s', maxTokenAge, ms = 0 } = row;
  const options = {
    currentDate: new Date(NOW * 1000 + ms),
    clockTolerance,
    ...(maxTokenAge && { maxTokenAge }),
  };
  try {
    await jwtVerify(token, Buffer.from(SECRET), options);
    return 'valid';
  } catch (error) {
    if (error instanceof errors.JWTExpired) return 'expired';
    if (!(error instanceof errors.JWTClaimValidationFailed)) throw error;
    return error.claim === 'nbf' ? 'not_yet_valid' : 'claim';
  }
}

async function check(row: Row): Promise<void> {
  const { claims, verdict, message, clockTolerance, maxTokenAge, ms = 0 } = row;
  vi.setSystemTime(NOW * 1000 + ms);
  const config: AuthProviderConfig = {
    secret: SECRET,
    ...(clockTolerance && { clockTolerance }),
    ...(maxTokenAge && { maxTokenAge }),
  };
  const token = mint({ header: { alg: 'HS256' }, payload: claims, key: SECRET });
  const refusal = { reason: verdict, message };
  expect(await createAuthClient(config).verify(token)).toEqual({
    valid: verdict === 'valid',
    payload: claims,
    expired: verdict === 'expired',
    ...(verdict !== 'valid' && refusal),
  });
  expect(await josesVerdict(token, row)).toBe(verdict);
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
});

describe('"exp": the token is good before that second', () => {
  it.each<Row>([
    { claims: { exp: NOW - 1 }, ...EXPIRED },
    { claims: { exp: NOW }, ...EXPIRED },
    { claims: { exp: NOW }, ms: 999, ...EXPIRED },
    { claims: { exp: NOW + 1 }, ...VALID },
    { claims: { exp: NOW + 1 }, ms: 999, ...VALID },
    { claims: { exp: NOW + 0.5 }, ...VALID },
    { claims: { exp: NOW + 0.5 }, ms: 999, ...VALID },
    { claims: { exp: NOW - 0.5 }, ...EXPIRED },
    { claims: { exp: 0 }, ...EXPIRED },
    { claims: { exp: -1 }, ...EXPIRED },
    { claims: { exp: Number.MAX_SAFE_INTEGER }, ...VALID },
    { claims: { exp: Number.MAX_VALUE }, ...VALID },
    { claims: {}, ...VALID },
  ])('$claims at $ms ms: $verdict', check);

  it.each<Row>([
    { claims: { exp: NOW - 30 }, clockTolerance: '29s', ...EXPIRED },
    { claims: { exp: NOW - 30 }, clockTolerance: '30s', ...EXPIRED },
    { claims: { exp: NOW - 30 }, clockTolerance: '31s', ...VALID },
    { claims: { exp: NOW - 29 }, clockTolerance: '30s', ...VALID },
    { claims: { exp: NOW - 29.5 }, clockTolerance: '30s', ...VALID },
    { claims: { exp: NOW - 59 }, clockTolerance: '1m', ...VALID },
    { claims: { exp: NOW - 60 }, clockTolerance: '1m', ...EXPIRED },
    { claims: { exp: NOW }, clockTolerance: '0s', ...EXPIRED },
    { claims: { exp: NOW }, clockTolerance: '0.4s', ...EXPIRED },
    { claims: { exp: NOW }, clockTolerance: '0.5s', ...VALID },
    { claims: { exp: NOW + 1 }, clockTolerance: '30s', ...VALID },
  ])('$claims with a tolerance of $clockTolerance: $verdict', check);
});

describe('"nbf": the token is good from that second on', () => {
  it.each<Row>([
    { claims: { nbf: NOW - 1 }, ...VALID },
    { claims: { nbf: NOW }, ...VALID },
    { claims: { nbf: NOW + 1 }, ...NOT_YET },
    { claims: { nbf: NOW + 1 }, ms: 999, ...NOT_YET },
    { claims: { nbf: NOW + 0.5 }, ms: 999, ...NOT_YET },
    { claims: { nbf: NOW - 0.5 }, ...VALID },
    { claims: { nbf: 0 }, ...VALID },
    { claims: { nbf: -1 }, ...VALID },
    { claims: { nbf: Number.MAX_VALUE }, ...NOT_YET },
  ])('$claims at $ms ms: $verdict', check);

  it.each<Row>([
    { claims: { nbf: NOW + 30 }, clockTolerance: '29s', ...NOT_YET },
    { claims: { nbf: NOW + 30 }, clockTolerance: '30s', ...VALID },
    { claims: { nbf: NOW + 30 }, clockTolerance: '31s', ...VALID },
    { claims: { nbf: NOW + 30.5 }, clockTolerance: '30s', ...NOT_YET },
    { claims: { nbf: NOW + 1 }, clockTolerance: '0.4s', ...NOT_YET },
    { claims: { nbf: NOW + 1 }, clockTolerance: '0.5s', ...VALID },
  ])('$claims with a tolerance of $clockTolerance: $verdict', check);

  it.each<Row>([
    { claims: { nbf: NOW + 1, exp: NOW + 2 }, ...NOT_YET },
    { claims: { nbf: NOW, exp: NOW + 1 }, ...VALID },
    { claims: { nbf: NOW - 1, exp: NOW }, ...EXPIRED },
    { claims: { nbf: NOW + 1, exp: NOW }, ...NOT_YET },
  ])('comes before "exp": $claims: $verdict', check);
});

describe('"maxTokenAge": the token is good up to that age', () => {
  it.each<Row>([
    { claims: { iat: NOW }, maxTokenAge: '1h', ...VALID },
    { claims: { iat: NOW - 3599 }, maxTokenAge: '1h', ...VALID },
    { claims: { iat: NOW - 3600 }, maxTokenAge: '1h', ...VALID },
    { claims: { iat: NOW - 3600 }, maxTokenAge: '1h', ms: 999, ...VALID },
    { claims: { iat: NOW - 3601 }, maxTokenAge: '1h', ...TOO_OLD },
    { claims: { iat: NOW - 3600.5 }, maxTokenAge: '1h', ...TOO_OLD },
    { claims: { iat: 0 }, maxTokenAge: '1h', ...TOO_OLD },
    { claims: { iat: NOW - 1 }, maxTokenAge: '0.5s', ...VALID },
    { claims: { iat: NOW - 1 }, maxTokenAge: '1.4s', ...VALID },
    { claims: { iat: NOW - 2 }, maxTokenAge: '1.4s', ...TOO_OLD },
    { claims: { iat: NOW - 2 }, maxTokenAge: '1.5s', ...VALID },
    { claims: { iat: NOW, exp: NOW }, maxTokenAge: '1h', ...EXPIRED },
    { claims: { iat: NOW - 3601, exp: NOW + 60 }, maxTokenAge: '1h', ...TOO_OLD },
    { claims: { iat: NOW - 3601, exp: NOW }, maxTokenAge: '1h', ...EXPIRED },
    { claims: {}, maxTokenAge: '1h', ...NO_IAT },
    { claims: { exp: NOW }, maxTokenAge: '1h', ...NO_IAT },
    { claims: { nbf: NOW - 1 }, maxTokenAge: '1h', ...NO_IAT },
  ])('$claims at $ms ms with $maxTokenAge: $verdict', check);

  it.each<Row>([
    { claims: { iat: NOW - 3629 }, maxTokenAge: '1h', clockTolerance: '30s', ...VALID },
    { claims: { iat: NOW - 3630 }, maxTokenAge: '1h', clockTolerance: '30s', ...VALID },
    { claims: { iat: NOW - 3631 }, maxTokenAge: '1h', clockTolerance: '30s', ...TOO_OLD },
    { claims: { iat: NOW + 29 }, maxTokenAge: '1h', clockTolerance: '30s', ...VALID },
    { claims: { iat: NOW + 30 }, maxTokenAge: '1h', clockTolerance: '30s', ...VALID },
    { claims: { iat: NOW + 31 }, maxTokenAge: '1h', clockTolerance: '30s', ...NOT_ISSUED },
    { claims: { iat: NOW + 30.5 }, maxTokenAge: '1h', clockTolerance: '30s', ...NOT_ISSUED },
  ])('$claims with $maxTokenAge and a tolerance of $clockTolerance: $verdict', check);
});

describe('"iat" in the future', () => {
  it.each<Row>([
    { claims: { iat: NOW + 1 }, maxTokenAge: '1h', ...NOT_ISSUED },
    { claims: { iat: NOW + 0.5 }, maxTokenAge: '1h', ...NOT_ISSUED },
    { claims: { iat: NOW + 1 }, maxTokenAge: '1h', ms: 999, ...NOT_ISSUED },
    { claims: { iat: NOW + 7200 }, maxTokenAge: '1h', ...NOT_ISSUED },
    { claims: { iat: NOW + 1 }, ...VALID },
    { claims: { iat: Number.MAX_VALUE }, ...VALID },
  ])('$claims at $ms ms with $maxTokenAge: $verdict', check);
});

describe('As time passes', () => {
  it('a signed token is good to the last millisecond before "exp"', async () => {
    const client = createAuthClient({ secret: SECRET, defaultExpiry: '10s' });
    vi.setSystemTime(NOW * 1000 + 999);
    const token = await client.sign({});
    const validAt = async (milliseconds: number): Promise<boolean> => {
      vi.setSystemTime(milliseconds);
      return (await client.verify(token)).valid;
    };
    expect(await validAt(NOW * 1000)).toBe(true);
    expect(await validAt((NOW + 10) * 1000 - 1)).toBe(true);
    expect(await validAt((NOW + 10) * 1000)).toBe(false);
  });

  it('a token with "nbf" becomes good', async () => {
    const client = createAuthClient({ secret: SECRET });
    vi.setSystemTime(NOW * 1000);
    const token = await client.sign({ nbf: NOW + 5 });
    expect(await client.verify(token)).toMatchObject({ reason: 'not_yet_valid' });
    vi.setSystemTime((NOW + 5) * 1000);
    expect(await client.verify(token)).toMatchObject({ valid: true });
  });
});
