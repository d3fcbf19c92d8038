import { type CallToolResult, Client, type VersionNegotiationMode } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { expect } from 'vitest';

/** How to start a server. The server gets only these variables, and its stderr is ignored. */
export interface Server {
  readonly args: string[];
  readonly cwd: string;
  readonly env: Record<string, string>;
}

/** Connects an agent: the official MCP client and its own server process, which ends when the client closes. */
export async function connectAgent(server: Server, mode: VersionNegotiationMode = 'legacy'): Promise<Client> {
  const client = new Client({ name: 'test-agent', version: '1.0.0' }, { versionNegotiation: { mode } });
  try {
    await client.connect(
      new StdioClientTransport({ command: process.execPath, stderr: 'ignore', ...server }),
    );
    return client;
  } catch (error) {
    await client.close();
    throw error;
  }
}

/** Returns the text of an answer. Throws unless the answer is exactly one block of text. */
export function textOf({ content: [block, ...more] }: CallToolResult): string {
  if (block?.type !== 'text' || more.length > 0) throw new Error('Expected one block of text.');
  return block.text;
}

/** Calls a tool, expects it to succeed, and returns its answer. */
export async function answerOf(agent: Client, name: string, args: Record<string, unknown>) {
  const answer = await agent.callTool({ name, arguments: args });
  expect(answer.isError, textOf(answer)).toBeUndefined();
  // The text is for clients that do not read structured content, so both must agree.
  expect(JSON.parse(textOf(answer))).toEqual(answer.structuredContent);
  return answer.structuredContent as Record<string, unknown>;
}
