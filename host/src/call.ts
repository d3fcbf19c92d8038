import type { CallToolResult } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { FunctionContext, IntentFunction } from './define-function.js';
import { describe } from './describe.js';

// Many JSON parsers stop between 64 and 1000 levels, and JSON.stringify overflows at a few thousand.
const MAX_OUTPUT_DEPTH = 128;

/**
 * Runs one call of one function. It resolves for every input and every failure: a failure becomes a tool error of one
 * sentence, without a stack trace and without the argument's value.
 *
 * @param warn receives one line, without arguments and error details, if the function itself fails.
 */
export async function callFunction(
  fn: IntentFunction,
  args: unknown,
  ctx: FunctionContext,
  warn: (sentence: string) => void,
): Promise<CallToolResult> {
  try {
    const input = await fn.input.safeParseAsync(args, { error: describe });
    if (!input.success) return toolError(complaint(input.error, fn.input));
    const output = await fn.output.parseAsync(await fn.execute(input.data, ctx));
    if (!nestsWithin(MAX_OUTPUT_DEPTH, output)) {
      return toolError(`The result is nested deeper than ${MAX_OUTPUT_DEPTH} levels and cannot be sent.`);
    }
    return { content: [{ type: 'text', text: visibleJson(output) }], structuredContent: output };
  } catch (error) {
    if (isForTheAgent(error)) return toolError(error.message);
    warn(`The function "${fn.name}" failed: ${error instanceof Error ? error.name : typeof error}.`);
    return toolError(`The function "${fn.name}" failed for an internal reason.`);
  }
}

const BUILT_IN_NAME = /^(Aggregate|Eval|Range|Reference|Syntax|Type|URI)?Error$/;

function toolError(sentence: string): CallToolResult {
  return { content: [{ type: 'text', text: sentence }], isError: true };
}

/**
 * True for an error with a class of its own and an `ERR_` code: its message is written for the caller. Node's errors have
 * such codes too, but built-in classes, and they may quote their input.
 */
function isForTheAgent(error: unknown): error is Error {
  return (
    error instanceof Error &&
    !BUILT_IN_NAME.test(error.name) &&
    'code' in error &&
    typeof error.code === 'string' &&
    error.code.startsWith('ERR_')
  );
}

/** The agent may have made many mistakes, and its memory is small. */
const MAX_PROBLEMS = 8;

/** Describes all problems in one sentence, with the fields that exist. */
function complaint({ issues }: z.ZodError, input: z.ZodObject): string {
  const problems = issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys')
      return [{ path: issue.path, what: issue.message.replace(/\.$/, '') }];
    // A schema that has something to say about these fields.
    if (issue.message !== '') return [{ path: issue.path, what: issue.message.replace(/\.$/, '') }];
    const fields = fieldsAt(input, issue.path);
    return issue.keys.map((key, at) => ({
      path: [...issue.path, key],
      what: `there is no such field${at === 0 ? fields : ''}`,
    }));
  });
  const [first, ...more] = problems.slice(0, MAX_PROBLEMS);
  if (first === undefined) return 'Invalid arguments.';
  if (more.length > 0) {
    return `Invalid arguments: ${[first, ...more].map(({ path, what }) => `"${shown(path)}": ${what}`).join('; ')}.`;
  }
  return first.path.length === 0
    ? `Invalid arguments: ${first.what}.`
    : `Invalid argument "${shown(first.path)}": ${first.what}.`;
}

/** The agent chose the keys, so only plain ones are repeated. */
const shown = (path: readonly PropertyKey[]): string =>
  path.map((key) => (PLAIN_KEY.test(String(key)) ? String(key) : '…')).join('.');

/** The names of the fields of an object inside the input. */
function fieldsAt(input: z.ZodObject, path: readonly PropertyKey[]): string {
  let schema: z.core.JSONSchema.BaseSchema = z.toJSONSchema(input, { io: 'input' });
  for (const key of path) schema = Object(schema.properties?.[String(key)]);
  const names = Object.keys(schema.properties ?? {}).map((name) => `"${name}"`);
  return names.length === 0 ? '' : ` (the fields are ${names.join(', ')})`;
}

const PLAIN_KEY = /^[\w-]{1,24}$/;

/** Stops at the first branch that is too deep, so that a cycle costs one descent. */
function nestsWithin(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((child) => nestsWithin(levels - 1, child));
}

// Characters that a reader does not see, or that change the direction of the text around them.
const HIDDEN = /[\p{Cf}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\u007f-\u009f\u2800]/u;

/** Writes JSON with hidden characters escaped, so that a reader sees them. It parses to the same value. */
function visibleJson(value: unknown): string {
  let text = '';
  // Each character is tested alone, because engines keep the last text that matched.
  for (const character of JSON.stringify(value)) {
    text += character > '~' && HIDDEN.test(character) ? escaped(character) : character;
  }
  return text;
}

/** `\\u` and four digits for each UTF-16 unit. */
const escaped = (character: string): string =>
  Array.from(
    { length: character.length },
    (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
  ).join('');
