import type { EventEmitter } from 'node:events';
import type { z } from 'zod';

/** What a function is handed besides its input. */
export interface FunctionContext {
  /** What each provider's `initialize` resolved with, by provider name. Cast it to the client you expect. */
  readonly providers: Readonly<Record<string, unknown>>;
  /** The role the calling agent acts in. */
  readonly role: string;
  /** Shared by all functions of one server when the context was created with `events: true`. */
  readonly events: EventEmitter | undefined;
}

/** What {@link defineFunction} takes: everything an agent may learn about a function, and what it does. */
export interface FunctionDefinition<Input extends z.ZodObject, Output extends z.ZodObject> {
  /** Tool name: 1 to 128 letters, digits, `_`, `-` or `.`; unique within a registry. */
  readonly name: string;
  /** The name that people see. Default: none. */
  readonly title?: string;
  /** Whether calling it changes nothing, as MCP's `readOnlyHint` tells clients. Default `false`. */
  readonly readOnly?: boolean;
  /** What the function is for, in words for the agent that chooses it. */
  readonly intent: string;
  /** Permissions the agent's role must hold, all of them. Without them the function does not exist for it. */
  readonly permissions: readonly string[];
  /** Names of the providers that `execute` reads from `ctx.providers`. Default: none. */
  readonly requires?: readonly string[];
  /** Arguments are parsed with this before `execute` sees them. */
  readonly input: Input;
  /** Results are parsed with this before the agent sees them. */
  readonly output: Output;
  /**
   * Does the work. An error with a `code` that starts with `ERR_` is told to the agent by its message; any other
   * becomes a generic sentence.
   */
  execute(input: z.output<Input>, ctx: FunctionContext): z.input<Output> | Promise<z.input<Output>>;
}

/** A checked definition, ready to be registered. */
export interface IntentFunction<
  Input extends z.ZodObject = z.ZodObject,
  Output extends z.ZodObject = z.ZodObject,
> extends FunctionDefinition<Input, Output> {
  readonly requires: readonly string[];
}

// The names MCP clients accept.
const TOOL_NAME = /^[\w.-]{1,128}$/;

/**
 * Defines a function that agents can call. The schemas type it: `input` is inferred in `execute`, whose result
 * is checked against `output`.
 *
 * @throws {Error} if the name is not usable as a tool name.
 */
export function defineFunction<Input extends z.ZodObject, Output extends z.ZodObject>(
  definition: FunctionDefinition<Input, Output>,
): IntentFunction<Input, Output> {
  if (!TOOL_NAME.test(definition.name)) {
    throw new Error(
      `The function name ${JSON.stringify(definition.name)} must be 1 to 128 letters, digits, "_", "-" or ".".`,
    );
  }
  return Object.freeze({ ...definition, requires: definition.requires ?? [] });
}
