import { isDecodable, utf8In } from '../src/token/base64url.js';
import { parseJsonObject } from '../src/token/json.js';

/** A token, decoded and not verified. Its signature is not kept. */
export interface ReadableToken {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  /** Whether the token has a signature, valid or not. */
  readonly isSigned: boolean;
  /** The token without white space, quotes or scheme around it. */
  readonly compact: string;
}

/**
 * Reads a token as people paste it: with white space, quotes or `Authorization: Bearer` around it. It also reads tokens
 * that no client accepts, such as a token without a signature, because those are the tokens that people inspect.
 *
 * @returns the token, or a sentence that says why the text is not a token.
 */
export function readToken(text: string): ReadableToken | string {
  const compact = text
    .trim()
    .replace(/^(authorization:\s*)?(bearer|dpop)\s+/i, '')
    .replace(/^(["'`])(.*)\1$/s, '$2');
  if (compact === '') return 'No token was given on stdin.';
  const segments = compact.split('.');
  if (segments.length === 5) return 'The token is encrypted (a JWE): only its recipient can read it.';
  if (segments.length !== 3) {
    return `A token has three segments separated by dots, but this text has ${segments.length}; check that you copied all of it.`;
  }
  const [header = '', claims = '', signature = ''] = segments;
  const read = { header: readSegment('header', header), claims: readSegment('payload', claims) };
  if (typeof read.header === 'string') return read.header;
  if (typeof read.claims === 'string') return read.claims;
  return { header: read.header, claims: read.claims, isSigned: signature !== '', compact };
}

function readSegment(name: string, segment: string): Record<string, unknown> | string {
  const text = isDecodable(segment) ? utf8In(segment) : undefined;
  if (text === undefined) return `The ${name} is not canonical base64url; check that you copied all of it.`;
  return parseJsonObject(segment, text) ?? `The ${name} is not a JSON object.`;
}
