import * as z from 'zod/mini';
import { parseMilliseconds, parseWholeSeconds } from './duration.js';
import { inheritedName, isObject, methodOf, withoutPrototype } from './own-properties.js';
import { type Store, storeThatFailsLoudly } from './store.js';

/*
 * Schemas of options, for every factory. The error of a schema is a phrase that follows "must be", as in `"timeout" must be a
 * duration longer than zero …`.
 */

/** Accepts what `read` can use. The result is what `read` returns; `undefined` means that the value is not accepted. */
export const readBy = <T, I = unknown>(read: (value: I) => T | undefined, error: string) =>
  z.transform((value: I, { issues }) => {
    const result = read(value);
    if (result !== undefined) return result;
    issues.push({ code: 'custom', message: error, input: value });
    return z.NEVER;
  });

/** Like {@link readBy}, but `read` itself says what the value must be, by returning a phrase. */
export const readOrSay = <T extends object>(read: (value: unknown) => T | string) =>
  z.transform((value: unknown, { issues }): T => {
    const result = read(value);
    if (typeof result !== 'string') return result;
    issues.push({ code: 'custom', message: result, input: value });
    return z.NEVER;
  });

// `instanceof Uint8Array` would refuse arrays of another realm, which test runners create. `toString` alone can be faked by any
// object, so `isView` is checked too.
export const isBytes = (value: unknown): value is Uint8Array =>
  ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === '[object Uint8Array]';

/** One of these texts. */
export const oneOf = <const T extends readonly string[]>(values: T, error: string) => z.enum(values, error);

export const trueOrFalse = z.boolean('true or false');
export const aFunction = <F>(error = 'a function') =>
  z.custom<F>((value) => typeof value === 'function', error);

/** Text that is not empty. */
export const nonEmpty = (error: string) => z.string(error).check(z.minLength(1, error));
export const text = nonEmpty('a non-empty string');

/** A value, or a list of at least one. */
export const oneOrMore = <T extends z.ZodMiniType>(one: T, error: string) =>
  z.union([one, z.array(one, error).check(z.minLength(1, error))], error);

const TEXTS = 'a non-empty string or a non-empty list of them';
/** A text or a list of them, as it was given. */
export const textOrTexts = oneOrMore(nonEmpty(TEXTS), TEXTS);
/** A text or a list of them, as a list. */
export const texts = z.pipe(
  textOrTexts,
  z.transform((value): readonly string[] => [value].flat()),
);

export const wholeNumber = (least: number, most: number, error = `a whole number from ${least} to ${most}`) =>
  readBy((value) => {
    const number = Number.isInteger(value) ? Number(value) : Number.NaN;
    return number >= least && number <= most ? number : undefined;
  }, error);

/** Whether a value is a scope. @see RFC 6749 section 3.3 */
export const isScope = (value: unknown): boolean =>
  typeof value === 'string' && /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(value);

const SCOPES = 'a list of scopes, each without spaces, quotes and backslashes';
export const scopeList = z.array(z.custom<string>(isScope, SCOPES), SCOPES);

const durationBy =
  (parse: (text: unknown) => number | undefined) =>
  (error: string, least: number, most = Number.POSITIVE_INFINITY) =>
    readBy((value) => {
      const duration = parse(value) ?? Number.NaN;
      return duration >= least && duration <= most ? duration : undefined;
    }, error);

/** A duration in whole seconds, as claims need it. `'0.2s'` is zero. */
export const wholeSeconds = durationBy(parseWholeSeconds);
/** A duration in whole milliseconds, as timers need it. */
export const wholeMilliseconds = durationBy(parseMilliseconds);

const ONE_SECOND = 'a duration of at least one second and at most 100 years, such as "30s", "15m" or "7d"';
const LONGER_THAN_ZERO = 'a duration longer than zero and at most 100 years, such as "30s", "15m" or "7d"';
const ANY_DURATION = 'a duration of at most 100 years, such as "30s", "15m" or "7d"';
export const seconds = wholeSeconds(ONE_SECOND, 1);
export const secondsOrNone = wholeSeconds(ANY_DURATION, 0);
export const milliseconds = wholeMilliseconds(LONGER_THAN_ZERO, 1);
export const millisecondsOrNone = wholeMilliseconds(ANY_DURATION, 0);

/** Returns an object with these methods, bound to `value`. `undefined` if a required method is missing. */
export function boundMethods<T extends object>(
  value: unknown,
  required: readonly (keyof T & string)[],
  optional: readonly (keyof T & string)[] = [],
): T | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const bound = withoutPrototype<Record<string, unknown>>();
  for (const name of [...required, ...optional]) {
    const method = methodOf(value, name);
    if (method) bound[name] = method;
    else if (required.includes(name)) return undefined;
  }
  return bound as T;
}

/** A store for a cache, where a failed `get` may look like a missing key. */
export const store = readBy(
  (value) => boundMethods<Store>(value, ['get', 'set']),
  'a store with "get" and "set", such as keyv',
);

/** A store for security decisions, where a failed `get` must never look like a missing key. */
export const loudStore = readOrSay(storeThatFailsLoudly);

/** A plain object whose names are not options, such as headers. The result is a `Map`, which cannot be polluted. */
export const entriesOf = <T extends z.ZodMiniType>(
  name: z.ZodMiniType<string, string>,
  value: T,
  error: string,
) =>
  z.pipe(
    readBy((object): Map<string, z.input<T>> | undefined => {
      if (!isObject(object) || inheritedName(object) !== undefined) return undefined;
      return new Map(Object.entries(object) as [string, z.input<T>][]);
    }, error),
    z.map(name, value),
  );
