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
  /** The server's name, shown to MCP clients and at the start of every line on stderr. */
  readonly name: string;
  /** The functions to offer. */
  readonly registry: IntentRegistry;
  /** Who is calling; see `createContext`. */
  readonly context: Context;
  /** What the functions depend on. Default: none. */
  readonly providers?: readonly Provider[];
}

/**
 * Serves the registry over MCP on stdin and stdout, and resolves once it listens. It owns the process from then
 * on: `console` goes to stderr, because stdout carries the protocol, and when stdin ends or a SIGINT or SIGTERM
 * arrives the providers are shut down and the process exits with status 0.
 *
 * @throws {Error} before listening, if a required provider is missing, two share a name, or one does not start.
 */
export async function serve({ name, registry, context, providers = [] }: ServeOptions): Promise<void> {
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
  serveStdio(() => createServer(name, offered, ctx, warn), {
    transport,
    // The name only: the message of a transport error can quote what was sent.
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
          `The function "${fn.name}" requires the provider "${required}", which is not among the providers given to serve.`,
        );
      }
    }
  }
}

/** What this role gets to see. Nothing else is listed or callable, so there is no denial to tell apart. */
function offer(registry: IntentRegistry, context: Context): ReadonlyMap<string, Offer> {
  const offered = new Map<string, Offer>();
  for (const fn of registry) {
    if (context.allows(fn.permissions)) offered.set(fn.name, { fn, tool: toTool(fn) });
  }
  return offered;
}

function toTool({ name, title, readOnly = false, intent, input, output }: IntentFunction): Tool {
  return {
    name,
    ...(title !== undefined && { title }),
    annotations: { readOnlyHint: readOnly },
    description: intent,
    // A zod object is always a schema of type "object", which the types of zod do not say.
    inputSchema: z.toJSONSchema(input, { io: 'input' }) as Tool['inputSchema'],
    outputSchema: z.toJSONSchema(output, { io: 'output' }) as NonNullable<Tool['outputSchema']>,
  };
}

function createServer(
  name: string,
  offered: ReadonlyMap<string, Offer>,
  ctx: FunctionContext,
  warn: (sentence: string) => void,
): McpServer {
  const mcp = new McpServer({ name, version: '0.0.0' });
  // Handlers of our own rather than `registerTool`, whose messages repeat tool names and zod's issue lists.
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
