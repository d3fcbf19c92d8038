import { TooLate, within } from './deadline.js';
import { inheritedName, isObject } from './own-properties.js';

/** A function for headers has failed. The message is safe to log: it repeats nothing that the function returned or threw. */
export class HeadersFailed extends Error {
  override readonly name = 'HeadersFailed';
}

/**
 * Makes headers of a plain object with text values. Returns `undefined` for anything else, and for names or values that HTTP
 * does not allow. It throws only what a getter of the object throws.
 */
export function headersOf(value: unknown): Headers | undefined {
  if (!isObject(value) || inheritedName(value) !== undefined) return undefined;
  const entries = Object.entries(value);
  if (!entries.every(isText)) return undefined;
  try {
    return new Headers(entries);
  } catch {
    // The error of `Headers` repeats the value, which may be a credential.
    return undefined;
  }
}

const isText = (entry: [string, unknown]): entry is [string, string] => typeof entry[1] === 'string';

/**
 * Calls a function that returns headers, or a promise of them.
 *
 * @throws {HeadersFailed} if it throws, takes longer than `timeoutMs`, or returns anything but headers.
 */
export async function headersFrom(source: () => unknown, timeoutMs: number): Promise<Headers> {
  try {
    const headers = headersOf(await within(timeoutMs, (async () => source())()));
    if (headers) return headers;
  } catch (error) {
    const problem = error instanceof TooLate ? error.message : 'threw an error';
    throw new HeadersFailed(`the "headers" function ${problem}`);
  }
  throw new HeadersFailed('the "headers" function did not return an object of valid header names and values');
}
