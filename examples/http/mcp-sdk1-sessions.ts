import { randomUUID } from 'node:crypto';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import express from 'express';
import type { AuthInfo } from 'intentkit-auth/mcp';
import { gate } from './gate.js';
import { connect, stepUp } from './mcp-sdk1-server.js';

const IDLE = 24 * 60 * 60 * 1000;
const LONGEST_TIMER = 2 ** 31 - 1;

interface Session {
  readonly user: string;
  readonly clientId: string;
  readonly transport: StreamableHTTPServerTransport;
  readonly idle: NodeJS.Timeout;
}
const sessions = new Map<string, Session>();

/** A `subject` is unique only within its issuer. */
const userOf = ({ issuer, subject }: Pick<AuthInfo, 'issuer' | 'subject'>): string =>
  JSON.stringify([issuer, subject]);

/** Closes the sessions and streams of a user in this process. Call it when the user signs out. */
export async function endSessions(issuer: string, subject: string): Promise<void> {
  const user = userOf({ issuer, subject });
  const ended = [...sessions.values()].filter((session) => session.user === user);
  await Promise.all(ended.map(({ transport }) => transport.close()));
}

/** Creates a transport. It opens a session if the request is an `initialize`. */
async function open(user: string, clientId: string): Promise<StreamableHTTPServerTransport> {
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => {
      const idle = setTimeout(() => transport.close(), IDLE).unref();
      sessions.set(id, { user, clientId, transport, idle });
    },
  });
  transport.onclose = () => {
    const id = transport.sessionId ?? '';
    clearTimeout(sessions.get(id)?.idle);
    sessions.delete(id);
  };
  await connect(transport);
  return transport;
}

export const app = express();
app.use(gate.node());
app.all('/mcp', stepUp, async (request, response) => {
  const authInfo = gate.authOf(request);
  const { subject, clientId } = authInfo;
  if (!subject && !clientId) {
    // All such callers would share their sessions.
    const error = { code: -32001, message: 'The token names neither a user nor a client' };
    response.status(403).json({ jsonrpc: '2.0', error, id: null });
    return;
  }
  const user = userOf(authInfo);
  const id = request.get('mcp-session-id');
  const session = sessions.get(id ?? '');
  if (id !== undefined && (session?.user !== user || session.clientId !== clientId)) {
    // The session of another caller gets the same answer as one that does not exist.
    const error = { code: -32001, message: 'Session not found' };
    response.status(404).json({ jsonrpc: '2.0', error, id: null });
    return;
  }
  session?.idle.refresh();
  if (request.method === 'GET') {
    // The stream ends when its token expires. The client then opens another one, with a valid token.
    const left = authInfo.expiresAt * 1000 - Date.now();
    const end = setTimeout(() => response.end(), Math.min(left, LONGEST_TIMER));
    response.on('close', () => clearTimeout(end));
  }
  const transport = session?.transport ?? (await open(user, clientId));
  await transport.handleRequest(request, response, request.body);
});
