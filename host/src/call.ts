import type { CallToolResult } from '@modelcontextprotocol/server';
import type { z } from 'zod';
import type { FunctionContext, IntentFunction } from './define-function.js';

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
    if (!input.success) return toolError(complaint(input.error));
    const output = await fn.output.parseAsync(await fn.execute(input.data, ctx));
    if (!nestsWithin(MAX_OUTPUT_DEPTH, output)) {
      return toolError(`The result is nested deeper than ${MAX_OUTPUT_DEPTH} levels and cannot be sent.`);
    }
    return { content: [{ type: 'text', text: JSON.stringify(output) }], structuredContent: output };
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

/** Words for what zod's own messages do not say, such as that an argument is missing. A message set on a schema wins. */
function describe(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== 'invalid_type') return undefined;
  return issue.input === undefined ? 'it is missing' : `it must be of type ${issue.expected}`;
}

/** Describes the first problem in one sentence. The agent chose the keys, so only plain ones are repeated. */
function complaint(error: z.ZodError): string {
  const [issue] = error.issues;
  if (issue === undefined) return 'Invalid arguments.';
  const unknownKey = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  const path = [...issue.path, ...unknownKey]
    .map((key) => (PLAIN_KEY.test(String(key)) ? key : '…'))
    .join('.');
  const wrong = unknownKey.length > 0 ? 'there is no such field' : issue.message.replace(/\.$/, '');
  return path === '' ? `Invalid arguments: ${wrong}.` : `Invalid argument "${path}": ${wrong}.`;
}

const PLAIN_KEY = /^[\w-]{1,40}$/;

/** Stops at the first branch that is too deep, so that a cycle costs one descent. */
function nestsWithin(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((child) => nestsWithin(levels - 1, child));
}
