// The MCP clients that `npm run test:clients` drives. None of them is installed here, so their types are our own.
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runToEnd } from '../support/built-project.js';

/** All that is installed, in these versions. */
export const PACKAGES = {
  '@modelcontextprotocol/inspector': '2.12.0',
  '@modelcontextprotocol/client': '2.4.0',
  '@modelcontextprotocol/sdk': '1.32.2',
  '@ai-sdk/mcp': '2.0.99',
  ai: '7.0.173',
  '@langchain/mcp-adapters': '1.1.4',
  '@langchain/core': '1.4.0',
  mcporter: '0.12.3',
  'mcp-remote': '0.15.1',
} as const;

/** How a client starts the server: an entry of `mcpServers`. */
export interface Server {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export type Arguments = Readonly<Record<string, unknown>>;

/** What a client makes of the answer of a tool. One that hides a part of it leaves that part out. */
export interface Answer {
  readonly content?: readonly { readonly text?: string }[];
  readonly structuredContent?: Arguments;
  readonly isError?: boolean;
  /** How one sees that it is an error, if not by `isError` alone. */
  readonly shownAs?: string;
}

/** What a client tells a model, or its user, about a tool. */
export interface Tool {
  readonly name: string;
  readonly description?: string;
  readonly inputSchema?: object;
}

export interface Session {
  list(): Promise<Tool[]>;
  call(name: string, args: Arguments): Promise<Answer>;
  close?(): Promise<void>;
}

export interface McpClient {
  readonly name: string;
  readonly package: keyof typeof PACKAGES;
  /** What else is true when `list` does not fail. */
  readonly note?: string;
  /** `folder` is where the packages are. */
  open(server: Server, folder: string): Promise<Session>;
}

/** The answer of a server to `tools/list`. */
interface Tools {
  readonly tools: readonly Tool[];
}
const toolsOf = ({ tools }: Tools): Tool[] =>
  tools.map(({ name, description = '', inputSchema = {} }) => ({ name, description, inputSchema }));

/** Imports what is installed in the folder. */
const load = <Module>(folder: string, module: string): Promise<Module> =>
  import(pathToFileURL(createRequire(join(folder, 'package.json')).resolve(module)).href);

/** The class of the modules that start a server. */
type Transport = new (server: Server) => object;

/** Writes the configuration of a program that is installed in the folder, and returns how to run it. */
async function program(folder: string, name: string, config: object) {
  await writeFile(join(folder, `${name}.json`), JSON.stringify(config));
  return async (...args: string[]) => {
    // The folder is its home, so that it finds no settings of a user.
    const place = { cwd: folder, env: { MCP_INSPECTOR_SECRET_STORE: 'memory' } };
    const command = [join(folder, 'node_modules/.bin', name), ...args];
    const { status, stdout, stderr } = await runToEnd(process.execPath, command, place);
    if (stdout.trim() === '') throw new Error(`It ended with ${status} and no output. ${stderr.trim()}`);
    return { status, stderr, shown: JSON.parse(stdout), shownAs: `\`isError\`, exit code ${status}` };
  };
}

const inspector: McpClient = {
  name: 'MCP Inspector, `--cli`',
  package: '@modelcontextprotocol/inspector',
  note: '`--strict` finds nothing',
  async open(server, folder) {
    const run = await program(folder, 'mcp-inspector', { mcpServers: { auth: server } });
    const ask = (...args: string[]) =>
      run('--cli', '--config', 'mcp-inspector.json', '--server', 'auth', '--method', ...args);
    return {
      async list() {
        const { status, stderr, shown } = await ask('tools/list', '--strict');
        // A mere warning does not change the exit code.
        if (status !== 0 || stderr.includes('Issue: ')) throw new Error(stderr.trim());
        return toolsOf(shown);
      },
      async call(name, args) {
        const given = ['--tool-name', name, '--tool-args-json', JSON.stringify(args)];
        const { shown, shownAs } = await ask('tools/call', ...given);
        return { ...shown, shownAs };
      },
    };
  },
};

interface Sdk {
  readonly Client: new (info: {
    name: string;
    version: string;
  }) => {
    connect(transport: object): Promise<void>;
    listTools(): Promise<Tools>;
    callTool(request: { name: string; arguments: Arguments }): Promise<Answer>;
    close(): Promise<void>;
  };
}

/** The client of a line of the official SDK, by the modules of its client and of its transport. */
const sdk = (name: string, of: keyof typeof PACKAGES, module: string, stdio: string): McpClient => ({
  name,
  package: of,
  async open(server, folder) {
    const { Client } = await load<Sdk>(folder, module);
    const { StdioClientTransport } = await load<{ StdioClientTransport: Transport }>(folder, stdio);
    const client = new Client({ name: 'test-clients', version: '1.0.0' });
    await client.connect(new StdioClientTransport(server));
    return {
      list: async () => toolsOf(await client.listTools()),
      call: (name, args) => client.callTool({ name, arguments: args }),
      close: () => client.close(),
    };
  },
});

interface AiSdkClient {
  createMCPClient(options: {
    transport: object;
  }): Promise<{ tools(): Promise<object>; close(): Promise<void> }>;
}

interface ToolResult {
  readonly output?: { readonly value?: Answer['content'] };
}
/** What the AI SDK sends to a model. The model has the interface of the providers of the AI SDK 7. */
interface Asked {
  readonly tools: readonly (Tool & { readonly type: string })[];
  /** The last message has what the tool answered. */
  readonly prompt: readonly { readonly content: readonly ToolResult[] }[];
}
interface AiSdk {
  generateText(options: object): Promise<{ steps: { toolResults: { output: Answer }[] }[] }>;
  isStepCount(count: number): unknown;
}

/** Lets a model call a tool, or answer at once. Returns what was sent to the model, and what the tool answered. */
async function agent({ generateText, isStepCount }: AiSdk, tools: object, call?: [string, Arguments]) {
  const asked: Asked[] = [];
  const content = call && {
    type: 'tool-call',
    toolCallId: '1',
    toolName: call[0],
    input: JSON.stringify(call[1]),
  };
  const answers = (finish: string, part: object) => ({
    finishReason: { unified: finish },
    usage: { inputTokens: { total: 1 }, outputTokens: { total: 1 } },
    warnings: [],
    content: [part],
  });
  const model = {
    specificationVersion: 'v4',
    provider: 'test',
    modelId: 'test',
    supportedUrls: {},
    async doGenerate(sent: Asked) {
      asked.push(sent);
      const isFirst = asked.length === 1;
      return content && isFirst
        ? answers('tool-calls', content)
        : answers('stop', { type: 'text', text: 'Done.' });
    },
  };
  const { steps } = await generateText({ model, tools, prompt: 'Go.', stopWhen: isStepCount(2) });
  const last = asked.at(-1);
  if (!last) throw new Error('The model was not asked.');
  return { last, answer: steps[0]?.toolResults[0]?.output };
}

const aiSdk: McpClient = {
  name: 'AI SDK',
  package: '@ai-sdk/mcp',
  note: 'a model gets the text alone',
  async open(server, folder) {
    const { createMCPClient } = await load<AiSdkClient>(folder, '@ai-sdk/mcp');
    const ai = await load<AiSdk>(folder, 'ai');
    const stdio = '@ai-sdk/mcp/mcp-stdio';
    const { StdioMCPTransport } = await load<{ StdioMCPTransport: Transport }>(folder, stdio);
    const client = await createMCPClient({ transport: new StdioMCPTransport(server) });
    const tools = await client.tools();
    return {
      async list() {
        const { last } = await agent(ai, tools);
        // A model is told neither titles nor output schemas.
        return last.tools.map(({ type: _, ...tool }) => tool);
      },
      async call(name, args) {
        const { last, answer } = await agent(ai, tools, [name, args]);
        const content = last.prompt.at(-1)?.content[0]?.output?.value ?? [];
        return { content, isError: answer?.isError ?? false };
      },
      close: () => client.close(),
    };
  },
};

interface LangChainTool {
  readonly name: string;
  readonly description: string;
  readonly schema: object;
  invoke(args: Arguments): Promise<Answer & { text?: string }>;
}
interface LangChain {
  readonly MultiServerMCPClient: new (config: {
    mcpServers: Record<string, object>;
  }) => {
    getTools(): Promise<LangChainTool[]>;
    close(): Promise<void>;
  };
}

const langChain: McpClient = {
  name: 'LangChain',
  package: '@langchain/mcp-adapters',
  note: 'a model gets the text and the structured content',
  async open(server, folder) {
    const { MultiServerMCPClient } = await load<LangChain>(folder, '@langchain/mcp-adapters');
    const client = new MultiServerMCPClient({ mcpServers: { auth: { transport: 'stdio', ...server } } });
    const tools = await client.getTools();
    return {
      list: async () =>
        tools.map(({ name, description, schema }) => ({ name, description, inputSchema: schema })),
      async call(name, args) {
        try {
          // The one block of text, with the structured content beside the text.
          const block = await tools.find((tool) => tool.name === name)?.invoke(args);
          return block ? { ...block, content: [block] } : {};
        } catch (error) {
          if (!(error instanceof Error) || error.name !== 'ToolException') throw error;
          return { content: [{ text: error.message }], isError: true, shownAs: 'a thrown `ToolException`' };
        }
      },
      close: () => client.close(),
    };
  },
};

const mcporter: McpClient = {
  name: 'mcporter',
  package: 'mcporter',
  async open(server, folder) {
    // Without the servers that the editors of a user know.
    const run = await program(folder, 'mcporter', { mcpServers: { auth: server }, imports: [] });
    const ask = (...args: string[]) => run('--config', 'mcporter.json', ...args);
    return {
      list: async () => toolsOf((await ask('list', 'auth', '--json')).shown),
      async call(name, args) {
        const given = ['--args', JSON.stringify(args), '--output', 'json'];
        const { status, shown, shownAs } = await ask('call', `auth.${name}`, ...given);
        return status === 0 ? { structuredContent: shown } : { ...shown, shownAs };
      },
    };
  },
};

export const SDK_2 = sdk(
  'official SDK 2',
  '@modelcontextprotocol/client',
  '@modelcontextprotocol/client',
  '@modelcontextprotocol/client/stdio',
);
const SDK_1 = sdk(
  'official SDK 1.x',
  '@modelcontextprotocol/sdk',
  '@modelcontextprotocol/sdk/client/index.js',
  '@modelcontextprotocol/sdk/client/stdio.js',
);

export const CLIENTS: readonly McpClient[] = [inspector, SDK_2, SDK_1, aiSdk, langChain, mcporter];
