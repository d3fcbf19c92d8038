import { defineFunction, type FunctionContext, z } from 'intentkit';
import { AuthError } from 'intentkit-auth';
import { describe, expect, it } from 'vitest';
import { callFunction } from '../../../host/src/call.js';

const ctx: FunctionContext = { providers: {}, role: 'admin', events: undefined };
const SECRET = 'do-not-repeat-this';

async function call(
  execute: (input: { text: string; tags: Record<string, string> }) => unknown,
  args: unknown = { text: 'hello' },
) {
  const warnings: string[] = [];
  const fn = defineFunction({
    name: 'echo',
    intent: 'Say it again',
    permissions: [],
    input: z.strictObject({
      text: z.string().max(100, 'Keep it below 100 characters.'),
      tags: z.record(z.string(), z.string()).default({}),
    }),
    output: z.object({ value: z.unknown() }),
    execute: async (input) => ({ value: await execute(input) }),
  });
  const result = await callFunction(fn, args, ctx, (sentence) => warnings.push(sentence));
  return { result, warnings };
}

const toolError = (text: string) => ({ content: [{ type: 'text', text }], isError: true });

describe('callFunction', () => {
  it('answers with structured content and the same as text', async () => {
    const { result, warnings } = await call((input) => input);
    expect(result).toEqual({
      structuredContent: { value: { text: 'hello', tags: {} } },
      content: [{ type: 'text', text: '{"value":{"text":"hello","tags":{}}}' }],
    });
    expect(warnings).toEqual([]);
  });

  it.each([
    { args: {}, says: 'Invalid argument "text": it is missing.' },
    { args: { text: 5 }, says: 'Invalid argument "text": it must be of type string.' },
    { args: { text: null }, says: 'Invalid argument "text": it must be of type string.' },
    { args: { text: SECRET.repeat(9) }, says: 'Invalid argument "text": Keep it below 100 characters.' },
    { args: { text: 'a', tags: { b: 1 } }, says: 'Invalid argument "tags.b": it must be of type string.' },
    {
      args: { text: 'a', tags: { [SECRET.repeat(9)]: 1 } },
      says: 'Invalid argument "tags.…": it must be of type string.',
    },
    { args: { text: 'a', txet: SECRET }, says: 'Invalid argument "txet": there is no such field.' },
    { args: { text: 'a', 'eyJh.eyJz.c2ln': 1 }, says: 'Invalid argument "…": there is no such field.' },
    { args: 'text', says: 'Invalid arguments: it must be of type object.' },
    { args: null, says: 'Invalid arguments: it must be of type object.' },
  ])('answers $args with: $says', async ({ args, says }) => {
    let executed = false;
    const { result, warnings } = await call(() => {
      executed = true;
    }, args);
    expect(result).toEqual(toolError(says));
    expect(executed).toBe(false);
    expect(warnings).toEqual([]);
  });

  it('tells the agent the message of an error with a name of its own and a code that starts with ERR_', async () => {
    const { result, warnings } = await call(() => {
      throw new AuthError('ERR_AUTH_CONFIG', 'Set the option to something else.');
    });
    expect(result).toEqual(toolError('Set the option to something else.'));
    expect(warnings).toEqual([]);
  });

  it.each([
    { what: 'an error without a code', thrown: new TypeError(SECRET), named: 'TypeError' },
    {
      what: 'an error with another code',
      thrown: Object.assign(new Error(SECRET), { code: 'ECONNREFUSED' }),
      named: 'Error',
    },
    {
      what: 'an error with a numeric code',
      thrown: Object.assign(new Error(SECRET), { code: 1 }),
      named: 'Error',
    },
    {
      what: "one of Node's own errors, which quote their input",
      thrown: Object.assign(new TypeError(SECRET), { code: 'ERR_INVALID_ARG_TYPE' }),
      named: 'TypeError',
    },
    { what: 'a code without an error', thrown: { code: 'ERR_X', message: SECRET }, named: 'object' },
    { what: 'a string', thrown: SECRET, named: 'string' },
    { what: 'nothing', thrown: undefined, named: 'undefined' },
  ])('keeps what it threw from the agent and from stderr: $what', async ({ thrown, named }) => {
    const { result, warnings } = await call(() => {
      throw thrown;
    });
    expect(result).toEqual(toolError('The function "echo" failed for an internal reason.'));
    expect(warnings).toEqual([`The function "echo" failed: ${named}.`]);
  });

  it('refuses a result that does not match the output schema', async () => {
    const fn = defineFunction({
      name: 'liar',
      intent: 'Return something else',
      permissions: [],
      input: z.object({}),
      output: z.object({ count: z.number() }),
      // What a cast somewhere in real code amounts to.
      execute: () => JSON.parse(`{"count":"${SECRET}"}`),
    });
    const warnings: string[] = [];
    const result = await callFunction(fn, {}, ctx, (sentence) => warnings.push(sentence));
    expect(result).toEqual(toolError('The function "liar" failed for an internal reason.'));
    expect(warnings).toEqual(['The function "liar" failed: ZodError.']);
  });

  const nested = (levels: number): unknown => {
    let value: unknown = 'core';
    for (let level = 0; level < levels; level++) value = level % 2 ? [value] : { value };
    return value;
  };

  it('sends a result nested 128 levels deep', async () => {
    // The output object itself is the first level.
    const { result } = await call(() => nested(127));
    expect(result.isError).toBeUndefined();
  });

  it.each([128, 5_000, 200_000])('refuses a result nested one level more than %i', async (levels) => {
    const { result } = await call(() => nested(levels));
    expect(result).toEqual(toolError('The result is nested deeper than 128 levels and cannot be sent.'));
  });

  it('refuses a result that contains itself', async () => {
    const circle: Record<string, unknown> = {};
    Object.assign(circle, { left: circle, right: circle });
    const { result } = await call(() => circle);
    expect(result.isError).toBe(true);
  });

  it('refuses a result that JSON has no form for', async () => {
    const { result, warnings } = await call(() => 1n);
    expect(result).toEqual(toolError('The function "echo" failed for an internal reason.'));
    expect(warnings).toEqual(['The function "echo" failed: TypeError.']);
  });
});
