import { runInNewContext } from 'node:vm';
import { type } from 'arktype';
import * as v from 'valibot';
import { afterEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { AuthError } from '../../../src/errors.js';
import { conform, type StandardSchemaV1, standardSchema } from '../../../src/shared/standard-schema.js';

/** A schema written by hand, whose `validate` returns anything. */
const schemaOf = (validate: () => unknown): StandardSchemaV1 =>
  ({ '~standard': { version: 1, vendor: 'test', validate } }) as StandardSchemaV1;
const failing = (...path: unknown[]): StandardSchemaV1 =>
  schemaOf(() => ({ issues: [{ message: 'SECRET', path }] }));

const roles = ['reader'];
const LIBRARIES: readonly [name: string, schema: StandardSchemaV1][] = [
  ['zod', z.object({ user: z.object({ roles: z.array(z.string()) }), level: z.number().default(1) })],
  ['valibot', v.object({ user: v.object({ roles: v.array(v.string()) }), level: v.optional(v.number(), 1) })],
  ['arktype', type({ user: { roles: 'string[]' }, level: 'number = 1' })],
  [
    'zod with an asynchronous check',
    z
      .object({ user: z.object({ roles: z.array(z.string()) }), level: z.number().default(1) })
      .check(z.refine(async () => true)),
  ],
];

afterEach(() => void vi.useRealTimers());

describe.each(LIBRARIES)('conform with a schema of %s', (_, schema) => {
  it('returns the output of the schema', async () => {
    expect(await conform(schema, { user: { roles } })).toEqual({ value: { user: { roles }, level: 1 } });
  });

  it.each([
    [{}, 'user'],
    [{ user: { roles: 5 } }, 'user.roles'],
    [{ user: { roles: ['reader', 5] } }, 'user.roles.1'],
  ])('names the path of the first mismatch in %j', async (claims, path) => {
    expect(await conform(schema, claims)).toEqual({ path });
  });

  it('is accepted as an option', () => {
    expect(z.safeParse(standardSchema, schema)).toMatchObject({ success: true, data: schema });
  });
});

describe('conform', () => {
  it.each<[path: unknown[], shown: string]>([
    [[], ''],
    [['urn:example/a.b-c_1'], 'urn:example/a.b-c_1'],
    [[{ key: 'user' }, { key: 0 }], 'user.0'],
    [['roles', '<b>'], 'roles.…'],
    [['a\nb'], '…'],
    [['é'], '…'],
    [['', Symbol('name')], '….…'],
    [['a'.repeat(64)], 'a'.repeat(64)],
    [['a'.repeat(65)], '…'],
    [Array(10).fill('a'), 'a.a.a.a.a.a.a.a.a.a'],
    [Array(11).fill('a'), 'a.a.a.a.a.a.a.a.a.a.…'],
  ])('shows only plain names of the path %j', async (path, shown) => {
    expect(await conform(failing(...path), {})).toEqual({ path: shown });
  });

  it.each<[what: string, answer: unknown]>([
    ['no issue', { issues: [] }],
    ['an issue without a path', { issues: [{ message: 'wrong' }] }],
    ['issues of another realm', runInNewContext('({ issues: [{ message: "wrong", path: [] }] })')],
    ['issues beside a value', { value: {}, issues: [{ message: 'wrong' }] }],
    [
      'issues of a class',
      new (class {
        get issues(): object[] {
          return [{ message: 'wrong' }];
        }
      })(),
    ],
  ])('reports a mismatch for an answer with %s', async (_, answer) => {
    expect(
      await conform(
        schemaOf(() => answer),
        {},
      ),
    ).toEqual({ path: '' });
  });

  it.each<[what: string, validate: () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('SECRET');
      },
    ],
    ['rejects', () => Promise.reject(new Error('SECRET'))],
    ['returns nothing', () => undefined],
    ['returns null', () => null],
    ['returns true', () => true],
    ['returns an empty answer', () => ({})],
    ['returns a value of undefined', () => ({ value: undefined })],
    ['returns issues that are null', () => ({ value: {}, issues: null })],
    [
      'returns an issue whose path throws',
      () => ({
        issues: [
          {
            get path() {
              throw new Error('SECRET');
            },
          },
        ],
      }),
    ],
  ])('throws an error without the text of the schema if it %s', async (_, validate) => {
    const error = await conform(schemaOf(validate), {}).catch((thrown: unknown) => thrown);
    const says =
      'The schema of "claims" failed: it must return a result for all claims, within 5 s and without throwing.';
    expect(error).toEqual(new AuthError('ERR_AUTH_CONFIG', says));
    expect(error).not.toHaveProperty('cause');
  });

  it('throws if the schema does not answer within 5 s', async () => {
    vi.useFakeTimers();
    const outcome = conform(
      schemaOf(() => new Promise(() => {})),
      {},
    ).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(6000);
    expect(await outcome).toMatchObject({ code: 'ERR_AUTH_CONFIG' });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ignores a polluted Object.prototype', async () => {
    const polluted = { issues: [], value: {}, path: ['polluted'] };
    const [, zod] = LIBRARIES[0] ?? [];
    Object.assign(Object.prototype, polluted);
    const outcomes = await Promise.allSettled([
      conform(zod as StandardSchemaV1, { user: { roles } }),
      conform(
        schemaOf(() => ({})),
        {},
      ),
      conform(
        schemaOf(() => ({ issues: [{ message: 'wrong' }] })),
        {},
      ),
    ]).finally(() => {
      for (const name of Object.keys(polluted)) Reflect.deleteProperty(Object.prototype, name);
    });
    expect(outcomes).toMatchObject([
      { status: 'fulfilled', value: { value: { user: { roles }, level: 1 } } },
      { status: 'rejected' },
      { status: 'fulfilled', value: { path: '' } },
    ]);
  });
});

it.each<[what: string, value: unknown]>([
  ['text', 'schema'],
  ['null', null],
  ['a plain object', { roles: 'string' }],
  ['a function', () => true],
  ['a schema of another version', { '~standard': { version: 2, validate: () => ({ value: {} }) } }],
  ['a schema without "validate"', { '~standard': { version: 1 } }],
])('The option of a schema refuses %s', (_, value) => {
  expect(z.safeParse(standardSchema, value).success).toBe(false);
});
