// The MCP clients that `npm run test:clients` drives. None of them is installed here, so their types are our own.
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runToEnd } from '../support/built-project.js';

/** All that is installed, in these versions. */
export const PACKAGES = {
  '@modelcontextprotocol/inspector': '2.12.0',
  '@modelcontextprotocol/sdk': '1.32.2',
  '@ai-sdk/mcp': '2.0.99',
  '@langchain/mcp-adapters': '1.1.4',
  '@langchain/core': '1.4.0',
  mcporter: '0.12.3',
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

export interface Session {
  /** The names of the tools. */
  list(): Promise<string[]>;
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

interface Tools {
  readonly tools: readonly { readonly name: string }[];
}
const namesOf = ({ tools }: Tools): string[] => tools.map(({ name }) => name);

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
        return namesOf(shown);
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

const sdk: McpClient = {
  name: 'official SDK 1.x',
  package: '@modelcontextprotocol/sdk',
  async open(server, folder) {
    const { Client } = await load<Sdk>(folder, '@modelcontextprotocol/sdk/client/index.js');
    const stdio = '@modelcontextprotocol/sdk/client/stdio.js';
    const { StdioClientTransport } = await load<{ StdioClientTransport: Transport }>(folder, stdio);
    const client = new Client({ name: 'test-clients', version: '1.0.0' });
    await client.connect(new StdioClientTransport(server));
    return {
      list: async () => namesOf(await client.listTools()),
      call: (name, args) => client.callTool({ name, arguments: args }),
      close: () => client.close(),
    };
  },
};

interface AiSdk {
  createMCPClient(options: { transport: object }): Promise<{
    tools(): Promise<Record<string, { execute(args: Arguments, options: object): Promise<Answer> }>>;
    close(): Promise<void>;
  }>;
}

const aiSdk: McpClient = {
  name: 'AI SDK',
  package: '@ai-sdk/mcp',
  async open(server, folder) {
    const { createMCPClient } = await load<AiSdk>(folder, '@ai-sdk/mcp');
    const stdio = '@ai-sdk/mcp/mcp-stdio';
    const { StdioMCPTransport } = await load<{ StdioMCPTransport: Transport }>(folder, stdio);
    const client = await createMCPClient({ transport: new StdioMCPTransport(server) });
    const tools = await client.tools();
    return {
      list: async () => Object.keys(tools),
      call: async (name, args) => (await tools[name]?.execute(args, { toolCallId: '1', messages: [] })) ?? {},
      close: () => client.close(),
    };
  },
};

interface LangChain {
  readonly MultiServerMCPClient: new (config: {
    mcpServers: Record<string, object>;
  }) => {
    getTools(): Promise<{ name: string; invoke(args: Arguments): Promise<Answer & { text?: string }> }[]>;
    close(): Promise<void>;
  };
}

const langChain: McpClient = {
  name: 'LangChain',
  package: '@langchain/mcp-adapters',
  async open(server, folder) {
    const { MultiServerMCPClient } = await load<LangChain>(folder, '@langchain/mcp-adapters');
    const client = new MultiServerMCPClient({ mcpServers: { auth: { transport: 'stdio', ...server } } });
    const tools = await client.getTools();
    return {
      list: async () => tools.map(({ name }) => name),
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
      list: async () => namesOf((await ask('list', 'auth', '--json')).shown),
      async call(name, args) {
        const given = ['--args', JSON.stringify(args), '--output', 'json'];
        const { status, shown, shownAs } = await ask('call', `auth.${name}`, ...given);
        return status === 0 ? { structuredContent: shown } : { ...shown, shownAs };
      },
    };
  },
};

export const CLIENTS: readonly McpClient[] = [inspector, sdk, aiSdk, langChain, mcporter];
