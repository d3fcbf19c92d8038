// The clients that `npm run test:clients` lets log in to a protected server. They run as programs of their own, and print the
// URL of the login page, which is opened here as a browser would.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { browse } from '../support/login-server.js';
import type { PACKAGES } from './clients.js';
import type { ProtectedServer } from './protected-server.js';

/** Calls a tool of a protected server. Resolves with its text, and rejects where the client gives up. */
export type Call = (tool: string) => Promise<string>;

export interface LoginClient {
  readonly name: string;
  readonly package: keyof typeof PACKAGES;
  /** Whether it gets a token with more scopes by itself when a tool needs them. */
  readonly stepsUp: boolean;
  /** `folder` is where the packages are, and `home` is an empty one for what the client remembers. */
  open(
    server: ProtectedServer,
    folder: string,
    home: string,
  ): Promise<{ call: Call; close(): Promise<void> }>;
}

/** Without a browser of this machine, and without settings of a user. */
const environment = (home: string): Record<string, string> => ({
  PATH: process.env.PATH ?? '',
  HOME: home,
  BROWSER: 'true',
});

/** Opens the redirect URI of a client. Some listen there only after they have printed the URL of the login page. */
async function openRedirect(url: URL, tries = 50): Promise<void> {
  try {
    await fetch(url);
  } catch (error) {
    if (tries === 0) throw error;
    await sleep(100);
    await openRedirect(url, tries - 1);
  }
}

/** Logs the user in each time that a program prints a URL of the provider. Returns what it printed. */
function logInWhenAsked(stderr: Readable, { provider }: ProtectedServer): string[] {
  const printed: string[] = [];
  createInterface(stderr).on('line', (line) => {
    printed.push(line);
    const at = line.indexOf(`${provider.url}/auth?`);
    if (at < 0) return;
    browse(new URL(line.slice(at).trim()))
      .then(openRedirect)
      .catch((error: unknown) => printed.push(`The login failed: ${error}`));
  });
  return printed;
}

const inspector: LoginClient = {
  name: 'MCP Inspector, `--cli`',
  package: '@modelcontextprotocol/inspector',
  stepsUp: false,
  async open(server, folder, home) {
    const env = {
      ...environment(home),
      MCP_INSPECTOR_SECRET_STORE: 'file',
      // Otherwise it starts a login only at a terminal.
      MCP_AUTO_OPEN_ENABLED: 'true',
    };
    const program = join(folder, 'node_modules/.bin/mcp-inspector');
    const target = ['--cli', '--server-url', server.url, '--transport', 'http', '--method', 'tools/call'];
    return {
      async call(tool) {
        const command = [program, ...target, '--tool-name', tool];
        const child = spawn(process.execPath, command, {
          cwd: home,
          env,
          stdio: ['ignore', 'pipe', 'pipe'],
          timeout: 30_000,
        });
        const printed = logInWhenAsked(child.stderr, server);
        const answer = await text(child.stdout);
        if (answer.trim() === '') throw new Error(printed.join('\n'));
        return JSON.parse(answer).content[0].text;
      },
      close: async () => {},
    };
  },
};

const mcpRemote: LoginClient = {
  name: 'mcp-remote',
  package: 'mcp-remote',
  stepsUp: true,
  async open(server, folder, home) {
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [join(folder, 'node_modules/.bin/mcp-remote'), server.url, '--allow-http'],
      env: { ...environment(home), MCP_REMOTE_CONFIG_DIR: home },
      cwd: home,
      stderr: 'pipe',
    });
    const printed = logInWhenAsked(transport.stderr as Readable, server);
    const client = new Client({ name: 'test-clients', version: '1.0.0' });
    const told = (error: unknown) => {
      throw new Error(`${error}\n${printed.join('\n')}`);
    };
    // The cast is for `exactOptionalPropertyTypes`.
    await client.connect(transport as Parameters<typeof client.connect>[0], { timeout: 30_000 }).catch(told);
    return {
      async call(name) {
        const { content } = await client.callTool({ name }, undefined, { timeout: 30_000 }).catch(told);
        return (content as { text: string }[])[0]?.text ?? '';
      },
      close: () => client.close(),
    };
  },
};

export const LOGIN_CLIENTS: readonly LoginClient[] = [inspector, mcpRemote];
