// An option that only the interface or only the check has does not compile. These calls are compiled and never made.
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

  // @ts-expect-error the interface alone has "issuer"
  checkOptions(options, less, 'f');
  // @ts-expect-error the check alone has "more"
  checkOptions(options, { ...good, more: issuer }, 'f');
  // @ts-expect-error the check requires what is optional
  checkOptions(options, { ...good, issuer: z.nonoptional(text) }, 'f');
  // @ts-expect-error the check does not require what is required
  checkOptions(options, { ...good, url: text }, 'f');
  // @ts-expect-error the interface alone has "timeout" of "keys"
  checkOptions(options, { ...good, keys: {} }, 'f');
  // @ts-expect-error the check alone has "more" of "keys"
  checkOptions(options, { ...good, keys: { timeout: text, more: text } }, 'f');
  // @ts-expect-error the check alone has "more" of an entry
  checkOptions(options, { ...good, entries: [{ id: url, more: text }] as const }, 'f');
  // @ts-expect-error the check does not require what an entry must have
  checkOptions(options, { ...good, entries: [{ id: text }] as const }, 'f');
}
