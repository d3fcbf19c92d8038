import { defineFunction, type FunctionContext, z } from 'intentkit';
import { AuthError } from 'intentkit-auth';
import { describe, expect, it } from 'vitest';
import { callFunction } from '../../../host/src/call.js';

const ctx: FunctionContext = { providers: {}, role: 'admin', events: undefined };
const SECRET = 'do-not-repeat-this';

async function call(execute: (input: object) => unknown, args: unknown = { text: 'hello' }) {
  const warnings: string[] = [];
  const fn = defineFunction({
    name: 'echo',
    intent: 'Say it again',
    permissions: [],
    input: z.strictObject({
      text: z.string().max(9, 'Keep it below 10 characters.'),
      tags: z.record(z.string(), z.string()).default({}),
    }),
    output: z.object({ value: z.unknown().refine((value) => value !== 'a lie') }),
    execute: async (input) => ({ value: await execute(input) }),
  });
  const result = await callFunction(fn, args, ctx, (sentence) => warnings.push(sentence));
  return { result, warnings };
}

const toolError = (text: string) => ({ content: [{ type: 'text', text }], isError: true });
const INTERNAL = toolError('The function "echo" failed for an internal reason.');

describe('callFunction', () => {
  it('callFunction answers with structured content, and with the same content as text', async () => {
    const value = { text: 'hello', tags: {} };
    expect(await call((input) => input)).toEqual({
      result: { structuredContent: { value }, content: [{ type: 'text', text: JSON.stringify({ value }) }] },
      warnings: [],
    });
  });

  it.each([
    ['zero width', '\u200b', '\\u200b'],
    ['a change of direction', '\u202e', '\\u202e'],
    ['a tag', '\u{e0041}', '\\udb40\\udc41'],
    ['a variation selector', '\ufe0f', '\\ufe0f'],
    ['a variation selector beyond the basic plane', '\u{e0100}', '\\udb40\\udd00'],
    ['a filler of Hangul', '\u3164', '\\u3164'],
    ['a control character', '\u009b', '\\u009b'],
    ['a line separator', '\u2028', '\\u2028'],
  ])('callFunction escapes hidden characters in its text: %s', async (_, character, escaped) => {
    const { result } = await call(() => `a${character}b`);
    const [block] = result.content;
    const text = block?.type === 'text' ? block.text : '';
    expect(text).toBe(`{"value":"a${escaped}b"}`);
    expect(JSON.parse(text)).toEqual(result.structuredContent);
    // The engine keeps the last text that an expression has matched.
    expect(RegExp.input.length).toBeLessThan(5);
  });

  it.each<[args: unknown, sentence: string]>([
    [{}, 'Invalid argument "text": it is missing.'],
    [{ text: null }, 'Invalid argument "text": it must be of type string.'],
    [{ text: SECRET }, 'Invalid argument "text": Keep it below 10 characters.'],
    [{ text: 'a', tags: { b: 1 } }, 'Invalid argument "tags.b": it must be of type string.'],
    [{ text: 'a', tags: { [SECRET.repeat(3)]: 1 } }, 'Invalid argument "tags.…": it must be of type string.'],
    [
      { text: 'a', txet: SECRET },
      'Invalid argument "txet": there is no such field (the fields are "text", "tags").',
    ],
    [
      { text: 'a', 'eyJh.eyJz.c2ln': 1 },
      'Invalid argument "…": there is no such field (the fields are "text", "tags").',
    ],
    [
      { tags: { b: 1 }, txet: SECRET, etxt: 1 },
      'Invalid arguments: "text": it is missing; "tags.b": it must be of type string; "txet": there is no such field (the fields are "text", "tags"); "etxt": there is no such field.',
    ],
    [
      { text: 'a', ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8, 9].map((name) => [`n${name}`, 1])) },
      `Invalid arguments: ${[1, 2, 3, 4, 5, 6, 7, 8].map((name) => `"n${name}": there is no such field${name === 1 ? ' (the fields are "text", "tags")' : ''}`).join('; ')}.`,
    ],
    ['text', 'Invalid arguments: it must be of type object.'],
    [null, 'Invalid arguments: it must be of type object.'],
  ])('callFunction answers %j, without a call, with: %s', async (args, sentence) => {
    let executed = false;
    const answer = await call(() => {
      executed = true;
    }, args);
    expect([answer, executed]).toEqual([{ result: toolError(sentence), warnings: [] }, false]);
  });

  it('callFunction sends the agent the message of an error with a name of its own and an ERR_ code', async () => {
    const error = new AuthError('ERR_AUTH_CONFIG', 'Set the option to something else.');
    expect(await call(() => Promise.reject(error))).toEqual({
      result: toolError(error.message),
      warnings: [],
    });
  });

  it.each<[what: string, thrown: unknown, named: string]>([
    ['an error without a code', new TypeError(SECRET), 'TypeError'],
    ['an error with another code', Object.assign(new Error(SECRET), { code: 'ECONNREFUSED' }), 'Error'],
    ['an error with a numeric code', Object.assign(new Error(SECRET), { code: 1 }), 'Error'],
    ["one of Node's own errors", Object.assign(new TypeError(SECRET), { code: 'ERR_X' }), 'TypeError'],
    ['a code without an error', { code: 'ERR_X', message: SECRET }, 'object'],
    ['a string', SECRET, 'string'],
    ['undefined', undefined, 'undefined'],
  ])('callFunction shows %s neither to the agent nor on stderr', async (_, thrown, named) => {
    const warnings = [`The function "echo" failed: ${named}.`];
    expect(await call(() => Promise.reject(thrown))).toEqual({ result: INTERNAL, warnings });
  });

  it.each<[what: string, value: unknown, named: string]>([
    ['JSON cannot hold', 1n, 'TypeError'],
    ['does not match the output schema', 'a lie', 'ZodError'],
  ])('callFunction refuses a result that %s', async (_, value, named) => {
    const warnings = [`The function "echo" failed: ${named}.`];
    expect(await call(() => value)).toEqual({ result: INTERNAL, warnings });
  });

  const nested = (levels: number): unknown => {
    let value: unknown = 'core';
    for (let level = 0; level < levels; level++) value = level % 2 ? [value] : { value };
    return value;
  };
  const circle: Record<string, unknown> = {};
  Object.assign(circle, { left: circle, right: circle });

  it.each<[what: string, value: unknown]>([
    ['nested 129 levels deep', nested(128)],
    ['nested 200,001 levels deep', nested(200_000)],
    ['that contains itself', circle],
  ])('callFunction refuses a result %s', async (_, value) => {
    const refusal = toolError('The result is nested deeper than 128 levels and cannot be sent.');
    expect((await call(() => value)).result).toEqual(refusal);
  });

  it('callFunction sends a result nested 128 levels deep, the output included', async () => {
    expect((await call(() => nested(127))).result.isError).toBeUndefined();
  });
});

describe('callFunction, with arguments that the input schema does not name,', () => {
  it.each<[schema: string, input: z.ZodObject, answer: object]>([
    ['z.object', z.object({ text: z.string() }), { isError: true }],
    ['z.strictObject', z.strictObject({ text: z.string() }), { isError: true }],
    [
      'z.looseObject',
      z.looseObject({ text: z.string() }),
      { structuredContent: { value: { text: 'a', more: 1 } } },
    ],
    [
      'a catchall',
      z.object({ text: z.string() }).catchall(z.number()),
      { structuredContent: { value: { text: 'a', more: 1 } } },
    ],
    ['z.object with a check', z.object({ text: z.string() }).refine(() => true), { isError: true }],
  ])('decides by %s', async (_, input, answer) => {
    const fn = defineFunction({
      name: 'echo',
      intent: 'Say it again',
      permissions: [],
      input,
      output: z.object({ value: z.unknown() }),
      execute: (value) => ({ value }),
    });
    const result = await callFunction(fn, { text: 'a', more: 1 }, ctx, expect.unreachable);
    expect(result).toMatchObject(answer);
    expect(await callFunction(fn, { text: 'a' }, ctx, expect.unreachable)).toMatchObject({
      structuredContent: { value: { text: 'a' } },
    });
  });
});

describe('callFunction names the rule that an argument breaks', () => {
  it.each<[rule: string, schema: z.ZodType, value: unknown, sentence: string]>([
    ['a text that must not be empty', z.string().min(1), '', 'it must not be empty'],
    ['a list that must not be empty', z.array(z.string()).nonempty(), [], 'it must not be empty'],
    ['a short text', z.string().min(3), 'ab', 'its number of characters must be at least 3'],
    ['a long text', z.string().max(1), 'ab', 'its number of characters must be at most 1'],
    ['a text of one length', z.string().length(1), '', 'its number of characters must be exactly 1'],
    ['a long list', z.array(z.string()).max(1), ['a', 'b'], 'its number of items must be at most 1'],
    ['a small number', z.number().min(1), 0, 'it must be at least 1'],
    ['a number that is not positive', z.number().positive(), 0, 'it must be more than 0'],
    ['a large number', z.number().max(5), 6, 'it must be at most 5'],
    ['a number that is just too large', z.number().lt(5), 5, 'it must be less than 5'],
    ['a number that is not safe', z.int(), 1e300, 'it must be at most 9007199254740991'],
    ['a whole number', z.int(), 0.5, 'it must be of type int'],
    ['a pattern', z.string().regex(/^a+$/), SECRET, 'it must match /^a+$/'],
    ['a beginning', z.string().startsWith('a-'), SECRET, 'it must start with "a-"'],
    ['an end', z.string().endsWith('-z'), SECRET, 'it must end with "-z"'],
    ['a part', z.string().includes('"'), SECRET, 'it must contain "\\""'],
    ['an address', z.email(), SECRET, 'it must be a valid email'],
    ['a time', z.iso.datetime(), SECRET, 'it must be a valid datetime'],
    ['a list of values', z.enum(['a', 'b']), SECRET, 'it must be one of "a", "b"'],
    ['a value', z.literal(5), SECRET, 'it must be 5'],
    ['values that JSON does not have', z.literal([5n, undefined]), SECRET, 'it must be one of 5, undefined'],
    ['a sentence of its own', z.string().min(1, 'Name the order.'), '', 'Name the order'],
    [
      'a rule that it has no words for',
      z.number().multipleOf(2),
      3,
      'Invalid number: must be a multiple of 2',
    ],
  ])('%s', async (_, schema, value, sentence) => {
    const fn = defineFunction({
      name: 'echo',
      intent: 'Say it again',
      permissions: [],
      input: z.object({ order: schema }),
      output: z.object({}),
      execute: () => expect.unreachable(),
    });
    expect(await callFunction(fn, { order: value }, ctx, expect.unreachable)).toEqual(
      toolError(`Invalid argument "order": ${sentence}.`),
    );
  });
});
