import type { CallToolResult } from '@modelcontextprotocol/server';
import type { z } from 'zod';
import type { FunctionContext, IntentFunction } from './define-function.js';

// Common JSON parsers stop between 64 and 1000 levels, and JSON.stringify itself overflows at some thousands.
const MAX_OUTPUT_DEPTH = 128;

/**
 * Runs one call of one function. Resolves for every input and every failure: what goes wrong becomes a tool
 * error of one sentence, without a stack trace and without the argument's value.
 *
 * @param warn receives one line, free of arguments and error details, when the function itself is at fault.
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
 * Errors that a provider or function means to be read are of a class of their own and carry a code. Node's own
 * carry codes too, but are plain `TypeError`s and the like, and quote what they were given.
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

/** Our wording where zod's would not say that an argument is missing. Messages set on a schema win over it. */
function describe(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== 'invalid_type') return undefined;
  return issue.input === undefined ? 'it is missing' : `it must be of type ${issue.expected}`;
}

/** One sentence on the first thing wrong. Keys are the agent's own words, so only plain ones are repeated. */
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

/** Bounded recursion; stops at the first branch that is too deep, so a cycle costs no more than one descent. */
function nestsWithin(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((child) => nestsWithin(levels - 1, child));
}
