import { printable } from './text.js';

/*
 * A token or a document may contain any JSON: a hundred thousand claims, or so many nested lists that `JSON.stringify` fails. These
 * functions bound what is printed.
 */

const MAX_LEVELS = 12;
const MAX_MEMBERS = 100;
const MAX_NAME_LENGTH = 100;
const MAX_LINE_LENGTH = 400;

/** Copies a JSON value with bounded depth and length. `…` marks what was left out. */
export function bounded(value: unknown, levels = MAX_LEVELS): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (levels === 0) return '…';
  if (Array.isArray(value)) {
    const kept = value.slice(0, MAX_MEMBERS).map((item) => bounded(item, levels - 1));
    return kept.length < value.length ? [...kept, '…'] : kept;
  }
  return Object.fromEntries(
    boundedEntries(value).map(([name, member]) => [name, bounded(member, levels - 1)]),
  );
}

/** The first members of an object, with names of bounded length. A last member says how many were left out. */
export function boundedEntries(object: object): [name: string, value: unknown][] {
  const names = Object.keys(object);
  const kept = Object.entries(object)
    .slice(0, MAX_MEMBERS)
    .map(([name, value]): [string, unknown] => [shortened(name, MAX_NAME_LENGTH), value]);
  return names.length > MAX_MEMBERS ? [...kept, ['…', `${names.length - MAX_MEMBERS} more`]] : kept;
}

/** A value from a token or a server, in one line of bounded length. */
export const shownValue = (value: unknown): string =>
  shortened(printable(JSON.stringify(bounded(value)) ?? 'undefined'), MAX_LINE_LENGTH);

const shortened = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, length)}…` : text;
