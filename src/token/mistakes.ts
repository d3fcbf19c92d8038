import { own } from '../shared/own-properties.js';
import { SHORTEST_SIGNATURE } from '../signature/algorithms.js';
import { isDecodable, utf8In } from './base64url.js';
import { parseJsonObject } from './json.js';
import { type Layer, layerOn, type Mistake } from './layers.js';

/*
 * Recognizes what people give instead of a bare token. `verify` and `decode` only name the mistake; `inspect` and `doctor` also
 * undo it. The code uses no regular expression on the text, because JavaScript engines keep the last matched input in memory.
 */

/** The two sentences as one text. */
export const sentencesOf = ({ what, change }: Mistake): string => `${what} ${change}`;

const EMPTY: Mistake = {
  what: 'The token is empty.',
  change: 'Give the whole token.',
};
const PLACEHOLDER: Mistake = {
  what: 'The token is a placeholder or another text, such as "undefined": it was never put in.',
  change: 'Give the token itself.',
};
const SEVERAL: Mistake = {
  what: 'There are several tokens.',
  change: 'Give one token.',
};
const SURROUNDED: Mistake = {
  what: 'The token begins or ends with white space.',
  change: 'Remove it.',
};
const CUT: Mistake = {
  what: 'The token was cut in the middle: it has "..." in the place of other characters.',
  change: 'Copy the whole token.',
};
const UNSIGNED: Mistake = {
  what: 'The token has no signature: it was cut at its end, or it was never signed.',
  change: 'Copy the whole token, or have its issuer sign it.',
};
const TEXT: Mistake = {
  what: 'The token has spaces in it, like a sentence or the credentials of another scheme.',
  change: 'Give the token alone.',
};
const OPAQUE: Mistake = {
  what: 'The token is opaque, not a JWT: only its issuer can check it.',
  change: 'Ask the identity provider for a token for your API, for example with its audience.',
};
const OTHER: Mistake = {
  what: 'The token is not three non-empty segments of canonical base64url.',
  change: 'Give all characters of the token, and no others.',
};

/** The mistake of copying a token without its end. */
export const CUT_AT_END: Mistake = {
  what: 'The token was cut at its end: its signature is too short.',
  change: 'Copy the whole token.',
};

const encrypted = (enc?: string): Mistake => ({
  what: `The token is encrypted (a JWE${enc === undefined ? '' : ` with ${enc}`}): only its recipient can read it.`,
  change: 'Ask the identity provider for a signed token for your API, for example with its audience.',
});
const ENCRYPTED = encrypted();
/** By registered `enc`. Another `enc` is not shown, because messages contain no part of a token. @see RFC 7518 section 5.1 */
const ENCRYPTED_BY: ReadonlyMap<unknown, Mistake> = new Map(
  ['A128CBC-HS256', 'A192CBC-HS384', 'A256CBC-HS512', 'A128GCM', 'A192GCM', 'A256GCM'].map((enc) => [
    enc,
    encrypted(enc),
  ]),
);

/** Says what is wrong with a text that is not three segments of canonical base64url. */
export function mistakeIn(text: string): Mistake {
  const trimmed = text.trim();
  if (trimmed === '') return EMPTY;
  if (isPlaceholder(trimmed)) return PLACEHOLDER;
  if (isSeveral(trimmed)) return SEVERAL;
  const layer = layerOn(trimmed);
  if (isCut(trimmed) && (!layer || layer.place === 'inside')) return CUT;
  if (layer) return allOf(unwrap(text)) ?? layer;
  if (trimmed !== text) return SURROUNDED;
  const header = headerOf(trimmed);
  const segments = segmentsOf(trimmed);
  if (segments === 5) return ENCRYPTED_BY.get(header && own(header, 'enc')) ?? ENCRYPTED;
  if (!header && trimmed.includes(' ')) return TEXT;
  if (!header && segments !== 3) return trimmed.startsWith(JSON_START) ? UNSIGNED : OPAQUE;
  if (segments === 3 && isCutAtEnd(header, trimmed)) return CUT_AT_END;
  return segments < 3 || (segments === 3 && trimmed.endsWith('.')) ? UNSIGNED : OTHER;
}

/** Names all layers. If what is inside is not a token either, it also says why, so that one message is enough. */
function allOf({ text, layers: [outermost, ...others] }: Unwrapped): Mistake | undefined {
  if (!outermost) return undefined;
  const inside = layerOn(text) ? OTHER : mistakeIn(text);
  const more = inside === OTHER ? others : [...others, inside];
  return { what: outermost.what, change: [outermost.change, ...more.map(sentencesOf)].join(' ') };
}

/** True if a comma, a space or a line break divides two texts with dots. */
function isSeveral(text: string): boolean {
  if (segmentsOf(text) < 4) return false;
  const parts = [' ', '\n', '\t', '\r'].reduce((rest, space) => rest.replaceAll(space, ','), text).split(',');
  return parts.filter((part) => segmentsOf(part) >= 3).length > 1;
}

function isCutAtEnd(header: object | undefined, text: string): boolean {
  const length = text.length - text.lastIndexOf('.') - 1;
  // Four characters of base64url are three bytes.
  return length > 0 && length * 3 < 4 * (SHORTEST_SIGNATURE.get(header && own(header, 'alg')) ?? 0);
}

/** More layers than anyone adds by mistake. The limit bounds the time that a made-up text takes. */
const MAX_LAYERS = 16;

/** A token without its layers, and the layers that were removed. */
export interface Unwrapped {
  readonly text: string;
  readonly layers: readonly Layer[];
}

/** Removes all layers. The result may still not be a token: see {@link mistakeIn}. */
export function unwrap(given: string): Unwrapped {
  const layers = new Set<Layer>();
  let text = given.trim();
  for (let count = 0; count < MAX_LAYERS; count += 1) {
    const layer = layerOn(text);
    const without = layer?.without(text).trim() ?? text;
    if (!layer || without === text || (layer.place === 'inside' && (isCut(text) || isSeveral(text)))) break;
    layers.add(layer);
    text = without;
  }
  return { text, layers: [...layers] };
}

/**
 * True if a token looks like one for Microsoft Graph, by its header. The "nonce" in the header was replaced after signing, so
 * only Graph can verify the signature.
 */
export const isForGraph = (header: object): boolean => typeof own(header, 'nonce') === 'string';

/** The mistake of giving a token for Microsoft Graph. See {@link isForGraph}. */
export const FOR_GRAPH: Mistake = {
  what: 'The token has a "nonce" in its header, like tokens for Microsoft Graph: only Graph can verify those.',
  change: 'Request a token for your API, with a scope such as api://your-api/.default.',
};

/** What programs and templates leave in the place of a token, and the beginnings of such texts. */
const PLACEHOLDERS = ['undefined', 'null', 'NaN', 'true', 'false'];
const PLACEHOLDER_BEGINNINGS = ['[object ', '[REDACTED', '***', '${', '{{', '<', '$', '%{'];
const isPlaceholder = (text: string): boolean =>
  PLACEHOLDERS.includes(text) || PLACEHOLDER_BEGINNINGS.some((beginning) => text.startsWith(beginning));

/** What `{"` is in base64url, with which nearly every token begins. */
const JSON_START = 'eyJ';

/** User interfaces often show only the ends of a token, with dots between them. */
const isCut = (text: string): boolean => text.includes('...') || text.includes('…');

function segmentsOf(text: string): number {
  let count = 1;
  for (let at = text.indexOf('.'); at >= 0 && count < 6; at = text.indexOf('.', at + 1)) count += 1;
  return count;
}

/** Longer headers are not read, so that made-up text does not cost more than a token. */
const MAX_HEADER_LENGTH = 4096;

function headerOf(text: string): object | undefined {
  const end = text.indexOf('.');
  const segment = end < 0 ? text : text.slice(0, end);
  if (segment.length > MAX_HEADER_LENGTH) return undefined;
  const json = isDecodable(segment) ? utf8In(segment) : undefined;
  // An exception of the JSON parser would take ten times as long as all the rest.
  return json?.startsWith('{') ? parseJsonObject(segment, json) : undefined;
}
