import { own } from '../src/shared/own-properties.js';
import type { TokenPayload } from '../src/types.js';

/** A payload of more characters of JSON is shortened, because it would fill the memory of an agent. */
const MAX_PAYLOAD = 8192;
const MAX_CLAIM = 1024;
const MAX_NAMES = 100;
const MAX_NAME = 64;
const REGISTERED = ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti'];

/** A payload as an agent gets it. */
interface ShownPayload {
  /** Whether claims were left out or cut. */
  readonly shortened?: true;
  readonly payload: Record<string, unknown>;
}

/** Shortens a long payload to its registered claims and, as `other_claims`, the names of the others. */
export function shortened(payload: TokenPayload): ShownPayload {
  const json = jsonOf(payload);
  if (json !== undefined && json.length <= MAX_PAYLOAD) return { payload };
  const kept = REGISTERED.filter((name) => Object.hasOwn(payload, name));
  const others = Object.keys(payload).filter((name) => !REGISTERED.includes(name));
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
  return json === undefined || json.length > MAX_CLAIM ? cut(json ?? '', MAX_CLAIM) : value;
}

/** A pair of UTF-16 units is never cut in two. */
function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const last = text.charCodeAt(length - 2);
  return `${text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 2 : length - 1)}…`;
}

/** `undefined` for a value that is nested too deeply to be written. */
function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
