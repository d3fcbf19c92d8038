import { type CallToolResult, Client, type VersionNegotiationMode } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { expect } from 'vitest';

/** What a server is started with. Only these variables reach it, and what it prints on stderr is dropped. */
export interface Server {
  readonly args: string[];
  readonly cwd: string;
  readonly env: Record<string, string>;
}

/** An agent: the official client, with a server of its own, which ends when the client is closed. */
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

/** The one block of text of an answer. */
export function textOf({ content: [block, ...more] }: CallToolResult): string {
  if (block?.type !== 'text' || more.length > 0) throw new Error('Expected one block of text.');
  return block.text;
}

/** What a tool answers that is expected to succeed. */
export async function answerOf(agent: Client, name: string, args: Record<string, unknown>) {
  const answer = await agent.callTool({ name, arguments: args });
  expect(answer.isError, textOf(answer)).toBeUndefined();
  // The text is there for clients that do not read structured content, so the two must agree.
  expect(JSON.parse(textOf(answer))).toEqual(answer.structuredContent);
  return answer.structuredContent as Record<string, unknown>;
}
