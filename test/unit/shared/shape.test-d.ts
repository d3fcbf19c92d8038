// An option that exists only in the interface, or only in the check, does not compile. These calls are compiled but never run.
import * as z from 'zod/mini';
import { checkOptions } from '../../../src/shared/options.js';
import { text } from '../../../src/shared/schema.js';

interface Options {
  url: string;
  issuer?: string;
  keys?: { timeout?: string };
  entries?: readonly { id: string }[];
}
declare const options: Options;

const url = z.nonoptional(text);
const entries = [{ id: z.nonoptional(text) }] as const;
const good = { url, issuer: text, keys: { timeout: text }, entries };
const { issuer, ...less } = good;

export function neverCalled(): void {
  const checked = checkOptions(options, good, 'f');
  checked.url satisfies string;
  checked.issuer satisfies string | undefined;
  checked.entries?.[0]?.id satisfies string | undefined;

  // @ts-expect-error only the interface has "issuer"
  checkOptions(options, less, 'f');
  // @ts-expect-error only the check has "more"
  checkOptions(options, { ...good, more: issuer }, 'f');
  // @ts-expect-error the check requires an optional option
  checkOptions(options, { ...good, issuer: z.nonoptional(text) }, 'f');
  // @ts-expect-error the check does not require a required option
  checkOptions(options, { ...good, url: text }, 'f');
  // @ts-expect-error only the interface has "timeout" of "keys"
  checkOptions(options, { ...good, keys: {} }, 'f');
  // @ts-expect-error only the check has "more" of "keys"
  checkOptions(options, { ...good, keys: { timeout: text, more: text } }, 'f');
  // @ts-expect-error only the check has "more" of an entry
  checkOptions(options, { ...good, entries: [{ id: url, more: text }] as const }, 'f');
  // @ts-expect-error the check does not require a required option of an entry
  checkOptions(options, { ...good, entries: [{ id: text }] as const }, 'f');
}
