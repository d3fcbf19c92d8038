import { isObject, own } from '../src/shared/own-properties.js';

/** A request or a notification of JSON-RPC. A notification has no `id`. */
export interface Message {
  readonly method: string;
  readonly id: string | number | undefined;
  /** The name of the tool, for `tools/call`. */
  readonly name: string | undefined;
}

const MEMBERS = ['jsonrpc', 'id', 'method', 'params'];

/**
 * Reads parsed JSON as one message of a client. Returns `undefined` for everything else, such as a list of messages or a response.
 *
 * @see JSON-RPC 2.0 section 4, and the schema of MCP for the types of `id` and `params`
 */
export function readMessage(body: unknown): Message | undefined {
  // First, because listing the names of a body in bytes takes long.
  if (!isObject(body) || own(body, 'jsonrpc') !== '2.0') return undefined;
  if (Object.keys(body).some((member) => !MEMBERS.includes(member))) return undefined;
  const [method, id, params] = [own(body, 'method'), own(body, 'id'), own(body, 'params')];
  if (typeof method !== 'string') return undefined;
  if (params !== undefined && !isObject(params)) return undefined;
  if (Object.hasOwn(body, 'id') && typeof id !== 'string' && !Number.isSafeInteger(id)) return undefined;
  const name = method === 'tools/call' ? own(params ?? {}, 'name') : undefined;
  return {
    method,
    id: id as string | number | undefined,
    name: typeof name === 'string' ? name : undefined,
  };
}
