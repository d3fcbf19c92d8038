import type { Express } from 'express';
import { onTestFinished, vi } from 'vitest';
import { startServer } from '../../examples/authorization-server.js';

/** Loads a server of `examples/http`. */
export type Load = () => Promise<{ app: Express }>;

/**
 * Starts a server of `examples/http` for one test, and returns its URL.
 *
 * @param resource its public URL, as if it were behind a proxy.
 */
export async function startExample(load: Load, issuer: string, resource: string): Promise<string> {
  vi.resetModules();
  vi.stubEnv('ISSUER', issuer);
  vi.stubEnv('RESOURCE', resource);
  const { app } = await load();
  const server = await startServer(() => app);
  onTestFinished(() => server.stop());
  return `${server.url}/mcp`;
}

export const headersOf = (token: string | undefined): Record<string, string> => ({
  accept: 'application/json, text/event-stream',
  'content-type': 'application/json',
  ...(token !== undefined && { authorization: `Bearer ${token}` }),
});

/** The call of a tool. */
export const toolCall = (name: string) => ({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name, arguments: { name: 'a.txt' } },
});

/** The first message of a client. */
export const INITIALIZE = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'agent', version: '1.0.0' },
  },
};

export const postMessage = (
  url: string,
  token: string | undefined,
  message: object,
  headers = {},
): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { ...headersOf(token), ...headers },
    body: JSON.stringify(message),
  });
