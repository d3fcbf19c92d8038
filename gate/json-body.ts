import { within } from '../src/shared/deadline.js';
import { utf8Decoder } from '../src/shared/runtime.js';

/** The limit of the official MCP SDK. */
const MAX_BYTES = 4 * 1024 * 1024;
const DEADLINE_MS = 30_000;
const MAX_DEPTH = 128;

/**
 * Reads the body of a request as JSON, from a copy, so that the request can still be read. It returns `undefined` for a body that
 * is not JSON, was read before, is larger than 4 MiB, is nested deeper than 128 levels, takes longer than 30 s, or has a name twice in
 * one object: two parsers may disagree on which of the two values counts.
 */
export async function readJson(request: Request): Promise<unknown> {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  try {
    reader = request.clone().body?.getReader();
    if (!reader) return undefined;
    const text = await within(DEADLINE_MS, readText(reader));
    // Before the parser, which needs a hundred bytes of memory for each level.
    if (!nestsWithin(MAX_DEPTH, text)) return undefined;
    const value: unknown = JSON.parse(text);
    return hasDuplicateNames(text) ? undefined : value;
  } catch {
    // Frees the connection, because the rest is not read. A copy is cancelled only if the original is cancelled too.
    reader?.cancel().catch(() => {});
    request.body?.cancel().catch(() => {});
    return undefined;
  }
}

async function readText(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
  const utf8 = utf8Decoder();
  let text = '';
  let bytes = 0;
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    bytes += chunk.value.byteLength;
    if (bytes > MAX_BYTES) throw new RangeError('The body is too large.');
    text += utf8.decode(chunk.value, { stream: true });
  }
  return text + utf8.decode();
}

/** Whether a text has at most this many brackets open at once. It need not be JSON. */
function nestsWithin(levels: number, text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') depth -= 1;
    else if (character === '"') at = endOfText(text, at);
    if (at < 0) break;
    if (depth > levels) return false;
  }
  return true;
}

/** Whether valid JSON has an object with two equal names. */
function hasDuplicateNames(json: string): boolean {
  /** The names of each open object or list. A list has none. */
  const open: Set<unknown>[] = [];
  for (let at = 0; at < json.length; at += 1) {
    const character = json[at];
    if (character === '{' || character === '[') open.push(new Set());
    else if (character === '}' || character === ']') open.pop();
    else if (character === '"') {
      const start = at;
      at = endOfText(json, start);
      if (!isName(json, at + 1)) continue;
      const names = open.at(-1);
      const name: unknown = JSON.parse(json.slice(start, at + 1));
      if (names?.has(name)) return true;
      names?.add(name);
    }
  }
  return false;
}

/** The position of the quotation mark that ends a text, or -1. One after an odd number of backslashes is part of the text. */
function endOfText(json: string, start: number): number {
  let end = start;
  let backslashes: number;
  do {
    end = json.indexOf('"', end + 1);
    backslashes = 0;
    while (json[end - 1 - backslashes] === '\\') backslashes += 1;
  } while (end >= 0 && backslashes % 2 === 1);
  return end;
}

/** Whether the text that ends before this position is the name of a member. */
function isName(json: string, position: number): boolean {
  let at = position;
  while (' \t\r\n'.includes(json[at] ?? 'x')) at += 1;
  return json[at] === ':';
}
