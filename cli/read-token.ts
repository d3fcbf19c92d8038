import { isDecodable, utf8In } from '../src/token/base64url.js';
import { parseJsonObject } from '../src/token/json.js';

/** A token as it can be read by anyone. Its signature is not kept. */
export interface ReadableToken {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  /** Whether there is a signature at all. */
  readonly isSigned: boolean;
  /** The token without what was around it. */
  readonly compact: string;
}

/**
 * Reads a token as people paste it: with white space, quotes or `Authorization: Bearer` around it. It also reads what
 * no client accepts, such as a token without a signature, because that is what one wants to look at.
 *
 * @returns a sentence for what is not a token.
 */
export function readToken(text: string): ReadableToken | string {
  const compact = text
    .trim()
    .replace(/^(authorization:\s*)?(bearer|dpop)\s+/i, '')
    .replace(/^(["'`])(.*)\1$/s, '$2');
  if (compact === '') return 'There is no token on stdin.';
  const segments = compact.split('.');
  if (segments.length === 5) return 'The token is encrypted (a JWE): only its recipient can read it.';
  if (segments.length !== 3) {
    return `A token has three segments between dots, and this text has ${segments.length}; look for a part that was not copied.`;
  }
  const [header = '', claims = '', signature = ''] = segments;
  const read = { header: readSegment('header', header), claims: readSegment('payload', claims) };
  if (typeof read.header === 'string') return read.header;
  if (typeof read.claims === 'string') return read.claims;
  return { header: read.header, claims: read.claims, isSigned: signature !== '', compact };
}

function readSegment(name: string, segment: string): Record<string, unknown> | string {
  const text = isDecodable(segment) ? utf8In(segment) : undefined;
  if (text === undefined)
    return `The ${name} is not canonical base64url; look for a part that was not copied.`;
  return parseJsonObject(segment, text) ?? `The ${name} is not a JSON object.`;
}
