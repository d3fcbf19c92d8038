import { REGISTERED_CLAIMS } from '../src/claims/check.js';
import { own } from '../src/shared/own-properties.js';
import type { TokenPayload } from '../src/types.js';

/** A payload of more characters of JSON is shortened, because it would fill the memory of an agent. */
const MAX_PAYLOAD = 8192;
const MAX_CLAIM = 1024;
const MAX_NAMES = 100;
const MAX_NAME = 64;
/** Many JSON parsers stop at a hundred and some levels. */
const MAX_DEPTH = 100;

/** A payload as an agent gets it. */
interface ShownPayload {
  /** Whether claims were left out or cut. */
  readonly shortened?: true;
  readonly payload: Record<string, unknown>;
}

/** Shortens a long payload to its registered claims and, as `other_claims`, the names of the others. */
export function shortened(payload: TokenPayload): ShownPayload {
  const json = jsonOf(payload);
  if (json !== undefined && shownLength(json) <= MAX_PAYLOAD) return { payload };
  const kept = REGISTERED_CLAIMS.filter((name) => Object.hasOwn(payload, name));
  const others = Object.keys(payload).filter((name) => !REGISTERED_CLAIMS.includes(name));
  return {
    shortened: true,
    payload: {
      ...Object.fromEntries(kept.map((name) => [name, bounded(own(payload, name))])),
      other_claims: others.slice(0, MAX_NAMES).map((name) => cut(name, MAX_NAME)),
    },
  };
}

function bounded(value: unknown): unknown {
  if (typeof value === 'string') return cut(value, MAX_CLAIM);
  const json = jsonOf(value);
  return json === undefined || shownLength(json) > MAX_CLAIM ? cut(json ?? '', MAX_CLAIM) : value;
}

/** A pair of UTF-16 units is never cut in two. */
function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const last = text.charCodeAt(length - 2);
  return `${text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 2 : length - 1)}…`;
}

/** `undefined` for a value that is nested too deeply for JSON parsers. */
function jsonOf(value: unknown): string | undefined {
  return nestsWithin(MAX_DEPTH, value) ? JSON.stringify(value) : undefined;
}

/** Stops at the first branch that is too deep. */
const nestsWithin = (levels: number, value: unknown): boolean =>
  typeof value !== 'object' ||
  value === null ||
  (levels > 0 && Object.values(value).every((child) => nestsWithin(levels - 1, child)));

// IntentKit's stand-in, like other hosts, writes a hidden character as six others.
const HIDDEN = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/u;

/** The length of JSON as an agent sees it. Each character is tested alone, because engines keep the last text that matched. */
function shownLength(json: string): number {
  let { length } = json;
  if (length > MAX_PAYLOAD) return length;
  for (const character of json) {
    if (character > '~' && HIDDEN.test(character)) length += 5 * character.length;
  }
  return length;
}
