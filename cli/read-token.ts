import { isDecodable, utf8In } from '../src/token/base64url.js';
import { parseJsonObject } from '../src/token/json.js';
import type { Layer, Mistake } from '../src/token/layers.js';
import { mistakeIn, unwrap } from '../src/token/mistakes.js';

/** A token, decoded and not verified. Its signature is not kept. */
export interface ReadableToken {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  /** Whether the token has a signature, valid or not. */
  readonly isSigned: boolean;
  /** The token without what was added to it. */
  readonly compact: string;
  /** What was added, except for what everyone pastes with a token: white space, quotes and the scheme. */
  readonly added: readonly Layer[];
}

const NO_OBJECT: Mistake = {
  what: 'The header or the payload is not a JSON object.',
  change: 'Check that you copied the token, and all of it.',
};

/**
 * Reads a token as people paste it, with quotes or `Authorization: Bearer` around it for example. It also reads tokens that
 * no client accepts, such as a token without a signature or with padding, because those are the tokens that people inspect.
 */
export function readToken(text: string): ReadableToken | Mistake {
  const { text: compact, layers } = unwrap(text);
  const segments = compact.split('.');
  const [header = '', payload = '', signature = ''] = segments;
  const [headerText, payloadText] = [textIn(header), textIn(payload)];
  if (segments.length !== 3 || headerText === undefined || payloadText === undefined)
    return mistakeIn(compact);
  const read = { header: parseJsonObject(header, headerText), claims: parseJsonObject(payload, payloadText) };
  if (!read.header || !read.claims) return NO_OBJECT;
  return {
    header: read.header,
    claims: read.claims,
    isSigned: signature !== '',
    compact,
    added: layers.filter(({ place }) => place !== 'outside'),
  };
}

/** Whether a token could be read. */
export const isReadable = (read: ReadableToken | Mistake): read is ReadableToken => 'claims' in read;

const textIn = (segment: string): string | undefined => (isDecodable(segment) ? utf8In(segment) : undefined);
