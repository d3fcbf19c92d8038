import type { EventEmitter } from 'node:events';
import type { z } from 'zod';

/** What a function gets besides its input. */
export interface FunctionContext {
  /** The clients that the providers' `initialize` returned, by the providers' names. Cast each to its type. */
  readonly providers: Readonly<Record<string, unknown>>;
  /** The role of the calling agent. */
  readonly role: string;
  /** The event emitter that all functions of a server share, if the context was created with `events: true`. */
  readonly events: EventEmitter | undefined;
}

/** The definition of a function: what agents see of it, and what it does. */
export interface FunctionDefinition<Input extends z.ZodObject, Output extends z.ZodObject> {
  /** Tool name: 1 to 128 letters, digits, `_`, `-` or `.`; unique within a registry. */
  readonly name: string;
  /** The name that people see. Default: none. */
  readonly title?: string;
  /** Whether the function only reads. MCP's `readOnlyHint`. Default: not said, which clients take as `false`. */
  readonly readOnly?: boolean;
  /** Whether the function may destroy or undo something: MCP's `destructiveHint`. Default: not said, which clients take as `true`. */
  readonly destructive?: boolean;
  /** Whether a second call with the same input changes nothing more: MCP's `idempotentHint`. Default: not said. */
  readonly idempotent?: boolean;
  /** Whether the function reaches systems outside of the server's own: MCP's `openWorldHint`. Default: not said. */
  readonly openWorld?: boolean;
  /** What the function is for. Agents read it to choose a function. */
  readonly intent: string;
  /** The permissions that the agent's role needs, all of them. Without them, the agent does not see the function. */
  readonly permissions: readonly string[];
  /** Names of the providers that `execute` reads from `ctx.providers`. Default: none. */
  readonly requires?: readonly string[];
  /** Parses the arguments before `execute` gets them. Unknown arguments are refused, unless it is a `z.looseObject`. */
  readonly input: Input;
  /** Parses the result before the agent gets it. */
  readonly output: Output;
  /**
   * Does the work. The agent gets the message of an error whose `code` starts with `ERR_`, and a generic sentence for
   * any other error.
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

// The names that MCP clients accept.
const TOOL_NAME = /^[\w.-]{1,128}$/;

/**
 * Defines a function that agents can call. Its schemas give `execute` its types: those of the input and the result.
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
  const { input, requires = [] } = definition;
  // An agent that misnames an argument must hear of it. `catchall` is set by looseObject and strictObject.
  const strict = input.def.catchall === undefined ? (input.strict() as unknown as Input) : input;
  return Object.freeze({ ...definition, input: strict, requires });
}
