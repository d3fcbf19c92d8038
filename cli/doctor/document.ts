import { own } from '../../src/shared/own-properties.js';

/** A member of a fetched document, or `undefined` if it is not there or the document is no object. */
export const memberOf = (document: unknown, name: string): unknown =>
  typeof document === 'object' && document !== null ? own(document, name) : undefined;

/** The same, for a member that is text. */
export function textMember(document: unknown, name: string): string | undefined {
  const value = memberOf(document, name);
  return typeof value === 'string' ? value : undefined;
}
