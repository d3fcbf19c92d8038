import { Console } from 'node:console';
import process from 'node:process';
import { McpServer, ProtocolError, ProtocolErrorCode, type Tool } from '@modelcontextprotocol/server';
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';
import { callFunction } from './call.js';
import type { Context } from './context.js';
import type { FunctionContext, IntentFunction } from './define-function.js';
import { type Provider, Providers } from './providers.js';
import type { IntentRegistry } from './registry.js';

/** Options of {@link serve}. */
export interface ServeOptions {
  /** The name of the server, for MCP clients and at the start of every line on stderr. */
  readonly name: string;
  /** The functions to offer. */
  readonly registry: IntentRegistry;
  /** The role of the agent, from `createContext`. */
  readonly context: Context;
  /** The providers that the functions need. Default: none. */
  readonly providers?: readonly Provider[];
  /** What agents should know before they call a function. Clients may show it to the model. Default: none. */
  readonly instructions?: string;
}

/**
 * Serves the registry over MCP on stdin and stdout, and resolves when it listens. From then on it owns the process:
 * `console` prints to stderr, because stdout carries the protocol. When stdin ends, or on SIGINT or SIGTERM, it shuts
 * down the providers and exits with status 0.
 *
 * @throws {Error} before listening, if a required provider is missing, two share a name, or one does not start.
 */
export async function serve(options: ServeOptions): Promise<void> {
  const { name, registry, context, providers = [] } = options;
  const warn = (sentence: string): void => void process.stderr.write(`${name}: ${sentence}\n`);
  globalThis.console = new Console(process.stderr);

  const lifecycle = new Providers(providers, warn);
  requireProviders(registry, providers);
  const offered = offer(registry, context);

  const transport = new StdioServerTransport(process.stdin, process.stdout);
  const stop = async (): Promise<void> => {
    // `once`, so that a second signal ends a process whose providers hang.
    await transport.close();
    await lifecycle.stop();
    process.exit();
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    await lifecycle.start();
  } catch (error) {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    throw error;
  }

  const { role, events } = context;
  const ctx: FunctionContext = Object.freeze({ providers: Object.freeze(lifecycle.clients), role, events });
  serveStdio(() => createServer(options, offered, ctx, warn), {
    transport,
    // The name only: the message of a transport error may quote what was sent.
    onerror: (error) => warn(`A message could not be handled: ${error.name}.`),
  });
  const onclose = transport.onclose;
  transport.onclose = () => {
    onclose?.();
    void stop();
  };
}

interface Offer {
  readonly fn: IntentFunction;
  readonly tool: Tool;
}

function requireProviders(registry: IntentRegistry, providers: readonly Provider[]): void {
  for (const fn of registry) {
    for (const required of fn.requires) {
      if (!providers.some((provider) => provider.name === required)) {
        throw new Error(
          `The function "${fn.name}" requires the provider "${required}", which is missing; add it to the "providers" option of serve.`,
        );
      }
    }
  }
}

/** The functions that the role may call. To the agent, the others do not exist: they are neither listed nor callable. */
function offer(registry: IntentRegistry, context: Context): ReadonlyMap<string, Offer> {
  const offered = new Map<string, Offer>();
  for (const fn of registry) {
    if (context.allows(fn.permissions)) offered.set(fn.name, { fn, tool: toTool(fn) });
  }
  return offered;
}

function toTool({ name, title, intent, input, output, ...fn }: IntentFunction): Tool {
  const { readOnly, destructive, idempotent, openWorld } = fn;
  return {
    name,
    ...(title !== undefined && { title }),
    annotations: {
      ...(readOnly !== undefined && { readOnlyHint: readOnly }),
      ...(destructive !== undefined && { destructiveHint: destructive }),
      ...(idempotent !== undefined && { idempotentHint: idempotent }),
      ...(openWorld !== undefined && { openWorldHint: openWorld }),
    },
    description: intent,
    inputSchema: jsonSchema(input, 'input'),
    outputSchema: jsonSchema(output, 'output'),
  };
}

/** The schema without what says nothing: MCP knows the dialect, and all names in JSON are text. Agents pay for each character. */
function jsonSchema(schema: z.ZodObject, io: 'input' | 'output'): Tool['inputSchema'] {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    io,
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema instanceof z.ZodRecord && zodSchema.keyType instanceof z.ZodString)
        delete jsonSchema.propertyNames;
    },
  });
  // The schema of a zod object always has the type "object", but zod's types do not say so.
  return json as Tool['inputSchema'];
}

function createServer(
  { name, instructions }: ServeOptions,
  offered: ReadonlyMap<string, Offer>,
  ctx: FunctionContext,
  warn: (sentence: string) => void,
): McpServer {
  const mcp = new McpServer({ name, version: '0.0.0' }, instructions === undefined ? {} : { instructions });
  // Without `registerTool`, because its messages repeat tool names and zod's lists of issues.
  mcp.server.registerCapabilities({ tools: {} });
  mcp.server.setRequestHandler('tools/list', () => ({
    tools: [...offered.values()].map(({ tool }) => tool),
  }));
  mcp.server.setRequestHandler('tools/call', ({ params }) => {
    const found = offered.get(params.name);
    if (!found) throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'There is no such tool.');
    return callFunction(found.fn, params.arguments ?? {}, ctx, warn);
  });
  return mcp;
}
