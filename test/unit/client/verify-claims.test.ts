import { type } from 'arktype';
import { createAuthClient, type StandardSchemaV1, type TokenPayload, type Verdict } from 'intentkit-auth';
import { createRevocationList } from 'intentkit-auth/revocation';
import * as v from 'valibot';
import { describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { freezeClock, NOW } from '../../support/clock.js';
import { mint } from '../../support/mint.js';
import { OTHER_SECRET, SECRET } from '../../support/secrets.js';
import { memoryStore } from '../../support/stores.js';

freezeClock();

const client = createAuthClient({ secret: SECRET });
const token = (payload: object, key = SECRET): string => mint({ header: { alg: 'HS256' }, payload, key });
const HIDDEN = 'correct-horse-battery-staple';

const schema = z.object({ sub: z.string(), roles: z.array(z.string()), level: z.number().default(1) });
const LIBRARIES: readonly [name: string, schema: StandardSchemaV1<unknown, object>][] = [
  ['zod', schema],
  ['zod, asynchronous', schema.check(z.refine(async () => true))],
  ['valibot', v.object({ sub: v.string(), roles: v.array(v.string()), level: v.optional(v.number(), 1) })],
  ['arktype', type({ sub: 'string', roles: 'string[]', level: 'number = 1', '+': 'delete' })],
];

describe.each(LIBRARIES)('verify with a schema of %s', (_, claims) => {
  it('returns the output of the schema as the payload', async () => {
    const verdict = await client.verify(token({ sub: 'user-1', roles: ['reader'], exp: NOW + 1 }), {
      claims,
    });
    expect(verdict).toEqual({
      valid: true,
      expired: false,
      payload: { sub: 'user-1', roles: ['reader'], level: 1 },
    });
  });

  it.each<[payload: object, path: string]>([
    [{ sub: 'user-1' }, 'roles'],
    [{ sub: 'user-1', roles: HIDDEN }, 'roles'],
    [{ sub: 'user-1', roles: ['reader', { HIDDEN }] }, 'roles.1'],
    [{ sub: 'user-1', roles: [], level: HIDDEN }, 'level'],
  ])('refuses %j, and names only the path', async (payload, path) => {
    expect(await client.verify(token(payload), { claims })).toEqual({
      valid: false,
      expired: false,
      payload,
      reason: 'claim',
      message: `The "${path}" claim does not match the schema.`,
    });
  });
});

/** A schema that accepts claims if `isGood` says so. */
const schemaOf = (isGood: (claims: TokenPayload) => boolean | Promise<boolean>): StandardSchemaV1 => ({
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: async (claims) =>
      (await isGood(claims as TokenPayload)) ? { value: 'output' } : { issues: [{ message: HIDDEN }] },
  },
});
const REFUSES = schemaOf(() => false);
const ACCEPTS = schemaOf(() => true);

describe('verify, with a schema,', () => {
  const rules = { issuer: 'own', requiredClaims: ['sub'] };
  const own = { iss: 'own', sub: 'user-1' };

  it.each<[what: string, payload: object, claims: StandardSchemaV1, reason: string]>([
    ['another issuer', { iss: 'x', sub: 'user-1' }, REFUSES, 'issuer'],
    ['a future "nbf"', { ...own, nbf: NOW + 1 }, REFUSES, 'not_yet_valid'],
    ['other claims', own, REFUSES, 'claim'],
    ['other claims, expired', { ...own, exp: NOW }, REFUSES, 'claim'],
    ['matching claims, expired', { ...own, exp: NOW }, ACCEPTS, 'expired'],
  ])('gives the reason for a token with %s', async (_, payload, claims, reason) => {
    const strict = createAuthClient({ secret: SECRET, ...rules });
    expect(await strict.verify(token(payload), { claims })).toMatchObject({
      valid: false,
      expired: reason === 'expired',
      payload,
      reason,
    });
  });

  it('says that the claims do not match if the schema names no path, and repeats nothing of the schema', async () => {
    expect(await client.verify(token(own), { claims: REFUSES })).toMatchObject({
      message: 'The claims do not match the schema.',
    });
  });

  it('calls the schema only for a token with a valid signature, and once', async () => {
    const isGood = vi.fn(() => true);
    const claims = schemaOf(isGood);
    expect(await client.verify(token(own, OTHER_SECRET), { claims })).toMatchObject({ reason: 'signature' });
    expect(await client.verify('garbage', { claims })).toMatchObject({ reason: 'malformed' });
    expect(isGood).not.toHaveBeenCalled();
    expect(await client.verify(token(own), { claims })).toMatchObject({ valid: true, payload: 'output' });
    expect(isGood).toHaveBeenCalledOnce();
  });

  it('gives the schema a copy, so that it changes neither the verdict nor what the revocation list sees', async () => {
    const revocation = createRevocationList(memoryStore());
    const revocable = createAuthClient({ secret: SECRET, revocation });
    const jwt = token({ ...own, jti: 'id-1', exp: NOW + 60 });
    await revocable.revoke(jwt);
    const claims = schemaOf((copy) => {
      for (const name of Object.keys(copy)) Reflect.deleteProperty(copy, name);
      return true;
    });
    expect(await revocable.verify(jwt, { claims })).toMatchObject({
      reason: 'revoked',
      payload: { ...own, jti: 'id-1' },
    });
  });

  it('ignores a polluted Object.prototype', async () => {
    const jwt = token(own);
    Object.assign(Object.prototype, { path: 'polluted', value: 'polluted' });
    const verdicts = await Promise.all(
      [ACCEPTS, REFUSES].map((claims) => client.verify(jwt, { claims })),
    ).finally(() => {
      for (const name of ['path', 'value']) Reflect.deleteProperty(Object.prototype, name);
    });
    expect(verdicts).toMatchObject([
      { valid: true, payload: 'output' },
      { valid: false, reason: 'claim' },
    ]);
  });

  it('reports the claims of the token to "onVerdict", not the output of the schema', async () => {
    const verdicts: Verdict[] = [];
    const observed = createAuthClient({ secret: SECRET, onVerdict: (verdict) => verdicts.push(verdict) });
    await observed.verify(token(own), { claims: ACCEPTS });
    await observed.verify(token(own), { claims: REFUSES });
    const failing = schemaOf(() => Promise.reject(new Error(HIDDEN)));
    await expect(observed.verify(token(own), { claims: failing })).rejects.toThrow('failed');
    expect(verdicts).toMatchObject([
      { valid: true, issuer: 'own', subject: 'user-1' },
      { valid: false, reason: 'claim', issuer: 'own', subject: 'user-1' },
      { valid: false, reason: 'ERR_AUTH_CONFIG' },
    ]);
  });

  it.each<[what: string, isGood: () => boolean | Promise<boolean>]>([
    [
      'throws',
      () => {
        throw new Error(HIDDEN);
      },
    ],
    ['rejects', () => Promise.reject(new Error(HIDDEN))],
  ])('rejects without a verdict if the schema %s, and does not repeat what it threw', async (_, isGood) => {
    const error = await client
      .verify(token(own), { claims: schemaOf(isGood) })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'AuthError', code: 'ERR_AUTH_CONFIG' });
    expect(JSON.stringify([error, String(error), (error as Error).stack])).not.toContain(HIDDEN);
  });
});

describe('verify, given a second argument,', () => {
  const jwt = token({ sub: 'user-1' });
  const verify = client.verify as (token: string, second?: unknown) => Promise<unknown>;

  it('works as the callback of map', async () => {
    const verdicts = await Promise.all([jwt, 'garbage'].map(client.verify));
    expect(verdicts.map(({ valid }) => valid)).toEqual([true, false]);
  });

  it.each([undefined, null, 0, 1, Number.NaN, '', 'text', true, 5n, Symbol('name')])(
    'ignores %s',
    async (second) => {
      expect(await verify(jwt, second)).toMatchObject({ valid: true });
    },
  );

  it.each<[second: unknown, message: string]>([
    [{ claim: schema }, '"claim" is not an option of verify. Did you mean "claims"?'],
    [schema, expect.stringContaining('is not an option of verify.')],
    [{ signal: 5 }, '"signal" is not an option of verify. Its options are "claims".'],
    [{ claims: undefined }, '"claims" is undefined: give it a value or leave it out.'],
    [
      { claims: { roles: 'string' } },
      '"claims" must be a schema of a library that supports Standard Schema, such as zod, valibot or arktype.',
    ],
    [
      {},
      '"claims" is missing: it must be a schema of a library that supports Standard Schema, such as zod, valibot or arktype.',
    ],
    [[], 'The options of verify must be an object.'],
    [() => {}, 'The options of verify must be an object.'],
    [type({ sub: 'string' }), 'The options of verify must be an object.'],
  ])('rejects %o: %s', async (second, message) => {
    await expect(verify(jwt, second)).rejects.toMatchObject({ code: 'ERR_AUTH_CONFIG', message });
  });
});
