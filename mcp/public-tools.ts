import { GateAnswer } from '../gate/answers.js';
import { Anonymous, type PublicAccess } from '../gate/public-access.js';
import type { Incoming } from '../gate/request.js';
import { utf8Decoder } from '../src/shared/runtime.js';
import { bytesOf } from '../src/token/base64url.js';
import { type Message, readMessage } from './json-rpc.js';

/** What every client sends before it can call a tool. */
const REQUESTS: readonly string[] = ['initialize', 'server/discover', 'ping', 'tools/list'];
const NOTIFICATIONS: readonly string[] = ['notifications/initialized', 'notifications/cancelled'];

const HEADERS = { 'content-type': 'application/json', 'cache-control': 'no-store' };
/** The answer of a server without a stream. To a challenge, clients would log in as soon as they have connected. */
const NO_STREAM = new GateAnswer(
  405,
  { ...HEADERS, allow: 'POST' },
  JSON.stringify({ jsonrpc: '2.0', error: { code: -32000, message: 'Method not allowed.' }, id: null }),
);

/** The answer of a server without subscriptions. Clients ask for one as soon as they have connected. */
const noSubscription = (id: Message['id']): GateAnswer =>
  new GateAnswer(
    404,
    HEADERS,
    JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32601, message: 'Method not found' } }),
  );

/** Creates the access to tools without a token: to these tools, and to what a client needs to find them. */
export function createPublicTools(tools: readonly string[]): PublicAccess {
  const listed = new Set(tools);

  const isPublic = ({ method, id, name }: Message): boolean => {
    if (id === undefined) return NOTIFICATIONS.includes(method);
    return method === 'tools/call' ? name !== undefined && listed.has(name) : REQUESTS.includes(method);
  };

  return async (request) => {
    if (request.method === 'GET') return NO_STREAM;
    if (request.method !== 'POST') return undefined;
    const body = await request.readBody();
    const message = readMessage(body);
    if (!message || !agrees(request, message)) return undefined;
    if (message.method === 'subscriptions/listen' && message.id !== undefined)
      return noSubscription(message.id);
    return isPublic(message) ? new Anonymous(body) : undefined;
  };
}

/** Whether the headers say what the body says. A proxy or a server may go by the headers. */
const agrees = (request: Incoming, { method, name }: Message): boolean =>
  [method, undefined].includes(request.header('mcp-method')) && isNameOr(name, request.header('mcp-name'));

/** Whether a header is missing, or says this name. A header that cannot be decoded says no name. */
const isNameOr = (name: string | undefined, header: string | undefined): boolean =>
  header === undefined || (name !== undefined && decoded(header) === name);

const ENCODED = { prefix: '=?base64?', suffix: '?=' };

/** A name that a header cannot hold, such as one with an umlaut, comes in base64. @see MCP 2026-07-28, Streamable HTTP */
function decoded(value: string): string | undefined {
  const { prefix, suffix } = ENCODED;
  if (!value.startsWith(prefix) || !value.endsWith(suffix)) return value;
  const bytes = bytesOf(value.slice(prefix.length, -suffix.length));
  try {
    return bytes && utf8Decoder().decode(bytes);
  } catch {
    // It is not UTF-8.
    return undefined;
  }
}
