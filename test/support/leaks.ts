/** Marks, and a search that finds them in whatever can be observed, in every usual spelling. */
import { randomBytes } from 'node:crypto';
import { format, inspect } from 'node:util';

export const mark = (name: string): string => `${name}-${randomBytes(20).toString('hex')}`;

/** So much of a mark is enough to be found. It is a multiple of three, so that base64 of it has no padding. */
const PIECE = 12;

/** Some twenty pieces of each mark. The step is no multiple of three, so that one of them fits any base64. */
function pieces(text: string): string[] {
  const step = 4 + 3 * Math.ceil(text.length / 60);
  const found: string[] = [];
  for (let at = 0; at + PIECE <= text.length; at += step) found.push(text.slice(at, at + PIECE));
  return found;
}

function spellings(piece: string): string[] {
  const bytes = Buffer.from(piece);
  const hex = bytes.toString('hex');
  return [
    ...[piece, encodeURIComponent(piece), [...piece].reverse().join('')],
    ...(['base64', 'base64url', 'utf16le'] as const).map((encoding) => bytes.toString(encoding)),
    ...[hex, hex.toUpperCase(), hex.replace(/..\B/g, '$& '), [...bytes].join(', '), [...bytes].join(',')],
  ];
}

const DEEP = {
  ...{ showHidden: true, depth: Infinity, getters: true, showProxy: true },
  ...{ maxArrayLength: null, maxStringLength: null },
} as const;

/** Everything that a log, a debugger or a crash report could make of a value. */
function everything(value: unknown): string {
  const seen: string[] = [];
  const add = (make: () => unknown): void => {
    try {
      seen.push(String(make()));
    } catch {
      // What cannot be shown shows nothing.
    }
  };
  add(() => value);
  add(() => JSON.stringify(value));
  add(() => JSON.stringify(Object.getOwnPropertyDescriptors(value)));
  add(() => inspect(value));
  add(() => inspect(value, DEEP));
  add(() => format('%o %O %j %s', value, value, value, value));
  let error = value;
  // A chain of causes may be a circle.
  for (let depth = 0; error instanceof Error && depth < 10; depth += 1) {
    const each = error;
    for (const name of Reflect.ownKeys(each)) add(() => inspect(Reflect.get(each, name), DEEP));
    add(() => each.stack);
    error = each.cause;
  }
  return seen.join('\n');
}

export interface Searched {
  /** The names of the marks that the path is there to hand out. */
  allowed?: readonly string[];
  /** A token, which is as secret as the secret: who has it can use it. */
  token?: string;
}

/** A function that names the marks that have come out. */
export function searchFor(marks: Readonly<Record<string, string>>) {
  const needles = new Map(
    Object.entries(marks).flatMap(([name, text]) =>
      pieces(text).flatMap((piece) => spellings(piece).map((spelling) => [spelling, name] as const)),
    ),
  );
  return (values: readonly unknown[], { allowed = [], token = '' }: Searched = {}): string[] => {
    // A mark is found within a line, and most lines come up several times.
    const text = [...new Set(values.flatMap((value) => everything(value).split('\n')))].join('\n');
    const parts = token.split('.').flatMap((part) => part.match(/.{16}/g) ?? []);
    const found = new Set(parts.filter((part) => text.includes(part)).map((part) => `token (${part})`));
    for (const [needle, name] of needles) {
      if (!allowed.includes(name) && !found.has(name) && text.includes(needle)) found.add(name);
    }
    return [...found];
  };
}
